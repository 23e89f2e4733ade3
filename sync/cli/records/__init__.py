"""What is recorded, as the commands of both daemons show and export it."""
