"""Phrases that people read, in one place for the daemons, the commands and their alarms."""

from __future__ import annotations


def count(number: int, one: str, many: str = "") -> str:
    """A number with its noun: "1 conflict", "2 conflicts".

    Args:
        many: the plural, where it is not the singular and an "s".
    """
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def people(number: int) -> str:
    """A number of people: "1 person", "2 people"."""
    return count(number, "person", "people")
