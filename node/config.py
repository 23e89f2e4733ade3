"""A node's folder: its settings, its key, and how a new one is made."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import platformdirs

from sync import facts, replica, settings, trust
from sync.errors import BadConfig, BadTerminalCode, StoreExists
from sync.facts import Author, Incarnation
from sync.lock import FolderLock
from sync.store import Store
from sync.web import Address
from sync.witness import Witness, machine_id
from sync.writer import Writer

FILE: Final = "node.toml"
KEY_FILE: Final = "signing-key.pem"
LISTEN: Final = "127.0.0.1:8480"
SYNC_LISTEN: Final = "127.0.0.1:8481"
INIT: Final = "mrnmesh-node init"


@dataclass(frozen=True)
class Config:
    """The settings of a node.

    ``peers`` are WebSocket addresses of other nodes to sync with; ``witness`` is the file outside
    the data folder that remembers what was issued.
    """

    folder: Path
    code: Author
    zone: ZoneInfo
    listen: Address
    sync_listen: Address
    coordinator: str
    coordinator_key: bytes
    peers: tuple[str, ...]
    witness: Path

    def signer(self) -> trust.Signer:
        """The key pair of this terminal.

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
    code = settings.text(path, found, "code")
    if not facts.is_terminal_code(code):
        raise BadConfig(path=path, why=f"'{code}' is not a terminal code")
    return Config(
        folder,
        Author(code),
        settings.zone(path, found),
        Address.parse(settings.text(path, found, "listen", LISTEN), path),
        Address.parse(settings.text(path, found, "sync_listen", SYNC_LISTEN), path),
        settings.text(path, found, "coordinator"),
        settings.hexadecimal(path, found.get("coordinator_key"), "coordinator_key", 32),
        tuple(settings.texts(path, found, "peers")),
        Path(settings.text(path, found, "witness")),
    )


def init(
    folder: Path,
    code: str,
    coordinator_file: Path,
    *,
    listen: str = LISTEN,
    sync_listen: str = SYNC_LISTEN,
    peers: tuple[str, ...] = (),
    witness: Path | None = None,
) -> Path:
    """Make a node in a new data folder; gives the join file to take to the coordinator.

    Raises:
        BadTerminalCode, StoreExists, BadConfig: nothing was made.
    """
    if not facts.is_terminal_code(code):
        raise BadTerminalCode(text=code)
    if (folder / FILE).exists() or (folder / replica.DATABASE).exists():
        raise StoreExists(path=folder)
    told = settings.read_json(coordinator_file)
    key = settings.hexadecimal(coordinator_file, told.get("coordinator_key"), "coordinator_key", 32)
    for address in (listen, sync_listen):
        Address.parse(address)
    replica_id, incarnation = replica.init(folder, Author(code))
    signer = trust.Signer.new()
    signer.save(folder / KEY_FILE)
    if witness is None:
        witness = Path(platformdirs.user_state_dir("mrnmesh", appauthor=False)) / replica_id.hex()
    Witness.create(witness.absolute(), machine_id())
    settings.write_toml(
        folder / FILE,
        {
            "code": code,
            "zone": settings.text(coordinator_file, told, "zone", settings.ZONE_DEFAULT),
            "listen": listen,
            "sync_listen": sync_listen,
            "coordinator": settings.text(coordinator_file, told, "sync"),
            "coordinator_key": key.hex(),
            "peers": list(peers),
            "witness": str(witness.absolute()),
        },
    )
    return _write_join_file(folder, code, signer.public_key, incarnation)


def renew(folder: Path) -> Path:
    """Begin a new life of a node's database, after a move to another computer or a lost witness.

    What it issued stays; its ranges issue no more. Gives the new join file.

    Raises:
        StoreMissing, StoreLocked, BadConfig: nothing was changed.
    """
    config = load(folder)
    signer = config.signer()
    lock = FolderLock(folder)
    store = Store.open(folder / replica.DATABASE)
    try:
        incarnation = Writer.renew(store, os.urandom)
        Witness.create(config.witness, machine_id())
    finally:
        store.close()
        lock.release()
    return _write_join_file(folder, config.code, signer.public_key, incarnation)


def _write_join_file(folder: Path, code: str, public_key: bytes, incarnation: Incarnation) -> Path:
    path = folder / f"{code}.join"
    content = {"code": code, "public_key": public_key.hex(), "incarnation": incarnation.hex()}
    with path.open("w", encoding="utf-8") as file:
        json.dump(content, file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    return path
