"""What can be set while the coordinator runs: the name of the clinic, and where backups go."""

from __future__ import annotations

import asyncio
import dataclasses
import tempfile
from functools import partial
from pathlib import Path
from typing import Annotated, Final, TypedDict

import msgspec
from aiohttp import web
from msgspec import Meta

from coordinator import config
from coordinator.config import CoordinatorSettings
from coordinator.errors import BackupPlaceUnusable
from sync.daemon import daemon_settings, settings_files
from sync.daemon.data_folder import is_inside
from sync.daemon.settings import Origin
from sync.engine.replica import Replica
from sync.engine.transaction import Transaction
from sync.errors import InvalidFields
from sync.http.operations import Needs, Operation, read_body
from sync.model import causes
from sync.storage import files
from sync.upkeep.nightly import backup_settings
from sync.upkeep.service import Upkeep

PATH: Final = "/api/settings/"
FACILITY_LENGTH_MAX: Final = 100


class SettingsChange(msgspec.Struct, kw_only=True, frozen=True):
    """What is to be set; None stays as it is."""

    facility: (
        Annotated[
            str, Meta(max_length=FACILITY_LENGTH_MAX, description="what the clinic is called")
        ]
        | None
    ) = None
    backup_folder: (
        Annotated[
            str,
            Meta(
                min_length=1,
                max_length=1000,
                description="folder of the backups, there already, or below the data folder",
            ),
        ]
        | None
    ) = None


class SettingsAnswer(TypedDict):
    """What is set; ``backup_folder`` is the whole path."""

    facility: str
    backup_folder: str


class SettingsApi:
    """Operations on what can be set at run time."""

    def __init__(self, settings: CoordinatorSettings, replica: Replica, upkeep: Upkeep) -> None:
        self._settings = settings
        self._replica = replica
        self._upkeep = upkeep

    def operations(self) -> list[Operation]:
        """Return the operations of this part."""
        operation = partial(Operation, needs=Needs.ADMINISTER)
        return [
            operation("GET", PATH, self.show, "Show what can be set at run time"),
            operation(
                "PATCH",
                PATH,
                self.change,
                "Set something at run time",
                body=SettingsChange,
                errors=(BackupPlaceUnusable,),
            ),
        ]

    async def show(self, _request: web.Request) -> SettingsAnswer:
        """Return what is set."""
        facility = await self._replica.read(lambda snapshot: snapshot.store.meta.facility)
        return {
            "facility": facility,
            "backup_folder": self._upkeep.status()["backup"]["folder"],
        }

    async def change(self, request: web.Request) -> SettingsAnswer:
        """Set something; return what is set then.

        Raises:
            InvalidFields, BackupPlaceUnusable: nothing was set.
        """
        sent = read_body(request, SettingsChange)
        facility = sent.facility
        if facility is not None and not facility.isprintable():
            raise InvalidFields({"facility": "must consist of characters that can be printed"})
        if sent.backup_folder is not None:
            folder = await asyncio.to_thread(keep_backup_folder, self._settings, sent.backup_folder)
            changed = dataclasses.replace(self._settings, backup_folder=folder)
            self._upkeep.keep_backups(backup_settings(changed))
        if facility is not None:
            name = " ".join(facility.split())

            def act(tx: Transaction) -> None:
                tx.begin()
                tx.store.meta.facility = name

            await self._replica.write(act)
        return await self.show(request)


def keep_backup_folder(settings: CoordinatorSettings, typed: str) -> Path:
    """Write another folder of backups into the settings file; returns its path.

    Raises:
        BackupPlaceUnusable: nothing can be written there, or the file does not decide about it.
        BadConfig: the settings file cannot be changed.
    """
    folder = settings.folder / typed
    try:
        # One below the data folder is made; another disk that is not there is not.
        if is_inside(folder, settings.folder):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except (OSError, ValueError) as error:
        why = causes.why(error) if isinstance(error, OSError) else "it is no name of a folder"
        raise BackupPlaceUnusable(folder=folder, why=why) from error
    found = daemon_settings.find(config.TABLE, settings.folder)
    origin = found.found[daemon_settings.BACKUP_FOLDER.name].origin
    if origin is Origin.ENVIRONMENT:
        raise BackupPlaceUnusable(folder=folder, why="the environment of the daemon names another")
    changes = {daemon_settings.BACKUP_FOLDER.name: typed}
    files.write_private(found.path, settings_files.changed_toml(found.path, changes).encode())
    return folder
