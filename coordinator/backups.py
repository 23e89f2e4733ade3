"""The backups of a coordinator: what is in them, and how they are put back.

A restored coordinator always recovers its past before it gives anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from coordinator import config
from coordinator.judging import recovery
from sync.daemon.data_folder import KEY_FILE, DataFolder
from sync.engine.witness import Witness, machine_id
from sync.model.facts import COORDINATOR
from sync.upkeep import nightly
from sync.upkeep.archive import COORDINATOR_KIND
from sync.upkeep.backup import Source
from sync.upkeep.nightly import Keeping
from sync.upkeep.restore import DaemonKind, Unpacked


def source(place: DataFolder) -> tuple[Source, Keeping]:
    """What is backed up of a coordinator, and where to."""
    files = (config.FILE, KEY_FILE, config.PUBLIC_FILE)
    return Source(place.folder, COORDINATOR, files, place.zone), nightly.keeping(place)


def _settle(unpacked: Unpacked) -> Mapping[str, int]:
    """Recovery, and what the witness on this computer knows of the time after the backup."""
    made = datetime.fromtimestamp(unpacked.manifest.made_ms / 1000, UTC)
    recovery.begin_restored(
        unpacked.store, f"it was restored from a backup of {made:%Y-%m-%d %H:%M} UTC"
    )
    named = unpacked.settings.get("witness")
    if not isinstance(named, str):
        return {}
    witness = Witness(Path(named), machine_id())
    return witness.marks if witness.trusted else {}


KIND: Final = DaemonKind(
    COORDINATOR_KIND, config.FILE, "mrnmesh-node restore", _settle, config.load
)
