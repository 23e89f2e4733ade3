"""The HTTP API of a desk."""
