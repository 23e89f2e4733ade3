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
from sync.witness.memory import SERIAL, Intent

NONE: Final = Intent(0, 0)
"""A witness knows nothing."""


def _settle(unpacked: Unpacked) -> Mapping[str, Intent]:
    """Recovery, and what witnesses on this computer know of the time after the backup.

    A restored coordinator always learns from the desks what it has given since, before it gives
    anything. It waits for what it is known to have given. What a commit was to give that failed, or
    of which nothing is known, it leaves out and does not wait for: a desk hears of a range or a key
    only when that is beyond doubt, and whoever has a number or a decision brings it.
    """
    when = unpacked.made
    recovery.begin_restored(unpacked.store, reasons.restored(when))
    given: dict[str, Intent] = {}
    for known in map(dict, unpacked.witnesses_here()):
        skipped_from, skipped_to = known.pop(SKIPPED_FROM, NONE), known.pop(SKIPPED_TO, None)
        serial = known.get(SERIAL, NONE)
        if skipped_to is not None and serial.before == skipped_to.number:
            # It was restored and has given nothing since.
            known[SERIAL] = serial._replace(before=skipped_from.number - 1)
        for name, one in known.items():
            other = given.get(name, NONE)
            given[name] = Intent(max(one.number, other.number), max(one.before, other.before))
    witnessing.note_restore(unpacked.store, when, given.pop(witnessing.MARK, NONE).before)
    keeping.note_restore(unpacked.store, when, given.pop(keeping.MARK, NONE).before)
    return given


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
