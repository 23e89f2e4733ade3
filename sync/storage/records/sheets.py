"""Sheets: numbers that desks have taken to print them ahead, and which of them are typed in."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Sequence
from typing import Final, NamedTuple

from sync.model import bodies, facts, numbers
from sync.model.facts import COORDINATOR, HLC_MAX, NO_RECORD, Author, Envelope, FactId, SheetFact
from sync.rules.registry import Registry
from sync.storage.people import RegistrationRow
from sync.storage.queries import chunks

SHEETS: Final = """
CREATE TABLE sheets (
    fact BLOB PRIMARY KEY, author TEXT NOT NULL, hlc INTEGER NOT NULL, body BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX sheets_of ON sheets (author, hlc, fact);
CREATE TABLE sheet_numbers (
    number INTEGER NOT NULL, author TEXT NOT NULL, sheet BLOB NOT NULL,
    PRIMARY KEY (number, author, sheet)) WITHOUT ROWID;
"""


class KeptSheet(NamedTuple):
    """A sheet, whose it is, and the hybrid time at which it was taken."""

    id: FactId
    author: Author
    hlc: int
    fact: SheetFact


class SheetTables:
    """The tables ``sheets`` and ``sheet_numbers``, over one connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._execute = connection.execute

    def add(self, fact: FactId, author: Author, envelope: Envelope, body: SheetFact) -> bool:
        """Keep a sheet; return False if it was kept already."""
        added = self._execute(
            "INSERT OR IGNORE INTO sheets VALUES (?, ?, ?, ?)",
            (fact, author, envelope.hlc, envelope.body),
        ).rowcount
        if added:
            self._connection.executemany(
                "INSERT INTO sheet_numbers VALUES (?, ?, ?)",
                [(number, author, fact) for number in body.numbers],
            )
        return added > 0

    def has(self, number: int, terminal: Author) -> bool:
        """True when a terminal itself has taken the number for a sheet."""
        row: tuple[int] = self._execute(
            "SELECT EXISTS (SELECT 1 FROM sheet_numbers WHERE number = ? AND author = ?)",
            (number, terminal),
        ).fetchone()
        return bool(row[0])

    def desks_of(self, number: int) -> list[Author]:
        """Whoever has taken the number for a sheet."""
        rows = self._execute(
            "SELECT DISTINCT author FROM sheet_numbers WHERE number = ? ORDER BY author", (number,)
        )
        return [author for (author,) in rows]

    def one(self, fact: FactId) -> KeptSheet | None:
        """A sheet by its fact id."""
        return next(iter(self._read("fact = ?", fact)), None)

    def newest_of(
        self, author: Author | None, limit: int, offset: int = 0, most: int = HLC_MAX
    ) -> list[KeptSheet]:
        """The sheets of a desk, or of all of them, the newest first.

        Args:
            most: those of a later hybrid time come last: they were taken under a clock that was
                ahead, so before all that were taken since it was set.
        """
        where = "?1 IS NULL OR author = ?1 ORDER BY hlc > ?4, hlc DESC, fact LIMIT ?2 OFFSET ?3"
        return self._read(where, author, limit, offset, most)

    def count_of(self, author: Author | None) -> int:
        """How many sheets a desk has taken, or all of them."""
        row: tuple[int] = self._execute(
            "SELECT count(*) FROM sheets WHERE ?1 IS NULL OR author = ?1", (author,)
        ).fetchone()
        return row[0]

    def typed_in(self, numbers: Sequence[int]) -> dict[int, int]:
        """Number -> who was registered with it (local id): its holder, else the first of them."""
        found: dict[int, int] = {}
        for chunk, marks in chunks([str(number) for number in numbers]):
            rows = self._execute(
                "SELECT c.mrn, coalesce(max(h.patient), min(c.id)) FROM"
                f" (SELECT id, mrn FROM patients WHERE mrn IN ({marks}) UNION"
                f" SELECT id, claimed FROM patients WHERE claimed IN ({marks})"
                " AND claimed IS NOT mrn) c"
                " LEFT JOIN held h ON h.mrn = c.mrn GROUP BY c.mrn",
                chunk * 2,
            )
            found.update((int(mrn), patient) for mrn, patient in rows)
        return found

    def carriers(self, number: int, authors: Collection[Author]) -> list[FactId]:
        """The sheets by some authors on which a number stands."""
        rows: Iterable[tuple[FactId, Author]] = self._execute(
            "SELECT sheet, author FROM sheet_numbers WHERE number = ?", (number,)
        )
        return [sheet for sheet, author in rows if author in authors]

    def _read(self, where: str, *values: object) -> list[KeptSheet]:
        found = []
        rows = self._execute(f"SELECT fact, author, hlc, body FROM sheets WHERE {where}", values)
        for fact, author, hlc, data in rows.fetchall():
            body = bodies.read_kept(facts.SHEET, NO_RECORD, hlc, data)
            if isinstance(body, SheetFact):
                found.append(KeptSheet(fact, author, hlc, body))
        return found


def covering_range(sheets: SheetTables, registry: Registry, row: RegistrationRow) -> int | None:
    """Serial of the range that covers the number of a registration, None if none does."""
    number = numbers.plain_number(row.mrn) if row.mrn is not None else None
    if number is None:
        return None
    serial = registry.cover(number, row.terminal, row.author)
    desk = covering_desk(row)
    # Nearly every registration is covered already, or is no matter of a sheet.
    if serial is not None or desk is None:
        return serial
    return registry.cover(number, desk, row.author, sheets.has(number, desk))


def covering_desk(row: RegistrationRow) -> Author | None:
    """Whose sheets may cover the number of a registration: only the coordinator's need one."""
    return row.terminal if row.author == COORDINATOR else None
