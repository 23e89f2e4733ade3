"""``mrnmesh-node keys``: the keys of programs on other computers, which call over HTTPS."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from typing import Final

from node import config
from node.api.network_keys import NetworkKeys
from sync.cli import command, table

NAME_LENGTH_MAX: Final = 60


def add(whole: command.Commands) -> None:
    """Add the commands."""
    parser = command.add(
        whole,
        "keys",
        "the keys with which programs of other computers call this desk (`https_listen`)",
        """
        mrnmesh-node keys add LIMS
        mrnmesh-node keys list
        mrnmesh-node keys withdraw LIMS
        """,
    )
    acts = parser.add_subparsers(required=True, metavar="ACT")
    adding = command.add(
        acts,
        "add",
        "make a key and print it; it is kept nowhere",
        """
        mrnmesh-node keys add LIMS
        """,
    )
    listing = command.add(
        acts,
        "list",
        "list the keys that are good",
        """
        mrnmesh-node keys list
        """,
    )
    withdrawing = command.add(
        acts,
        "withdraw",
        "let a key be good no longer, from the next call on",
        """
        mrnmesh-node keys withdraw LIMS
        """,
    )
    for parser_, act in ((adding, _add), (listing, _list), (withdrawing, _withdraw)):
        if act is not _list:
            parser_.add_argument("name", type=_name, help="what the program is called")
        command.add_json_option(parser_)
        parser_.set_defaults(act=act)


def _name(text: str) -> str:
    name = text.strip()
    if not name or len(name) > NAME_LENGTH_MAX or not name.isprintable():
        raise argparse.ArgumentTypeError(f"a name has 1 to {NAME_LENGTH_MAX} characters")
    return name


def _keys(options: argparse.Namespace) -> NetworkKeys:
    return NetworkKeys(config.load(options.data).folder)


def _add(options: argparse.Namespace) -> int:
    key = _keys(options).add(options.name, datetime.now(UTC))
    if options.json:
        command.print_json({"name": options.name, "key": key})
        return 0
    print(f"The key of {options.name}, which is shown only now:")
    print(key)
    if config.load(options.data).https_listen is None:
        print("No other computer can call yet: name `https_listen` in the settings.")
    return 0


def _list(options: argparse.Namespace) -> int:
    found = _keys(options).all()
    if options.json:
        command.print_json([{"name": one.name, "made": one.made} for one in found])
    elif found:
        print(table.in_columns([("NAME", "MADE"), *((one.name, one.made) for one in found)]))
    else:
        print("There is no key.")
    return 0


def _withdraw(options: argparse.Namespace) -> int:
    _keys(options).withdraw(options.name)
    if options.json:
        command.print_json({"name": options.name})
    else:
        print(f"The key of {options.name} is good no longer.")
    return 0
