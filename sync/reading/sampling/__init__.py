"""What a sample of the register shows."""
