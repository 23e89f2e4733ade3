"""The backups of a running daemon: when one is due, and how the last ones ended.

A backup is due when there is no good one since the latest 02:00 of the facility, so a computer that
was off at night makes it in the morning. Files, not notes, say which is the last good one.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
import tempfile
from collections.abc import Callable, Iterable
from datetime import timedelta, tzinfo
from pathlib import Path
from typing import Final, NamedTuple, TypedDict

from sync.daemon.daemon_settings import DaemonSettings
from sync.daemon.data_folder import is_inside
from sync.errors import MrnmeshError, StoreError
from sync.model import causes
from sync.model.alarms import Alarm, AlarmLevel
from sync.model.formats import Time, iso_utc_of_ms, time_of_ms
from sync.upkeep import backup
from sync.upkeep.archive import Stop
from sync.upkeep.backup import FoundBackup, Source
from sync.upkeep.errors import BackupFails, BackupStopped

DUE_HOUR: Final = 2
EVERY_S: Final = 25 * 3600.0
"""At least so often one is made, by a clock that nobody sets; the night of a day may be longer."""
OLD_MS: Final = 48 * 3_600_000
WAITED_S: Final = 2 * 3600.0
"""Whoever has run for so long while one was due, and made none, could have made it."""
COUNTED_S_MAX: Final = 120.0
"""More than this between two counts is a time in which the computer slept."""
_AHEAD_MS_MAX: Final = 24 * 3_600_000
"""A backup from further in the future was made while a clock was wrong."""

log = logging.getLogger("mrnmesh.backup")


class BackupSettings(NamedTuple):
    """Where backups go, and whether they are made by themselves.

    ``ours``: the folder is in the data folder and may be made; another one must be there.
    """

    folder: Path
    ours: bool
    nightly: bool


def backup_settings(settings: DaemonSettings) -> BackupSettings:
    """What the settings of a daemon say of its backups."""
    folder = settings.backup_folder.absolute()
    return BackupSettings(folder, is_inside(folder, settings.folder), settings.backup)


class FailedBackup(NamedTuple):
    """The last attempt did not give a backup."""

    at_ms: int
    error: MrnmeshError


class BackupAnswer(TypedDict):
    """A good backup; ``doubts`` are what does not agree in its database."""

    file: str
    at: Time
    facts: int
    patients: int
    doubts: list[str]


class FailedAttempt(TypedDict):
    """An attempt that gave no backup."""

    at: Time
    why: str


class BackupProgress(TypedDict):
    """What is being done, how much of it is done, of how much."""

    step: str
    done: int
    total: int


class BackupStatus(TypedDict):
    """How the backups stand; attempts of this process up to the number ``ended`` are over."""

    ended: int
    folder: str
    nightly: bool
    last_good: BackupAnswer | None
    failed: FailedAttempt | None
    running: BackupProgress | None


class BackupStarted(TypedDict):
    """The number of an attempt."""

    number: int


class NightlyBackups:
    """The backups of one daemon; all methods are called on its event loop."""

    def __init__(
        self,
        source: Source,
        settings: BackupSettings,
        now_ms: Callable[[], int],
        now_s: Callable[[], float],
    ) -> None:
        self.last: FoundBackup | None = None
        self.failure: FailedBackup | None = None
        self._source = source
        self._settings = settings
        self._now_ms = now_ms
        self._now_s = now_s
        self._made_s = now_s()
        self._waited_s = 0.0
        self._counted_s: float | None = None
        self._looking = asyncio.Lock()
        self._looked = False
        self._hindrance: str | None = None
        self._stop = Stop()
        self._step: tuple[str, int, int] | None = None
        self._making: asyncio.Task[None] | None = None
        self._begun = 0

    def keep_as(self, settings: BackupSettings) -> None:
        """Let backups go elsewhere from now on; one that is being made goes where it was going."""
        self._settings = settings
        self._looked = False
        self.last = self.failure = self._hindrance = None

    async def make_if_due(self) -> None:
        """Make one if it is time; that it failed is reported by `alarms`."""
        async with self._looking:
            await self._look()
            # Whatever the clocks show: one that was ahead must not keep the next one from being
            # made.
            is_long_ago = self._now_s() - self._made_s >= EVERY_S
            if self._settings.nightly and (self._is_due() or is_long_ago):
                self.start()
        if self._making is not None:
            await asyncio.shield(self._making)

    @property
    def waited_s(self) -> float:
        """For how long this daemon has run while one was due, up to `WAITED_S`, as counted."""
        return self._waited_s

    def waited_before(self, seconds: float) -> None:
        """The processes before this one have run for so long while one was due."""
        self._waited_s += seconds

    def count_wait(self) -> None:
        """Count for how long one has been due while this daemon runs; begin anew when none is.

        While the computer was off, or slept, it could make none: after a weekend the last one is
        old, and nothing is wrong.
        """
        now_s, before_s = self._now_s(), self._counted_s
        self._counted_s = now_s
        if not self._settings.nightly or not self._is_due():
            self._waited_s = 0.0
        elif before_s is not None:
            passed_s = min(now_s - before_s, COUNTED_S_MAX)
            self._waited_s = min(WAITED_S, self._waited_s + passed_s)

    def start(self) -> int:
        """Begin to make one now, unless one is being made, and return its number, see `status`."""
        if self._making is None:
            self._begun += 1
            self._making = asyncio.create_task(self._make())
        return self._begun

    async def stop(self) -> None:
        """End the one that is being made soon; nothing is left of it."""
        self._stop.set()
        if self._making is not None:
            await self._making

    def status(self) -> BackupStatus:
        """How the backups stand, for the API."""
        failure, step = self.failure, self._step
        return BackupStatus(
            ended=self._begun - (self._making is not None),
            folder=str(self._settings.folder),
            nightly=self._settings.nightly,
            last_good=backup_answer(self.last) if self.last else None,
            failed=FailedAttempt(at=iso_utc_of_ms(failure.at_ms), why=str(failure.error))
            if failure
            else None,
            running=BackupProgress(step=step[0], done=step[1], total=step[2]) if step else None,
        )

    def alarms(self) -> Iterable[Alarm]:
        """What somebody should do something about."""
        command = self._source.daemon.command
        if self.failure is not None:
            yield Alarm(
                "backup_failed",
                AlarmLevel.WARNING,
                f"The backup of {self._here(self.failure.at_ms)} failed: {self.failure.error}",
                f"Do what this says. It is tried again every 15 minutes; `{command} backup` tries"
                " it now.",
                "backup",
                terms={"why": str(self.failure.error)},
            )
        elif self._hindrance is not None:
            yield Alarm(
                "backup_failed",
                AlarmLevel.WARNING,
                f"The next backup will fail: {self._settings.folder} {self._hindrance}.",
                "Connect the disk that it is on, or let the user that runs the daemon write there; "
                f"`backup_folder` in the settings names it. `{command} backup` tries it now.",
                "backup",
                terms={"why": f"{self._settings.folder} {self._hindrance}"},
            )
        if self.last is None:
            if self.failure is not None or (self._looked and not self._settings.nightly):
                yield Alarm(
                    "backup_missing",
                    AlarmLevel.ALERT,
                    f"There is no backup in {self._settings.folder}.",
                    f"Make one now: `{command} backup`.",
                    terms={"folder": str(self._settings.folder)},
                )
        elif self._now_ms() - self.last.manifest.made_ms > OLD_MS and self._could_have_been_made():
            yield Alarm(
                "backup_old",
                AlarmLevel.ALERT,
                f"The last good backup is of {self._here(self.last.manifest.made_ms)}, more than"
                " two days ago.",
                f"Make one now: `{command} backup`. Then see in the log why none was made at"
                " night.",
                terms={"last": self._here(self.last.manifest.made_ms)},
            )

    def _is_due(self) -> bool:
        made_ms = self.last.manifest.made_ms if self.last else None
        return is_due(made_ms, self._now_ms(), self._source.zone)

    def _could_have_been_made(self) -> bool:
        has_failed = self.failure is not None or self._waited_s >= WAITED_S
        return has_failed or not self._settings.nightly

    def _here(self, ms: int) -> str:
        """A time as people at the facility tell it, with its offset from UTC."""
        return time_of_ms(ms, self._source.zone).isoformat(" ", "minutes")

    async def _make(self) -> None:
        self._step, folder = ("beginning", 0, 1), self._settings.folder
        try:
            self.last = await asyncio.to_thread(self._make_in_thread)
            self.failure = None
            self._made_s = self._now_s()
            log.info("backup: %s", self.last.path)
        except BackupStopped as error:
            log.info("%s", error)
        except MrnmeshError as error:
            self._failed(error)
        except Exception as error:
            # Whoever asked for it waits for what becomes of it, and not for this task.
            log.exception("making a backup has failed")
            why = f"this was not foreseen; the log says where ({type(error).__name__})"
            self._failed(BackupFails(path=folder, why=why))
        finally:
            self._step = self._making = None

    def _failed(self, error: MrnmeshError) -> None:
        self.failure = FailedBackup(self._now_ms(), error)
        log.error("no backup: %s", error)

    def _make_in_thread(self) -> FoundBackup:
        self._make_folder()
        return backup.make(
            self._source, self._settings.folder, self._now_ms(), self._tell, self._stop
        )

    def _make_folder(self) -> None:
        if self._settings.ours:
            with contextlib.suppress(OSError):  # then there is no folder, and that is reported
                self._settings.folder.mkdir(mode=0o700, exist_ok=True)

    def _tell(self, step: str, done: int, total: int) -> None:
        self._step = (step, done, total)

    async def _look(self) -> None:
        """Find the last good one; an earlier process may have made it, or somebody removed it."""
        source, folder = self._source, self._settings.folder
        try:
            if not self._looked:
                await asyncio.to_thread(backup.remove_leftovers, source, folder)
            found = await asyncio.to_thread(self._own)
        except OSError as error:
            self._hindrance = f"cannot be read ({causes.why(error)})"
            return
        limit = self._now_ms() + _AHEAD_MS_MAX
        self.last = next((one for one in found if one.manifest.made_ms <= limit), None)
        self._hindrance = await asyncio.to_thread(self._hindrance_now)
        self._looked = True

    def _own(self) -> list[FoundBackup]:
        """Backups of this database; another one may have been restored from them, and write there.

        If it cannot be read now, they are all that have its name: why is reported elsewhere.
        """
        source, folder = self._source, self._settings.folder
        try:
            return backup.own_backups_in(source, folder)
        except (StoreError, sqlite3.Error):
            return backup.backups_in(source, folder)

    def _hindrance_now(self) -> str | None:
        """Why no backup can be written, before the night in which that would be noticed."""
        if not self._settings.nightly:
            return None
        self._make_folder()
        try:
            with tempfile.TemporaryFile(dir=self._settings.folder):
                return None
        except FileNotFoundError:
            return "is not there"
        except OSError as error:
            return f"cannot be written ({causes.why(error)})"


def backup_answer(found: FoundBackup) -> BackupAnswer:
    """A backup in the form in which the API and `--json` describe it."""
    manifest = found.manifest
    return BackupAnswer(
        file=str(found.path),
        at=iso_utc_of_ms(manifest.made_ms),
        facts=manifest.facts,
        patients=manifest.patients,
        doubts=list(manifest.doubts),
    )


def is_due(made_ms: int | None, now_ms: int, zone: tzinfo) -> bool:
    """True when the last good backup, if any, is older than the latest 02:00 in ``zone``."""
    now = time_of_ms(now_ms, zone)
    night = now.replace(hour=DUE_HOUR, minute=0, second=0, microsecond=0)
    if night > now:
        night -= timedelta(days=1)
    return made_ms is None or made_ms < night.timestamp() * 1000
