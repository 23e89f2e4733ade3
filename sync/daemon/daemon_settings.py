"""The settings that both daemons have, declared once, and what a daemon reads them as."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sync.daemon import data_folder, settings_files
from sync.daemon.daemons import Daemon
from sync.daemon.settings import FoundSettings, Setting, SettingKind, SettingsTable
from sync.engine import keys
from sync.errors import BadConfig
from sync.http.address import Address
from sync.model import demographics, telephones, typed
from sync.model.person.more import (
    Label,
    More,
    MoreField,
    labelled,
    read_extra,
    read_identifier,
    read_label,
)

G = TypeVar("G")
V = TypeVar("V")

ZONE_DEFAULT: Final = "Asia/Karachi"
DAYS_MAX: Final = 3650
NOT_AT_ALL: Final = "off"
NO_FLAGS: Final[Mapping[str, Any]] = MappingProxyType({})
_ZONE: Final = re.compile(r"[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*")
_ORIGIN: Final = re.compile(r"https?://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(:[0-9]{1,5})?")


def zone_named(name: str) -> ZoneInfo:
    """A time zone by its name in the IANA database, as in ``Asia/Karachi``.

    Raises:
        ValueError: there is no such zone.
    """
    # It is looked up as a file, and what else is the name of a file differs between systems.
    if not _ZONE.fullmatch(name):
        raise ValueError(f"there is no time zone '{name}'")
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # ``Asia`` is a folder
        raise ValueError(f"there is no time zone '{name}'") from error


def _region(name: str) -> str:
    folded = typed.code(name).upper()
    if not telephones.is_region(folded):
        raise ValueError(f"'{name}' is not a country in two letters, as in PK")
    return folded


def as_value(read: Callable[[G], V]) -> Callable[[G], V]:
    """A reader whose `BadConfig` becomes the ``ValueError`` that a `Setting` wants."""

    def value(given: G) -> V:
        try:
            return read(given)
        except BadConfig as error:
            raise ValueError(str(error.facts["why"])) from error

    return value


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
    fields = [name for name in demographics.USUAL if name != "dob_estimated"]
    for name in value:
        if name not in fields:
            raise ValueError(f"'{name}' is not a field that can be required: {', '.join(fields)}")
    return tuple(value)


def _fields(read: Callable[[str], MoreField]) -> Callable[[list[str]], More]:
    def found(value: list[str]) -> More:
        fields = tuple(map(read, value))
        _require_once([one.name for one in fields])
        return fields

    return found


def _days(text: str) -> int | None:
    if text.strip().lower() == NOT_AT_ALL:
        return None
    days = int(text) if text.isascii() and text.isdecimal() and len(text) <= 4 else 0
    if not 1 <= days <= DAYS_MAX:
        raise ValueError(f"'{text}' is no number of days from 1 to {DAYS_MAX}, and not `off`")
    return days


def _labels(value: list[str]) -> Mapping[str, Label]:
    found = [read_label(one) for one in value]
    _require_once([name for name, _ in found])
    return MappingProxyType(dict(found))


def _require_once(names: list[str]) -> None:
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"'{twice}' stands there twice")


def listen(daemon: Daemon) -> Setting[Address]:
    """Where the HTTP API of a daemon is."""
    meaning = "address of the HTTP API, for programs of this computer"
    read = as_value(Address.parse)
    return Setting("listen", SettingKind.TEXT, read, daemon.listen, meaning)


def sync_listen(daemon: Daemon) -> Setting[Address]:
    """Where other desks and the coordinator connect to a daemon."""
    meaning = "address where others connect to sync; 0.0.0.0 for all addresses of this computer"
    read = as_value(Address.anywhere)
    return Setting("sync_listen", SettingKind.TEXT, read, daemon.sync_listen, meaning)


ZONE: Final[Setting[ZoneInfo]] = Setting(
    "zone",
    SettingKind.TEXT,
    zone_named,
    ZONE_DEFAULT,
    "the facility's time zone: the day of online numbers, times in logs",
)
REGION: Final[Setting[str]] = Setting(
    "region",
    SettingKind.TEXT,
    _region,
    telephones.REGION,
    "country, in two letters, of telephone numbers that are typed without their country code",
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
IDENTIFIERS: Final[Setting[More]] = Setting(
    "identifiers",
    SettingKind.TEXTS,
    _fields(read_identifier),
    (),
    "identifiers beside the CNIC, as NAME unique|shared [PATTERN [SYSTEM]]",
)
EXTRA_FIELDS: Final[Setting[More]] = Setting(
    "extra_fields",
    SettingKind.TEXTS,
    _fields(read_extra),
    (),
    "fields of this clinic, as NAME KIND, or NAME choice A|B|C",
)
FIELD_LABELS: Final[Setting[Mapping[str, Label]]] = Setting(
    "field_labels",
    SettingKind.TEXTS,
    _labels,
    (),
    "what forms show for these, as NAME ENGLISH | URDU",
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
DISCOVERY: Final[Setting[bool]] = Setting(
    "discovery",
    SettingKind.SWITCH,
    bool,
    True,
    "whether this computer announces itself on the local network and listens for others",
)
LOOKS_KEPT: Final[Setting[int | None]] = Setting(
    "looks_kept",
    SettingKind.TEXT,
    _days,
    "365",
    "for how many days it is kept who looked at whom; `off`: it is not recorded",
)
COMMON: Final = (
    *(ZONE, REGION, WITNESS, ORIGINS, REQUIRED, IDENTIFIERS, EXTRA_FIELDS, FIELD_LABELS),
    *(BACKUP, BACKUP_FOLDER, LOG_FOLDER, DISCOVERY, LOOKS_KEPT),
)
"""The settings of both daemons, except where they listen, which has defaults of its own."""


@dataclass(frozen=True)
class DaemonSettings:
    """What both daemons are set to; ``zone`` is the facility's time zone.

        ``region`` is the country of telephone numbers without a country code.
        ``folder`` is the data folder; ``witness`` is the file outside it that remembers what was
        issued; ``origins`` are web origins that may call the API, ``required`` the fields of a
    registration that must be given, ``fields`` the identifiers and fields of the clinic beside the
    usual ones; ``backup`` says whether one is made every night, ``discovery`` whether others on the
    local network are looked for by multicast; ``looks_kept`` is for how many days it is kept who
    looked at whom, None if it is not recorded.
    """

    folder: Path
    zone: ZoneInfo
    region: str
    listen: Address
    sync_listen: Address
    witness: Path
    origins: tuple[str, ...]
    required: tuple[str, ...]
    fields: More
    backup: bool
    backup_folder: Path
    log_folder: Path
    discovery: bool
    looks_kept: int | None

    @property
    def url(self) -> str:
        """Where the HTTP API is."""
        return url_of(self.listen)

    def signer(self) -> keys.Signer:
        """The key pair of this daemon.

        Raises:
            BadConfig: it cannot be read.
        """
        return keys.Signer.load(self.folder / data_folder.KEY_FILE)


S = TypeVar("S", bound=DaemonSettings)


def find(table: SettingsTable, folder: Path, flags: Mapping[str, Any] = NO_FLAGS) -> FoundSettings:
    """The settings of a data folder, as its file, the environment and ``flags`` have them.

    Raises:
        StoreMissing, StoreIncomplete: it was not made yet, or something is missing.
        BadConfig, BadOption: says which setting is wrong.
    """
    path = folder / table.daemon.settings_file
    data_folder.require_made(folder, table.daemon)
    written = settings_files.read_toml(path, table.daemon.init_command)
    return table.load(path, written, os.environ, flags)


def read(
    found: FoundSettings, listen: Setting[Address], sync_listen: Setting[Address]
) -> DaemonSettings:
    """What a daemon makes of its settings; the last two are those of this daemon.

    Raises:
        BadConfig, BadOption: says which setting is wrong.
    """
    folder = found.path.parent
    witness = found.file(WITNESS)
    if data_folder.is_inside(witness, folder):
        raise found.wrong(WITNESS, f"must not be in the data folder ({witness})")
    # Port 0 lets the system choose, so two of them are not the same port.
    if found[listen].port == found[sync_listen].port != 0:
        raise found.wrong(sync_listen, f"listen has the port {found[listen].port} already")
    fields = (*found[IDENTIFIERS], *found[EXTRA_FIELDS])
    try:
        fields = labelled(fields, found[FIELD_LABELS])
    except ValueError as error:
        raise found.wrong(FIELD_LABELS, str(error)) from error
    return DaemonSettings(
        folder,
        found[ZONE],
        found[REGION],
        found[listen],
        found[sync_listen],
        witness,
        found[ORIGINS],
        found[REQUIRED],
        fields,
        found[BACKUP],
        found.file(BACKUP_FOLDER),
        found.file(LOG_FOLDER),
        found[DISCOVERY],
        found[LOOKS_KEPT],
    )


def url_in(folder: Path, daemon: Daemon) -> str:
    """Where the HTTP API of the daemon with this data folder is.

    Nothing else of its settings is looked at, so it works for a daemon whose other settings only
    its own program knows.

    Raises:
        StoreMissing, BadConfig: the data folder does not tell.
    """
    data_folder.require_made(folder, daemon)
    return url_of(_address_in(folder, daemon, listen(daemon), os.environ))


def ports_in(folder: Path, daemon: Daemon) -> tuple[int, int]:
    """The ports of API and sync that a data folder's file names; nothing else is looked at.

    Raises:
        StoreMissing, BadConfig: the file does not tell.
    """
    api, sync = (
        _address_in(folder, daemon, setting(daemon), {}) for setting in (listen, sync_listen)
    )
    return api.port, sync.port


def _address_in(
    folder: Path, daemon: Daemon, setting: Setting[Address], environment: Mapping[str, str]
) -> Address:
    """One address in the settings of a data folder, whatever else is in them."""
    path = folder / daemon.settings_file
    written = settings_files.read_toml(path, daemon.init_command)
    table = SettingsTable(daemon, (setting,))
    found: Address = table.find(setting, path, written, environment, NO_FLAGS).value
    return found


def url_of(listen: Address) -> str:
    """Where an HTTP API listens that has this address."""
    return f"http://{listen.text}"
