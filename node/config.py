"""A node's settings, and how one goes on after a move."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

from yarl import URL

from sync.daemon import daemon_settings, data_folder
from sync.daemon.daemon_settings import NO_FLAGS, DaemonSettings
from sync.daemon.daemons import NODE
from sync.daemon.settings import Setting, SettingKind, SettingsTable
from sync.engine import replica
from sync.engine.writer import Writer
from sync.http.address import Address
from sync.https import settings as https
from sync.model import facts
from sync.model.facts import Author, Incarnation
from sync.network.dialling import is_encrypted, require_loopback
from sync.storage.lock import FolderLock
from sync.storage.store import Store
from sync.trust import certificates, credentials
from sync.trust.credentials import Credentials, TrustedAuthorities
from sync.witness.machine import machine_id
from sync.witness.memory import Witness, number_for

NAME_LENGTH_MAX: Final = 100
IDLE_MINUTES_MAX: Final = 720
_SIZE: Final = re.compile(r"([0-9]{1,3})x([0-9]{1,3})")


class Size(NamedTuple):
    """The size of a printed label in millimetres."""

    width: int
    height: int


LABEL_MM_MIN: Final = Size(40, 25)
LABEL_MM_MAX: Final = Size(210, 297)


def _code(value: str) -> Author:
    if not facts.is_terminal_code(value):
        raise ValueError(f"'{value}' is not a terminal code")
    return Author(value)


def _key(value: str) -> bytes:
    try:
        key = bytes.fromhex(value)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise ValueError("must be 32 bytes in hexadecimal")
    return key


def _peer(value: str) -> str:
    """The address of a peer that can be dialled.

    Raises:
        ValueError, BadConfig: it is no WebSocket address, or neither encrypted nor of this
            computer.
    """
    try:
        url = URL(value)
        named = url.host is not None and url.explicit_port is not None
        good = named and url.scheme in ("ws", "wss")
    except ValueError:
        good = False
    if not good:
        raise ValueError(f"'{value}' is not wss://HOST:PORT/sync")
    if not is_encrypted(value):
        require_loopback(url.host or "")
    # An interface behind an address stands there as URLs write it (RFC 6874), or as systems do,
    # which is what can be dialled.
    return value.replace("%25", "%") if "[" in value else value


def _peers(value: list[str]) -> tuple[str, ...]:
    return tuple(map(_peer, value))


def _names(value: list[str]) -> tuple[str, ...]:
    """Names of people, as the field ``operator`` takes them."""
    for name in value:
        if not name.strip() or len(name) > NAME_LENGTH_MAX or not name.isprintable():
            raise ValueError(f"'{name}' is no name of 1 to {NAME_LENGTH_MAX} characters")
    return tuple(name.strip() for name in value)


def _minutes(value: str) -> int:
    if not (value.isascii() and value.isdecimal() and 1 <= int(value) <= IDLE_MINUTES_MAX):
        raise ValueError(f"'{value}' is no number of minutes from 1 to {IDLE_MINUTES_MAX}")
    return int(value)


def _size(value: str) -> Size:
    found = _SIZE.fullmatch(value)
    size = Size(int(found[1]), int(found[2])) if found else Size(0, 0)
    least, most = LABEL_MM_MIN, LABEL_MM_MAX
    if not (least.width <= size.width <= most.width and least.height <= size.height <= most.height):
        raise ValueError(
            f"'{value}' is no size of a label; write width and height in millimetres, from "
            f"{least.width}x{least.height} to {most.width}x{most.height}, as in 58x40"
        )
    return size


CODE: Final[Setting[Author]] = Setting(
    "code", SettingKind.TEXT, _code, None, "the terminal that this node is", fixed=True
)
COORDINATOR: Final[Setting[str]] = Setting(
    "coordinator",
    SettingKind.TEXT,
    daemon_settings.as_value(_peer),
    None,
    "where the coordinator syncs, as a URL",
)
COORDINATOR_KEY: Final[Setting[bytes]] = Setting(
    "coordinator_key",
    SettingKind.TEXT,
    _key,
    None,
    "the public key by which the coordinator is known",
    fixed=True,
)
PEERS: Final[Setting[tuple[str, ...]]] = Setting(
    "peers",
    SettingKind.TEXTS,
    daemon_settings.as_value(_peers),
    (),
    "other nodes to sync with directly, as URLs",
)
CLERKS: Final[Setting[tuple[str, ...]]] = Setting(
    "clerks",
    SettingKind.TEXTS,
    _names,
    (),
    "who works at this desk: the page lets them choose their name; without names they type it",
)
CLERK_IDLE: Final[Setting[int]] = Setting(
    "clerk_idle_minutes",
    SettingKind.TEXT,
    _minutes,
    "15",
    "after so many minutes in which nobody did anything a clerk's PIN has to be typed again",
)
LABEL: Final[Setting[Size]] = Setting(
    "label",
    SettingKind.TEXT,
    _size,
    "58x40",
    "size of a printed label, width and height in millimetres",
)
LISTEN: Final = daemon_settings.listen(NODE)
SYNC_LISTEN: Final = daemon_settings.sync_listen(NODE)
TABLE: Final = SettingsTable(
    NODE,
    (
        *(CODE, LISTEN, SYNC_LISTEN, COORDINATOR, COORDINATOR_KEY, PEERS),
        *(CLERKS, CLERK_IDLE, LABEL),
        *https.SETTINGS,
        *daemon_settings.COMMON,
    ),
)


_NO_CERTIFICATE: Final = (
    "https_listen needs a certificate: name the clinic's own for this computer, or one that "
    "`mrnmesh-coordinator ca issue` has made"
)
_NOT_ENROLLED: Final = (
    "this desk has no certificate, so it can meet only daemons of its own computer; enrol it with "
    "a code first: `mrnmesh-node enrol`"
)


@dataclass(frozen=True)
class NodeSettings(DaemonSettings):
    """The settings of a node.

    ``peers`` are WebSocket addresses of other nodes to sync with, ``clerks`` the names of those who
    work here as long as the administrator keeps no list, ``label`` the size of a printed label.
    ``https_listen`` is where other computers may call the HTTP API, None if nowhere, as
    ``host_names`` and with the files of the certificate.
    """

    code: Author
    coordinator: str
    coordinator_key: bytes
    peers: tuple[str, ...]
    clerks: tuple[str, ...]
    clerk_idle_minutes: int
    label: Size
    https_listen: Address | None
    host_names: tuple[str, ...]
    https_files: tuple[Path, Path] | None

    def credentials(
        self, standing: Callable[[], TrustedAuthorities] = TrustedAuthorities
    ) -> Credentials | None:
        """The certificate of this desk, and whom it trusts; None before it has been enrolled.

        Args:
            standing: see `sync.trust.credentials.Credentials`.

        Raises:
            BadConfig: it cannot be read.
        """
        if not credentials.are_there(self.folder):
            return None
        facility = certificates.facility_of(self.coordinator_key)
        return Credentials(self.folder, facility, standing)


def load(folder: Path, flags: Mapping[str, Any] = NO_FLAGS) -> NodeSettings:
    """The settings of a data folder, as its file, the environment and ``flags`` have them.

    Raises:
        StoreMissing, StoreIncomplete: it was not made yet, or something is missing.
        BadConfig, BadOption: says which setting is wrong.
    """
    found = daemon_settings.find(TABLE, folder, flags)
    common = daemon_settings.read(found, LISTEN, SYNC_LISTEN)
    enrolled = credentials.are_there(folder)
    if not enrolled:
        for setting, open_ in (
            (SYNC_LISTEN, not common.sync_listen.is_here),
            (COORDINATOR, is_encrypted(found[COORDINATOR])),
            (PEERS, any(is_encrypted(peer) for peer in found[PEERS])),
        ):
            if open_:
                raise found.wrong(setting, _NOT_ENROLLED)
    https_listen, files = found[https.HTTPS_LISTEN], https.https_files(found)
    https.require_other_ports(found, https.HTTPS_LISTEN, https_listen, LISTEN, SYNC_LISTEN)
    if https_listen is not None and files is None:
        raise found.wrong(https.HTTPS_CERTIFICATE, _NO_CERTIFICATE)
    return NodeSettings(
        **vars(common),
        code=found[CODE],
        coordinator=found[COORDINATOR],
        coordinator_key=found[COORDINATOR_KEY],
        peers=found[PEERS],
        clerks=found[CLERKS],
        clerk_idle_minutes=found[CLERK_IDLE],
        label=found[LABEL],
        https_listen=https_listen,
        host_names=found[https.HOST_NAMES],
        https_files=files,
    )


def require_peers(peers: tuple[str, ...]) -> None:
    """Pass addresses of peers that can be dialled.

    Raises:
        BadOption: one cannot.
    """
    for peer in peers:
        with data_folder.as_option(f"--peer {peer}"):
            _peer(peer)


def settle_here(folder: Path, file: Path, anew: bool = False) -> Incarnation:
    """The incarnation of a node's database, which its caller has locked.

    It is a new one if the database was moved here, or its witness is missing or was begun for
    another copy: the ranges that it had issue no more.

    Args:
        file: the witness.
        anew: take a new incarnation in any case.

    Raises:
        WitnessInUse, WitnessUnwritable, StoreError: nothing was changed.
    """
    store = Store.open(folder / replica.DATABASE)
    try:
        witness = Witness(file, machine_id())
        witness.hold()
        try:
            if witness.is_of(store.meta.witness) and not anew:
                return store.meta.incarnation
            shell = replica.shell()
            incarnation = Writer.renew(store, shell.random, shell.now_ms())
            witness.begin_anew(number_for(store.meta, shell.random))
            return incarnation
        finally:
            witness.release()
    finally:
        store.close()


def renew(folder: Path) -> None:
    """Go on with a node's database after a move to another computer, or without its witness.

    What it issued stays; its ranges issue no more.

    Raises:
        StoreMissing, StoreLocked, WitnessInUse, BadConfig: nothing was changed.
    """
    settings = load(folder)
    lock = FolderLock(folder)
    try:
        settle_here(folder, settings.witness, anew=True)
    finally:
        lock.release()
