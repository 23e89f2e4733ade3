"""What ``mrnmesh-coordinator doctor`` looks at besides what it looks at everywhere."""

from __future__ import annotations

import os
from typing import Any, Final

from coordinator.config import CoordinatorSettings
from coordinator.judging.recovery import missing_entries, missing_text
from sync.cli.client import TOKEN_VARIABLE, Client
from sync.errors import BadConfig
from sync.model import phrases
from sync.reading.view import StoredView
from sync.storage.store import Store
from sync.trust import certificates
from sync.trust.credentials import Credentials
from sync.upkeep import computer, doctor, neighbours
from sync.upkeep.doctor import Checks
from sync.upkeep.findings import Finding, FindingLevel
from sync.upkeep.reach.ports import from_outside


def _status(settings: CoordinatorSettings) -> dict[str, Any] | None:
    """What the coordinator says of itself; without a good token only that it answers."""
    token = os.environ.get(TOKEN_VARIABLE)
    status = doctor.status_of(Client(settings.url, token, settings.folder).call) if token else None
    if status is None and neighbours.is_daemon_of(settings):
        return {}
    return status


def _recovery(_settings: CoordinatorSettings, store: Store) -> list[Finding]:
    why = store.meta.recovery
    if not why:
        found = "none: it gives numbers and ranges, and confirms registrations"
        return [Finding("recovery", FindingLevel.OK, found)]
    missing = missing_entries(StoredView.of(store))
    found = (
        f"it gives no numbers or ranges and confirms nothing: {phrases.reworded(why)}."
        f"{missing_text(missing)}"
    ).rstrip(".")
    do = (
        "switch on the desks that `mrnmesh-coordinator status` names; of one that is lost for "
        "good, and of entries that no desk has, see `mrnmesh-coordinator end-recovery --help`"
    )
    return [Finding("recovery", FindingLevel.PROBLEM, found, do)]


def _database(settings: CoordinatorSettings, store: Store) -> list[Finding]:
    return [*_recovery(settings, store), *_computers(settings, store)]


def _computers(settings: CoordinatorSettings, store: Store) -> list[Finding]:
    """Whether desks can be reached from here."""
    try:
        key = settings.signer().public_key
        shown = Credentials(settings.folder, certificates.facility_of(key))
    except BadConfig:
        return []  # a coordinator of before gets its certificate when it starts
    return neighbours.reached(store, key, shown.client, computer.said_time)


def _others(
    settings: CoordinatorSettings, status: dict[str, Any] | None, _known_ms: int
) -> list[Finding]:
    """Whether desks reach this computer; all go by its clock, so that is compared with nobody's."""
    if not status:  # without a token the daemon does nothing for whoever asks
        return []
    token = os.environ.get(TOKEN_VARIABLE)
    return from_outside(Client(settings.url, token, settings.folder).call)


CHECKS: Final[Checks[CoordinatorSettings]] = Checks(
    "clock, disk, database, ports, other computers, recovery",
    "MRNMESH_TOKEN=... mrnmesh-coordinator doctor   # also alarms, and whether desks reach it",
    _status,
    _database,
    _others,
    "start the coordinator: it recovers what it has forgotten from its terminals",
)
