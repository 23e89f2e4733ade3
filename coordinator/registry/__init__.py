"""The acts of the registry: terminals, ranges, the pool."""
