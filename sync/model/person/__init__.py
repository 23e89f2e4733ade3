"""What is said of a person beside the usual facts."""
