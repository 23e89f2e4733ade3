"""Which records count: those that are merged or void, and what desks ask for."""
