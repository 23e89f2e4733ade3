"""A coordinator's settings, and how a new coordinator is made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from coordinator.alerts import settings as alerts
from coordinator.alerts.settings import AlertSettings
from coordinator.registry import pool
from coordinator.users import keys
from sync.daemon import daemon_settings, data_folder, settings_files
from sync.daemon.daemon_settings import NO_FLAGS, ZONE_DEFAULT, DaemonSettings
from sync.daemon.daemons import COORDINATOR
from sync.daemon.settings import Setting, SettingKind, SettingsTable
from sync.engine import replica
from sync.http.address import Address
from sync.https import settings as https
from sync.model import facts
from sync.model.numbers import NumberRange
from sync.storage.store import Store
from sync.trust import authority, program_keys

ENROL_ADDRESS: Final = "0.0.0.0:8472"
NEXT_SIGNING_KEY: Final = "next-signing-key.pem"
"""There while the signing key is being replaced."""


LISTEN: Final = daemon_settings.listen(COORDINATOR)
SYNC_LISTEN: Final = daemon_settings.sync_listen(COORDINATOR)
ENROL_LISTEN: Final[Setting[Address]] = Setting(
    "enrol_listen",
    SettingKind.TEXT,
    daemon_settings.as_value(Address.anywhere),
    ENROL_ADDRESS,
    "address where desks show their codes; nobody listens there while no code is open",
)
REGISTRARS_MERGE: Final[Setting[bool]] = Setting(
    "registrars_merge",
    SettingKind.SWITCH,
    bool,
    False,
    "whether registrars who are signed in may merge records and mark mistakes",
)
TABLE: Final = SettingsTable(
    COORDINATOR,
    (
        *(LISTEN, SYNC_LISTEN, ENROL_LISTEN, *https.SETTINGS, REGISTRARS_MERGE),
        *alerts.SETTINGS,
        *daemon_settings.COMMON,
    ),
)


@dataclass(frozen=True)
class CoordinatorSettings(DaemonSettings):
    """The settings of a coordinator; ``enrol_listen`` is where desks show their codes.

    ``https_listen`` is where other computers may call the HTTP API, None if nowhere; ``host_names``
    are those of this computer, and ``https_files`` are the clinic's own certificate and its key.
    ``alerts`` says how alarms reach people.
    """

    enrol_listen: Address
    https_listen: Address | None
    host_names: tuple[str, ...]
    https_files: tuple[Path, Path] | None
    registrars_merge: bool
    alerts: AlertSettings


def load(folder: Path, flags: Mapping[str, Any] = NO_FLAGS) -> CoordinatorSettings:
    """The settings of a data folder, as its file, the environment and ``flags`` have them.

    Raises:
        StoreMissing, StoreIncomplete: it was not made yet, or something is missing.
        BadConfig, BadOption: says which setting is wrong.
    """
    found = daemon_settings.find(TABLE, folder, flags)
    common = daemon_settings.read(found, LISTEN, SYNC_LISTEN)
    https_listen, others = found[https.HTTPS_LISTEN], (LISTEN, SYNC_LISTEN, ENROL_LISTEN)
    https.require_other_ports(found, ENROL_LISTEN, found[ENROL_LISTEN], LISTEN, SYNC_LISTEN)
    https.require_other_ports(found, https.HTTPS_LISTEN, https_listen, *others)
    return CoordinatorSettings(
        **vars(common),
        enrol_listen=found[ENROL_LISTEN],
        https_listen=https_listen,
        host_names=found[https.HOST_NAMES],
        https_files=https.https_files(found),
        registrars_merge=found[REGISTRARS_MERGE],
        alerts=alerts.read(found),
    )


def init(
    folder: Path,
    *,
    zone: str = ZONE_DEFAULT,
    listen: str = COORDINATOR.listen,
    sync_listen: str = COORDINATOR.sync_listen,
    enrol_listen: str = ENROL_ADDRESS,
    witness: Path | None = None,
    numbers: NumberRange = pool.RANGE,
    block: int = pool.BLOCK,
    show: Callable[[str], None] = lambda token: None,
) -> str:
    """Make a coordinator in a new data folder.

    Args:
        numbers: the pool out of which terminals get ranges, ``block`` numbers each.
        show: shows the token, and what else is kept nowhere, to whoever makes the coordinator.
            The settings come last, so no coordinator runs whose secrets nobody has seen.

    Returns:
        The administrator's token, which is kept nowhere.

    Raises:
        StoreExists, StoreIncomplete, WitnessUnwritable, BadOption, BadPool: nothing was made.
    """
    named = pool.named(pool.Pool(), numbers, block)
    path = folder / COORDINATOR.settings_file
    data_folder.require_new(
        folder,
        COORDINATOR,
        listen=listen,
        sync_listen=sync_listen,
        witness=witness,
        anywhere=True,
    )
    with data_folder.as_option("--enrol-listen"):
        Address.anywhere(enrol_listen)
    with data_folder.as_option("--zone"):
        daemon_settings.zone_named(zone)
    with data_folder.whole_or_nothing(folder) as beside:
        made = data_folder.make(folder, facts.COORDINATOR, witness)
        beside.append(made.witness)
        authority.make(folder, made.public_key)
        store = Store.open(folder / replica.DATABASE)
        token = program_keys.fresh()
        keys.keep_administrator(store, program_keys.digest(token))
        pool.write(store, named)
        store.close()
        show(token)
        settings_files.write_toml(
            path,
            {
                "zone": zone,
                "listen": listen,
                "sync_listen": sync_listen,
                "enrol_listen": enrol_listen,
                "witness": str(made.witness),
            },
        )
    return token
