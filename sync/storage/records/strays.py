"""Which numbers of a range are claimed by those who may not issue them, and how many lie ahead.

How many numbers of a range others claim is asked every few seconds, and anybody with a key may
claim any number of them. So they are not only kept but counted: by 64, by 64 times 64 and so on.
How many lie above a mark is then the sum of less than 64 rows of each width.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

from sync.model.numbers import NUMBER_MAX, NumberRange
from sync.storage.queries import write_many

PARTS: Final = 64
"""Parts of one width that make one of the next."""

_ADD: Final = (
    "INSERT INTO strays_within VALUES (?, ?, ?, ?, 1)"
    ' ON CONFLICT (start, "end", width, part) DO UPDATE SET numbers = numbers + 1'
)
_PART: Final = 'start = ? AND "end" = ? AND width = ? AND part = ?'


class StrayNumbers:
    """The table ``strays_within``, over one connection.

    A row of width 1 has how many registrations claim the number ``part``. One of another width has
    how many different numbers are claimed from ``part * width`` on.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._execute = connection.execute

    def add(self, range_: NumberRange, number: int) -> None:
        """One more registration claims a number of a range."""
        key = (range_.start, range_.end)
        claims = self._execute(f"{_ADD} RETURNING numbers", (*key, 1, number)).fetchone()[0]
        if claims == 1:
            parts = [(*key, width, number // width) for width in _widths(range_)]
            write_many(self._connection, _ADD, parts)

    def remove(self, range_: NumberRange, number: int) -> None:
        """A registration claims a number of a range no more."""
        key = (range_.start, range_.end)
        if not self._take_one((*key, 1, number)):
            return
        for width in _widths(range_):
            self._take_one((*key, width, number // width))

    def _take_one(self, part: tuple[int, int, int, int]) -> bool:
        """Count one less in a part; return whether that was the last one."""
        if self._execute(f"DELETE FROM strays_within WHERE {_PART} AND numbers = 1", part).rowcount:
            return True
        self._execute(f"UPDATE strays_within SET numbers = numbers - 1 WHERE {_PART}", part)
        return False

    def replace(self, range_: NumberRange, claims: Mapping[int, int]) -> None:
        """Write all claims on a range anew.

        Args:
            claims: number -> how many registrations claim it.
        """
        key = (range_.start, range_.end)
        self._execute('DELETE FROM strays_within WHERE start = ? AND "end" = ?', key)
        rows = [(*key, 1, *one) for one in claims.items()]
        for width in _widths(range_):
            found = Counter(number // width for number in claims)
            rows += [(*key, width, *one) for one in found.items()]
        write_many(self._connection, "INSERT INTO strays_within VALUES (?, ?, ?, ?, ?)", rows)

    def above(self, range_: NumberRange, mark: int) -> int:
        """How many different numbers of a range above ``mark`` are claimed."""
        total = 0
        first, narrower = mark + 1, 1
        for width in (*_widths(range_), None):
            # Up to where the next width begins, which counts the rest.
            last = _rounded_up(first, width) if width is not None else NUMBER_MAX + 1
            total += self._execute(
                "SELECT coalesce(sum(iif(width = 1, 1, numbers)), 0) FROM strays_within"
                ' WHERE start = ? AND "end" = ? AND width = ? AND part >= ? AND part < ?',
                (range_.start, range_.end, narrower, first // narrower, -(-last // narrower)),
            ).fetchone()[0]
            first, narrower = last, width or 1
        return total


def _widths(range_: NumberRange) -> Iterator[int]:
    """The widths above 1 in which the numbers of a range are counted."""
    width = PARTS
    while width < range_.size:
        yield width
        width *= PARTS


def _rounded_up(number: int, width: int) -> int:
    return -(-number // width) * width
