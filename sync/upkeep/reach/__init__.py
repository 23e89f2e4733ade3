"""Which ports of this computer others reach."""
