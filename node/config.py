"""A node's settings, and how a new node is made."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from yarl import URL

from sync.daemon import data_folder, settings_files
from sync.daemon.data_folder import DataFolder
from sync.daemon.settings import Layers, Setting, SettingKind, SettingsTable
from sync.engine import replica
from sync.engine.witness import Witness, machine_id
from sync.engine.writer import Writer
from sync.errors import BadConfig, BadTerminalCode
from sync.model import facts
from sync.model.facts import Author, Incarnation
from sync.network.dialling import require_loopback
from sync.storage.lock import FolderLock
from sync.storage.store import Store

FILE: Final = "node.toml"
LISTEN: Final = "127.0.0.1:8480"
SYNC_LISTEN: Final = "127.0.0.1:8481"
INIT: Final = "mrnmesh-node init"
_DEVICES: Final = frozenset(
    {"CON", "PRN", "AUX", "NUL", *(f"{port}{n}" for port in ("COM", "LPT") for n in range(10))}
)


def _code(value: str) -> Author:
    if not facts.is_terminal_code(value):
        raise ValueError(f"'{value}' is not a terminal code")
    return Author(value)


def _key(value: str) -> bytes:
    return settings_files.hexadecimal(Path(), value, "it", 32)


def _url(value: str) -> str:
    _require_peer(value, "")
    return value


def _urls(value: list[str]) -> tuple[str, ...]:
    return tuple(map(_url, value))


CODE: Final[Setting[Author]] = Setting(
    "code", SettingKind.TEXT, _code, None, "the terminal that this node is", fixed=True
)
COORDINATOR: Final[Setting[str]] = Setting(
    "coordinator",
    SettingKind.TEXT,
    data_folder.as_value(_url),
    None,
    "where the coordinator syncs, as a URL",
)
COORDINATOR_KEY: Final[Setting[bytes]] = Setting(
    "coordinator_key",
    SettingKind.TEXT,
    data_folder.as_value(_key),
    None,
    "the public key by which the coordinator is known",
    fixed=True,
)
PEERS: Final[Setting[tuple[str, ...]]] = Setting(
    "peers",
    SettingKind.TEXTS,
    data_folder.as_value(_urls),
    (),
    "other nodes to sync with directly, as URLs",
)
LISTEN_AT: Final = data_folder.listen(LISTEN)
SYNC_LISTEN_AT: Final = data_folder.sync_listen(SYNC_LISTEN)
TABLE: Final = SettingsTable(
    "mrnmesh-node",
    FILE,
    "MRNMESH_NODE_",
    (CODE, LISTEN_AT, SYNC_LISTEN_AT, COORDINATOR, COORDINATOR_KEY, PEERS, *data_folder.COMMON),
)
NO_FLAGS: Final[Mapping[str, Any]] = MappingProxyType({})


@dataclass(frozen=True)
class Config(DataFolder):
    """The settings of a node; ``peers`` are WebSocket addresses of other nodes to sync with."""

    code: Author
    coordinator: str
    coordinator_key: bytes
    peers: tuple[str, ...]


def layers(folder: Path, flags: Mapping[str, Any] = NO_FLAGS) -> Layers:
    """Each setting of a data folder and where it comes from.

    Raises:
        StoreMissing, StoreIncomplete, BadConfig, BadOption: see `load`.
    """
    path = folder / FILE
    return TABLE.load(path, data_folder.read_settings(path, INIT), os.environ, flags)


def load(folder: Path, flags: Mapping[str, Any] = NO_FLAGS) -> Config:
    """The settings of a data folder, as its file, the environment and ``flags`` have them.

    Raises:
        StoreMissing, StoreIncomplete: it was not made yet, or something is missing.
        BadConfig, BadOption: says which setting is wrong.
    """
    found = layers(folder, flags)
    where = data_folder.read(found, LISTEN_AT, SYNC_LISTEN_AT)
    return Config(
        **vars(where),
        code=found[CODE],
        coordinator=found[COORDINATOR],
        coordinator_key=found[COORDINATOR_KEY],
        peers=found[PEERS],
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
        BadTerminalCode, StoreExists, StoreIncomplete, WitnessUnwritable, BadOption, BadConfig,
            WrongFile: nothing was made.
    """
    code = facts.as_terminal_code(code)
    if not facts.is_usable_code(code):
        raise BadTerminalCode(text=code)
    data_folder.require_new(
        folder / FILE, INIT, listen=listen, sync_listen=sync_listen, witness=witness
    )
    for peer in peers:
        with data_folder.as_option(f"--peer {peer}"):
            _require_peer(peer, folder / FILE)
    told = settings_files.read_json(
        coordinator_file,
        "coordinator_key",
        "the file coordinator.json from the data folder of the coordinator",
    )
    key = settings_files.hexadecimal(
        coordinator_file, told.get("coordinator_key"), "coordinator_key", 32
    )
    zone = settings_files.text(coordinator_file, told, "zone", settings_files.ZONE_DEFAULT)
    coordinator = settings_files.text(coordinator_file, told, "sync")
    with data_folder.whole_or_nothing(folder):
        made = data_folder.make(folder, Author(code), witness)
        join = write_join_file(folder, code, made.public_key, made.incarnation)
        settings_files.write_toml(
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
    return write_join_file(folder, config.code, signer.public_key, incarnation)


def _require_peer(peer: str, path: object) -> None:
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


def join_name(code: str) -> str:
    """The name of a terminal's join file; some codes are names of devices on Windows."""
    return f"terminal-{code}.join" if code in _DEVICES else f"{code}.join"


def write_join_file(folder: Path, code: str, public_key: bytes, incarnation: Incarnation) -> Path:
    """Write what the coordinator must know of a node; gives the file."""
    path = folder / join_name(code)
    data_folder.write_json(
        path, {"code": code, "public_key": public_key.hex(), "incarnation": incarnation.hex()}
    )
    return path
