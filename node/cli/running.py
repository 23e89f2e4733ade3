"""``mrnmesh-node run``: the daemon, in the foreground."""

from __future__ import annotations

import argparse

from node import config, daemon
from sync.cli import command


def add(commands: command.Commands) -> None:
    """Add the command."""
    run = command.add(
        commands,
        "run",
        "run until stopped by SIGTERM, Ctrl-C or the end of the service",
        """
        mrnmesh-node run
        mrnmesh-node run --listen 127.0.0.1:9480     # this time only; `config` names the settings
        MRNMESH_NODE_LISTEN=127.0.0.1:9480 mrnmesh-node run
        """,
    )
    config.TABLE.add_flags(run)
    run.set_defaults(act=_run)


def _run(options: argparse.Namespace) -> int:
    place = config.load(options.data, config.TABLE.flags(options))
    return command.run_daemon("node", place, daemon.run(place))
