"""Entries of a record as files: CSV for a spreadsheet, JSON lines for programs."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from typing import Any, Final

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def json_lines(entries: Iterable[dict[str, Any]]) -> bytes:
    """Each entry as JSON in a line of its own."""
    return b"".join((json.dumps(entry, ensure_ascii=False) + "\n").encode() for entry in entries)


def spreadsheet(columns: Sequence[str], entries: Iterable[dict[str, Any]]) -> bytes:
    """Entries as CSV in UTF-8, with a byte order mark, so that Excel knows what it is."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([_cell(entry[name]) for name in columns] for entry in entries)
    return text.getvalue().encode("utf-8-sig")


def _cell(value: object) -> str:
    """A value that no spreadsheet takes for a formula; several stand one behind the other."""
    if isinstance(value, list):
        value = " ".join(map(str, value))
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
