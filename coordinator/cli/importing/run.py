"""What the command says of one run of an import: progress, and what became of the rows."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Final, TextIO

from coordinator.importing.run import How, ImportRun
from coordinator.importing.source import SourceTable
from sync.cli import command, progress
from sync.model import phrases

NOT_ALL: Final = 1


def tell_of_end(work: ImportRun, table: SourceTable) -> None:
    """Report how far it came, and what to do, when it was cut short."""
    print(
        f"It ended after {work.rows:,} of {table.rows:,} rows. What was taken stays; "
        "run the same command again to go on.",
        file=sys.stderr,
    )


def outcome(work: ImportRun, table: SourceTable, how: How) -> list[str]:
    """What has become of the rows, or would, in lines."""
    if how.dry_run:
        became = "{:,} would be taken, {:,} are known already, {:,} would not"
    else:
        became = "{:,} taken, {:,} known already, {:,} not taken"
    rows = became.format(work.taken, work.there, work.refused.total())
    lines = [f"{table.path.name}: {phrases.count(work.rows, 'row')}; {rows}."]
    if work.filled:
        could = "lack" if how.dry_run else "lacked"
        lines.append(
            f"{work.filled:,} of those that were there {could} something that this file says."
        )
    if work.alike:
        verb = "looks" if work.alike == 1 else "look"
        lines.append(f"{work.alike:,} {verb} like somebody who is registered already.")
    lines += [f"    {count:,}  {code}" for code, count in work.refused.most_common()]
    if work.left_out:
        lines.append(f"{work.left_out:,} of those that are taken lose a field that breaks a rule.")
    return lines


def tell(work: ImportRun, table: SourceTable, how: How, report: Path, *, as_json: bool) -> int:
    """Report what became of the rows and return the exit status."""
    refused = work.refused.total()
    reported = refused or work.left_out
    if as_json:
        command.print_json(
            {
                "rows": work.rows,
                "taken": work.taken,
                "there": work.there,
                "filled": work.filled,
                "alike": work.alike if how.dry_run else None,
                "not_taken": dict(work.refused.most_common()),
                "taken_without_field": work.left_out,
                "dry_run": how.dry_run,
                "report": str(report) if reported else None,
            }
        )
        return NOT_ALL if reported else 0
    print(*outcome(work, table, how), sep="\n")
    if reported:
        print(f"Each of them is in {report}, with its line and the reason.")
    if how.dry_run:
        print("This was a dry run: nothing was changed.")
    return NOT_ALL if reported else 0


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
