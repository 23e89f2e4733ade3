"""What a backup of a coordinator holds, and what a restored coordinator does before it runs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from coordinator import config
from coordinator.judging import recovery
from sync.daemon.daemon_settings import DaemonSettings
from sync.daemon.daemons import COORDINATOR
from sync.daemon.join_files import COORDINATOR_FILE
from sync.engine.witness import Witness, machine_id
from sync.model import facts
from sync.storage.store import Store
from sync.upkeep.restore import DaemonKind, Unpacked


def _settle(unpacked: Unpacked) -> Mapping[str, int]:
    """Recovery, and what the witness on this computer knows of the time after the backup.

    A restored coordinator always learns from the desks what it has given since, before it gives
    anything.
    """
    made = datetime.fromtimestamp(unpacked.manifest.made_ms / 1000, UTC)
    recovery.begin_restored(
        unpacked.store, f"it was restored from a backup of {made:%Y-%m-%d %H:%M} UTC"
    )
    named = unpacked.settings.get("witness")
    if not isinstance(named, str):
        return {}
    witness = Witness(Path(named), machine_id())
    return witness.marks if witness.trusted else {}


def begin_set_back(store: Store, why: str) -> None:
    """Let a database that was found to be set back recover before it gives anything."""
    recovery.begin_restored(store, why)


KIND: Final[DaemonKind[DaemonSettings]] = DaemonKind(
    COORDINATOR, (COORDINATOR_FILE,), lambda _: facts.COORDINATOR, _settle, config.load
)
