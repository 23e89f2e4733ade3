"""``mrnmesh-coordinator import``: the tables of an earlier system, from CSV files and workbooks."""

from __future__ import annotations

import argparse
import csv
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Final, TextIO

from coordinator.cli.calling import add_call, client
from coordinator.cli.importing import run
from coordinator.errors import BadCsv
from coordinator.importing import columns, csv_file, source
from coordinator.importing.columns import TableKind
from coordinator.importing.run import REPORT_COLUMNS, How, ImportRun, Send
from coordinator.importing.source import DateForm, SourceTable
from sync.cli import command
from sync.cli.client import Client
from sync.errors import MrnmeshError
from sync.model import phrases
from sync.storage import files

COULD_NOT: Final = 2

_NOTE: Final = """
Import the terminals first. An import can be interrupted at any moment and run again: nobody is
taken twice. First it shows how the file is read, and on a terminal it asks. Exit status: 0 all are
taken whole or were there already, 1 some rows or fields were not taken (they are in the report), 2
the import could not run.
"""


def add(whole: command.Commands) -> None:
    """Add the commands."""
    parser = command.add(
        whole,
        "import",
        "take over terminals and patients of an earlier system",
        """
        mrnmesh-coordinator import terminals lab_terminals.csv
        mrnmesh-coordinator import patients patients.xlsx --dry-run
        mrnmesh-coordinator import patients patients.csv --date-format %d/%m/%Y
        """,
    )
    parser.epilog = f"{parser.epilog}\n{_NOTE}"
    tables = parser.add_subparsers(required=True, metavar="TABLE")
    _add_table(
        tables,
        "terminals",
        columns.TERMINALS,
        "import the terminals and their ranges",
        """
        mrnmesh-coordinator import terminals lab_terminals.csv --dry-run
        mrnmesh-coordinator import terminals lab_terminals.csv
        """,
    )
    people = _add_table(
        tables,
        "patients",
        columns.PATIENTS,
        "import the patients with their numbers",
        """
        mrnmesh-coordinator import patients patients.csv --dry-run
        mrnmesh-coordinator import patients patients.csv --report refused.csv
        mrnmesh-coordinator import patients patients.csv --date-format %d/%m/%Y --lenient
        """,
    )
    people.add_argument(
        "--date-format",
        metavar="FORMAT",
        help="how dates are written, as %%d/%%m/%%Y (by default YYYY-MM-DD)",
    )
    people.add_argument(
        "--lenient",
        action="store_true",
        help="leave out a field that breaks a rule (an impossible date, a phone with letters) and "
        "take the person; the report names each",
    )
    people.add_argument(
        "--take-odd",
        action="store_true",
        help="take rows that look odd too: a number without a digit, a name without a letter, a "
        "birth after the registration; without it the report names each",
    )


def _add_table(
    tables: command.Commands, name: str, kind: TableKind, help_: str, examples: str
) -> argparse.ArgumentParser:
    table = add_call(tables, name, help_, _run, examples)
    table.add_argument("file", type=Path, metavar="FILE", help="a CSV file or a workbook (.xlsx)")
    table.add_argument("--dry-run", action="store_true", help="check every row, change nothing")
    table.add_argument("--yes", action="store_true", help="do not ask before anything is taken")
    table.add_argument("--encoding", default=csv_file.ENCODING, help="of a CSV file (%(default)s)")
    table.add_argument(
        "--report",
        type=Path,
        metavar="FILE",
        help="where to write the rows that were not taken, and why (by default beside the input, "
        "as NAME.not-taken.csv)",
    )
    table.set_defaults(
        failed=COULD_NOT, kind=kind, table=name, lenient=False, take_odd=False, date_format=None
    )
    return table


def _run(options: argparse.Namespace) -> int:
    report: Path = options.report or options.file.with_name(f"{options.file.stem}.not-taken.csv")
    if report.exists() and report.samefile(options.file):
        raise BadCsv(path=options.file, why="the report would replace it: choose another")
    api = client(options)
    table = source.look_through(options.file, options.kind, options.encoding)
    if not options.json:
        print(*_preview(table), sep="\n")
    for name in options.kind.dates:
        why = table.profile.misfit(name, options.date_format)
        if why is not None:
            raise BadCsv(path=options.file, why=why)
    how = _how(options, api)
    if not _agreed(options, api, table, how):
        print("Nothing was taken.", file=sys.stderr)
        return COULD_NOT
    with _written(report) as file:
        progress = run.Progress(table.rows, sys.stderr)
        work = ImportRun(_send(api), table, how, file, progress.show)
        try:
            work.run()
            progress.end()
        except KeyboardInterrupt:
            progress.end()
            run.tell_of_end(work, table)
            return command.INTERRUPTED
        except MrnmeshError:
            if work.rows:
                progress.end()
                run.tell_of_end(work, table)
            raise
    return run.tell(work, table, how, report, as_json=options.json)


def _how(options: argparse.Namespace, api: Client) -> How:
    form = options.date_format
    dates = DateForm(form, _last_day(form, api)) if form is not None else None
    return How(options.table, options.dry_run, options.lenient, options.take_odd, dates)


def _last_day(form: str, api: Client) -> date:
    """The day by which years of two digits go: as the coordinator has it, not this computer."""
    if "%y" not in form:
        return date.max
    found = api.call("GET", "/api/clock/")
    today = datetime.fromisoformat(found["time"]).astimezone().date()
    return source.last_day(today, is_known=found["believed"] or found["settled"])


def _send(api: Client) -> Send:
    """Hand rows over to the coordinator."""
    return lambda table, body: api.call("POST", f"/api/import/{table}/", body)


def _preview(table: SourceTable) -> list[str]:
    """How a file is read: form, columns, and what their cells look like."""
    lines = [
        f"{table.path.name}: {phrases.count(table.rows, 'row')}, {table.form.text}",
        *table.profile.text(),
    ]
    if table.ignored:
        lines.append(f"Not imported, because nothing here holds it: {', '.join(table.ignored)}.")
    return lines


def _agreed(options: argparse.Namespace, api: Client, table: SourceTable, how: How) -> bool:
    """Ask before anything is taken, where there is somebody to ask.

    They see first what would become of the rows, and how many people look like one who is there.
    """
    if options.dry_run or options.yes or options.json or not sys.stdin.isatty():
        return True
    if options.table == "patients":
        print("Comparing the rows with the people who are registered ...", file=sys.stderr)
        with open(os.devnull, "w", encoding="utf-8") as nowhere:
            dry = how._replace(dry_run=True)
            progress = run.Progress(table.rows, sys.stderr)
            look = ImportRun(_send(api), table, dry, nowhere, progress.show)
            look.run()
            progress.end()
        print(*run.outcome(look, table, dry), sep="\n")
    print(f"Take these {phrases.count(table.rows, 'row')}? [y/N] ", end="", flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


@contextmanager
def _written(report: Path) -> Iterator[TextIO]:
    """The report as a file with its header; it is removed again when nothing follows that."""
    nothing = False
    try:
        with report.open("w", encoding="utf-8-sig", newline="") as file:
            csv.writer(file).writerow(REPORT_COLUMNS)
            empty = file.tell()
            try:
                yield file
            finally:
                nothing = file.tell() == empty
    finally:
        if nothing:
            files.remove(report)
