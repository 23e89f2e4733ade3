"""The forms of online numbers, which grants name, and numbers that look like those of a form."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Final

from sync.model.bodies import format_of
from sync.model.numbers import Mrn
from sync.model.printed.formats import NumberFormat, PrintedKind

_NUMBERS: Final = (("grants", "mrn"), ("resolutions", "mrn"), ("resolutions", "holder_mrn"))
"""Where numbers of an earlier system stand that somebody has, had, or was promised.

What a desk merely claims is not among them: one faulty desk could keep all others from new numbers.
"""


class PrintedTables:
    """Queries on forms of numbers; it is a `sync.rules.number_texts.OnlineFormats`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute = connection.execute

    def formats(self) -> frozenset[NumberFormat]:
        """The forms that grants name, found by one step in the index for each."""
        found = {format_of(packed, PrintedKind.ONLINE) for packed in self._packed()}
        return frozenset(form for form in found if form is not None)

    def _packed(self) -> Iterator[bytes]:
        after = b""
        while row := self._execute(
            "SELECT format FROM grants WHERE format > ? ORDER BY format LIMIT 1", (after,)
        ).fetchone():
            (after,) = row
            yield after

    def of(self, mrn: Mrn) -> NumberFormat | None:
        """The form that the first grant of an online number names, None if it names none."""
        row = self._execute(
            "SELECT format FROM grants WHERE mrn = ? ORDER BY serial, fact LIMIT 1", (mrn,)
        ).fetchone()
        return format_of(row[0], PrintedKind.ONLINE) if row and row[0] is not None else None

    def alike(self, form: NumberFormat) -> Mrn | None:
        """A number that somebody has, had or was promised, and that could be taken for a form's.

        It reads all numbers that begin with the same character; without a prefix that are many.
        """
        return next((Mrn(mrn) for mrn in self._beginning_alike(form) if form.holds(mrn)), None)

    def _beginning_alike(self, form: NumberFormat) -> Iterator[str]:
        firsts = {form.prefix[0], form.prefix[0].lower()} if form.prefix else set("0123456789")
        for table, column in _NUMBERS:
            for first in sorted(firsts):
                for (mrn,) in self._execute(
                    f"SELECT DISTINCT {column} FROM {table} WHERE {column} >= ? AND {column} < ?"
                    f" AND length({column}) >= ?",
                    (first, chr(ord(first) + 1), len(form.description)),
                ):
                    yield mrn
