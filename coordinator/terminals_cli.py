"""``mrnmesh-coordinator terminals``: terminals, their ranges, their states and tokens."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from coordinator.calling import add_connection_options, client
from sync import command, settings
from sync.errors import BadConfig, BadOption


def add(whole: command.Commands) -> None:
    """Add the commands."""
    parser = command.add(
        whole,
        "terminals",
        "terminals and their ranges",
        """
        mrnmesh-coordinator terminals list
        mrnmesh-coordinator terminals add --key LAB1-PC.join     # a node joins as LAB1-PC
        mrnmesh-coordinator terminals grant LAB1-PC 710000-719999
        mrnmesh-coordinator terminals deactivate LAB1-PC
        mrnmesh-coordinator terminals add OLD-PC --name "Ward 3" # a terminal without a node
        mrnmesh-coordinator terminals token OLD-PC               # a token for its programs
        """,
    )
    commands = parser.add_subparsers(required=True, metavar="ACT")
    shown = commands.add_parser("list", help="all terminals and their ranges")
    shown.set_defaults(act=_list_terminals)
    add = commands.add_parser("add", help="add a terminal, or let a node join as it")
    add.add_argument("code", nargs="?", help="terminal code; may be left out with --key")
    add.add_argument("--key", type=Path, metavar="FILE", help="the node's join file")
    add.add_argument("--name", help="what people call it")
    add.set_defaults(act=_add_terminal)
    grant = commands.add_parser("grant", help="reserve a block of numbers for a terminal")
    grant.add_argument("code")
    grant.add_argument("range", metavar="START-END", help="both included, as in 710000-719999")
    grant.add_argument(
        "--allocator",
        choices=("node", "coordinator"),
        help="who issues from it; by default the terminal's node if it has one",
    )
    grant.set_defaults(act=_grant)
    for state in ("active", "inactive"):
        change = commands.add_parser(
            "activate" if state == "active" else "deactivate", help=f"make a terminal {state}"
        )
        change.add_argument("code")
        change.set_defaults(act=_change, state=state)
    token = commands.add_parser("token", help="a token that serves only one terminal")
    token.add_argument("code")
    token.set_defaults(act=_token)
    for act in commands.choices.values():
        add_connection_options(act)


def _list_terminals(options: argparse.Namespace) -> int:
    found = client(options).call("GET", "/api/terminals/")["results"]
    if not found:
        print("No terminals yet.")
    for terminal in found:
        _print_terminal(terminal)
    return 0


def _add_terminal(options: argparse.Namespace) -> int:
    body: dict[str, Any] = {"code": options.code, "name": options.name}
    if options.key is not None:
        joining = settings.read_json(options.key)
        if options.code not in (None, joining.get("code")):
            raise BadConfig(path=options.key, why=f"it is the join file of {joining.get('code')}")
        body |= joining
    if body["code"] is None:
        raise BadOption(option="CODE", why="name a terminal code or a join file (--key)")
    api = client(options)
    terminal = api.call("POST", "/api/terminals/", body)
    if options.name is not None and terminal["name"] != options.name.strip():
        name = {"name": options.name}
        terminal = api.call("PATCH", f"/api/terminals/{terminal['code']}/", name)
    _print_terminal(terminal)
    return 0


def _grant(options: argparse.Namespace) -> int:
    body = {"range": options.range, "allocator": options.allocator}
    _print_terminal(client(options).call("POST", f"/api/terminals/{options.code}/ranges/", body))
    return 0


def _change(options: argparse.Namespace) -> int:
    body = {"state": options.state}
    _print_terminal(client(options).call("PATCH", f"/api/terminals/{options.code}/", body))
    return 0


def _token(options: argparse.Namespace) -> int:
    answer = client(options).call("POST", f"/api/terminals/{options.code}/token/", {})
    print(f"The token of {answer['code']}, shown this once:")
    print(answer["token"])
    return 0


def _print_terminal(terminal: dict[str, Any]) -> None:
    node = "with a node" if terminal["has_node"] else "without a node"
    print(f"{terminal['code']}  {terminal['name']}  {terminal['state']}, {node}")
    for range_ in terminal["ranges"]:
        state = f"closed: {range_['closed']}" if range_["closed"] else f"{range_['remaining']} left"
        print(
            f"    {range_['start']}-{range_['end']}  issued by the {range_['allocator']}, "
            f"{range_['percent']} % used, {state}"
        )
