"""Which records count: merged, void, two people or one, and what desks ask for."""
