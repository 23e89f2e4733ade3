"""``mrnmesh-coordinator matching``: how well the weights of the matching fit this register."""

from __future__ import annotations

import argparse
from contextlib import closing
from datetime import datetime
from typing import Final

from coordinator.cli.matching import text
from coordinator.cli.program import PROGRAM
from sync.cli import command
from sync.cli.progress import progress
from sync.engine.replica import DATABASE
from sync.errors import StoreFromFuture
from sync.reading.connection import FoldedRegistry, ReadConnection
from sync.reading.sampling.estimate import estimate
from sync.storage import schema
from sync.upkeep import doctor

_NOTE: Final = """
It reads the database of the data folder, beside the running coordinator or without it,
and writes nothing. It takes a minute or two, however many people there are, and can be
interrupted at any moment.
"""


def add(whole: command.Commands) -> None:
    """Add the commands."""
    parser = command.add(
        whole,
        "matching",
        "see how well the weights fit by which people are compared",
        """
        mrnmesh-coordinator matching estimate
        """,
    )
    commands = parser.add_subparsers(required=True, metavar="ACT")
    estimating = command.add(
        commands,
        "estimate",
        "estimate the weights from this register and show what differs; it changes nothing",
        """
        mrnmesh-coordinator matching estimate
        mrnmesh-coordinator matching estimate --json
        """,
    )
    estimating.epilog = f"{estimating.epilog}\n{_NOTE}"
    command.add_json_option(estimating)
    estimating.set_defaults(act=_estimate)


def _estimate(options: argparse.Namespace) -> int:
    settings = PROGRAM.kind.load(options.data)
    path = settings.folder / DATABASE
    with doctor.glance(settings.folder) as store:
        version = store.connection.execute("PRAGMA user_version").fetchone()[0]
    if version > schema.VERSION:
        raise StoreFromFuture(path=path, version=version, known=schema.VERSION)
    connection = ReadConnection(
        path.absolute(),
        lambda: datetime.now(settings.zone).date(),
        FoldedRegistry(),
        settings.region,
    )
    with closing(connection), progress() as tell:
        found = estimate(connection, tell)
    if options.json:
        command.print_json(text.as_json(found))
    else:
        command.say(options, text.as_text(found))
    return 0
