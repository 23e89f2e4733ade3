"""``mrnmesh-node doctor``: what is wrong at this desk, and what to do about it."""

from __future__ import annotations

import argparse
import sqlite3
from pathlib import Path
from typing import Any

from node import config
from node.config import Config
from sync.cli import command
from sync.cli.client import Client
from sync.cli.doctor import report
from sync.engine import issuing
from sync.engine.snapshot import Snapshot
from sync.engine.witness import Witness, machine_id
from sync.errors import MrnmeshError
from sync.model.facts import Allocator
from sync.storage.store import Store
from sync.upkeep import doctor, findings
from sync.upkeep.findings import Finding, FindingLevel


def add(commands: command.Commands) -> None:
    """Add the command."""
    parser = command.add(
        commands,
        "doctor",
        "look at clock, disk, database, ports, coordinator, ranges; say what to do",
        """
        mrnmesh-node doctor                # exit status 1 if something is a problem
        mrnmesh-node doctor --json
        mrnmesh-node doctor | grep -v ^ok  # only what is not well
        """,
    )
    command.add_json_option(parser)
    parser.set_defaults(act=_doctor)


def _doctor(options: argparse.Namespace) -> int:
    return report(options, examine(options.data))


def examine(folder: Path) -> list[Finding]:
    """All findings about a node's data folder and the computer that it is on."""
    found = doctor.software()
    try:
        place = config.load(folder)
    except MrnmeshError as error:
        return [*found, doctor.unusable(error)]
    running = doctor.is_running(place.folder)
    status = doctor.status_of(Client(place.url).call) if running else None
    said_s = doctor.said_time(place.coordinator)
    found += doctor.disk(place)
    found.append(doctor.daemon(running, status, "mrnmesh-node run"))
    found += doctor.ports(place, running)
    known_ms = 0
    try:
        with doctor.glance(place.folder) as store:
            known_ms = store.meta.coordinator_ms
            found += doctor.database(store, place.code)
            if store.meta.author is not None:
                found += _terminal(place, store)
    except sqlite3.Error as error:
        found.append(doctor.unreadable(error))
    found += doctor.clock(place, known_ms, said_s)
    found.append(_coordinator(place, status, said_s is not None))
    found += [_peer(peer) for peer in place.peers]
    found.append(doctor.witness(place, "stop the node and run `mrnmesh-node renew`"))
    return found + doctor.alarms(status)


def _terminal(place: Config, store: Store) -> list[Finding]:
    now = Snapshot.of(store)
    known = now.registry.terminals.get(place.code)
    held = issuing.prospects(now, place.code, Allocator.NODE, Witness(place.witness, machine_id()))
    state = known.state.value if known else "unknown"
    return [
        findings.terminal(place.code, state),
        *findings.ranges(
            place.code,
            [
                (
                    one.block.range.text,
                    one.block.range.end - one.block.range.start + 1,
                    one.remaining,
                    one.objection,
                )
                for one in held
            ],
            state,
        ),
    ]


def _coordinator(place: Config, status: dict[str, Any] | None, answers: bool) -> Finding:
    if status is not None and status["refused"]:
        return findings.refused(status["refused"]["reason"], status["refused"]["why"])
    if status is not None and status["coordinator_live"]:
        return Finding(
            "coordinator", FindingLevel.OK, f"connected and in step ({place.coordinator})"
        )
    if answers and status is not None:
        found = f"{place.coordinator} answers, but the two are not in step yet"
        return Finding(
            "coordinator", FindingLevel.WARNING, found, "wait a minute and run this again"
        )
    if answers:
        return Finding("coordinator", FindingLevel.OK, f"{place.coordinator} answers")
    return Finding(
        "coordinator",
        FindingLevel.WARNING,
        f"nothing answers at {place.coordinator}: numbers come from the own range",
        "is the coordinator running, the network up, and its address right (`coordinator`)?",
    )


def _peer(peer: str) -> Finding:
    if doctor.said_time(peer) is not None:
        return Finding("peer", FindingLevel.OK, f"{peer} answers")
    do = "is that desk switched on? If it is gone for good, take it out of `peers`"
    return Finding("peer", FindingLevel.WARNING, f"nothing answers at {peer}", do)
