"""Pairs of records, within one snapshot."""
