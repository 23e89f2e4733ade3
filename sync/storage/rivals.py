"""Numbers that several registrations claim, with the rank of each claim.

Nearly every number is claimed once, and has no row here. Of the others the first claim is found by
an index, so that a number that thousands claim costs no more than one that two claim.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence

from sync.model import numbers
from sync.model.numbers import Mrn, NumberRange
from sync.rules.admission import Rank
from sync.storage.queries import chunks


class RivalTables:
    """The table ``rivals``: every claim on each number that more than one registration claims."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute = connection.execute

    def put(self, mrn: Mrn, patient: int, rank: Rank) -> None:
        """Write the claim of a registration, or its new rank."""
        number = numbers.plain_number(mrn)
        self._execute(
            "INSERT OR REPLACE INTO rivals VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (patient, mrn, number, *rank),
        )

    def remove(self, patient: int) -> None:
        """Remove the claim of a registration."""
        self._execute("DELETE FROM rivals WHERE patient = ?", (patient,))

    def numbers_of(self, patients: Sequence[int]) -> dict[int, Mrn]:
        """Registration -> the number that it claims, for those that have rivals."""
        found: dict[int, Mrn] = {}
        for chunk, marks in chunks(patients):
            found.update(
                self._execute(f"SELECT patient, mrn FROM rivals WHERE patient IN ({marks})", chunk)
            )
        return found

    def some_of(self, mrn: Mrn, limit: int) -> list[int]:
        """Some of the registrations that claim a number, at most ``limit``."""
        rows = self._execute("SELECT patient FROM rivals WHERE mrn = ? LIMIT ?", (mrn, limit))
        return [patient for (patient,) in rows]

    def first_of(self, mrn: Mrn) -> int | None:
        """The registration whose claim on a number has the lowest rank, if it is a candidate."""
        row: tuple[int, int] | None = self._execute(
            "SELECT patient, excluded FROM rivals WHERE mrn = ?"
            " ORDER BY excluded, resolved, unjudged, serial, fact, patient LIMIT 1",
            (mrn,),
        ).fetchone()
        return row[0] if row and not row[1] else None

    def admitted_of(self, mrn: Mrn) -> list[int]:
        """The registrations with a claim on a number that verdicts admit."""
        rows = self._execute(
            # Named, because the other index on the number leads through all claims on it.
            "SELECT patient FROM rivals INDEXED BY rivals_admitted WHERE mrn = ? AND NOT unjudged",
            (mrn,),
        )
        return [patient for (patient,) in rows]

    def within(self, ranges: Collection[NumberRange]) -> set[int]:
        """The registrations that claim a number in one of ``ranges``, and have rivals."""
        found: set[int] = set()
        for range_ in ranges:
            rows = self._execute(
                "SELECT patient FROM rivals WHERE number BETWEEN ? AND ?",
                (range_.start, range_.end),
            )
            found.update(patient for (patient,) in rows)
        return found
