"""What is registered on paper while a computer is broken, as node and coordinator answer alike."""
