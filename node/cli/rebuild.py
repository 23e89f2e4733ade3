"""``mrnmesh-node rebuild``: see `sync.cli.rebuild`."""

from __future__ import annotations

from pathlib import Path

from node import config
from sync.cli import command
from sync.cli import rebuild as rebuild_cli
from sync.daemon.data_folder import DataFolder


def add(commands: command.Commands) -> None:
    """Add the command."""
    rebuild_cli.add(commands, "mrnmesh-node", _place)


def _place(folder: Path) -> tuple[DataFolder, bytes]:
    place = config.load(folder)
    return place, place.coordinator_key
