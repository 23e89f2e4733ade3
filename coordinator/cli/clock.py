"""``mrnmesh-coordinator clock``: a word that this clock is right, or that another was wrong."""

from __future__ import annotations

import argparse
from typing import Any, Final

from coordinator.cli.calling import add_call, client
from coordinator.cli.program import PROGRAM
from sync.cli import clock, command

_PATH: Final = "/api/clock/disbelieved/"


def add(commands: command.Commands) -> None:
    """Add the commands."""
    acts = clock.add(commands, PROGRAM)
    listed = "mrnmesh-coordinator clock wrong"
    add_call(acts, "wrong", "the times that nobody believes", _list, f"{listed}\n{listed} --json")
    saying = add_call(
        acts,
        "disbelieve",
        "say that a clock was wrong, so that nobody believes what was written by it",
        _disbelieve,
        """
        mrnmesh-coordinator clock disbelieve LAB1-PC \\
            2099-01-01T00:00+05:00 2099-01-02T00:00+05:00 \\
            --who Sadia --why "the year was mistyped"
        """,
    )
    saying.add_argument("author", metavar="CODE", help="the terminal, or @coordinator")
    saying.add_argument("first", metavar="FROM", help="the first wrong time, with its zone")
    saying.add_argument("last", metavar="TO", help="the last wrong time, with its zone")
    back = add_call(
        acts,
        "believe",
        "take back that a clock was wrong",
        _believe,
        'mrnmesh-coordinator clock believe 9c1f... --who Sadia --why "it was the other desk"',
    )
    back.add_argument("id", metavar="ID", help="as `clock wrong` shows it")
    for parser in (saying, back):
        parser.add_argument("--who", required=True, metavar="NAME", help="who says so")
        parser.add_argument("--why", required=True, metavar="TEXT", help="the reason, for later")


def _list(options: argparse.Namespace) -> int:
    return _print(options, client(options).call("GET", _PATH))


def _disbelieve(options: argparse.Namespace) -> int:
    names = ("author", "first", "last", "who", "why")
    body = {name: getattr(options, name) for name in names}
    return _print(options, client(options).call("POST", _PATH, body))


def _believe(options: argparse.Namespace) -> int:
    body = {"who": options.who, "why": options.why}
    return _print(options, client(options).call("POST", f"{_PATH}{options.id}/back/", body))


def _print(options: argparse.Namespace, found: dict[str, Any]) -> int:
    if options.json:
        command.print_json(found)
        return 0
    if not found["results"]:
        print("All times are believed.")
    for one in found["results"]:
        print(f"{one['id']}  {one['author']}: {one['first']} to {one['last']}")
        print(f"    {one['who']}: {one['why']}")
    return 0
