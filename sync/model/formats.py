"""Texts with a format that JSON Schema has a name for, as the HTTP APIs describe them."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

Day = Annotated[str, Meta(extra_json_schema={"format": "date"})]
"""A day of the calendar, YYYY-MM-DD."""
Time = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
"""A time with its offset from UTC, as in 2026-01-05T12:00:00+05:00."""
Uuid = Annotated[str, Meta(extra_json_schema={"format": "uuid"})]
"""A record id."""
Uri = Annotated[str, Meta(extra_json_schema={"format": "uri"})]
"""An address."""
