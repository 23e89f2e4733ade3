"""Keeping data safe, and saying what is wrong."""
