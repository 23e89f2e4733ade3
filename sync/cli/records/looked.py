"""``looked``: who looked at whom at a daemon, by record ids, and whether that record is whole."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, Final

from sync.cli.client import Client
from sync.cli.people import naming
from sync.cli.records import exporting
from sync.model import phrases

PATH: Final = "/api/looks/"
COLUMNS: Final = (
    *("number", "at", "act", "who", "known", "way", "address", "people", "records", "about"),
    "hash",
)
HELP: Final = "who looked at whom here: when, by which name, from where"
_ACTS: Final = {
    "opened": "opened",
    "history": "looked at the history of",
    "listed": "saw in a list",
    "suggested": "was shown as perhaps the same person",
    "compared": "compared",
    "printed": "printed the label of",
}
_NOTES: Final = {
    "switched_on": "From here on it is recorded who looks at whom",
    "switched_off": "From here on it is not recorded who looks at whom",
    "removed": "What was old was removed",
    "missed": "Something is missing",
    "set_back": "The database was put back to an older copy",
    "restored": "A backup was restored",
}
_WAYS: Final = {
    "page": "on a page",
    "unattended": "on a page that nobody used at that time",
    "command": "by a command",
    "program": "by another program",
}
_KNOWN: Final = {
    "typed": "name typed",
    "chosen": "name chosen",
    "pin": "with PIN",
    "signed_in": "signed in",
    "key": "API key",
}

ClientOf = Callable[[argparse.Namespace], Client]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    exporting.add_check(parser)
    parser.add_argument(
        "--person", metavar="NUMBER", help="only who looked at this person, by number or record id"
    )
    parser.add_argument("--who", metavar="NAME", help="only what this clerk, user or key looked at")
    parser.add_argument(
        "--act", dest="only_act", choices=[*_ACTS, *_NOTES], help="only what was done in this way"
    )
    exporting.add_ways(parser)


def act(options: argparse.Namespace, client: Client) -> int:
    """Do what the options of the command say; returns the exit status."""
    if options.what == exporting.VERIFY:
        return exporting.verify(options, client, PATH, _verdict)
    person = naming.person(client, options.person) if options.person else None
    wanted = {
        "record": person["record_id"] if person is not None else None,
        "who": options.who,
        "act": options.only_act,
        "since": options.since,
        "until": options.until,
    }
    filters = {name: value for name, value in wanted.items() if value}
    exporting.show(options, client, PATH, filters, COLUMNS, text_of)
    if person is not None and exporting.is_for_people(options):
        print("\n".join(_besides(client, filters)))
    return 0


def _besides(api: Client, filters: dict[str, str]) -> Iterator[str]:
    """What has to be said of a person in whose name nothing else was found."""
    query = {**filters, "page_size": "1"}
    unnamed = api.page(PATH, query)["unnamed"]
    if unnamed:
        count = phrases.count(unnamed, "entry names", "entries name")
        yield (
            f"Besides, {count} nobody: long lists, in which this person may have been, and times "
            "that are missing here. Leave out --person to see them."
        )
    yield "This is what was looked at here; every desk, and the coordinator, has its own record."


def text_of(entry: dict[str, Any]) -> str:
    """An entry as a line."""
    at = datetime.fromisoformat(entry["at"]).astimezone()
    head = f"{entry['number']}  {at:%Y-%m-%d %H:%M:%S}  "
    if entry["act"] in _NOTES:
        about = f" ({entry['about']})" if entry["about"] else ""
        return f"{head}{_NOTES[entry['act']]}{about}."
    who = entry["who"] or "somebody unknown"
    known = f" ({_KNOWN.get(entry['known'], entry['known'])})" if entry["known"] else ""
    where = f" {_WAYS.get(entry['way'], entry['way'])}, from {entry['address']}"
    named = " ".join(entry["records"])
    people = named or phrases.count(entry["people"], "person", "people")
    return f"{head}{who}{known}{where}, {_ACTS.get(entry['act'], entry['act'])}: {people}"


def _verdict(found: dict[str, Any]) -> Iterator[str]:
    if not found["is_signed"]:
        yield (
            f"What was before entry {found['first']} was removed, and this daemon has not signed "
            "that: somebody has changed the database. Compare with a backup."
        )
        return
    count = phrases.count(found["last"] - found["first"] + 1, "entry", "entries")
    yield f"{count}, and nothing was changed or removed since they were written."
    if found["removed_at"] is not None:
        yield (
            f"Entries up to {found['first'] - 1} were removed because they were old, the last ones "
            f"at {found['removed_at']}."
        )
    yield f"The hash of the last one: {found['hash']}"
