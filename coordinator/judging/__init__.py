"""Verdicts and grants, resolutions, recovery."""
