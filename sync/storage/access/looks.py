"""Who looked at whom: a chain of entries that name people by their record ids only."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from sync.model.facts import RecordId
from sync.rules.chains import ChainEntry, Head
from sync.storage.access.chains import ChainTable, all_of

RECORD_BYTES: Final = 16

LOOKS: Final = """
-- Who looked at whom, see sync.storage.access.looks.
CREATE TABLE looks (
    number INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, act TEXT NOT NULL, who TEXT NOT NULL,
    known TEXT NOT NULL, way TEXT NOT NULL, address TEXT NOT NULL, people INTEGER NOT NULL,
    records BLOB NOT NULL, about TEXT NOT NULL, hash BLOB NOT NULL);
"""


class LookAct(StrEnum):
    """In what way somebody saw people; the last ones say something about the record itself."""

    OPENED = "opened"
    """One person was shown."""
    HISTORY = "history"
    """What happened to the record of a person was shown."""
    LISTED = "listed"
    """They stood in a list, or a search found them."""
    SUGGESTED = "suggested"
    """They were shown as perhaps the same person as another one."""
    COMPARED = "compared"
    """Two people were shown side by side."""
    PRINTED = "printed"
    """Their labels were made, to be printed."""
    SWITCHED_ON = "switched_on"
    SWITCHED_OFF = "switched_off"
    REMOVED = "removed"
    """Entries that were kept for long enough are gone."""
    MISSED = "missed"
    """Looks could not be written down."""
    SET_BACK = "set_back"
    """The database was put back to an older copy, and entries are lost."""
    RESTORED = "restored"
    """A backup was restored, and entries are lost."""


class Way(StrEnum):
    """By what a call was made, as far as it says."""

    PAGE = "page"
    UNATTENDED = "unattended"
    """A page that stood open and asked by itself, while nobody used it."""
    COMMAND = "command"
    PROGRAM = "program"


class Look(NamedTuple):
    """What an entry says.

    Attributes:
        at_ms: when it was, as the replica believed, in milliseconds since 1970.
        act: a `LookAct`.
        who: the name of whoever looked; empty if nobody could tell.
        known: how that name is known, see `sync.model.clerks.known.KnownBy`; empty if it is not.
        way: a `Way`; empty in an entry about the record itself.
        address: from where the call came.
        people: how many were shown.
        records: their record ids, one behind the other; empty if they are too many to be named.
        about: what an entry about the record itself says besides, for people.
    """

    at_ms: int
    act: str
    who: str = ""
    known: str = ""
    way: str = ""
    address: str = ""
    people: int = 0
    records: bytes = b""
    about: str = ""

    @property
    def named(self) -> list[RecordId]:
        """The record ids of those who were shown."""
        return [
            RecordId(self.records[first : first + RECORD_BYTES])
            for first in range(0, len(self.records), RECORD_BYTES)
        ]


def note(at_ms: int, act: LookAct, about: str) -> Look:
    """An entry about the record itself."""
    return Look(at_ms, act, about=about)


def packed(records: Iterable[RecordId]) -> bytes:
    """Record ids as an entry has them."""
    return b"".join(records)


class LookFilter(NamedTuple):
    """Which entries are wanted; None does not choose.

    ``record`` leaves out who saw too many people to name them, see `LookTable.unnamed`. Times are
    in milliseconds since 1970, both included.
    """

    record: RecordId | None = None
    who: str | None = None
    act: str | None = None
    since_ms: int | None = None
    until_ms: int | None = None

    def as_sql(self) -> tuple[str, list[object]]:
        """A condition and its values."""
        parts: list[tuple[str, Sequence[object]]] = []
        if self.record is not None:
            parts.append(("instr(records, ?) > 0", (self.record,)))
        if self.who is not None:
            parts.append(("who = ? COLLATE NOCASE", (self.who,)))
        if self.act is not None:
            parts.append(("act = ?", (self.act,)))
        if self.since_ms is not None:
            parts.append(("at_ms >= ?", (self.since_ms,)))
        if self.until_ms is not None:
            parts.append(("at_ms <= ?", (self.until_ms,)))
        return all_of(parts)


class LookTable(ChainTable[Look]):
    """The table ``looks``, over one connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__(connection, "looks", Look._make)

    def newest(
        self, where: LookFilter, offset: int, limit: int
    ) -> tuple[int, list[ChainEntry[Look]]]:
        """How many entries fit a filter, and a part of them, the newest first."""
        return self.found(*where.as_sql(), offset, limit)

    def unnamed(self, where: LookFilter) -> int:
        """How many entries, of all that fit but for the record, do not name whom they are about.

        Whoever is asked for may be among these people. Entries about the record itself count too:
        something may be missing there.
        """
        condition, values = where._replace(record=None).as_sql()
        (count,) = self._execute(
            f"SELECT count(*) FROM {{}} WHERE {condition} AND length(records) = 0"
            " AND act NOT IN (?, ?)",
            (*values, LookAct.SWITCHED_ON, LookAct.REMOVED),
        ).fetchone()
        return int(count)

    def oldest(self) -> ChainEntry[Look] | None:
        """The oldest entry that is there."""
        return next(self.from_oldest(), None)

    def switch(self) -> Look | None:
        """The newest entry about the switch."""
        row = self._execute(
            "SELECT * FROM {} WHERE act IN (?, ?) ORDER BY number DESC LIMIT 1",
            (LookAct.SWITCHED_ON, LookAct.SWITCHED_OFF),
        ).fetchone()
        return self._entry(row).said if row else None

    def last_of_oldest(self, most: int) -> Head | None:
        """The last one of the oldest entries, at most so many; None if there are none."""
        row = self._execute(
            "SELECT number, hash FROM"
            " (SELECT number, hash FROM {} ORDER BY number LIMIT ?) ORDER BY number DESC LIMIT 1",
            (most,),
        ).fetchone()
        return Head(*row) if row else None

    def made_ms(self, number: int, now_ms: int) -> int | None:
        """By when an entry was made: its own time, or that of the next one that is not ahead.

        A clock that was wrong has written times that lie ahead of now. None if all times from
        there on do.
        """
        row = self._execute(
            "SELECT at_ms FROM {} WHERE number >= ? AND at_ms <= ? ORDER BY number LIMIT 1",
            (number, now_ms),
        ).fetchone()
        return row[0] if row else None

    def last_of_old(self, most: int, before_ms: int, now_ms: int) -> Head | None:
        """The last one of the oldest entries that all were made before some time, see `made_ms`.

        None if the oldest one was not.

        Args:
            most: of no more than so many.
        """
        rows = self._execute("SELECT number, hash, at_ms FROM {} ORDER BY number LIMIT ?", (most,))
        old, ahead = None, None
        for number, hashed, at_ms in rows.fetchall():
            if at_ms > now_ms:
                ahead = Head(number, hashed)  # it goes with the next one that is not ahead
            elif at_ms < before_ms:
                old, ahead = Head(number, hashed), None
            else:
                return old
        made_ms = self.made_ms(ahead.number, now_ms) if ahead is not None else None
        return ahead if made_ms is not None and made_ms < before_ms else old

    def remove(self, last: int) -> None:
        """Remove all entries up to this one, inside the caller's transaction."""
        self._execute("DELETE FROM {} WHERE number <= ?", (last,))
