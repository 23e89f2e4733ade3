"""How far each range of this replica's own has been used.

No row, no number: a number is issued only from a range that has a cursor here, and the cursor moves
in the transaction that stores the registration.
"""

from __future__ import annotations

import sqlite3
from typing import Any, NamedTuple

from sync.errors import BadRange, StoreDamaged
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
        """Every range of ours, open or closed, in the order of their numbers.

        Raises:
            StoreDamaged: a fault of the disk has made of one what is no range, or no number in it.
        """
        rows = self._execute(
            'SELECT start, "end", incarnation, cursor, closed FROM cursors ORDER BY start'
        )
        return [_cursor(*row) for row in rows]

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


def _cursor(start: Any, end: Any, incarnation: Any, cursor: Any, closed: Any) -> Cursor:
    try:
        range_ = NumberRange(start, end)
    except (BadRange, TypeError) as error:
        raise StoreDamaged(path="register.db", why="a range in it cannot be read") from error
    if not isinstance(cursor, int):
        why = f"how far the range {range_.text} was used cannot be read"
        raise StoreDamaged(path="register.db", why=why)
    return Cursor(range_, Incarnation(incarnation), cursor, closed)
