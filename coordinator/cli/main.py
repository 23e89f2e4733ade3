"""``mrnmesh-coordinator``: make a coordinator, run it, administer it. Each command is a module."""

from __future__ import annotations

import argparse
import sys
from typing import Final

from coordinator import config
from coordinator.cli import (
    backup,
    doctor,
    imports,
    pool,
    rebuild,
    running,
    setup,
    terminals,
    token,
    webhooks,
)
from coordinator.cli.calling import FOLDER
from sync.cli import command
from sync.cli import config as config_cli
from sync.cli import docs as docs_cli

MODULES: Final = (
    setup,
    token,
    running,
    terminals,
    imports,
    pool,
    webhooks,
    backup,
    doctor,
    rebuild,
)
"""Each adds its commands with ``add(commands)``."""


def main(arguments: list[str] | None = None) -> int:
    """Run the command; gives its exit status."""
    return command.run(parser(), arguments)


def parser() -> argparse.ArgumentParser:
    """All commands."""
    whole = command.new_parser(
        "mrnmesh-coordinator",
        "Terminals, their ranges, and the verdicts.",
        """
        mrnmesh-coordinator init                 # once; prints the administrator's token
        mrnmesh-coordinator run                  # stays in the foreground; Ctrl-C stops it
        mrnmesh-coordinator terminals list       # with the token in MRNMESH_TOKEN
        mrnmesh-coordinator config               # each setting and where it comes from
        mrnmesh-coordinator --data /srv/hub run  # of another data folder
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
