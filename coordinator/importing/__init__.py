"""Taking over the registers of an earlier system."""
