"""Phrases that people read, in one place for the daemons, the commands and the alarms."""

from __future__ import annotations

from typing import Final

STATUSES: Final = {"pending": "waiting", "admitted": "confirmed", "rejected": "number refused"}
"""``mrn_status`` -> what people read."""

_REWORDED: Final = {
    "an earlier life of this database used it": "an earlier copy of this database used it",
    "a peer holds facts that this coordinator wrote and has lost": (
        "a desk has records that this coordinator wrote and has lost"
    ),
}
"""Reasons that earlier versions have stored -> the same in the words of today."""


def count(number: float, one: str, many: str = "") -> str:
    """A number with what it counts: "1 conflict", "2 conflicts", "0.5 minutes".

    Args:
        many: the plural, where it is not the singular and an "s".
    """
    text = f"{number:,}" if isinstance(number, int) else f"{number:g}"
    return f"{text} {one if number == 1 else many or f'{one}s'}"


def duration(seconds: float) -> str:
    """How long something is, roughly: "12 minutes", "31 hours", "4 days"."""
    amount, unit = _rounded(seconds)
    return count(amount, unit)


def measured(ms: int) -> dict[str, str | int]:
    """How long something is, for a text of a page: the ``amount`` of a ``unit``, as `duration`."""
    amount, unit = _rounded(ms / 1000)
    return {"amount": amount, "unit": unit}


def _rounded(seconds: float) -> tuple[int, str]:
    seconds = abs(seconds)
    if seconds < 7200:
        return round(seconds / 60), "minute"
    if seconds < 172_800:
        return round(seconds / 3600), "hour"
    return round(seconds / 86_400), "day"


def people(number: int) -> str:
    """A number of people: "1 person", "2 people"."""
    return count(number, "person", "people")


def writer(author: str) -> str:
    """Who wrote something: a terminal code, or the coordinator under one of its two names."""
    return "the coordinator" if author.startswith("@") else author


def reworded(reason: str) -> str:
    """A reason out of the database, which an earlier version may have stored in other words."""
    return _REWORDED.get(reason, reason)


def closed(reason: str) -> str:
    """That a range is closed, and why."""
    return reason if reason.startswith("closed ") else f"closed, {reason}"
