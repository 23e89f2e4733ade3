"""``unconfirmed`` and ``confirm``: who is not known yet, and who they turn out to be."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any, Final

from sync.cli import command, table
from sync.cli.client import Client
from sync.cli.people.naming import person

LIST_HELP: Final = "list people of whom nobody has confirmed yet who they are"
CONFIRM_HELP: Final = "confirm who somebody is, with what is known now"
_OPTIONS: Final = {
    "name": "full_name",
    "father": "father_name",
    "sex": "sex",
    "dob": "dob",
    "phone": "phone",
    "cnic": "cnic",
}
_NOBODY: Final = "It is known of everybody who they are."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what ``confirm`` is told."""
    parser.add_argument("person", metavar="PERSON", help="the record, by its number or record id")
    for option, field in _OPTIONS.items():
        parser.add_argument(f"--{option}", metavar="TEXT", help=f"correct {field} in the same act")
    parser.add_argument("--by", metavar="NAME", help="who confirms it, where nobody is signed in")


def listed(options: argparse.Namespace, api: Client) -> int:
    """Print of whom it is not known who they are."""
    found = api.all("/api/patients/", {"identity": "unconfirmed"})
    if options.json:
        command.print_json(found)
    else:
        print(as_table(found))
    return 0


def confirm(options: argparse.Namespace, api: Client) -> int:
    """Confirm who somebody is, and say who that is now."""
    record = person(api, options.person)
    body = {field: vars(options)[option] for option, field in _OPTIONS.items()}
    body = {name: text for name, text in body.items() if text is not None}
    body["identity"] = "confirmed"
    if options.by:
        body["operator"] = options.by
    now = api.call("PATCH", f"/api/patients/{record['id']}/", body)
    if options.json:
        command.print_json(now)
    else:
        command.say(options, f"{now['mrn']} is {now['full_name']}.")
    return 0


def as_table(people: Sequence[dict[str, Any]]) -> str:
    """A line for each person."""
    if not people:
        return _NOBODY
    rows = [("NUMBER", "NAME", "SEX", "BORN", "DESK", "SINCE")]
    rows += [
        (
            one["mrn"] or "-",
            one["full_name"] or "-",
            one["sex"] or "-",
            one["dob"] or "-",
            one["origin_terminal_code"] or "-",
            (one["created_at"] or "-")[:10],
        )
        for one in people
    ]
    return table.in_columns(rows)
