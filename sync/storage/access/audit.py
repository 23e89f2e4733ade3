"""What was done with the coordinator, in a chain of entries."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence
from typing import Final, NamedTuple

from sync.rules.chains import ChainEntry, Head
from sync.storage.access.chains import ChainTable, all_of

DONE: Final = "done"
"""The outcome of what was done; any other is the code of an error."""
REFUSED: Final = "refused"
"""Stands for every outcome but `DONE` where entries are looked for."""
CONSOLE: Final = "console"
"""Whoever works at the coordinator's own computer, where nothing tells who it is."""


class AuditEvent(NamedTuple):
    """What an entry says.

    Attributes:
        at_ms: when it was, as the coordinator believed, in milliseconds since 1970.
        who: a user, a key, or a user of the computer; empty if nobody could tell.
        address: from where.
        act: a stable code, as in ``terminals.change``.
        about: what it was done to, and how: codes, ids and states, but nothing of any patient.
        outcome: `DONE`, or the code of the error.
    """

    at_ms: int
    who: str
    address: str
    act: str
    about: str
    outcome: str


class AuditTable(ChainTable[AuditEvent]):
    """The table ``audit``, over one connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__(connection, "audit", AuditEvent._make)

    def last_of(self, acts: Collection[str]) -> Head:
        """The newest entry of one of the acts; 0 and nothing if there is none."""
        marks = ",".join("?" * len(acts))
        row = self._execute(
            f"SELECT number, hash FROM {{}} WHERE act IN ({marks}) ORDER BY number DESC LIMIT 1",
            tuple(acts),
        ).fetchone()
        return Head(*row) if row else Head(0, b"")

    def newest(
        self, where: AuditFilter, offset: int, limit: int
    ) -> tuple[int, list[ChainEntry[AuditEvent]]]:
        """How many entries fit a filter, and a part of them, the newest first."""
        return self.found(*where.as_sql(), offset, limit)


class AuditFilter(NamedTuple):
    """Which entries are wanted; None does not choose.

    ``act`` also stands for all acts that it is the first part of, as ``terminals`` does for
    ``terminals.change``; `REFUSED` as outcome stands for all but `DONE`. Times are in milliseconds
    since 1970, both included.
    """

    who: str | None = None
    act: str | None = None
    about: str | None = None
    outcome: str | None = None
    since_ms: int | None = None
    until_ms: int | None = None

    def as_sql(self) -> tuple[str, list[object]]:
        """A condition and its values."""
        parts: list[tuple[str, Sequence[object]]] = []
        if self.who is not None:
            parts.append(("who = ? COLLATE NOCASE", (self.who,)))
        if self.act is not None:
            parts.append(("(act = ? OR substr(act, 1, ?) = ?)", self._acts(self.act)))
        if self.about is not None:
            parts.append(("instr(lower(about), lower(?)) > 0", (self.about,)))
        if self.outcome == REFUSED:
            parts.append(("outcome <> ?", (DONE,)))
        elif self.outcome is not None:
            parts.append(("outcome = ?", (self.outcome,)))
        if self.since_ms is not None:
            parts.append(("at_ms >= ?", (self.since_ms,)))
        if self.until_ms is not None:
            parts.append(("at_ms <= ?", (self.until_ms,)))
        return all_of(parts)

    @staticmethod
    def _acts(act: str) -> tuple[object, ...]:
        prefix = f"{act}."
        return act, len(prefix), prefix
