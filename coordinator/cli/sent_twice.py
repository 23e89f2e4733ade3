"""``mrnmesh-conflicts sent-twice``: people who are probably one person."""

from __future__ import annotations

import argparse
from typing import Any

from coordinator.cli.calling import address
from sync.cli import command, table
from sync.cli.client import Client
from sync.errors import BadOption

_HEADINGS = ("MRN", "Name", "Born", "Desk", "Registered")


def add(commands: command.Commands) -> None:
    """Add the command."""
    parser = command.add(
        commands,
        "sent-twice",
        "list people who were probably sent twice",
        """
        mrnmesh-conflicts sent-twice
        mrnmesh-conflicts sent-twice --json
        """,
    )
    command.add_json_option(parser)
    parser.set_defaults(act=_sent_twice)


def _sent_twice(options: argparse.Namespace) -> int:
    if options.node is not None:
        raise BadOption(option="--node", why="only the coordinator lists these")
    api = Client(address(options), options.token)
    found: list[dict[str, Any]] = []
    while len(found) < (page := api.call("GET", _path(len(found))))["count"] and page["results"]:
        found += page["results"]
    if options.json:
        command.print_json(found)
    elif not found:
        print("Nobody.")
    else:
        print(table.in_columns([_HEADINGS, *(row for one in found for row in _rows(one))]))
    return 0


def _path(known: int) -> str:
    return f"/api/sent-twice/?page_size=200&page={known // 200 + 1}"


def _rows(found: dict[str, Any]) -> list[tuple[str, ...]]:
    """A line for each of the people, and an empty one."""
    names = ("mrn", "full_name", "dob", "origin_terminal_code", "created_at")
    rows = [tuple(str(one.get(name) or "-") for name in names) for one in found["patients"]]
    return [*rows, ("",) * len(_HEADINGS)]
