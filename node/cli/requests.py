"""``mrnmesh-node requests``: what this clinic's desks ask an administrator to decide."""

from __future__ import annotations

import argparse

from node.cli.program import PROGRAM
from sync.cli import command, table


def add(commands: command.Commands) -> None:
    """Add the command."""
    parser = command.add(
        commands,
        "requests",
        "list what desks ask an administrator to decide about records, and what became of it",
        """
        mrnmesh-node requests            # what still waits
        mrnmesh-node requests --all      # with what was answered, and why
        """,
    )
    parser.add_argument("--all", action="store_true", help="those that are answered too")
    command.add_json_option(parser)
    parser.set_defaults(act=_requests)


def _requests(options: argparse.Namespace) -> int:
    api = PROGRAM.client(options)
    found = api.all("/api/requests/", {} if options.all else {"open": "true"})
    if options.json:
        command.print_json(found)
    else:
        print(table.of_requests(found))
    return 0
