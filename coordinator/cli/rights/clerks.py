"""``mrnmesh-coordinator clerks``: who works at which desk."""

from __future__ import annotations

import argparse
from typing import Any, Final

from coordinator.cli.calling import add_call, client
from coordinator.users.names import folded
from sync.cli import asking, command
from sync.cli.client import Client
from sync.errors import NotFound

_PATH: Final = "/api/clerks/"


def add(whole: command.Commands) -> None:
    """Add the commands."""
    parser = command.add(
        whole,
        "clerks",
        "who works at which desk: names to choose from, and PINs",
        """
        mrnmesh-coordinator clerks add "Sadia Malik" --desk RECEP-1 --desk LAB1-PC
        mrnmesh-coordinator clerks add "Bilal Ahmad" --pin     # asks for the PIN
        mrnmesh-coordinator clerks list
        mrnmesh-coordinator clerks typing off
        """,
    )
    acts = parser.add_subparsers(required=True, metavar="ACT")
    new = add_call(
        acts,
        "add",
        "let a name be chosen at all desks, or at some",
        _add,
        """
        mrnmesh-coordinator clerks add "Sadia Malik"
        mrnmesh-coordinator clerks add "Sadia Malik" --desk RECEP-1 --pin < pin.txt
        """,
    )
    new.add_argument("name", help="letters, digits, spaces and . - _ '")
    _add_desk_option(new, "a desk where they work (again for more of them; without it all)")
    new.add_argument("--pin", action="store_true", help="ask for a PIN of theirs")
    add_call(acts, "list", "all of them", _list, "mrnmesh-coordinator clerks list")
    _add_change(acts)
    gone = add_call(
        acts,
        "remove",
        "let a name be chosen no more; what was done under it keeps the name",
        _remove,
        'mrnmesh-coordinator clerks remove "Sadia Malik"',
    )
    gone.add_argument("name")
    typing = add_call(
        acts,
        "typing",
        "whether other names may be typed at desks that have names to choose from",
        _typing,
        """
        mrnmesh-coordinator clerks typing          # shows it
        mrnmesh-coordinator clerks typing off
        """,
    )
    typing.add_argument("on_or_off", nargs="?", choices=["on", "off"])


def _add_change(acts: command.Commands) -> None:
    change = add_call(
        acts,
        "change",
        "give a clerk another name, other desks, or another PIN",
        _change,
        """
        mrnmesh-coordinator clerks change "Sadia Malik" --name "Sadia Khan"
        mrnmesh-coordinator clerks change "Sadia Malik" --desk WARD-PC
        mrnmesh-coordinator clerks change "Sadia Malik" --pin
        """,
    )
    change.add_argument("name")
    change.add_argument("--name", dest="new_name", metavar="NEW", help="the new name")
    where = change.add_mutually_exclusive_group()
    _add_desk_option(where, "a desk where they work from now on (again for more of them)")
    where.add_argument("--all-desks", action="store_true", help="they work at all desks")
    pin = change.add_mutually_exclusive_group()
    pin.add_argument("--pin", action="store_true", help="ask for a new PIN of theirs")
    pin.add_argument("--no-pin", action="store_true", help="they need no PIN any more")


def _add_desk_option(parser: argparse._ActionsContainer, help_: str) -> None:
    parser.add_argument("--desk", dest="desks", action="append", metavar="CODE", help=help_)


def _add(options: argparse.Namespace) -> int:
    api = client(options)
    body: dict[str, Any] = {"name": options.name, "desks": options.desks}
    if options.pin:
        body["pin"] = asking.new_pin(options.name)
    return _print(options, api.call("POST", _PATH, body))


def _list(options: argparse.Namespace) -> int:
    found = client(options).all(_PATH)
    if options.json:
        command.print_json(found)
    elif not found:
        print("No clerks yet, so each desk takes the names of its own settings, or any that is")
        print("typed. Add one: `mrnmesh-coordinator clerks add NAME`.")
    for one in found if not options.json else ():
        print(_text(one))
    return 0


def _change(options: argparse.Namespace) -> int:
    api = client(options)
    path = _one(api, options.name)
    body: dict[str, Any] = {}
    if options.new_name:
        body["name"] = options.new_name
    if options.desks or options.all_desks:
        body |= {"all_desks": True} if options.all_desks else {"desks": options.desks}
    if options.pin or options.no_pin:
        body |= {"no_pin": True} if options.no_pin else {"pin": asking.new_pin(options.name)}
    return _print(options, api.call("PATCH", path, body))


def _remove(options: argparse.Namespace) -> int:
    api = client(options)
    api.call("DELETE", _one(api, options.name))
    if options.json:
        command.print_json({"removed": options.name})
    else:
        print(f"{options.name} can be chosen at no desk any more.")
    return 0


def _typing(options: argparse.Namespace) -> int:
    api = client(options)
    if options.on_or_off is None:
        found = api.call("GET", f"{_PATH}rule/")
    else:
        found = api.call("PATCH", f"{_PATH}rule/", {"typing": options.on_or_off == "on"})
    if options.json:
        command.print_json(found)
    elif found["typing"]:
        print("Other names may be typed; they are marked as typed.")
    else:
        print("Only names of the list can be chosen, where a desk has any.")
    return 0


def _one(api: Client, name: str) -> str:
    """The path of a clerk.

    Raises:
        NotFound: nobody on the list has that name.
    """
    for one in api.all(_PATH):
        if folded(one["name"]) == folded(name):
            return f"{_PATH}{one['id']}/"
    raise NotFound(what="clerk", key=name)


def _print(options: argparse.Namespace, one: dict[str, Any]) -> int:
    if options.json:
        command.print_json(one)
    else:
        print(_text(one))
    return 0


def _text(one: dict[str, Any]) -> str:
    where = "all desks" if one["desks"] is None else ", ".join(one["desks"]) or "no desk"
    pin = ", with a PIN" if one["pin"] else ""
    lost = "; set it again: this coordinator does not know it any more" if one["pin_lost"] else ""
    return f"{one['name']}  {where}{pin}{lost}"
