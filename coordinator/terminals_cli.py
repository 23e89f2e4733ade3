"""``mrnmesh-coordinator terminals`` and ``pool``: what an administrator does with numbers."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from coordinator.calling import add_connection_options, client
from sync import command, settings
from sync.errors import BadConfig, BadOption
from sync.facts import as_terminal_code
from sync.numbers import NumberRange

Act = Callable[[argparse.Namespace], int]

_STATES: Final = {
    "activate": ("active", "let an inactive terminal work again"),
    "deactivate": ("inactive", "let a terminal issue nothing for a while; it goes on syncing"),
    "replace": ("replaced", "its computer is gone; another one will take its place"),
    "retire": ("retired", "its work has ended; what it registered stays"),
    "revoke": ("revoked", "it was stolen: what comes from it from now on is refused"),
}
_ENDING: Final = ("replace", "retire", "revoke")

_TERMINALS: Final = """examples:
  mrnmesh-coordinator terminals add --key LAB1-PC.join      a node joins
  mrnmesh-coordinator terminals usage                       who needs numbers soon?
  mrnmesh-coordinator terminals grant LAB1-PC               the next block of the pool
"""
_EXAMPLES: Final = {
    "list": """examples:
  mrnmesh-coordinator terminals list
  mrnmesh-coordinator terminals list --json
""",
    "show": """examples:
  mrnmesh-coordinator terminals show LAB1-PC                every range: how far, why closed
""",
    "add": """examples:
  mrnmesh-coordinator terminals add --key /media/usb/LAB1-PC.join
  mrnmesh-coordinator terminals add OLD-PC --name "Ward, no daemon"
  mrnmesh-coordinator terminals add LAB3-PC --range 750000-759999 --current 750412
""",
    "rename": """examples:
  mrnmesh-coordinator terminals rename LAB1-PC "Laboratory, ground floor"
""",
    "grant": """examples:
  mrnmesh-coordinator terminals grant LAB1-PC               the next block of the pool
  mrnmesh-coordinator terminals grant LAB1-PC 710000-719999
  mrnmesh-coordinator terminals grant LAB1-PC 720000-720999 --allocator coordinator
""",
    "usage": """examples:
  mrnmesh-coordinator terminals usage
  mrnmesh-coordinator terminals usage --json
""",
    "token": """examples:
  mrnmesh-coordinator terminals token OLD-PC
""",
    "activate": """examples:
  mrnmesh-coordinator terminals activate LAB1-PC
""",
    "deactivate": """examples:
  mrnmesh-coordinator terminals deactivate LAB1-PC --reason "closed over the holidays"
""",
    "replace": """examples:
  mrnmesh-coordinator terminals replace LAB1-PC --reason "the disk died"
  mrnmesh-coordinator terminals add --key LAB1-PC.join      then the new computer joins
""",
    "retire": """examples:
  mrnmesh-coordinator terminals retire LAB2-PC --reason "the room was given up"
""",
    "revoke": """examples:
  mrnmesh-coordinator terminals revoke LAB1-PC --reason "stolen on 3 November"
""",
}
_POOL: Final = """examples:
  mrnmesh-coordinator pool show                             and the next free block
  mrnmesh-coordinator pool set 1000000-1999999 --block 5000
  mrnmesh-coordinator pool off                              ranges only by hand
"""


def add(commands: Any) -> None:
    """Add the commands."""

    def acts_of(name: str, help_: str, epilog: str) -> Callable[..., argparse.ArgumentParser]:
        acts = _described(commands, name, help_, epilog).add_subparsers(
            required=True, metavar="ACT"
        )

        def add(name: str, help_: str, act: Act, epilog: str) -> argparse.ArgumentParser:
            parser = _described(acts, name, help_, epilog)
            parser.add_argument("--json", action="store_true", help="the answer as JSON")
            add_connection_options(parser)
            parser.set_defaults(act=act)
            return parser

        return add

    _add_terminals(acts_of("terminals", "terminals and their ranges", _TERMINALS))
    _add_pool(acts_of("pool", "the numbers for new ranges", _POOL))


def _described(commands: Any, name: str, help_: str, epilog: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=help_,
        description=f"{help_[0].upper()}{help_[1:]}.",
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    return parser


# terminals


def _add_terminals(add: Callable[..., argparse.ArgumentParser]) -> None:
    add("list", "all terminals and their ranges", _list, _EXAMPLES["list"])
    _code(add("show", "one terminal with all its ranges", _show, _EXAMPLES["show"]))
    adding = add("add", "add a terminal, or let a node join as it", _add, _EXAMPLES["add"])
    adding.add_argument("code", nargs="?", help="terminal code; may be left out with --key")
    adding.add_argument("--key", type=Path, metavar="FILE", help="the node's join file")
    adding.add_argument("--name", help="what people call it")
    adding.add_argument("--range", metavar="START-END", help="its first range, both included")
    adding.add_argument(
        "--current",
        type=int,
        metavar="NUMBER",
        help="the last number of that range that the earlier system gave out",
    )
    renaming = add("rename", "change what people call a terminal", _rename, _EXAMPLES["rename"])
    _code(renaming)
    renaming.add_argument("name")
    granting = add("grant", "reserve a block of numbers for a terminal", _grant, _EXAMPLES["grant"])
    _code(granting)
    granting.add_argument(
        "range",
        nargs="?",
        metavar="START-END",
        help="both included, as in 710000-719999; by default the next block of the pool",
    )
    granting.add_argument(
        "--allocator",
        choices=("node", "coordinator"),
        help="who issues from it; by default the terminal's node if it has one",
    )
    add("usage", "how far the numbers of active terminals are used", _usage, _EXAMPLES["usage"])
    for name, (state, help_) in _STATES.items():
        change = add(name, help_, _change, _EXAMPLES[name])
        _code(change)
        change.add_argument(
            "--reason", default="", required=name in _ENDING, help="kept with the terminal"
        )
        change.set_defaults(state=state)
    _code(add("token", "a token that serves only one terminal", _token, _EXAMPLES["token"]))


def _code(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("code", type=as_terminal_code, help="terminal code, as in LAB1-PC")


def _path(options: argparse.Namespace) -> str:
    return f"/api/terminals/{options.code}/"


def _list(options: argparse.Namespace) -> int:
    found = client(options).call("GET", "/api/terminals/")["results"]
    if options.json:
        command.print_json(found)
    elif not found:
        print("No terminals yet.")
    else:
        print("\n".join(map(_told, found)))
    return 0


def _show(options: argparse.Namespace) -> int:
    return _print(options, client(options).call("GET", _path(options)))


def _add(options: argparse.Namespace) -> int:
    body = _new_terminal(options)
    return _print(options, client(options).call("POST", "/api/terminals/", body))


def _new_terminal(options: argparse.Namespace) -> dict[str, Any]:
    body: dict[str, Any] = {}
    if options.code is not None:
        body["code"] = as_terminal_code(options.code)
    if options.name is not None:
        body["name"] = options.name
    if options.key is not None:
        joining = settings.read_json(options.key)
        if body.get("code") not in (None, joining.get("code")):
            raise BadConfig(path=options.key, why=f"it is the join file of {joining.get('code')}")
        body |= joining
    if "code" not in body:
        raise BadOption(option="CODE", why="name a terminal code or a join file (--key)")
    if options.range is not None:
        range_ = NumberRange.parse(options.range)
        body |= {"offline_range_start": range_.start, "offline_range_end": range_.end}
    if options.current is not None:
        body["offline_current"] = options.current
    return body


def _rename(options: argparse.Namespace) -> int:
    body = {"name": options.name}
    return _print(options, client(options).call("PATCH", _path(options), body))


def _grant(options: argparse.Namespace) -> int:
    body = {"range": options.range, "allocator": options.allocator}
    given = {name: value for name, value in body.items() if value is not None}
    return _print(options, client(options).call("POST", f"{_path(options)}ranges/", given))


def _change(options: argparse.Namespace) -> int:
    body = {"state": options.state, "reason": options.reason}
    return _print(options, client(options).call("PATCH", _path(options), body))


def _token(options: argparse.Namespace) -> int:
    answer = client(options).call("POST", f"{_path(options)}token/", {})
    if options.json:
        command.print_json(answer)
    else:
        print(f"The token of {answer['code']}, shown this once:")
        print(answer["token"])
    return 0


def _usage(options: argparse.Namespace) -> int:
    found = client(options).call("GET", "/api/terminals/utilization/")["results"]
    if options.json:
        command.print_json(found)
        return 0
    if not found:
        print("No active terminals.")
    for row in found:
        print(row["text"])
        print(
            f"    {row['confirmed']} confirmed, {row['unconfirmed']} unconfirmed, "
            f"{row['per_day']:.1f} a day, {_forecast(row)}"
        )
    return 0


def _forecast(row: dict[str, Any]) -> str:
    if row["days_left"] is None:
        return "no end in sight"
    return f"used up in {row['days_left']} days, about {row['used_up_on']}"


def _print(options: argparse.Namespace, terminal: dict[str, Any]) -> int:
    if options.json:
        command.print_json(terminal)
    else:
        print(_told(terminal))
    return 0


def _told(terminal: dict[str, Any]) -> str:
    """A terminal in words, with a line for each range."""
    node = "with a node" if terminal["has_node"] else "without a node"
    why = f" ({terminal['reason']})" if terminal["reason"] else ""
    lines = [f"{terminal['code']}  {terminal['name']}  {terminal['state']}{why}, {node}"]
    for range_ in terminal["ranges"]:
        state = f"closed: {range_['closed']}" if range_["closed"] else f"{range_['remaining']} left"
        lines.append(
            f"    {range_['start']}-{range_['end']}  issued by the {range_['allocator']}, "
            f"{range_['percent']} % used, {state}; {range_['source']}"
        )
    return "\n".join(lines)


# the pool


def _add_pool(add: Callable[..., argparse.ArgumentParser]) -> None:
    add("show", "the pool and its next free block", _show_pool, _POOL)
    naming = add("set", "name the numbers for new ranges, and switch the pool on", _set_pool, _POOL)
    naming.add_argument("range", metavar="START-END", help="both included")
    naming.add_argument("--block", type=int, metavar="N", help="numbers in a range (10000)")
    for name, is_on in (("on", True), ("off", False)):
        help_ = "terminals get blocks by themselves" if is_on else "ranges only by hand"
        add(name, help_, _switch_pool, _POOL).set_defaults(on=is_on)


def _show_pool(options: argparse.Namespace) -> int:
    return _print_pool(options, client(options).call("GET", "/api/pool/"))


def _set_pool(options: argparse.Namespace) -> int:
    body = {"range": options.range}
    if options.block is not None:
        body["block"] = options.block
    return _print_pool(options, client(options).call("PATCH", "/api/pool/", body))


def _switch_pool(options: argparse.Namespace) -> int:
    return _print_pool(options, client(options).call("PATCH", "/api/pool/", {"on": options.on}))


def _print_pool(options: argparse.Namespace, pool: dict[str, Any]) -> int:
    if options.json:
        command.print_json(pool)
        return 0
    state = "on" if pool["on"] else "off"
    if pool["is_closed"]:
        state = "closed: name a new one with `mrnmesh-coordinator pool set START-END`"
    print(f"Pool {pool['range']} in blocks of {pool['block']}: {state}.")
    if pool["next"]:
        print(f"The next free block is {pool['next']}.")
    elif not pool["is_closed"]:
        print("It has no free block left: name a new pool.")
    return 0
