"""What a process needs to live."""
