"""What the commands about people share."""
