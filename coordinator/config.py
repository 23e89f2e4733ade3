"""A coordinator's settings, and how a new coordinator is made."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from coordinator.registry import pool, tokens
from sync.daemon import data_folder, settings_files
from sync.daemon.data_folder import DataFolder
from sync.daemon.settings import Layers, SettingsTable
from sync.engine import replica
from sync.model.facts import COORDINATOR
from sync.model.numbers import NumberRange
from sync.storage.store import Store

FILE: Final = "coordinator.toml"
PUBLIC_FILE: Final = "coordinator.json"
LISTEN: Final = "127.0.0.1:8470"
SYNC_LISTEN: Final = "127.0.0.1:8471"
INIT: Final = "mrnmesh-coordinator init"


LISTEN_AT: Final = data_folder.listen(LISTEN)
SYNC_LISTEN_AT: Final = data_folder.sync_listen(SYNC_LISTEN)
TABLE: Final = SettingsTable(
    "mrnmesh-coordinator",
    FILE,
    "MRNMESH_COORDINATOR_",
    (LISTEN_AT, SYNC_LISTEN_AT, *data_folder.COMMON),
)
NO_FLAGS: Final[Mapping[str, Any]] = MappingProxyType({})


def layers(folder: Path, flags: Mapping[str, Any] = NO_FLAGS) -> Layers:
    """Each setting of a data folder and where it comes from.

    Raises:
        StoreMissing, StoreIncomplete, BadConfig, BadOption: see `load`.
    """
    path = folder / FILE
    return TABLE.load(path, data_folder.read_settings(path, INIT), os.environ, flags)


def load(folder: Path, flags: Mapping[str, Any] = NO_FLAGS) -> DataFolder:
    """The settings of a data folder, as its file, the environment and ``flags`` have them.

    Raises:
        StoreMissing, StoreIncomplete: it was not made yet, or something is missing.
        BadConfig, BadOption: says which setting is wrong.
    """
    return data_folder.read(layers(folder, flags), LISTEN_AT, SYNC_LISTEN_AT)


def init(
    folder: Path,
    *,
    zone: str = settings_files.ZONE_DEFAULT,
    listen: str = LISTEN,
    sync_listen: str = SYNC_LISTEN,
    witness: Path | None = None,
    numbers: NumberRange = pool.RANGE,
    block: int = pool.BLOCK,
) -> tuple[Path, str]:
    """Make a coordinator in a new data folder.

    Args:
        numbers: the pool out of which terminals get ranges, ``block`` numbers each.

    Returns:
        The file that nodes need to join, and the administrator's token, which is kept nowhere.

    Raises:
        StoreExists, StoreIncomplete, WitnessUnwritable, BadOption, BadPool: nothing was made.
    """
    named = pool.named(pool.Pool(), numbers, block)
    path, public = folder / FILE, folder / PUBLIC_FILE
    data_folder.require_new(path, INIT, listen=listen, sync_listen=sync_listen, witness=witness)
    with data_folder.as_option("--zone"):
        settings_files.zone(path, {"zone": zone})
    with data_folder.whole_or_nothing(folder):
        made = data_folder.make(folder, COORDINATOR, witness)
        store = Store.open(folder / replica.DATABASE)
        token = tokens.new(store, tokens.ADMINISTRATOR)
        pool.write(store, named)
        store.close()
        data_folder.write_json(
            public,
            {
                "coordinator_key": made.public_key.hex(),
                "sync": f"ws://{sync_listen}/sync",
                "zone": zone,
            },
        )
        settings_files.write_toml(
            path,
            {
                "zone": zone,
                "listen": listen,
                "sync_listen": sync_listen,
                "witness": str(made.witness),
            },
        )
    return public, token
