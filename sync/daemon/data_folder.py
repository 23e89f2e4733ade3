"""A daemon's data folder, as node and coordinator have it: settings, key, database, witness."""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

import platformdirs

from sync.daemon import settings_files
from sync.daemon.settings import Layers, Setting, SettingKind
from sync.engine import keys, replica
from sync.engine.witness import Witness, machine_id
from sync.errors import BadConfig, BadOption, StoreExists, StoreIncomplete
from sync.http.address import Address
from sync.model import demographics
from sync.model.facts import Author, Incarnation

G = TypeVar("G")
V = TypeVar("V")

KEY_FILE: Final = "signing-key.pem"
_ORIGIN: Final = re.compile(r"https?://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(:[0-9]{1,5})?")


def _text(value: str) -> str:
    if not value.strip():
        raise ValueError("must not be empty")
    return value


def _origins(value: list[str]) -> tuple[str, ...]:
    for origin in value:
        if not _ORIGIN.fullmatch(origin):
            raise ValueError(f"'{origin}' is not SCHEME://HOST or SCHEME://HOST:PORT")
    return tuple(origin.lower() for origin in value)


def _required(value: list[str]) -> tuple[str, ...]:
    fields = [name for name in demographics.FIELDS if name != "dob_estimated"]
    for name in value:
        if name not in fields:
            raise ValueError(f"'{name}' is not a field that can be required: {', '.join(fields)}")
    return tuple(value)


def as_value(read: Callable[[G], V]) -> Callable[[G], V]:
    """A reader whose `BadConfig` becomes the ``ValueError`` that a `Setting` wants."""

    def value(given: G) -> V:
        try:
            return read(given)
        except BadConfig as error:
            raise ValueError(str(error.facts["why"])) from error

    return value


def _zone(value: str) -> ZoneInfo:
    return settings_files.zone(Path(), {"zone": value})


def listen(default: str) -> Setting[Address]:
    """Where the HTTP API is."""
    told = "address of the HTTP API, for programs of this computer"
    return Setting("listen", SettingKind.TEXT, as_value(Address.parse), default, told)


def sync_listen(default: str) -> Setting[Address]:
    """Where other replicas come in."""
    told = "address where other replicas come in to sync"
    return Setting("sync_listen", SettingKind.TEXT, as_value(Address.parse), default, told)


ZONE: Final[Setting[ZoneInfo]] = Setting(
    "zone",
    SettingKind.TEXT,
    as_value(_zone),
    settings_files.ZONE_DEFAULT,
    "the facility's time zone: the day of online numbers, times in logs",
)
WITNESS: Final[Setting[str]] = Setting(
    "witness",
    SettingKind.TEXT,
    _text,
    None,
    "file outside the data folder that remembers which numbers were issued",
)
ORIGINS: Final[Setting[tuple[str, ...]]] = Setting(
    "origins",
    SettingKind.TEXTS,
    _origins,
    (),
    "web origins whose pages may call the HTTP API from a browser (CORS)",
)
REQUIRED: Final[Setting[tuple[str, ...]]] = Setting(
    "required",
    SettingKind.TEXTS,
    _required,
    demographics.REQUIRED,
    "fields without which nobody is registered; an age counts as dob",
)
BACKUP: Final[Setting[bool]] = Setting(
    "backup", SettingKind.SWITCH, bool, True, "whether a backup is made every night"
)
BACKUP_FOLDER: Final[Setting[str]] = Setting(
    "backup_folder",
    SettingKind.TEXT,
    _text,
    "backups",
    "folder of the backups, relative to the data folder; another disk is better",
)
LOG_FOLDER: Final[Setting[str]] = Setting(
    "log_folder",
    SettingKind.TEXT,
    _text,
    "logs",
    "folder of the log files, relative to the data folder",
)
COMMON: Final = (ZONE, WITNESS, ORIGINS, REQUIRED, BACKUP, BACKUP_FOLDER, LOG_FOLDER)
"""The settings of both daemons, but for where they listen, which has defaults of its own."""


@dataclass(frozen=True)
class DataFolder:
    """Where a daemon keeps its data and listens; ``zone`` is the facility's time zone.

    ``witness`` is the file outside the data folder that remembers what was issued; ``origins`` are
    web origins that may call the API, ``required`` the fields of a registration that must be given;
    ``backup`` says whether one is made every night.
    """

    folder: Path
    zone: ZoneInfo
    listen: Address
    sync_listen: Address
    witness: Path
    origins: tuple[str, ...]
    required: tuple[str, ...]
    backup: bool
    backup_folder: Path
    log_folder: Path

    @property
    def url(self) -> str:
        """Where the HTTP API is."""
        return url_of(self.listen)

    def signer(self) -> keys.Signer:
        """The key pair of this daemon.

        Raises:
            BadConfig: it cannot be read.
        """
        return keys.Signer.load(self.folder / KEY_FILE)


class Made(NamedTuple):
    """A database, a key and a witness that were just made."""

    incarnation: Incarnation
    public_key: bytes
    witness: Path


def url_of(listen: Address) -> str:
    """Where the HTTP API of a daemon is that listens there."""
    host = f"[{listen.host}]" if ":" in listen.host else listen.host
    return f"http://{host}:{listen.port}"


def read_settings(path: Path, command: str) -> dict[str, Any]:
    """The settings in the file ``path`` of a data folder; ``command`` is what makes the folder.

    Raises:
        StoreMissing: there is no data.
        StoreIncomplete: there are settings without a database, or a database without settings.
        BadConfig: the settings are not TOML.
    """
    _require_whole(path, command)
    return settings_files.read_toml(path, command)


def read(layers: Layers, listen: Setting[Address], sync_listen: Setting[Address]) -> DataFolder:
    """The place that the settings describe.

    Raises:
        BadConfig, BadOption: says which setting is wrong.
    """
    folder = layers.path.parent
    witness = layers.file(WITNESS)
    if is_inside(witness, folder):
        raise layers.wrong(WITNESS, f"must not be in the data folder ({witness})")
    if layers[listen].port == layers[sync_listen].port != 0:
        raise layers.wrong(sync_listen, f"listen has the port {layers[listen].port} already")
    return DataFolder(
        folder,
        layers[ZONE],
        layers[listen],
        layers[sync_listen],
        witness,
        layers[ORIGINS],
        layers[REQUIRED],
        layers[BACKUP],
        layers.file(BACKUP_FOLDER),
        layers.file(LOG_FOLDER),
    )


def require_new(
    path: Path, command: str, *, listen: str, sync_listen: str, witness: Path | None
) -> None:
    """Pass only if neither settings ``path`` nor a database are there and the options are good.

    Raises:
        StoreExists, StoreIncomplete, BadOption: otherwise.
    """
    _require_whole(path, command)
    if path.exists():
        raise StoreExists(path=path.parent)
    ports = []
    for option, text in (("--listen", listen), ("--sync-listen", sync_listen)):
        with as_option(option):
            ports.append(Address.parse(text).port)
    if ports[0] == ports[1] != 0:
        raise BadOption(option="--sync-listen", why=f"--listen has the port {ports[0]} already")
    if witness is not None and is_inside(witness, path.parent):
        raise BadOption(
            option="--witness",
            why=f"{witness} is in the data folder, and would be set back together with it",
        )


@contextlib.contextmanager
def as_option(option: str) -> Iterator[None]:
    """What a setting of a file would be refused for is told of the option that gave it."""
    try:
        yield
    except BadConfig as error:
        raise BadOption(option=option, why=error.facts["why"]) from error


@contextlib.contextmanager
def whole_or_nothing(folder: Path) -> Iterator[None]:
    """If making a data folder fails, what was made in it goes again."""
    before = set(folder.iterdir()) if folder.is_dir() else set()
    made = [parent for parent in (folder, *folder.parents) if not parent.exists()]
    try:
        yield
    except BaseException:
        with contextlib.suppress(OSError):
            for path in set(folder.iterdir()) - before:
                path.unlink()
            for parent in made:
                parent.rmdir()
        raise


def make(folder: Path, author: Author, witness: Path | None) -> Made:
    """Make database, key and witness; without a name for it the witness goes where state goes."""
    replica_id, incarnation = replica.init(folder, author)
    signer = keys.Signer.new()
    signer.save(folder / KEY_FILE)
    if witness is None:
        witness = Path(platformdirs.user_state_dir("mrnmesh", appauthor=False)) / replica_id.hex()
    if is_inside(witness, folder):
        raise BadOption(option="--data", why=f"the witness {witness} would be in it")
    Witness.create(witness.absolute(), machine_id())
    return Made(incarnation, signer.public_key, witness.absolute())


def write_json(path: Path, content: Mapping[str, str]) -> None:
    """Write a file that another machine is to read, on disk before this returns."""
    with path.open("w", encoding="utf-8") as file:
        json.dump(content, file, indent=2)
        file.flush()
        os.fsync(file.fileno())


def _require_whole(path: Path, command: str) -> None:
    database = path.parent / replica.DATABASE
    if path.exists() != database.exists():
        found, missing = (path, database) if path.exists() else (database, path)
        raise StoreIncomplete(
            path=path.parent, found=found.name, missing=missing.name, command=command
        )


def is_inside(file: Path, folder: Path) -> bool:
    """True when a file is, or would be, somewhere in a folder."""
    return file.resolve().is_relative_to(folder.resolve())
