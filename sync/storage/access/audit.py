"""What was done with the coordinator: entries that are only added, each with a hash of the last.

The hash of an entry is BLAKE2b-256 of the hash before it and of all else that the entry says, so
an entry that is changed, removed or put in between breaks the chain from there on. The first entry
follows 32 zero bytes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator, Sequence
from hashlib import blake2b
from typing import Any, Final, NamedTuple

import msgpack

HASH_BYTES: Final = 32
START: Final = bytes(HASH_BYTES)
"""What the first entry follows."""


class AuditEvent(NamedTuple):
    """What an entry says.

    Attributes:
        at_ms: when it was, as the coordinator believed, in milliseconds since 1970.
        who: a user, a key, or a user of the computer; empty if nobody could tell.
        address: from where.
        act: a stable code, as in ``terminals.change``.
        about: what it was done to, and how: codes, ids and states, but nothing of any patient.
        outcome: ``done``, or the code of the error.
    """

    at_ms: int
    who: str
    address: str
    act: str
    about: str
    outcome: str


class ChainEntry(NamedTuple):
    """An entry; ``number`` counts from 1 without a gap."""

    number: int
    said: AuditEvent
    hash: bytes


class Head(NamedTuple):
    """The newest entry, which stands for all before it."""

    number: int
    hash: bytes


def next_hash(before: bytes, number: int, said: AuditEvent) -> bytes:
    """The hash of an entry that follows the one with the hash ``before``."""
    return blake2b(before + msgpack.packb([number, *said]), digest_size=HASH_BYTES).digest()


class AuditTable:
    """The table ``audit``, over one connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute = connection.execute

    def head(self) -> Head:
        """The newest entry; 0 and `START` before the first."""
        row = self._execute(
            "SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1"
        ).fetchone()
        return Head(*row) if row else Head(0, START)

    def add(self, said: AuditEvent) -> Head:
        """Add an entry, inside the caller's transaction."""
        before = self.head()
        number = before.number + 1
        head = Head(number, next_hash(before.hash, number, said))
        self._execute("INSERT INTO audit VALUES (?,?,?,?,?,?,?,?)", (number, *said, head.hash))
        return head

    def from_oldest(self) -> Iterator[ChainEntry]:
        """All entries in their order."""
        return map(_entry, self._execute("SELECT * FROM audit ORDER BY number"))

    def hash_at(self, number: int) -> bytes | None:
        """The hash of an entry, None if there is none of that number."""
        if number == 0:
            return START
        row = self._execute("SELECT hash FROM audit WHERE number = ?", (number,)).fetchone()
        return row[0] if row else None

    def last_of(self, acts: Collection[str]) -> Head:
        """The newest entry of one of the acts; 0 and nothing if there is none."""
        marks = ",".join("?" * len(acts))
        row = self._execute(
            f"SELECT number, hash FROM audit WHERE act IN ({marks}) ORDER BY number DESC LIMIT 1",
            tuple(acts),
        ).fetchone()
        return Head(*row) if row else Head(0, b"")

    def newest(self, where: AuditFilter, offset: int, limit: int) -> tuple[int, list[ChainEntry]]:
        """How many entries fit a filter, and a part of them, the newest first."""
        condition, values = where.as_sql()
        count: int = self._execute(
            f"SELECT count(*) FROM audit WHERE {condition}", values
        ).fetchone()[0]
        rows = self._execute(
            f"SELECT * FROM audit WHERE {condition} ORDER BY number DESC LIMIT ? OFFSET ?",
            (*values, limit, offset),
        )
        return count, [_entry(row) for row in rows]


class AuditFilter(NamedTuple):
    """Which entries are wanted; None does not choose.

    ``act`` also stands for all acts that it is the first part of, as ``terminals`` does for
    ``terminals.change``. Times are in milliseconds since 1970, both included.
    """

    who: str | None = None
    act: str | None = None
    about: str | None = None
    outcome: str | None = None
    since_ms: int | None = None
    until_ms: int | None = None

    def as_sql(self) -> tuple[str, list[object]]:
        """A condition and its values."""
        parts: list[tuple[str, Sequence[object]]] = [("1", ())]
        if self.who is not None:
            parts.append(("who = ? COLLATE NOCASE", (self.who,)))
        if self.act is not None:
            parts.append(("(act = ? OR substr(act, 1, ?) = ?)", self._acts(self.act)))
        if self.about is not None:
            parts.append(("instr(lower(about), lower(?)) > 0", (self.about,)))
        if self.outcome is not None:
            parts.append(("outcome = ?", (self.outcome,)))
        if self.since_ms is not None:
            parts.append(("at_ms >= ?", (self.since_ms,)))
        if self.until_ms is not None:
            parts.append(("at_ms <= ?", (self.until_ms,)))
        conditions, values = zip(*parts, strict=True)
        return " AND ".join(conditions), [value for some in values for value in some]

    @staticmethod
    def _acts(act: str) -> tuple[object, ...]:
        prefix = f"{act}."
        return act, len(prefix), prefix


def _entry(row: Sequence[Any]) -> ChainEntry:
    number, at_ms, who, address, act, about, outcome, hashed = row
    return ChainEntry(number, AuditEvent(at_ms, who, address, act, about, outcome), hashed)
