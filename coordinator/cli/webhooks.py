"""``mrnmesh-coordinator webhooks``: where changes are delivered."""

from __future__ import annotations

import argparse

from coordinator.cli.calling import add_call, client
from sync.cli import command
from sync.model import phrases


def add(whole: command.Commands) -> None:
    """Add the commands."""
    parser = command.add(
        whole,
        "webhooks",
        "deliver what changes to other programs, such as a LIMS",
        """
        mrnmesh-coordinator webhooks add https://lims.example/changes
        mrnmesh-coordinator webhooks add http://127.0.0.1:9000/changes --after 0   # from the first
        mrnmesh-coordinator webhooks list        # how far each has been delivered
        mrnmesh-coordinator webhooks remove 1
        """,
    )
    commands = parser.add_subparsers(required=True, metavar="ACT")
    made = add_call(
        commands,
        "add",
        "deliver to an address from now on",
        _add,
        """
        mrnmesh-coordinator webhooks add https://lims.example/changes
        mrnmesh-coordinator webhooks add http://127.0.0.1:9000/changes --after 0
        """,
    )
    made.add_argument("address", metavar="ADDRESS", help="https, or http on this computer")
    made.add_argument(
        "--after", type=int, metavar="CURSOR", help="deliver all changes after this one too"
    )
    add_call(
        commands,
        "list",
        "all of them, and what keeps them",
        _list,
        """
        mrnmesh-coordinator webhooks list
        mrnmesh-coordinator webhooks list --json
        """,
    )
    gone = add_call(
        commands,
        "remove",
        "deliver nothing more to one",
        _remove,
        """
        mrnmesh-coordinator webhooks remove 1    # the number that `list` shows
        """,
    )
    gone.add_argument("id", type=int)


def _add(options: argparse.Namespace) -> int:
    body = {"url": options.address, "after": options.after}
    made = client(options).call("POST", "/api/webhooks/", body)
    if options.json:
        command.print_json(made)
    else:
        print(f"Changes go to {made['url']} from now on (webhook {made['id']}).")
        print("The secret that signs them, shown this once:")
        print(made["secret"])
    return 0


def _list(options: argparse.Namespace) -> int:
    found = client(options).call("GET", "/api/webhooks/")["results"]
    if options.json:
        command.print_json(found)
        return 0
    if not found:
        print("No webhooks.")
    for hook in found:
        behind = hook["behind"]
        state = f"{phrases.count(behind, 'change')} to deliver" if behind else "up to date"
        trouble = f", failing: {hook['last_error']}" if hook["last_error"] else ""
        print(f"{hook['id']}  {hook['url']}  {state}{trouble}")
    return 0


def _remove(options: argparse.Namespace) -> int:
    client(options).call("DELETE", f"/api/webhooks/{options.id}/")
    if options.json:
        command.print_json({"removed": options.id})
    else:
        print(f"Nothing more is delivered to webhook {options.id}.")
    return 0
