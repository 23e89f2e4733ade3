"""Letting desks in, and the authority that issues their certificates."""
