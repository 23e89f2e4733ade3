"""The acts of ``clock`` that only a coordinator has: whose clock was wrong, and when."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from sync.cli import command
from sync.cli.program import Program
from sync.daemon.daemon_settings import S

_PATH: Final = "/api/clock/disbelieved/"

Ask = Callable[[argparse.Namespace], dict[str, Any]]


def add(acts: command.Commands, program: Program[S]) -> None:
    """Add them to those of `sync.cli.clock`."""
    prog = program.name
    listing = command.add(
        acts,
        "wrong",
        "the times that nobody believes",
        f"{prog} clock wrong\n{prog} clock wrong --json",
    )
    saying = command.add(
        acts,
        "disbelieve",
        "say that a clock was wrong, so that nobody believes what was written by it",
        f"""
        {prog} clock disbelieve LAB1-PC \\
            2099-01-01T00:00+05:00 2099-01-02T00:00+05:00 \\
            --why "the year was mistyped"
        """,
    )
    saying.add_argument("author", metavar="CODE", help="the terminal, or @coordinator")
    saying.add_argument("first", metavar="FROM", help="the first wrong time, with its zone")
    saying.add_argument("last", metavar="TO", help="the last wrong time, with its zone")
    back = command.add(
        acts,
        "believe",
        "take back that a clock was wrong",
        f'{prog} clock believe 9c1f... --why "it was the other desk"',
    )
    back.add_argument("id", metavar="ID", help="as `clock wrong` shows it")
    for parser in (saying, back):
        command.add_former_who_option(parser)
        parser.add_argument("--why", required=True, metavar="TEXT", help="the reason, for later")

    def list_all(options: argparse.Namespace) -> dict[str, Any]:
        found: dict[str, Any] = program.client(options).call("GET", _PATH)
        return found

    def disbelieve(options: argparse.Namespace) -> dict[str, Any]:
        names = ("author", "first", "last", "why")
        body = {name: getattr(options, name) for name in names}
        found: dict[str, Any] = program.client(options).call("POST", _PATH, body)
        return found

    def believe(options: argparse.Namespace) -> dict[str, Any]:
        body = {"why": options.why}
        path = f"{_PATH}{options.id}/back/"
        found: dict[str, Any] = program.client(options).call("POST", path, body)
        return found

    for parser, ask in ((listing, list_all), (saying, disbelieve), (back, believe)):
        command.add_json_option(parser)
        program.add_client_options(parser)
        parser.set_defaults(act=partial(_print, ask))


def _print(ask: Ask, options: argparse.Namespace) -> int:
    found = ask(options)
    if options.json:
        command.print_json(found)
        return 0
    if not found["results"]:
        print("All times are believed.")
    for one in found["results"]:
        print(f"{one['id']}  {one['author']}: {one['first']} to {one['last']}")
        print(f"    {one['who']}: {one['why']}")
    return 0
