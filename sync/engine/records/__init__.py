"""Pairs of records: brought into the tables, and compared behind the registrations."""
