"""``mrnmesh-node``: make a node, run it, look after it. Each command is a module with ``add``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Final

import platformdirs

from node import config
from node.cli import backup, cards, doctor, drill, rebuild, running, setup, status
from sync.cli import command
from sync.cli import config as config_cli
from sync.cli import docs as docs_cli

FOLDER = Path(platformdirs.user_data_dir("mrnmesh-node", appauthor=False))
MODULES: Final = (
    setup,
    running,
    status,
    cards,
    backup,
    doctor,
    drill,
    rebuild,
)
"""Each adds its commands with ``add(commands)``."""


def main(arguments: list[str] | None = None) -> int:
    """Run the command; gives its exit status."""
    return command.run(parser(), arguments)


def parser() -> argparse.ArgumentParser:
    """All commands."""
    whole = command.new_parser(
        "mrnmesh-node",
        "The patient register of one desk, online or not.",
        """
        mrnmesh-node init LAB1-PC --coordinator-key coordinator.json
        mrnmesh-node run                         # stays in the foreground; Ctrl-C stops it
        mrnmesh-node status                      # where numbers come from, how many are left
        mrnmesh-node doctor                      # what is wrong here, and what to do
        mrnmesh-node --data /srv/lab1 status     # of another data folder
        """,
        FOLDER,
        config.TABLE.data_variable,
    )
    commands = whole.add_subparsers(required=True, metavar="COMMAND")
    for module in MODULES:
        module.add(commands)
    config_cli.add(commands, config.TABLE, config.layers)
    docs_cli.add(commands, config.TABLE.command)
    return whole


if __name__ == "__main__":
    sys.exit(main())
