"""What all queries on the projection have in common."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Final

IN_MAX: Final = 400


class Queries:
    """Queries on the writing connection, inside a transaction that others begin and end."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._execute = connection.execute

    def _write_many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        write_many(self._connection, sql, rows)


def write_many(connection: sqlite3.Connection, sql: str, rows: Sequence[Sequence[Any]]) -> None:
    """One statement for many rows; nothing at all for none."""
    if rows:
        connection.executemany(sql, rows)


def chunks(values: Sequence[Any]) -> Iterator[tuple[list[Any], str]]:
    """Pieces of ``values`` with as many question marks."""
    iterator = iter(values)
    while chunk := list(islice(iterator, IN_MAX)):
        yield chunk, ", ".join("?" * len(chunk))
