"""What is remembered outside the data folder, so that an older copy of it is noticed."""
