"""What a backup of a coordinator holds, and what a restored coordinator does before it runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from coordinator import config
from coordinator.audit import witnessing
from coordinator.config import CoordinatorSettings
from coordinator.judging import recovery
from coordinator.judging.recovery import SKIPPED_FROM, SKIPPED_TO
from sync.daemon.daemons import COORDINATOR
from sync.daemon.data_folder import KEY_FILE
from sync.model import facts, reasons
from sync.storage.store import Store
from sync.trust import authority, credentials, sealing
from sync.upkeep.looks import keeping
from sync.upkeep.restore import DaemonKind, Unpacked
from sync.witness.memory import SERIAL


def _settle(unpacked: Unpacked) -> Mapping[str, int]:
    """Recovery, and what witnesses on this computer know of the time after the backup.

    A restored coordinator always learns from the desks what it has given since, before it gives
    anything.
    """
    when = unpacked.made
    recovery.begin_restored(unpacked.store, reasons.restored(when))
    marks: dict[str, int] = {}
    for known in map(dict, unpacked.witnesses_here()):
        skipped_from, skipped_to = known.pop(SKIPPED_FROM, 0), known.pop(SKIPPED_TO, None)
        if skipped_to is not None and known.get(SERIAL) == skipped_to:
            known[SERIAL] = skipped_from - 1  # it was restored and has given nothing since
        marks |= {name: max(mark, marks.get(name, 0)) for name, mark in known.items()}
    witnessing.note_restore(unpacked.store, when, marks.pop(witnessing.MARK, 0))
    keeping.note_restore(unpacked.store, when, marks.pop(keeping.MARK, 0))
    return marks


def begin_set_back(store: Store, why: str) -> None:
    """Let a database that was found to be set back recover before it gives anything."""
    recovery.begin_restored(store, why)


KIND: Final[DaemonKind[CoordinatorSettings]] = DaemonKind(
    COORDINATOR,
    (*authority.FILES, sealing.PUBLIC_FILE, config.NEXT_SIGNING_KEY),
    lambda _: facts.COORDINATOR,
    _settle,
    config.load,
    secret=(
        KEY_FILE,
        credentials.TLS_KEY,
        authority.AUTHORITY_KEY,
        authority.NEXT_KEY,
        config.NEXT_SIGNING_KEY,
    ),
)
