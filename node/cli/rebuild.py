"""``mrnmesh-node rebuild``: see `sync.cli.rebuild`."""

from __future__ import annotations

from node import config
from sync.cli import command
from sync.cli import rebuild as rebuild_cli


def add(commands: command.Commands) -> None:
    """Add the command."""
    rebuild_cli.add(commands, "mrnmesh-node", config.load)
