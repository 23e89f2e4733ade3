"""How a computer becomes a desk of the clinic, or goes over to the next key of its coordinator."""
