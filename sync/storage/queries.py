"""What statements on many rows have in common."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any, Final

IN_MAX: Final = 400

FACT_DATA: Final = "CAST(coalesce(data, '') AS BLOB)"
"""The bytes of a fact in a statement, whatever kind of value a fault of the disk has made of it.

What is read as a number, or as a text that is none, would fail in each place that reads it. These
are bytes that nobody wrote, and so they are found and told as those of any other record that has
changed.
"""


def write_many(connection: sqlite3.Connection, sql: str, rows: Sequence[Sequence[Any]]) -> None:
    """One statement for many rows; nothing at all for none."""
    if rows:
        connection.executemany(sql, rows)


def roll_back(connection: sqlite3.Connection) -> None:
    """End a transaction without a trace, unless SQLite has ended it already because of an error.

    It does so where a disk is full, and then an error of this would hide that one.
    """
    if connection.in_transaction:
        connection.execute("ROLLBACK")


def chunks(values: Sequence[Any]) -> Iterator[tuple[list[Any], str]]:
    """Pieces of ``values``, at most `IN_MAX` long, each with as many question marks."""
    for begin in range(0, len(values), IN_MAX):
        chunk = list(values[begin : begin + IN_MAX])
        yield chunk, ", ".join("?" * len(chunk))
