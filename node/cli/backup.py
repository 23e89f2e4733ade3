"""``mrnmesh-node backup`` and ``restore``."""

from __future__ import annotations

from typing import Final

from node import config
from node.backups import KIND, source
from sync.cli import backup as backup_command
from sync.cli import command
from sync.cli.backup import Program
from sync.cli.client import Client

_THEN: Final = """\
What happens next: start it with `mrnmesh-node run`. It goes on under a new life, so the ranges that
it had issue nothing any more; people whom it lacks come back from the other desks and the
coordinator. Numbers come from the coordinator when that is in reach; for work offline it gets a new
range from the pool, or with `mrnmesh-coordinator terminals grant CODE`. Stop the old copy."""


def add(commands: command.Commands) -> None:
    """Add the commands."""
    program = Program(
        "mrnmesh-node",
        KIND,
        lambda folder: source(config.load(folder)),
        lambda options: Client(config.load(options.data).url),
        lambda _: False,
        _THEN,
    )
    backup_command.add(commands, program, lambda _: None)
