"""``mrnmesh-coordinator terminals``: terminals, their ranges, their states and tokens."""

from __future__ import annotations

import argparse
from datetime import date, datetime
from typing import Any, Final
from urllib.parse import quote

from coordinator.cli import salvage
from coordinator.cli.calling import add_call, add_never_granted_option, client
from coordinator.cli.enrolment import enrol
from coordinator.cli.plans import ending
from coordinator.registry import quotas, terminals, usage
from sync.cli import asking, command
from sync.errors import BadOption
from sync.model import phrases
from sync.model.facts import as_terminal_code
from sync.model.numbers import NumberRange

_STATES: Final = {
    "activate": (
        "active",
        "let an inactive terminal work again",
        "mrnmesh-coordinator terminals activate LAB1-PC",
    ),
    "deactivate": (
        "inactive",
        "let a terminal give no numbers for a while; it goes on syncing",
        'mrnmesh-coordinator terminals deactivate LAB1-PC --reason "closed over the holidays"',
    ),
    "replace": (
        "replaced",
        "its computer is gone; another one takes its place",
        """
        mrnmesh-coordinator terminals replace LAB1-PC --reason "the disk died"
        mrnmesh-coordinator terminals enrol LAB1-PC            # then a code for the new computer
        """,
    ),
    "retire": (
        "retired",
        "its work has ended; what it registered stays",
        'mrnmesh-coordinator terminals retire LAB2-PC --reason "the room was given up"',
    ),
    "revoke": (
        "revoked",
        "it was stolen: what comes from it from now on is refused",
        'mrnmesh-coordinator terminals revoke LAB1-PC --reason "stolen on 3 November"',
    ),
}
_ENDING: Final = ("replace", "retire", "revoke")
_ENDED: Final = tuple(_STATES[act][0] for act in _ENDING)


def add(whole: command.Commands) -> None:
    """Add the commands."""
    parser = command.add(
        whole,
        "terminals",
        "terminals and their ranges",
        """
        mrnmesh-coordinator terminals list
        mrnmesh-coordinator terminals enrol LAB1-PC              # a code that lets a desk in
        mrnmesh-coordinator terminals usage                      # who needs numbers soon?
        mrnmesh-coordinator terminals grant LAB1-PC              # the next block of the pool
        mrnmesh-coordinator terminals add OLD-PC --name "Ward 3" # a terminal without a node
        mrnmesh-coordinator terminals salvage LAB1-PC /mnt/disk  # what is on a dead desk's disk
        """,
    )
    acts = parser.add_subparsers(required=True, metavar="ACT")
    _add_looking(acts)
    enrol.add(acts)
    _add_adding(acts)
    _add_granting(acts)
    _add_allowing(acts)
    for name, (state, help_, examples) in _STATES.items():
        change = add_call(acts, name, help_, _change, examples)
        _code(change)
        change.add_argument(
            "--reason", default="", required=name in _ENDING, help="kept with the terminal"
        )
        if name in _ENDING:
            asking.add_yes_option(change)
        change.set_defaults(state=state)
    salvage.add(acts)


def _add_looking(acts: command.Commands) -> None:
    add_call(
        acts,
        "list",
        "all terminals and their ranges",
        _list,
        """
        mrnmesh-coordinator terminals list
        mrnmesh-coordinator terminals list --json
        """,
    )
    shown = add_call(
        acts,
        "show",
        "one terminal with all its ranges",
        _show,
        "mrnmesh-coordinator terminals show LAB1-PC   # each range: how far, why closed",
    )
    _code(shown)
    add_call(
        acts,
        "usage",
        "how far the numbers of active terminals are used, and when they end",
        _usage,
        """
        mrnmesh-coordinator terminals usage
        mrnmesh-coordinator terminals usage --json
        """,
    )


def _add_adding(acts: command.Commands) -> None:
    new = add_call(
        acts,
        "add",
        "add a terminal without a node, whose program calls the coordinator",
        _add,
        """
        mrnmesh-coordinator terminals add OLD-PC --name "Ward 3, no node"
        mrnmesh-coordinator terminals add LAB3-PC --range 750000-759999 --current 750412
        """,
    )
    new.add_argument("code", help="terminal code")
    new.add_argument("--name", help="what people call it")
    new.add_argument("--range", metavar="START-END", help="its first range, both included")
    new.add_argument(
        "--current",
        type=int,
        metavar="NUMBER",
        help="the last number of that range that the earlier system gave out",
    )
    add_never_granted_option(new)
    renamed = add_call(
        acts,
        "rename",
        "change what people call a terminal",
        _rename,
        'mrnmesh-coordinator terminals rename LAB1-PC "Laboratory, ground floor"',
    )
    _code(renamed)
    renamed.add_argument("name")
    token = add_call(
        acts,
        "token",
        "a token that serves only one terminal",
        _token,
        "mrnmesh-coordinator terminals token OLD-PC   # for the programs of that desk",
    )
    _code(token)


def _add_granting(acts: command.Commands) -> None:
    grant = add_call(
        acts,
        "grant",
        "reserve a block of numbers for a terminal",
        _grant,
        """
        mrnmesh-coordinator terminals grant LAB1-PC                 # the next of the pool
        mrnmesh-coordinator terminals grant LAB1-PC 710000-719999
        mrnmesh-coordinator terminals grant LAB1-PC 720000-720999 --allocator coordinator
        """,
    )
    _code(grant)
    grant.add_argument(
        "range",
        nargs="?",
        metavar="START-END",
        help="both included, as in 710000-719999; by default the next block of the pool",
    )
    grant.add_argument(
        "--allocator",
        choices=("node", "coordinator"),
        help="who issues from it; by default the terminal's node if it has one",
    )
    add_never_granted_option(grant)


def _add_allowing(acts: command.Commands) -> None:
    allow = add_call(
        acts,
        "allow",
        "let a terminal take more blocks, online numbers and PINs than a desk needs",
        _allow,
        """
        mrnmesh-coordinator terminals allow LAB1-PC             # for a day
        mrnmesh-coordinator terminals allow LAB1-PC --days 7    # a campaign
        mrnmesh-coordinator terminals allow LAB1-PC --days 0    # no longer
        """,
    )
    _code(allow)
    allow.add_argument(
        "--days", type=int, default=1, help=f"for how long, up to {quotas.DAYS_MAX}; 1 by default"
    )


def _code(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("code", type=_named, help="terminal code, as in LAB1-PC")


def _named(text: str) -> str:
    code = as_terminal_code(text)
    if not code:
        raise argparse.ArgumentTypeError("name a terminal, as in LAB1-PC")
    return code


def _path(options: argparse.Namespace) -> str:
    return f"/api/terminals/{quote(options.code, safe='')}/"


def _list(options: argparse.Namespace) -> int:
    found = client(options).all("/api/terminals/")
    if options.json:
        command.print_json(found)
    elif not found:
        print("No terminals yet.")
    else:
        print("\n".join(map(_terminal_text, found)))
    return 0


def _show(options: argparse.Namespace) -> int:
    return _print(options, client(options).call("GET", _path(options)))


def _add(options: argparse.Namespace) -> int:
    body = _new_terminal(options)
    terminal = client(options).call("POST", "/api/terminals/", body)
    if not options.json:
        print(_added_text(terminal))
    return _print(options, terminal)


def _added_text(terminal: dict[str, Any]) -> str:
    code = terminal["code"]
    if terminal["has_node"]:
        return f"{code} may connect now. Run the daemon on its computer: `mrnmesh-node run`."
    return (
        f"{code} was added. It has no daemon of its own: let its program call the coordinator, "
        f"with a token by `mrnmesh-coordinator terminals token {code}`."
    )


def _new_terminal(options: argparse.Namespace) -> dict[str, Any]:
    body: dict[str, Any] = {"code": as_terminal_code(options.code)}
    if options.name is not None:
        body["name"] = options.name
    if options.range is not None:
        range_ = NumberRange.parse(options.range)
        body |= {"offline_range_start": range_.start, "offline_range_end": range_.end}
    if options.current is not None:
        body["offline_current"] = options.current
    if options.never_granted:
        body["never_granted"] = True
    return body


def _rename(options: argparse.Namespace) -> int:
    if not options.name.strip():
        raise BadOption(option="NAME", why="people call a terminal by something")
    body = {"name": options.name}
    return _print(options, client(options).call("PATCH", _path(options), body))


def _grant(options: argparse.Namespace) -> int:
    body = {
        "range": options.range,
        "allocator": options.allocator,
        "never_granted": options.never_granted or None,
    }
    given = {name: value for name, value in body.items() if value is not None}
    return _print(options, client(options).call("POST", f"{_path(options)}ranges/", given))


def _allow(options: argparse.Namespace) -> int:
    answer = client(options).call("POST", f"{_path(options)}allow/", {"days": options.days})
    if options.json:
        command.print_json(answer)
    elif options.days:
        until = datetime.fromisoformat(answer["until"]).astimezone()
        print(f"{options.code} gets what it asks for until {until:%Y-%m-%d %H:%M}.")
    else:
        print(f"{options.code} gets no more than a desk needs.")
    return 0


def _change(options: argparse.Namespace) -> int:
    api = client(options)
    if options.state in _ENDED and not options.yes:
        terminal = api.call("GET", _path(options))
        plan = ending.plan(api, terminal, options.state)
        if not asking.agreed(command.pasteable(options, plan)):
            print(asking.NOTHING_DONE)
            return 1
    body = {"state": options.state, "reason": options.reason}
    return _print(options, api.call("PATCH", _path(options), body))


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
            f"    offline so far: {row['confirmed']} confirmed, {row['unconfirmed']} waiting, "
            f"{row['per_day']:.1f} a day, {_forecast(row)}"
        )
    return 0


def _forecast(row: dict[str, Any]) -> str:
    if row["days_left"] is None:
        return "no end in sight"
    return usage.Forecast(row["days_left"], date.fromisoformat(row["used_up_on"])).text


def _print(options: argparse.Namespace, terminal: dict[str, Any]) -> int:
    if options.json:
        command.print_json(terminal)
    else:
        print(_terminal_text(terminal))
    return 0


def _terminal_text(terminal: dict[str, Any]) -> str:
    """A terminal in words, with a line for each range."""
    node = "with a node" if terminal["has_node"] else "without a node"
    why = f" ({terminal['reason']})" if terminal["reason"] else ""
    name = "" if terminal["name"] == terminal["code"] else f"{terminal['name']}  "
    lines = [f"{terminal['code']}  {name}{terminal['state']}{why}, {node}"]
    for range_ in terminal["ranges"]:
        closed = range_["closed"]
        state = phrases.closed(closed) if closed else f"{range_['remaining']} left"
        lines.append(
            f"    {range_['start']}-{range_['end']}  issued by the {range_['allocator']}, "
            f"{range_['percent']} % used, {state}; {_source(range_['source'])}"
        )
    return "\n".join(lines)


def _source(source: str) -> str:
    """Who granted a range and what for, in words."""
    by, _, why = source.partition(": ")
    if by == terminals.ADMINISTRATOR:
        return "granted by an administrator"
    return f"from the {by} ({why})" if why else f"from: {by}"
