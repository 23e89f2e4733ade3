"""Records that a fault of the disk has changed: which they are, and what can still be sent."""
