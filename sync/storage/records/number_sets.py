"""Sets of numbers: which numbers are used and so will not be issued, and whose claims they are.

Which number of a range comes next, and how many remain, is asked every few seconds, and anybody
with a key may claim any number. So the numbers of a set are not listed but kept as bits, and how
many there are is counted in larger parts too. How many lie within the bounds of a range is then a
sum of a few hundred rows, and the next number that is not in the set is found by leaping over full
parts.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Final

from sync.model.facts import Author
from sync.model.numbers import NumberRange
from sync.storage.queries import chunks, write_many

NUMBER_SETS: Final = """
-- Which numbers are used, and which are claimed that no range has, see
-- sync.storage.records.number_sets.
CREATE TABLE number_sets (
    width INTEGER NOT NULL, name TEXT NOT NULL, part INTEGER NOT NULL, numbers INTEGER NOT NULL,
    bits INTEGER NOT NULL, PRIMARY KEY (width, name, part)) WITHOUT ROWID;
"""

USED: Final = "used"
"""The plain numbers that are somebody's, look like somebody's, or stand on a sheet."""
OUTSIDE: Final = "outside "
"""How the names of the sets of `outside` begin."""

LEAF: Final = 32
"""Numbers of one row that has them as bits."""
PART: Final = LEAF * 256
"""Numbers of one row that has how many of them are in the set."""
_ALL: Final = (1 << LEAF) - 1

_WHERE: Final = "FROM number_sets WHERE width = ? AND name = ? AND"
_OF_LEAF: Final = f"SELECT part, bits {_WHERE} part = ?"
_OR_CHANGE: Final = (
    " ON CONFLICT (width, name, part)"
    " DO UPDATE SET numbers = numbers + excluded.numbers, bits = excluded.bits"
)
_CHANGE: Final = f"INSERT INTO number_sets VALUES (?, ?, ?, ?, ?){_OR_CHANGE}"
_ADD_ONE: Final = (
    "INSERT INTO number_sets VALUES (?, ?, ?, ?, ?) ON CONFLICT (width, name, part)"
    " DO UPDATE SET numbers = numbers + 1, bits = bits | excluded.bits"
    " WHERE NOT bits & excluded.bits"
)
_CHANGE_MANY: Final = (
    "INSERT INTO number_sets SELECT json_extract(value, '$[0]'), ?, json_extract(value, '$[1]'),"
    " json_extract(value, '$[2]'), json_extract(value, '$[3]') FROM json_each(?) WHERE TRUE"
    f"{_OR_CHANGE}"
)
_FEW: Final = 12
"""So many rows are changed faster by a statement each than by one for all of them."""


def used_of(series: str) -> str:
    """The name of the set of used numbers of a series, see `sync.model.numbers.series_of`."""
    return f"{USED} {series}" if series else USED


def outside(author: Author) -> str:
    """The name of the set of numbers that an author claims, and that no range has."""
    return OUTSIDE + author


class NumberSets:
    """The table ``number_sets``, over one connection.

    A row of the width `LEAF` has the numbers from ``part * LEAF`` on as bits, the lowest first. One
    of the width `PART` has how many there are from ``part * PART`` on. No row is empty.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._execute = connection.execute

    # changes

    def add(self, name: str, numbers: Iterable[int]) -> None:
        """Put numbers into a set."""
        self._change(name, _masks(numbers), is_in=True)

    def add_one(self, name: str, number: int) -> None:
        """Put a number into a set, as each registration does, with fewer statements than `add`."""
        leaf = number // LEAF
        if self._execute(_ADD_ONE, (LEAF, name, leaf, 1, 1 << number % LEAF)).rowcount:
            self._execute(_CHANGE, (PART, name, number // PART, 1, 0))

    def remove(self, name: str, numbers: Iterable[int]) -> None:
        """Take numbers out of a set."""
        self._change(name, _masks(numbers), is_in=False)

    def remove_range(self, prefix: str, range_: NumberRange) -> None:
        """Take a range of numbers out of each set whose name begins with ``prefix``."""
        for name in self.sizes(prefix):
            rows = self._execute(
                f"SELECT part {_WHERE} part BETWEEN ? AND ?",
                (LEAF, name, range_.start // LEAF, range_.end // LEAF),
            )
            ends = _ends(range_.start, range_.end + 1)
            masks = {leaf: ends.get(leaf, _ALL) for (leaf,) in rows.fetchall()}
            self._change(name, masks, is_in=False)

    def _change(self, name: str, masks: Mapping[int, int], *, is_in: bool) -> None:
        """Put the numbers of some leaves into a set, or take them out."""
        before = self._bits(name, masks)
        rows: list[tuple[int, int, int, int]] = []
        sums: dict[int, int] = {}
        for leaf, mask in masks.items():
            held = before.get(leaf, 0)
            now = held | mask if is_in else held & ~mask
            if now == held:
                continue
            change = now.bit_count() - held.bit_count()
            rows.append((LEAF, leaf, change, now))
            part = leaf * LEAF // PART
            sums[part] = sums.get(part, 0) + change
        rows += [(PART, part, change, 0) for part, change in sums.items()]
        if len(rows) > _FEW:  # one sheet may name a hundred numbers that lie far apart
            self._execute(_CHANGE_MANY, (name, json.dumps(rows)))
        else:
            changes = [(width, name, *change) for width, *change in rows]
            write_many(self._connection, _CHANGE, changes)
        if not is_in:
            write_many(
                self._connection,
                f"DELETE {_WHERE} part = ? AND numbers = 0",
                [(width, name, part) for width, part, *_ in rows],
            )

    # what is in a set

    def sizes(self, prefix: str) -> dict[str, int]:
        """Name -> how many numbers are in it, of the sets whose names begin with ``prefix``."""
        rows = self._execute(
            "SELECT name, sum(numbers) FROM number_sets"
            " WHERE width = ? AND name >= ? AND name < ? GROUP BY name",
            (PART, prefix, f"{prefix}\N{DELETE}"),  # names are ASCII
        )
        return dict(rows.fetchall())

    def count(self, name: str, first: int, last: int) -> int:
        """How many numbers of a set lie within ``first`` to ``last``."""
        if first > last:
            return 0
        ends = _ends(first, last + 1)
        total = sum(
            (bits & ends[leaf]).bit_count() for leaf, bits in self._bits(name, ends).items()
        )
        low, high = -(-first // LEAF), (last + 1) // LEAF
        wide = PART // LEAF
        begin, end = -(-low // wide), high // wide
        if begin >= end:
            return total + self._sum(name, LEAF, low, high)
        total += self._sum(name, PART, begin, end)
        total += self._sum(name, LEAF, low, begin * wide)
        return total + self._sum(name, LEAF, end * wide, high)

    def first(self, name: str, first: int, last: int) -> int | None:
        """The lowest number of a set within ``first`` to ``last``, None if there is none."""
        rows = self._leaves(name, first, last, "ASC")
        found = (_lowest(leaf, bits) for leaf, bits in rows if bits)
        return next(found, None)

    def last(self, name: str, first: int, last: int) -> int | None:
        """The highest number of a set within ``first`` to ``last``, None if there is none."""
        rows = self._leaves(name, first, last, "DESC")
        found = (leaf * LEAF + bits.bit_length() - 1 for leaf, bits in rows if bits)
        return next(found, None)

    def lacking(self, name: str, first: int, last: int) -> Iterator[int]:
        """The numbers within ``first`` to ``last`` that are not in a set, in their order.

        To the first of them, and from one to the next that is not beside it, lead a few statements,
        however many numbers that are in the set lie between.
        """
        number = first
        while number <= last:
            leaf = number // LEAF
            bits = self._bits(name, (leaf,)).get(leaf, 0)
            for each in range(number, min(last, leaf * LEAF + LEAF - 1) + 1):
                if not bits >> each % LEAF & 1:
                    yield each
            number = self._with_room(name, leaf + 1, last // LEAF) * LEAF

    def _with_room(self, name: str, leaf: int, last: int) -> int:
        """The first leaf from ``leaf`` on that is not full; one above ``last`` if there is none."""
        wide = PART // LEAF
        part = leaf // wide
        leaf = self._not_full(name, LEAF, leaf, part * wide + wide)
        if leaf < part * wide + wide:
            return leaf
        part = self._not_full(name, PART, part + 1, last // wide + 1)
        return self._not_full(name, LEAF, part * wide, part * wide + wide)

    def _not_full(self, name: str, width: int, part: int, end: int) -> int:
        """The first part of a width from ``part`` on that is not full; ``end`` if there is none."""
        full = self._execute(
            f"SELECT part {_WHERE} part >= ? AND part < ? AND numbers = ? ORDER BY part",
            (width, name, part, end, width),
        )
        for (one,) in full:
            if one != part:
                break
            part += 1
        return part

    def _leaves(self, name: str, first: int, last: int, order: str) -> list[tuple[int, int]]:
        """The outermost two leaves within some bounds, and which bits of them lie there."""
        ends = _ends(first, last + 1)
        rows = self._execute(
            f"SELECT part, bits {_WHERE} part BETWEEN ? AND ? ORDER BY part {order} LIMIT 2",
            (LEAF, name, first // LEAF, last // LEAF),
        )
        # Of the outermost one the numbers may lie beyond the bounds; of the next one they do not.
        return [(leaf, bits & ends.get(leaf, _ALL)) for leaf, bits in rows]

    def _bits(self, name: str, leaves: Collection[int]) -> dict[int, int]:
        if len(leaves) == 1:  # as of each registration
            return dict(self._execute(_OF_LEAF, (LEAF, name, *leaves)).fetchall())
        found: dict[int, int] = {}
        for chunk, marks in chunks(list(leaves)):
            rows = self._execute(
                f"SELECT part, bits {_WHERE} part IN ({marks})", (LEAF, name, *chunk)
            )
            found.update(rows.fetchall())
        return found

    def _sum(self, name: str, width: int, low: int, high: int) -> int:
        """How many numbers there are in the parts from ``low`` on, below ``high``."""
        if low >= high:
            return 0
        row: tuple[Any] = self._execute(
            f"SELECT coalesce(sum(numbers), 0) {_WHERE} part >= ? AND part < ?",
            (width, name, low, high),
        ).fetchone()
        return int(row[0])


def _masks(numbers: Iterable[int]) -> dict[int, int]:
    """Leaf -> the bits of some numbers."""
    found: dict[int, int] = {}
    for number in numbers:
        leaf = number // LEAF
        found[leaf] = found.get(leaf, 0) | 1 << number % LEAF
    return found


def _ends(low: int, high: int) -> dict[int, int]:
    """The leaves that lie only partly within ``low`` to below ``high`` -> their bits that do."""
    found: dict[int, int] = {}
    if low % LEAF:
        found[low // LEAF] = _ALL >> low % LEAF << low % LEAF
    if high % LEAF:
        leaf = high // LEAF
        found[leaf] = found.get(leaf, _ALL) & (1 << high % LEAF) - 1
    return found


def _lowest(leaf: int, bits: int) -> int:
    return leaf * LEAF + (bits & -bits).bit_length() - 1
