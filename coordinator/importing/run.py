"""One run of an import: rows are handed over in pieces, and what is not taken is written down."""

from __future__ import annotations

import csv
import sys
from collections import Counter
from collections.abc import Callable
from typing import Any, Final, Literal, NamedTuple, TextIO

from coordinator.errors import TwiceInFile
from coordinator.importing import columns, source
from coordinator.importing.columns import TableKind
from coordinator.importing.rows import RowKey, identify
from coordinator.importing.source import DateForm, SourceLine, SourceTable
from sync.model import numbers
from sync.model.demographics import DAY_FORM
from sync.model.numbers import Mrn

PEOPLE_AT_ONCE: Final = 500
TERMINALS_AT_ONCE: Final = 50
CHARACTERS_AT_ONCE: Final = 500_000
"""JSON may need six bytes for each, so that a request stays below 4 MiB."""
BROKEN: Final = "broken_row"
REPORT_COLUMNS: Final = ("line", "mrn", "code", "why")

TableName = Literal["patients", "terminals"]
KINDS: Final[dict[TableName, TableKind]] = {
    "patients": columns.PATIENTS,
    "terminals": columns.TERMINALS,
}

Send = Callable[[TableName, dict[str, Any]], Any]
"""Hands rows over, as the body of ``POST /api/import/{table}/``; returns what that answers."""


class How(NamedTuple):
    """How a table is imported.

    ``dates`` is how the file writes dates; None for YYYY-MM-DD. ``lenient`` takes people without
    the fields that break a rule, ``take_odd`` rows that look odd too.
    """

    table: TableName
    dry_run: bool = False
    lenient: bool = False
    take_odd: bool = False
    dates: DateForm | None = None


class ImportRun:
    """One run over one file.

    Args:
        report: gets a row of CSV for each row that is not taken, or not taken whole.
        progress: is called with how many rows are done.
    """

    def __init__(
        self,
        send: Send,
        table: SourceTable,
        how: How,
        report: TextIO,
        progress: Callable[[int], None] = lambda _rows: None,
    ) -> None:
        self._send = send
        self._table = table
        self._how = how
        self._file = report
        self._report = csv.writer(report)
        self._ahead = _Ahead() if how.dry_run and how.table == "patients" else None
        self._progress = progress
        self.rows = 0
        self.taken = 0
        self.there = 0
        self.filled = 0
        self.alike = 0
        self.left_out = 0
        self.refused: Counter[str] = Counter()

    def run(self) -> None:
        """Hand everything over, some rows at a time; raises what handing over raises."""
        how = self._how
        at_once = PEOPLE_AT_ONCE if how.table == "patients" else TERMINALS_AT_ONCE
        if how.dry_run and how.table == "terminals":
            at_once = sys.maxsize  # ranges of the file are held against one another there
        batch: list[SourceLine] = []
        size = 0
        for line in source.lines(self._table, KINDS[how.table], how.dates):
            batch.append(line)
            size += sum(map(len, line.cells.values()))
            if len(batch) >= at_once or size > CHARACTERS_AT_ONCE:
                self._hand_over(batch)
                batch, size = [], 0
        if batch:
            self._hand_over(batch)

    def _hand_over(self, batch: list[SourceLine]) -> None:
        rows = [line for line in batch if line.fault is None]
        for line in batch:
            if line.fault is not None:
                self._refuse(line, BROKEN, line.fault)
        body: dict[str, Any] = {"rows": [line.cells for line in rows], "dry_run": self._how.dry_run}
        if self._how.table == "patients":
            body |= {"lenient": self._how.lenient, "take_odd": self._how.take_odd}
        answer = self._send(self._how.table, body)
        there = set(answer["there"])
        refused = {note["row"] for note in answer["refused"]}
        for note in answer["refused"]:
            self._refuse(rows[note["row"]], note["code"], note["detail"])
        for note in answer["left_out"]:
            self.left_out += 1
            self._write(rows[note["row"]], note["code"], note["detail"])
        self.there += len(there)
        self.taken += answer["taken"]
        self.filled += len(answer["filled"])
        self.alike += len(answer["alike"])
        if self._ahead is not None:
            fresh = [row for at, row in enumerate(rows) if at not in there | refused]
            self._look_ahead(self._ahead, fresh)
        self.rows += len(batch)
        self._file.flush()
        self._progress(self.rows)

    def _look_ahead(self, ahead: _Ahead, rows: list[SourceLine]) -> None:
        """Compare rows of a dry run with earlier ones, which are not in the register."""
        for line in rows:
            try:
                is_new = ahead.add(identify(line.cells))
            except TwiceInFile as error:
                self.taken -= 1
                self._refuse(line, error.code, str(error))
            else:
                self.taken -= not is_new
                self.there += not is_new

    def _refuse(self, line: SourceLine, code: str, why: str) -> None:
        self.refused[code] += 1
        self._write(line, code, why)

    def _write(self, line: SourceLine, code: str, why: str) -> None:
        if self._how.dates is not None:
            # The coordinator gets every date in one form, which is not that of the file.
            why = why.replace(DAY_FORM, f"must be a date as {self._how.dates.text}")
        name = line.cells.get("mrn", line.cells.get("code", "")).strip()
        self._report.writerow((line.number, _plain(name), code, _plain(why)))


def _plain(text: str) -> str:
    """A cell that no spreadsheet takes for a formula (OWASP: CSV injection)."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


class _Ahead:
    """The numbers that a dry run would have taken so far."""

    def __init__(self) -> None:
        self._keys: dict[Mrn, bytes] = {}
        self._like: dict[Mrn, Mrn] = {}

    def add(self, identity: RowKey) -> bool:
        """Take a row; False when this very row was taken before.

        Raises:
            TwiceInFile: another row has the number, or one that looks like it.
        """
        mrn = identity.mrn
        if self._keys.get(mrn) == identity.key:
            return False
        like = numbers.look_alike(mrn)
        for other in (mrn, like, self._like.get(mrn)):
            if other in self._keys:
                raise TwiceInFile(mrn=mrn, other=other)
        self._keys[mrn] = identity.key
        if like is not None:
            self._like[like] = mrn
        return True
