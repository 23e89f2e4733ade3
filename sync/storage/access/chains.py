"""Tables whose entries are a chain: they are only added, each with a hash of the last."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Generic

from sync.rules.chains import BEGINNING, START, ChainEntry, Head, S, next_hash


class ChainTable(Generic[S]):
    """A table with the columns ``number``, then those of what an entry says, then ``hash``.

    Args:
        name: of the table.
        made: makes what an entry says from its columns.
    """

    def __init__(
        self, connection: sqlite3.Connection, name: str, made: Callable[[Sequence[Any]], S]
    ) -> None:
        self._connection = connection
        self._name = name
        self._made = made

    def head(self) -> Head:
        """The newest entry; `BEGINNING` before the first."""
        row = self._execute("SELECT number, hash FROM {} ORDER BY number DESC LIMIT 1").fetchone()
        return Head(*row) if row else BEGINNING

    def add(self, *said: S) -> Head:
        """Add entries, inside the caller's transaction; returns the newest."""
        head, rows = self.head(), []
        for one in said:
            number = head.number + 1
            head = Head(number, next_hash(head.hash, number, one))
            rows.append((number, *one, head.hash))
        if rows:
            marks = ",".join("?" * len(rows[0]))
            self._connection.executemany(f"INSERT INTO {self._name} VALUES ({marks})", rows)
        return head

    def from_oldest(self) -> Iterator[ChainEntry[S]]:
        """All entries in their order."""
        return map(self._entry, self._execute("SELECT * FROM {} ORDER BY number"))

    def after(self, number: int, limit: int) -> list[ChainEntry[S]]:
        """The entries behind one, at most so many, the oldest first."""
        rows = self._execute(
            "SELECT * FROM {} WHERE number > ? ORDER BY number LIMIT ?", (number, limit)
        )
        return [self._entry(row) for row in rows]

    def hash_at(self, number: int) -> bytes | None:
        """The hash of an entry, None if there is none of that number."""
        if number == 0:
            return START
        row = self._execute("SELECT hash FROM {} WHERE number = ?", (number,)).fetchone()
        return row[0] if row else None

    def found(
        self, condition: str, values: Sequence[object], offset: int, limit: int
    ) -> tuple[int, list[ChainEntry[S]]]:
        """How many entries meet a condition, and a part of them, the newest first."""
        count: int = self._execute(
            f"SELECT count(*) FROM {{}} WHERE {condition}", values
        ).fetchone()[0]
        rows = self._execute(
            f"SELECT * FROM {{}} WHERE {condition} ORDER BY number DESC LIMIT ? OFFSET ?",
            (*values, limit, offset),
        )
        return count, [self._entry(row) for row in rows]

    def _execute(self, statement: str, values: Sequence[object] = ()) -> sqlite3.Cursor:
        """Run a statement in which ``{}`` stands for the table."""
        return self._connection.execute(statement.format(self._name), values)

    def _entry(self, row: Sequence[Any]) -> ChainEntry[S]:
        number, *said, hashed = row
        return ChainEntry(number, self._made(said), hashed)


def all_of(parts: Iterable[tuple[str, Sequence[object]]]) -> tuple[str, list[object]]:
    """Several conditions with their values as one; without any, all entries meet it."""
    conditions, values = zip(("1", ()), *parts, strict=True)
    return " AND ".join(conditions), [value for some in values for value in some]
