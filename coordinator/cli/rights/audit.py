"""``mrnmesh-coordinator audit``: what was done with the coordinator, by whom, from where."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from coordinator.cli.calling import add_call, client
from sync.cli import command
from sync.cli.records import exporting
from sync.model import phrases

_PATH: Final = "/api/audit/"
_COLUMNS: Final = ("number", "at", "who", "address", "act", "about", "outcome", "hash")
_FILTERS: Final = {
    "who": "who",
    "act": "only_act",  # what a command does is under `act` already
    "about": "about",
    "outcome": "outcome",
    "since": "since",
    "until": "until",
}
"""Name in the query -> where the option is kept."""


def add(whole: command.Commands) -> None:
    """Add the command."""
    parser = add_call(
        whole,
        "audit",
        "what was done with the coordinator, by whom, from where, with what outcome",
        _audit,
        """
        mrnmesh-coordinator audit                        # the newest 50 entries
        mrnmesh-coordinator audit --who "Sadia Malik" --since 2026-11-01T00:00+05:00
        mrnmesh-coordinator audit --act terminals --about LAB1-PC --all
        mrnmesh-coordinator audit --outcome refused      # all that was not done
        mrnmesh-coordinator audit --outcome sign_in_refused --csv > failures.csv
        mrnmesh-coordinator audit verify      # note the hash elsewhere, and compare it later
        """,
    )
    exporting.add_check(parser)
    parser.add_argument("--who", metavar="NAME", help="only what this user or API key did")
    parser.add_argument(
        "--act",
        dest="only_act",
        metavar="ACT",
        help="only these acts, as in `users` or `users.add_user`",
    )
    parser.add_argument("--about", metavar="TEXT", help="only what was about this, as in LAB1-PC")
    parser.add_argument(
        "--outcome", metavar="CODE", help="`done`, `refused`, or the code of an error"
    )
    exporting.add_ways(parser)


def _audit(options: argparse.Namespace) -> int:
    if options.what == exporting.VERIFY:
        return exporting.verify(options, client(options), _PATH, _verdict)
    given = {name: getattr(options, option) for name, option in _FILTERS.items()}
    filters = {name: value for name, value in given.items() if value}
    exporting.show(options, client(options), _PATH, filters, _COLUMNS, _text)
    return 0


def _verdict(found: dict[str, Any]) -> Iterator[str]:
    if found["unlike_desks"] is not None:
        yield (
            f"Desks know another entry {found['unlike_desks']} than the one here, and nothing was "
            "restored: somebody has written this entry, or one before it, anew. Compare with a "
            "backup."
        )
        return
    count = phrases.count(found["entries"], "entry", "entries")
    yield f"{count}, and nothing was changed or removed since they were written."
    if found["known_to_desks"]:
        yield f"The desks know the same, up to entry {found['known_to_desks']}."
    else:
        yield "No desk knows a hash of them yet; the first one is signed at 64 entries."
    if found["lost"]:
        yield f"A restore has lost entries; desks know that there were {found['lost']}."
    yield f"The hash of the last one: {found['hash']}"


def _text(entry: dict[str, Any]) -> str:
    at = datetime.fromisoformat(entry["at"]).astimezone()
    who = entry["who"] or "somebody unknown"
    where = f" from {entry['address']}" if entry["address"] else ""
    about = f" {entry['about']}" if entry["about"] else ""
    return (
        f"{entry['number']}  {at:%Y-%m-%d %H:%M:%S}  {who}{where}: {entry['act']}{about}: "
        f"{entry['outcome']}"
    )
