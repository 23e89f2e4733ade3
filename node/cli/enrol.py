"""``mrnmesh-node enrol``: this computer becomes a desk of the clinic."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path
from typing import Final

from node import daemon
from node.config import NodeSettings
from node.enrolment import enrolling, offline
from node.enrolment.taking import Options
from sync.cli import asking, command
from sync.daemon.daemons import NODE
from sync.daemon.enrolment_files import ANSWER
from sync.errors import BadOption
from sync.model.facts import as_terminal_code

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
        mrnmesh-node enrol --offline LAB1-PC             # writes a request to be carried there
        mrnmesh-node enrol --offline /media/usb/LAB1-PC.answer   # takes what came back
        """,
    )
    enrol.add_argument(
        "code", nargs="*", help="what `mrnmesh-coordinator terminals enrol` has printed"
    )
    _add_offline_options(enrol)
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


def _add_offline_options(enrol: argparse.ArgumentParser) -> None:
    enrol.add_argument(
        "--offline",
        action="store_true",
        help="for a computer that never sees the coordinator: name the terminal code of a new desk "
        "to write a request, or the file that the coordinator has answered",
    )
    enrol.add_argument(
        "--check",
        metavar="CHECK",
        help="what the coordinator's computer has shown with the answer; it is asked for otherwise",
    )


def _enrol(options: argparse.Namespace) -> int:
    if not options.offline and not options.code:
        raise BadOption(option="CODE", why="type the code of the administrator")
    chosen = Options(options.listen, options.sync_listen, options.witness, tuple(options.peer))
    if options.offline:
        return _enrol_offline(options, chosen)
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
    _tell_to_start(options, settings)
    return 0


def _enrol_offline(options: argparse.Namespace, chosen: Options) -> int:
    """Write a request, or take the answer to it."""
    named = " ".join(options.code)
    if named and Path(named).is_file():
        check = options.check or asking.line("The check that the coordinator has shown: ")
        settings = offline.take(options.data, Path(named), check, chosen)
        folder, ranges = options.data.absolute(), offline.numbers_of(options.data)
        if options.json:
            command.print_json({"code": settings.code, "folder": str(folder), "ranges": ranges})
            return 0
        print(f"This computer is {settings.code} now; its data are in {folder}.")
        _tell_numbers(options, ranges)
        _tell_to_start(options, settings)
        return 0
    code = as_terminal_code(named) if named else None
    path, check = offline.ask(options.data, code, chosen.witness)
    if options.json:
        command.print_json({"request": str(path.absolute()), "check": check})
        return 0
    print(f"Carry this file to the coordinator: {path.absolute()}")
    print("Its check, to be typed there:")
    print(f"  {check}")
    print("At the coordinator, which writes the answer beside it:")
    print(f"  mrnmesh-coordinator terminals enrol --offline {path.name}")
    print("Back here, with the check that is shown there:")
    command.say(options, f"  mrnmesh-node enrol --offline {path.with_suffix('.' + ANSWER).name}")
    return 0


def _tell_numbers(options: argparse.Namespace, ranges: list[str]) -> None:
    if ranges:
        print(f"It has these numbers of its own: {', '.join(ranges)}.")
        return
    print("It has no numbers of its own yet. Either the answer has none, or they are not for this")
    print("copy of the data folder: it was copied or moved after the request was written, or its")
    print("witness is gone. It gets others when it meets the coordinator, or with the answer to")
    print("another request:")
    command.say(options, "  mrnmesh-node enrol --offline")


def _tell_to_start(options: argparse.Namespace, settings: NodeSettings) -> None:
    print("Start it now, or set it up as a service (`mrnmesh-node docs install`):")
    command.say(options, "  mrnmesh-node run")
    print(f"Its page for the clerk is at {settings.url}/ then.")
