"""What ``mrnmesh-node doctor`` looks at besides what it looks at everywhere."""

from __future__ import annotations

import ssl
import time
from typing import Any, Final

from node.config import NodeSettings
from sync.cli.client import Client
from sync.engine import issuing
from sync.errors import BadConfig
from sync.model.facts import Allocator
from sync.reading.view import StoredView
from sync.storage.store import Store
from sync.upkeep import computer, doctor, findings, neighbours
from sync.upkeep.doctor import Checks
from sync.upkeep.findings import Finding, FindingLevel
from sync.upkeep.reach.ports import from_outside
from sync.witness.machine import machine_id
from sync.witness.memory import Witness


def _database(settings: NodeSettings, store: Store) -> list[Finding]:
    """How the registry in this copy has the terminal, and what is left of its ranges."""
    now = StoredView.of(store)
    known = now.registry.terminals.get(settings.code)
    memory = Witness(settings.witness, machine_id())
    held = issuing.less_strays(now, issuing.prospects(now, settings.code, Allocator.NODE, memory))
    state = known.state.value if known else "unknown"
    return [
        findings.terminal(settings.code, state),
        *findings.ranges(
            settings.code,
            [
                (one.block.range.text, one.block.range.size, one.remaining, one.objection)
                for one in held
            ],
            state,
        ),
        *_computers(settings, store),
    ]


def _computers(settings: NodeSettings, store: Store) -> list[Finding]:
    """Whether other computers of the clinic can be reached from here."""
    try:
        shown, key = settings.credentials(), settings.signer().public_key
    except BadConfig:
        return []  # another finding says so
    if shown is None:
        return []
    return neighbours.reached(store, key, shown.client, computer.said_time)


def _others(settings: NodeSettings, status: dict[str, Any] | None, known_ms: int) -> list[Finding]:
    """The clock beside the coordinator's, and whether coordinator and peers answer."""
    shown = settings.credentials()
    context = shown.client if shown is not None else None
    said_s = computer.said_time(settings.coordinator, context)
    return [
        findings.clock(time.time(), known_ms / 1000, said_s),
        _coordinator(settings, status, said_s is not None),
        *(_peer(peer, context) for peer in settings.peers),
        *(from_outside(Client(settings.url, None, settings.folder).call) if status else []),
    ]


def _coordinator(settings: NodeSettings, status: dict[str, Any] | None, answers: bool) -> Finding:
    if status is not None and status["refused"]:
        return findings.refused(status["refused"]["reason"], status["refused"]["why"])
    if status is not None and status["coordinator_live"]:
        return Finding(
            "coordinator", FindingLevel.OK, f"connected and in step ({settings.coordinator})"
        )
    if answers and status is not None:
        found = f"{settings.coordinator} answers, but the two are not in step yet"
        return Finding(
            "coordinator", FindingLevel.WARNING, found, "wait a minute and run this again"
        )
    if answers:
        return Finding("coordinator", FindingLevel.OK, f"{settings.coordinator} answers")
    return Finding(
        "coordinator",
        FindingLevel.WARNING,
        f"nothing answers at {settings.coordinator}: numbers come only from this desk's own ranges",
        "is the coordinator running, the network up, and its address right (`coordinator`)?",
    )


def _peer(peer: str, context: ssl.SSLContext | None) -> Finding:
    if computer.said_time(peer, context) is not None:
        return Finding("peer", FindingLevel.OK, f"{peer} answers")
    do = "is that desk switched on? If it is gone for good, take it out of `peers`"
    return Finding("peer", FindingLevel.WARNING, f"nothing answers at {peer}", do)


CHECKS: Final[Checks[NodeSettings]] = Checks(
    "clock, disk, database, ports, coordinator, other computers, ranges",
    "",
    lambda settings: doctor.status_of(Client(settings.url, None, settings.folder).call),
    _database,
    _others,
    "stop the node and run `mrnmesh-node renew`",
)
