"""Backups and the daily check as a daemon runs them: jobs, alarms, status, HTTP API."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from typing import Final, TypedDict

from aiohttp import web

from sync.daemon.daemon_settings import S
from sync.daemon.jobs import Jobs
from sync.engine.replica import Replica
from sync.engine.transaction import Transaction
from sync.http.operations import Needs, Operation
from sync.model.alarms import Alarm
from sync.upkeep import checkup
from sync.upkeep.checkup import Checkup, DatabaseCheck
from sync.upkeep.database_alarms import TRY_AGAIN_S, DatabaseWatch
from sync.upkeep.nightly import (
    BackupSettings,
    BackupStarted,
    BackupStatus,
    NightlyBackups,
    backup_settings,
)
from sync.upkeep.restore import DaemonKind

LOOK_EVERY_S: Final = 900.0
COUNT_EVERY_S: Final = 60.0
"""How often it is counted for how long a backup has been due."""
TIME_EVERY_S: Final = 5.0
"""How often a daemon looks whether another time is believed, by which a backup may be due."""
DOUBT_EVERY_S: Final = 10.0
"""How often a daemon looks whether its database is in doubt; that costs nothing."""


class UpkeepStatus(TypedDict):
    """The part of ``/api/status/`` that tells how safe the data is."""

    backup: BackupStatus
    database_check: DatabaseCheck | None


class Upkeep:
    """The backups and the daily check of one replica.

    Args:
        needs: who may see the backups and ask for one.
    """

    def __init__(
        self,
        replica: Replica,
        kind: DaemonKind[S],
        settings: S,
        needs: Needs,
    ) -> None:
        source = replace(kind.source(settings), reading=replica.readers.copying)
        self._backups = NightlyBackups(
            source, backup_settings(settings), lambda: replica.now_ms, replica.steady_s
        )
        self._database = DatabaseWatch(replica)
        self._checkup = Checkup(replica, kind.daemon.command, replica.steady_s)
        self._needs = needs
        self._replica = replica
        self._moves = replica.believed.moves
        self._kept_wait_s: int | None = None

    def begin(self, jobs: Jobs) -> None:
        """Look from now on whether something is due."""
        jobs.every(TRY_AGAIN_S, "trying the database again", self._database.try_again)
        jobs.every(LOOK_EVERY_S, "backup", self._backups.make_if_due)
        jobs.every(TIME_EVERY_S, "backup after the time was set", self._make_if_time_moved)
        jobs.every(COUNT_EVERY_S, "counting for how long a backup is due", self._count_wait)
        jobs.every(DOUBT_EVERY_S, checkup.NAME, self._checkup.check_if_due)

    def keep_backups(self, settings: BackupSettings) -> None:
        """Let backups go elsewhere from now on."""
        self._backups.keep_as(settings)

    async def stop(self) -> None:
        """End what goes on, soon."""
        self._checkup.stop()
        await self._backups.stop()

    def alarms(self) -> Iterable[Alarm]:
        """What somebody should do something about."""
        yield from self._backups.alarms()
        yield from self._checkup.alarms()
        yield from self._database.alarms()

    def status(self) -> UpkeepStatus:
        """The part of ``/api/status/`` about it."""
        return {"backup": self._backups.status(), "database_check": self._checkup.status()}

    def operations(self) -> list[Operation]:
        """What a client can ask of it."""
        path, operation = "/api/backups/", partial(Operation, needs=self._needs)
        return [
            operation("GET", path, self._show, "Show the backups"),
            operation("POST", path, self._make, "Make a backup", status=202),
        ]

    async def _make_if_time_moved(self) -> None:
        moves = self._replica.believed.moves
        if moves != self._moves:
            self._moves = moves
            await self._backups.make_if_due()

    async def _count_wait(self) -> None:
        """Count it, and keep it for the next process: one may end before it has made any."""
        if self._kept_wait_s is None:
            self._kept_wait_s = await self._replica.read(
                lambda snapshot: snapshot.store.meta.backup_wait_s
            )
            self._backups.waited_before(self._kept_wait_s)
        self._backups.count_wait()
        waited_s = int(self._backups.waited_s)
        if waited_s != self._kept_wait_s:
            await self._replica.write(partial(_keep_wait, waited_s))
            self._kept_wait_s = waited_s

    async def _show(self, _request: web.Request) -> BackupStatus:
        """The last good backup, why the last attempt failed if it did, how far one is."""
        return self._backups.status()

    async def _make(self, _request: web.Request) -> BackupStarted:
        """Begin to make a backup; it is over when ``ended`` has reached its ``number``."""
        return BackupStarted(number=self._backups.start())


def _keep_wait(seconds: int, tx: Transaction) -> None:
    tx.begin()
    tx.store.meta.backup_wait_s = seconds
