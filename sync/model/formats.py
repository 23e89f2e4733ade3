"""Texts with a format that JSON Schema has a name for, as the HTTP APIs describe them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from typing import Annotated, Final

from msgspec import Meta

Day = Annotated[str, Meta(extra_json_schema={"format": "date"})]
"""A day of the calendar, YYYY-MM-DD."""
Time = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
"""A time in the one form in which it is answered: UTC, in whole seconds, as `iso_utc` writes it."""
Uuid = Annotated[str, Meta(extra_json_schema={"format": "uuid"})]
"""A record id."""
Uri = Annotated[str, Meta(extra_json_schema={"format": "uri"})]
"""An address."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_MS, _LAST_MS = (
    (edge.replace(tzinfo=UTC) - _EPOCH) // timedelta(milliseconds=1)
    for edge in (datetime.min, datetime.max)
)


def iso_utc(at: datetime) -> str:
    """A time that knows its zone, as ISO 8601 in UTC: ``2026-01-05T07:00:00Z``."""
    try:
        there = at.astimezone(UTC)
    except OverflowError:  # within a day of the first or the last time that can be told
        there = at.replace(tzinfo=UTC)
    return there.replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def time_of_ms(ms: int, zone: tzinfo = UTC) -> datetime:
    """Milliseconds since 1970 as a time in a zone; beyond the years 1 to 9999 it is their edge.

    ``datetime.fromtimestamp`` asks the system, and Windows knows no time after the year 3000.
    """
    at = _EPOCH + timedelta(milliseconds=min(max(ms, _FIRST_MS), _LAST_MS))
    try:
        return at.astimezone(zone)
    except OverflowError:
        return at.replace(tzinfo=zone)


def iso_utc_of_ms(ms: int) -> str:
    """Milliseconds since 1970 as `iso_utc`; see `time_of_ms`."""
    return iso_utc(time_of_ms(ms))


def iso_utc_of_text(text: str) -> str:
    """An ISO 8601 time with its offset, in any of its forms, as `iso_utc`.

    Raises:
        ValueError: it is none.
    """
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("it has no offset")
    return iso_utc(at)
