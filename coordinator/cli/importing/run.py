"""One run of an import: rows are sent in pieces, and what becomes of each is reported."""

from __future__ import annotations

import argparse
import csv
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Final, TextIO

from coordinator.errors import TwiceInFile
from coordinator.importing import source
from coordinator.importing.rows import RowKey, identify
from coordinator.importing.source import SourceLine, SourceTable
from sync.cli import command, progress
from sync.cli.client import Client
from sync.model import numbers, phrases
from sync.model.demographics import DAY_FORM
from sync.model.numbers import Mrn

NOT_ALL: Final = 1
PEOPLE_AT_ONCE: Final = 500
TERMINALS_AT_ONCE: Final = 50
CHARACTERS_AT_ONCE: Final = 500_000
"""JSON may need six bytes for each, so that a request stays below 4 MiB."""
BROKEN: Final = "broken_row"
REPORT_COLUMNS: Final = ("line", "mrn", "code", "why")


class ImportRun:
    """One run over one file."""

    def __init__(
        self, api: Client, table: SourceTable, options: argparse.Namespace, report: TextIO
    ) -> None:
        self._api = api
        self._table = table
        self._options = options
        self._file = report
        self._report = csv.writer(report)
        self._ahead = _Ahead() if options.dry_run and options.table == "patients" else None
        self.progress = Progress(table.rows, sys.stderr)
        self.rows = 0
        self.taken = 0
        self.there = 0
        self.filled = 0
        self.alike = 0
        self.left_out = 0
        self.refused: Counter[str] = Counter()

    def run(self) -> None:
        """Send everything, some rows at a time."""
        at_once = PEOPLE_AT_ONCE if self._options.table == "patients" else TERMINALS_AT_ONCE
        if self._options.dry_run and self._options.table == "terminals":
            at_once = sys.maxsize  # ranges of the file are held against one another there
        batch: list[SourceLine] = []
        size = 0
        for line in source.lines(self._table, self._options.kind, self._options.date_format):
            batch.append(line)
            size += sum(map(len, line.cells.values()))
            if len(batch) >= at_once or size > CHARACTERS_AT_ONCE:
                self._send(batch)
                batch, size = [], 0
        if batch:
            self._send(batch)
        self.progress.end()

    def _send(self, batch: list[SourceLine]) -> None:
        rows = [line for line in batch if line.fault is None]
        for line in batch:
            if line.fault is not None:
                self._refuse(line, BROKEN, line.fault)
        body = {"rows": [line.cells for line in rows], "dry_run": self._options.dry_run}
        if self._options.table == "patients":
            body |= {"lenient": self._options.lenient, "take_odd": self._options.take_odd}
        answer = self._api.call("POST", f"/api/import/{self._options.table}/", body)
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
        self.progress.show(self.rows)

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
        if self._options.date_format is not None:
            # The coordinator gets every date in one form, which is not that of the file.
            why = why.replace(DAY_FORM, f"must be a date as {self._options.date_format}")
        name = line.cells.get("mrn", line.cells.get("code", "")).strip()
        self._report.writerow((line.number, _plain(name), code, _plain(why)))

    def tell_of_end(self) -> None:
        """Report how far it came, and what to do, when it was cut short."""
        self.progress.end()
        print(
            f"It ended after {self.rows:,} of {self._table.rows:,} rows. What was taken stays; "
            "run the same command again to go on.",
            file=sys.stderr,
        )

    def outcome(self) -> list[str]:
        """What has become of the rows, or would, in lines."""
        if self._options.dry_run:
            became = "{:,} would be taken, {:,} are known already, {:,} would not"
        else:
            became = "{:,} taken, {:,} known already, {:,} not taken"
        rows = became.format(self.taken, self.there, self.refused.total())
        lines = [f"{self._table.path.name}: {phrases.count(self.rows, 'row')}; {rows}."]
        if self.filled:
            could = "lack" if self._options.dry_run else "lacked"
            lines.append(
                f"{self.filled:,} of those that were there {could} something that this file says."
            )
        if self.alike:
            verb = "looks" if self.alike == 1 else "look"
            lines.append(f"{self.alike:,} {verb} like somebody who is registered already.")
        lines += [f"    {count:,}  {code}" for code, count in self.refused.most_common()]
        if self.left_out:
            lines.append(
                f"{self.left_out:,} of those that are taken lose a field that breaks a rule."
            )
        return lines

    def tell(self, report: Path) -> int:
        """Report what became of the rows and return the exit status."""
        refused = self.refused.total()
        reported = refused or self.left_out
        if self._options.json:
            command.print_json(
                {
                    "rows": self.rows,
                    "taken": self.taken,
                    "there": self.there,
                    "filled": self.filled,
                    "alike": self.alike if self._options.dry_run else None,
                    "not_taken": dict(self.refused.most_common()),
                    "taken_without_field": self.left_out,
                    "dry_run": self._options.dry_run,
                    "report": str(report) if reported else None,
                }
            )
            return NOT_ALL if reported else 0
        print(*self.outcome(), sep="\n")
        if reported:
            print(f"Each of them is in {report}, with its line and the reason.")
        if self._options.dry_run:
            print("This was a dry run: nothing was changed.")
        return NOT_ALL if reported else 0


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


class Progress:
    """Progress, speed and remaining time on one line of a terminal; a pipe gets nothing."""

    def __init__(self, total: int, stream: TextIO, clock: Callable[[], float] = monotonic) -> None:
        self._total = total
        self._line = progress.ProgressLine(stream)
        self._clock = clock
        self._began = clock()

    def show(self, done: int) -> None:
        """Show that ``done`` rows are done."""
        rate = done / max(self._clock() - self._began, 1e-6)
        left = (self._total - done) / rate if rate else 0.0
        self._line.show(
            f"{done:,} of {self._total:,} rows, {rate:,.0f} a second, {left:.0f} s left"
        )

    def end(self) -> None:
        """Leave the line to others."""
        self._line.clear()
