"""``mrnmesh-node unconfirmed`` and ``confirm``: of whom it is not known who they are."""

from __future__ import annotations

import argparse

from node.cli.program import PROGRAM
from sync.cli import command
from sync.cli.people import unconfirmed


def add(commands: command.Commands) -> None:
    """Add both commands."""
    parser = command.add(
        commands,
        "unconfirmed",
        unconfirmed.LIST_HELP,
        """
        mrnmesh-node unconfirmed
        mrnmesh-node unconfirmed --json
        """,
    )
    command.add_json_option(parser)
    parser.set_defaults(act=_listed)
    parser = command.add(
        commands,
        "confirm",
        unconfirmed.CONFIRM_HELP,
        """
        mrnmesh-node confirm 710042 --name "Gul Bano" --dob 1990-01-01 --by sadia
        mrnmesh-node confirm 710043                      # a newborn of a known mother
        """,
    )
    unconfirmed.add_arguments(parser)
    command.add_json_option(parser)
    parser.set_defaults(act=_confirm)


def _listed(options: argparse.Namespace) -> int:
    return unconfirmed.listed(options, PROGRAM.client(options))


def _confirm(options: argparse.Namespace) -> int:
    return unconfirmed.confirm(options, PROGRAM.client(options))
