"""``mrnmesh-node enrol``: this computer becomes a desk of the clinic."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path
from typing import Final

from node import daemon, enrolling
from sync.cli import command
from sync.daemon.daemons import NODE

MEET_S_MAX: Final = 30.0


def add(commands: command.Commands) -> None:
    """Add the command."""
    enrol = command.add(
        commands,
        "enrol",
        "let this computer be a desk of the clinic, with a code of the administrator",
        """
        mrnmesh-node enrol CODE
        mrnmesh-node enrol CODE --coordinator 192.168.1.10   # if it is not found by itself
        mrnmesh-node --data /srv/lab2 enrol CODE --listen 127.0.0.1:8490 \\
            --sync-listen 0.0.0.0:8491                       # a second desk on this computer
        """,
    )
    enrol.add_argument(
        "code", nargs="+", help="what `mrnmesh-coordinator terminals enrol` has printed"
    )
    enrol.add_argument(
        "--coordinator", metavar="HOST", help="the name or address of the coordinator's computer"
    )
    enrol.add_argument(
        "--listen",
        default=NODE.listen,
        metavar="HOST:PORT",
        help="the HTTP API of a new desk (%(default)s)",
    )
    enrol.add_argument(
        "--sync-listen",
        metavar="HOST:PORT",
        help="where others connect to sync (by default all addresses of this computer)",
    )
    enrol.add_argument(
        "--witness",
        type=Path,
        metavar="FILE",
        help="where a new desk remembers issued numbers, outside the data folder",
    )
    enrol.add_argument(
        "--peer",
        action="append",
        default=[],
        metavar="URL",
        help="another node to sync with, for a new desk",
    )
    command.add_json_option(enrol)
    enrol.set_defaults(act=_enrol)


def _enrol(options: argparse.Namespace) -> int:
    chosen = enrolling.Options(
        options.listen, options.sync_listen, options.witness, tuple(options.peer)
    )
    settings = enrolling.enrol(options.data, " ".join(options.code), options.coordinator, chosen)
    met = asyncio.run(daemon.meet(settings, MEET_S_MAX))
    folder = options.data.absolute()
    if options.json:
        command.print_json(
            {
                "code": settings.code,
                "folder": str(folder),
                "coordinator": settings.coordinator,
                "ranges": met.ranges,
                "met": met.welcomed,
            }
        )
        return 0
    print(f"This computer is {settings.code} now; its data are in {folder}.")
    if met.ranges:
        print(f"It has these numbers of its own: {', '.join(met.ranges)}.")
    if not met.welcomed:
        print(f"It has its certificate, but {settings.coordinator} did not answer yet. Let the")
        print("firewall of the coordinator's computer let that port through.")
    print("Start it now, or set it up as a service (`mrnmesh-node docs install`):")
    command.say(options, "  mrnmesh-node run")
    print(f"Its page for the clerk is at {settings.url}/ then.")
    return 0
