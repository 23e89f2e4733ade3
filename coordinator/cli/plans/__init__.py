"""What acts that cannot be undone will do, in numbers, for whoever is asked about them."""
