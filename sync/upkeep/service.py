"""Backups and the daily check as a daemon runs them: jobs, alarms, status, HTTP API."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from aiohttp import web

from sync.daemon.daemon_settings import S
from sync.daemon.jobs import Jobs
from sync.engine.replica import Replica
from sync.http.operations import Operation
from sync.model.alarms import Alarm
from sync.upkeep.checkup import Checkup
from sync.upkeep.nightly import BackupStatus, NightlyBackups, Started, backup_settings
from sync.upkeep.restore import DaemonKind

LOOK_EVERY_S: Final = 900.0


class Upkeep:
    """The backups and the daily check of one replica.

    Args:
        permit: passes only those calls that may ask for a backup.
    """

    def __init__(
        self,
        replica: Replica,
        kind: DaemonKind[S],
        settings: S,
        permit: Callable[[web.Request], None],
    ) -> None:
        self._backups = NightlyBackups(
            kind.source(settings), backup_settings(settings), lambda: replica.now_ms
        )
        self._checkup = Checkup(replica)
        self._permit = permit

    def begin(self, jobs: Jobs) -> None:
        """Look from now on whether something is due."""
        jobs.every(LOOK_EVERY_S, "backup", self._backups.make_if_due)
        jobs.every(LOOK_EVERY_S, "check of the database", self._checkup.check_if_due)

    async def stop(self) -> None:
        """End what goes on, soon."""
        self._checkup.stop()
        await self._backups.stop()

    def alarms(self) -> Iterable[Alarm]:
        """What somebody should do something about."""
        yield from self._backups.alarms()
        yield from self._checkup.alarms()

    def status(self) -> dict[str, Any]:
        """The part of ``/api/status/`` about it."""
        return {"backup": self._backups.status(), "database_check": self._checkup.status()}

    def operations(self) -> list[Operation]:
        """What a client can ask of it."""
        path = "/api/backups/"
        return [
            Operation("GET", path, self._show, "Tell of the backups", answer=BackupStatus),
            Operation("POST", path, self._make, "Make a backup", answer=Started, status=202),
        ]

    async def _show(self, request: web.Request) -> web.Response:
        """The last good backup, why the last attempt failed if it did, how far one is."""
        self._permit(request)
        return web.json_response(self._backups.status())

    async def _make(self, request: web.Request) -> web.Response:
        """Begin to make a backup; it is over when ``ended`` has reached its ``number``."""
        self._permit(request)
        return web.json_response(Started(number=self._backups.start()), status=202)
