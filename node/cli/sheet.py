"""``mrnmesh-node sheet``: numbers printed ahead, for when the computer of the desk is broken."""

from __future__ import annotations

import argparse
from typing import Any

from node.cli.program import PROGRAM
from sync.cli import command
from sync.model import phrases


def add(commands: command.Commands) -> None:
    """Add the command."""
    parser = command.add(
        commands,
        "sheet",
        "take the next 50 numbers, to be written on paper and typed in later",
        """
        mrnmesh-node sheet               # 50 numbers, and where to print them
        mrnmesh-node sheet               # once more: the same ones, until one of them is used
        mrnmesh-node sheet --another     # 50 more in any case
        mrnmesh-node sheet --list        # which numbers are not typed in yet
        """,
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--another", action="store_true", help="take 50 more in any case")
    which.add_argument("--list", action="store_true", help="show the sheets of this desk")
    command.add_json_option(parser)
    parser.set_defaults(act=_sheet)


def _sheet(options: argparse.Namespace) -> int:
    api = PROGRAM.client(options)
    if options.list:
        found = api.all("/api/sheets/", {})
    else:
        found = [api.call("POST", "/api/sheets/", {"another": options.another})]
    if options.json:
        command.print_json(found if options.list else found[0])
    elif options.list:
        print("\n".join(map(_listed, found)) or "This desk has printed no sheet.")
    else:
        (sheet,) = found
        print(f"{_named(sheet)}. Print it from the browser of this computer:")
        print(f"{api.url}/sheet/?id={sheet['id']}")
    return 0


def _named(sheet: dict[str, Any]) -> str:
    numbers = sheet["numbers"]
    first, last = numbers[0]["mrn"], numbers[-1]["mrn"]
    return f"{phrases.count(len(numbers), 'number')} from {first} to {last}"


def _listed(sheet: dict[str, Any]) -> str:
    left = [one["mrn"] for one in sheet["numbers"] if one["patient"] is None]
    said = f"not typed in: {', '.join(left)}" if left else "all typed in"
    return f"{_named(sheet)}, taken {sheet['printed_at']}; {said}"
