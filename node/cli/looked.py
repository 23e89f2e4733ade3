"""``mrnmesh-node looked``: who looked at whom at this desk."""

from __future__ import annotations

import argparse

from node import config
from node.api.administrator import secret_of
from node.errors import ForAdministrator
from sync.cli import command
from sync.cli.client import Client
from sync.cli.records import looked
from sync.daemon.daemons import NODE


def add(commands: command.Commands) -> None:
    """Add the command."""
    parser = command.add(
        commands,
        "looked",
        looked.HELP,
        """
        mrnmesh-node looked                        # the newest 50 entries
        mrnmesh-node looked --person 710042        # who looked at this person
        mrnmesh-node looked --who Sadia --since 2026-11-01T00:00+05:00 --csv > sadia.csv
        mrnmesh-node looked verify                 # note the hash elsewhere, to compare it later
        """,
    )
    looked.add_arguments(parser)
    command.add_json_option(parser)
    parser.set_defaults(act=_looked)


def _looked(options: argparse.Namespace) -> int:
    settings = config.load(options.data)
    try:
        secret = secret_of(settings.folder)
    except (OSError, ValueError) as error:
        raise ForAdministrator() from error
    return looked.act(options, Client(settings.url, secret, settings.folder, NODE))
