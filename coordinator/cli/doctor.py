"""``mrnmesh-coordinator doctor``: what is wrong at the coordinator, and what to do about it."""

from __future__ import annotations

import argparse
import os
import sqlite3
from pathlib import Path

from coordinator import config
from sync.cli import command
from sync.cli.client import TOKEN_VARIABLE, Client
from sync.cli.doctor import report
from sync.errors import MrnmeshError
from sync.model.facts import COORDINATOR
from sync.upkeep import doctor
from sync.upkeep.findings import Finding, FindingLevel


def add(commands: command.Commands) -> None:
    """Add the command."""
    parser = command.add(
        commands,
        "doctor",
        "look at clock, disk, database, ports, recovery; say what to do",
        """
        mrnmesh-coordinator doctor         # exit status 1 if something is a problem
        MRNMESH_TOKEN=... mrnmesh-coordinator doctor   # also what the daemon raises alarms about
        mrnmesh-coordinator doctor --json
        """,
    )
    command.add_json_option(parser)
    parser.set_defaults(act=_doctor)


def _doctor(options: argparse.Namespace) -> int:
    return report(options, examine(options.data))


def examine(folder: Path) -> list[Finding]:
    """All findings about a coordinator's data folder and the computer that it is on."""
    found = doctor.software()
    try:
        place = config.load(folder)
    except MrnmeshError as error:
        return [*found, doctor.unusable(error)]
    running = doctor.is_running(place.folder)
    found += doctor.disk(place)
    start = "mrnmesh-coordinator run"
    answers = running and doctor.said_time(place.url) is not None
    found.append(doctor.daemon(running, {} if answers else None, start))
    token = os.environ.get(TOKEN_VARIABLE)
    if answers and token:
        found += doctor.alarms(doctor.status_of(Client(place.url, token).call))
    found += doctor.ports(place, running)
    try:
        with doctor.glance(place.folder) as store:
            found += doctor.database(store, COORDINATOR)
            found.append(_recovery(store.meta.recovery))
    except sqlite3.Error as error:
        found.append(doctor.unreadable(error))
    found += doctor.clock(place, 0, None)[1:]
    do = "start the coordinator: it recovers what it has forgotten from its terminals"
    found.append(doctor.witness(place, do))
    return found


def _recovery(why: str | None) -> Finding:
    if not why:
        return Finding("recovery", FindingLevel.OK, "none: numbers, ranges and verdicts are given")
    return Finding(
        "recovery",
        FindingLevel.PROBLEM,
        f"no numbers, ranges or verdicts are given: {why}",
        "switch on the desks that `mrnmesh-coordinator status` names; of one that is lost for "
        "good, see `mrnmesh-coordinator end-recovery --help`",
    )
