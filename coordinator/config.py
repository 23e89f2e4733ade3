"""A coordinator's folder: its settings, its key, and how a new one is made."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import platformdirs

from coordinator import tokens
from sync import replica, settings, trust
from sync.errors import StoreExists
from sync.facts import COORDINATOR
from sync.store import Store
from sync.web import Address
from sync.witness import Witness, machine_id

FILE: Final = "coordinator.toml"
KEY_FILE: Final = "signing-key.pem"
PUBLIC_FILE: Final = "coordinator.json"
LISTEN: Final = "127.0.0.1:8470"
SYNC_LISTEN: Final = "127.0.0.1:8471"
INIT: Final = "mrnmesh-coordinator init"


@dataclass(frozen=True)
class Config:
    """The settings of a coordinator; ``witness`` lies outside the data folder."""

    folder: Path
    zone: ZoneInfo
    listen: Address
    sync_listen: Address
    witness: Path

    def signer(self) -> trust.Signer:
        """The coordinator's key pair.

        Raises:
            BadConfig: it cannot be read.
        """
        return trust.Signer.load(self.folder / KEY_FILE)


def load(folder: Path) -> Config:
    """The settings in a data folder.

    Raises:
        StoreMissing: it was not made yet.
        BadConfig: says which setting is wrong.
    """
    path = folder / FILE
    found = settings.read_toml(path, INIT)
    return Config(
        folder,
        settings.zone(path, found),
        Address.parse(settings.text(path, found, "listen", LISTEN), path),
        Address.parse(settings.text(path, found, "sync_listen", SYNC_LISTEN), path),
        Path(settings.text(path, found, "witness")),
    )


def init(
    folder: Path,
    *,
    zone: str = settings.ZONE_DEFAULT,
    listen: str = LISTEN,
    sync_listen: str = SYNC_LISTEN,
    witness: Path | None = None,
) -> tuple[Path, str]:
    """Make a coordinator in a new data folder.

    Returns:
        The file that nodes need to join, and the administrator's token, which is kept nowhere.

    Raises:
        StoreExists, BadConfig: nothing was made.
    """
    if (folder / FILE).exists() or (folder / replica.DATABASE).exists():
        raise StoreExists(path=folder)
    for address in (listen, sync_listen):
        Address.parse(address)
    settings.zone(folder / FILE, {"zone": zone})
    replica_id, _ = replica.init(folder, COORDINATOR)
    store = Store.open(folder / replica.DATABASE)
    token = tokens.new(store, tokens.ADMINISTRATOR)
    store.close()
    signer = trust.Signer.new()
    signer.save(folder / KEY_FILE)
    if witness is None:
        witness = Path(platformdirs.user_state_dir("mrnmesh", appauthor=False)) / replica_id.hex()
    Witness.create(witness.absolute(), machine_id())
    settings.write_toml(
        folder / FILE,
        {
            "zone": zone,
            "listen": listen,
            "sync_listen": sync_listen,
            "witness": str(witness.absolute()),
        },
    )
    public = folder / PUBLIC_FILE
    content = {
        "coordinator_key": signer.public_key.hex(),
        "sync": f"ws://{sync_listen}/sync",
        "zone": zone,
    }
    with public.open("x", encoding="utf-8") as file:
        json.dump(content, file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    return public, token
