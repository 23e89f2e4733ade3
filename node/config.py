"""A node's settings, and how a new node is made."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from yarl import URL

from sync import facts, place, replica, settings
from sync.errors import BadConfig, BadTerminalCode
from sync.facts import Author, Incarnation
from sync.lock import FolderLock
from sync.peering import require_loopback
from sync.place import Place
from sync.store import Store
from sync.witness import Witness, machine_id
from sync.writer import Writer

FILE: Final = "node.toml"
LISTEN: Final = "127.0.0.1:8480"
SYNC_LISTEN: Final = "127.0.0.1:8481"
INIT: Final = "mrnmesh-node init"


@dataclass(frozen=True)
class Config(Place):
    """The settings of a node; ``peers`` are WebSocket addresses of other nodes to sync with."""

    code: Author
    coordinator: str
    coordinator_key: bytes
    peers: tuple[str, ...]


def load(folder: Path) -> Config:
    """The settings in a data folder.

    Raises:
        StoreMissing, StoreIncomplete: it was not made yet, or something is missing.
        BadConfig: says which setting is wrong.
    """
    path = folder / FILE
    found = place.read_settings(path, INIT)
    code = settings.text(path, found, "code")
    if not facts.is_terminal_code(code):
        raise BadConfig(path=path, why=f"'{code}' is not a terminal code")
    where = place.read(path, found, LISTEN, SYNC_LISTEN)
    peers = tuple(settings.texts(path, found, "peers"))
    for peer in peers:
        _require_peer(peer, path)
    return Config(
        where.folder,
        where.zone,
        where.listen,
        where.sync_listen,
        where.witness,
        Author(code),
        settings.text(path, found, "coordinator"),
        settings.hexadecimal(path, found.get("coordinator_key"), "coordinator_key", 32),
        peers,
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
        BadTerminalCode, StoreExists, StoreIncomplete, WitnessUnwritable, BadOption, BadConfig:
            nothing was made.
    """
    if not facts.is_terminal_code(code):
        raise BadTerminalCode(text=code)
    place.require_new(folder / FILE, INIT, listen=listen, sync_listen=sync_listen, witness=witness)
    for peer in peers:
        with place.as_option(f"--peer {peer}"):
            _require_peer(peer, folder / FILE)
    told = settings.read_json(coordinator_file)
    key = settings.hexadecimal(coordinator_file, told.get("coordinator_key"), "coordinator_key", 32)
    zone = settings.text(coordinator_file, told, "zone", settings.ZONE_DEFAULT)
    coordinator = settings.text(coordinator_file, told, "sync")
    with place.whole_or_nothing(folder):
        made = place.make(folder, Author(code), witness)
        join = _write_join_file(folder, code, made.public_key, made.incarnation)
        settings.write_toml(
            folder / FILE,
            {
                "code": code,
                "zone": zone,
                "listen": listen,
                "sync_listen": sync_listen,
                "coordinator": coordinator,
                "coordinator_key": key.hex(),
                "peers": list(peers),
                "witness": str(made.witness),
            },
        )
    return join


def renew(folder: Path) -> Path:
    """Begin a new life of a node's database, after a move to another computer or a lost witness.

    What it issued stays; its ranges issue no more. Gives the new join file.

    Raises:
        StoreMissing, StoreLocked, BadConfig: nothing was changed.
    """
    config = load(folder)
    signer = config.signer()
    lock = FolderLock(folder)
    try:
        store = Store.open(folder / replica.DATABASE)
        try:
            incarnation = Writer.renew(store, os.urandom)
            Witness.create(config.witness, machine_id())
        finally:
            store.close()
    finally:
        lock.release()
    return _write_join_file(folder, config.code, signer.public_key, incarnation)


def _require_peer(peer: str, path: Path) -> None:
    """Pass only what can be dialled.

    Raises:
        BadConfig: it is no WebSocket address of this computer.
    """
    try:
        url = URL(peer)
        good = url.scheme == "ws" and url.host is not None and url.explicit_port is not None
    except ValueError:
        good = False
    if not good:
        raise BadConfig(path=path, why=f"'{peer}' is not ws://HOST:PORT/sync")
    require_loopback(url.host or "", path)


def _write_join_file(folder: Path, code: str, public_key: bytes, incarnation: Incarnation) -> Path:
    path = folder / f"{code}.join"
    place.write_json(
        path, {"code": code, "public_key": public_key.hex(), "incarnation": incarnation.hex()}
    )
    return path
