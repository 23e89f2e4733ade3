"""What administrators see of the matching."""
