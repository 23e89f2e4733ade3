"""``mrnmesh-coordinator looked``: who looked at whom at the coordinator."""

from __future__ import annotations

import argparse

from coordinator.cli.calling import add_call, client
from sync.cli import command
from sync.cli.records import looked


def add(whole: command.Commands) -> None:
    """Add the command."""
    parser = add_call(
        whole,
        "looked",
        looked.HELP,
        _looked,
        """
        mrnmesh-coordinator looked                        # the newest 50 entries
        mrnmesh-coordinator looked --person 710042        # who looked at this person
        mrnmesh-coordinator looked --who "Sadia Malik" --csv > sadia.csv
        mrnmesh-coordinator looked verify     # note the hash elsewhere, to compare it later
        """,
    )
    looked.add_arguments(parser)


def _looked(options: argparse.Namespace) -> int:
    return looked.act(options, client(options))
