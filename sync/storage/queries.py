"""What statements on many rows have in common."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any, Final

IN_MAX: Final = 400


def write_many(connection: sqlite3.Connection, sql: str, rows: Sequence[Sequence[Any]]) -> None:
    """One statement for many rows; nothing at all for none."""
    if rows:
        connection.executemany(sql, rows)


def chunks(values: Sequence[Any]) -> Iterator[tuple[list[Any], str]]:
    """Pieces of ``values``, at most `IN_MAX` long, each with as many question marks."""
    for begin in range(0, len(values), IN_MAX):
        chunk = list(values[begin : begin + IN_MAX])
        yield chunk, ", ".join("?" * len(chunk))
