"""``mrnmesh-node renew``: a node goes on after it was moved."""

from __future__ import annotations

import argparse

from node import config
from sync.cli import command


def add(commands: command.Commands) -> None:
    """Add the command."""
    renew = command.add(
        commands,
        "renew",
        "go on after a move to another computer; old ranges give no more numbers",
        """
        mrnmesh-node renew       # after the data folder was put onto this computer
        """,
    )
    command.add_json_option(renew)
    renew.set_defaults(act=_renew)


def _renew(options: argparse.Namespace) -> int:
    config.renew(options.data)
    if options.json:
        command.print_json({"renewed": True})
        return 0
    print("The node can go on here; the ranges that it had give no more numbers. Run it, and when")
    print("it has met the coordinator, grant the terminal a new range there:")
    print(f"  mrnmesh-coordinator terminals grant {config.load(options.data).code}")
    return 0
