"""How far each range of this replica's own has been used.

No row, no number: a number is issued only from a range that has a cursor here, and the cursor moves
in the transaction that stores the registration.
"""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from sync.model.facts import Incarnation
from sync.model.numbers import NumberRange


class Cursor(NamedTuple):
    """How far a range of ours has been used.

    ``cursor`` is the last number issued, ``range.start - 1`` before the first. ``incarnation`` is
    the one that may issue from it. ``closed`` says why it issues no more, None while it does.
    """

    range: NumberRange
    incarnation: Incarnation
    cursor: int
    closed: str | None


class Cursors:
    """The table ``cursors``, over one connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute = connection.execute

    def all(self) -> list[Cursor]:
        """Every range of ours, open or closed, in the order of their numbers."""
        rows = self._execute(
            'SELECT start, "end", incarnation, cursor, closed FROM cursors ORDER BY start'
        )
        return [
            Cursor(NumberRange(start, end), Incarnation(incarnation), cursor, closed)
            for start, end, incarnation, cursor, closed in rows
        ]

    def add(
        self, range_: NumberRange, incarnation: Incarnation, cursor: int, closed: str | None
    ) -> None:
        """Begin to account for a range of ours; one that is there stays as it is."""
        self._execute(
            "INSERT OR IGNORE INTO cursors VALUES (?, ?, ?, ?, ?)",
            (range_.start, range_.end, incarnation, cursor, closed),
        )

    def move(self, start: int, cursor: int) -> None:
        """A number of the range that begins at ``start`` was issued."""
        self._execute("UPDATE cursors SET cursor = ? WHERE start = ?", (cursor, start))

    def close(self, start: int, why: str) -> None:
        """The range that begins at ``start`` issues no more; the first reason stays."""
        self._execute(
            "UPDATE cursors SET closed = ? WHERE start = ? AND closed IS NULL", (why, start)
        )
