"""``mrnmesh-coordinator pool``: the numbers out of which terminals get new ranges."""

from __future__ import annotations

import argparse
from typing import Any

from coordinator.cli.calling import add_call, add_never_granted_option, client
from sync.cli import command


def add(whole: command.Commands) -> None:
    """Add the commands."""
    parser = command.add(
        whole,
        "pool",
        "the numbers for new ranges",
        """
        mrnmesh-coordinator pool show                              # and the next free block
        mrnmesh-coordinator pool set 3000000-3999999 --block 5000
        mrnmesh-coordinator pool off                               # ranges only by hand
        """,
    )
    acts = parser.add_subparsers(required=True, metavar="ACT")
    shown = "mrnmesh-coordinator pool show"
    add_call(
        acts, "show", "the pool and its next free block", _show_pool, f"{shown}\n{shown} --json"
    )
    naming = add_call(
        acts,
        "set",
        "name the numbers for new ranges, and switch the pool on",
        _set_pool,
        """
        mrnmesh-coordinator pool set 3000000-3999999
        mrnmesh-coordinator pool set 3000000-3999999 --block 5000
        """,
    )
    naming.add_argument("range", metavar="START-END", help="both included")
    naming.add_argument(
        "--block", type=int, metavar="N", help="numbers in a range (by default as it is now)"
    )
    add_never_granted_option(naming)
    on = "terminals get blocks by themselves"
    switch = add_call(acts, "on", on, _switch_pool, "mrnmesh-coordinator pool on")
    switch.set_defaults(on=True)
    off = "ranges only by hand"
    switch = add_call(acts, "off", off, _switch_pool, "mrnmesh-coordinator pool off")
    switch.set_defaults(on=False)


def _show_pool(options: argparse.Namespace) -> int:
    return _print_pool(options, client(options).call("GET", "/api/pool/"))


def _set_pool(options: argparse.Namespace) -> int:
    body = {"range": options.range}
    if options.block is not None:
        body["block"] = options.block
    if options.never_granted:
        body["never_granted"] = True
    return _print_pool(options, client(options).call("PATCH", "/api/pool/", body))


def _switch_pool(options: argparse.Namespace) -> int:
    return _print_pool(options, client(options).call("PATCH", "/api/pool/", {"on": options.on}))


def _print_pool(options: argparse.Namespace, pool: dict[str, Any]) -> int:
    if options.json:
        command.print_json(pool)
        return 0
    state = "on" if pool["on"] else "off"
    if pool["is_closed"]:
        state = (
            "closed: name a new one, of numbers that nobody was ever given, with "
            "`mrnmesh-coordinator pool set START-END --never-granted`"
        )
    print(f"Pool {pool['range']} in blocks of {pool['block']}: {state}.")
    if pool["next"]:
        print(f"The next free block is {pool['next']}.")
    elif not pool["is_closed"]:
        print("It has no free block left: name a new pool.")
    return 0
