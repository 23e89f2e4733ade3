"""Files that a browser hands over."""
