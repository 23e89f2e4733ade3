"""Entries of a record: for people, as CSV for a spreadsheet, as JSON lines for programs."""

from __future__ import annotations

import argparse
import csv
import io
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from sync.cli import command
from sync.cli.client import Client

NEWEST: Final = 50
"""So many entries are shown if not more are wanted."""
VERIFY: Final = "verify"
BROKEN: Final = 1
"""Exit status when a record is not whole."""
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def add_check(parser: argparse.ArgumentParser) -> None:
    """Add the word that asks for a check of the whole record."""
    parser.add_argument(
        "what",
        nargs="?",
        choices=[VERIFY],
        help="check that no entry was changed, removed or put in between",
    )


def add_ways(parser: argparse.ArgumentParser) -> None:
    """Add from when to when entries are wanted, and in which form."""
    parser.add_argument("--since", metavar="TIME", help="from then on, with its zone")
    parser.add_argument("--until", metavar="TIME", help="until then, with its zone")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--csv", action="store_true", help="all that fit, for a spreadsheet")
    how.add_argument("--jsonl", action="store_true", help="all that fit, one JSON object a line")
    how.add_argument("--all", action="store_true", help="all that fit")


def is_for_people(options: argparse.Namespace) -> bool:
    """Whether entries are printed as lines to be read."""
    return not (options.json or options.jsonl or options.csv)


def show(
    options: argparse.Namespace,
    api: Client,
    path: str,
    filters: Mapping[str, str],
    columns: Sequence[str],
    text_of: Callable[[dict[str, Any]], str],
) -> None:
    """Print the entries of a record in the form that `add_ways` lets people choose.

    Args:
        path: where the API lists them.
        columns: of the spreadsheet.
        text_of: makes a line of an entry.
    """
    if options.all or not is_for_people(options):
        found = api.all(path, filters)
    else:
        found = api.some(path, filters, NEWEST)
    if options.json:
        command.print_json(found)
    elif options.jsonl:
        sys.stdout.buffer.write(json_lines(found))
    elif options.csv:
        sys.stdout.buffer.write(spreadsheet(columns, found))
    else:
        print("\n".join(map(text_of, found)) or "Nothing.")


def verify(
    options: argparse.Namespace,
    api: Client,
    path: str,
    sentences: Callable[[dict[str, Any]], Iterator[str]],
) -> int:
    """Print whether the whole record is as it was written, and return the exit status.

    Args:
        path: where the API lists the entries.
        sentences: those about a check in which no entry by itself is wrong.
    """
    found = api.call("GET", f"{path}check/")
    if options.json:
        command.print_json(found)
    elif found["first_wrong"] is not None:
        print(
            f"Entry {found['first_wrong']} is not as it was written, or is missing: somebody has "
            "changed the database. Compare with a backup."
        )
    else:
        print("\n".join(sentences(found)))
    return 0 if found["is_whole"] else BROKEN


def json_lines(entries: Iterable[dict[str, Any]]) -> bytes:
    """Each entry as JSON in a line of its own."""
    return b"".join((json.dumps(entry, ensure_ascii=False) + "\n").encode() for entry in entries)


def spreadsheet(columns: Sequence[str], entries: Iterable[dict[str, Any]]) -> bytes:
    """Entries as CSV in UTF-8, with a byte order mark, so that Excel knows what it is."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([_cell(entry[name]) for name in columns] for entry in entries)
    return text.getvalue().encode("utf-8-sig")


def _cell(value: object) -> str:
    """A value that no spreadsheet takes for a formula; several stand one behind the other."""
    if isinstance(value, list):
        value = " ".join(map(str, value))
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
