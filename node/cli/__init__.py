"""The command line of a desk."""
