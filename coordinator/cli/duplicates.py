"""``mrnmesh-conflicts duplicates``: people who are probably somebody else already."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from typing import Any, Final
from urllib.parse import urlencode

from coordinator.cli import conflicts_text
from sync.cli import command
from sync.cli.client import Client

PAGE: Final = 50


def add(commands: command.Commands, client: Callable[[argparse.Namespace], Client]) -> None:
    """Add the command.

    Args:
        client: makes the API that the options name.
    """
    parser = command.add(
        commands,
        "duplicates",
        "list people who are probably registered twice",
        """
        mrnmesh-conflicts duplicates --since 2026-11-01
        mrnmesh-conflicts duplicates --since 2026-11-01 --terminal LAB1-PC
        mrnmesh-conflicts duplicates --since 2026-11-01 --json
        """,
    )
    parser.add_argument(
        "--since",
        required=True,
        metavar="DAY",
        help="compare those who were registered on this day or later, as YYYY-MM-DD",
    )
    parser.add_argument("--terminal", metavar="CODE", help="only those of this desk")
    command.add_json_option(parser)

    def act(options: argparse.Namespace) -> int:
        found = list(_all(client(options), options))
        if options.json:
            command.print_json(found)
        elif not found:
            print("Nobody.")
        else:
            print(conflicts_text.probable_duplicates(found))
        return 0

    parser.set_defaults(act=act)


def _all(api: Client, options: argparse.Namespace) -> Iterator[Any]:
    """Those on all pages."""
    wanted = {"created_from": options.since, "page_size": PAGE}
    if options.terminal is not None:
        wanted["terminal"] = options.terminal
    number, count = 0, 1
    while number * PAGE < count:
        number += 1
        page = api.call("GET", f"/api/duplicates/?{urlencode(wanted | {'page': number})}")
        count = page["count"]
        yield from page["results"]
