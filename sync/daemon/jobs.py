"""What a daemon does again and again while it runs."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Awaitable, Callable
from typing import Final

from sync.errors import MrnmeshError
from sync.model.alarms import AlarmLevel, Alarms

ALARMS_S: Final = 5.0

log = logging.getLogger("mrnmesh.jobs")
alarm_log = logging.getLogger("mrnmesh.alarms")

Job = Callable[[], Awaitable[None]]


class Jobs:
    """Jobs that are done again and again; a failure is logged and the job is tried again.

    Args:
        pause: waits for so many seconds; tests hand in their own.
    """

    def __init__(self, pause: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._pause = pause
        self._tasks: list[asyncio.Task[None]] = []

    def every(self, seconds: float, name: str, job: Job) -> None:
        """Do ``job`` now, and again ``seconds`` after it has ended."""
        self.keep(name, lambda: self._again(seconds, name, job))

    def keep(self, name: str, job: Callable[[], Awaitable[None]]) -> None:
        """Run a job that goes on until the daemon ends."""

        async def run() -> None:
            await job()

        self._tasks.append(asyncio.create_task(run(), name=name))

    def watch(self, alarms: Alarms) -> None:
        """Log each alarm once when it comes up, and once when it is over."""

        async def tell() -> None:
            come, gone = alarms.news()
            for alarm in come:
                severity = logging.ERROR if alarm.level is AlarmLevel.ALERT else logging.WARNING
                alarm_log.log(severity, "%s: %s %s", alarm.code, alarm.text, alarm.do)
            for alarm in gone:
                alarm_log.info("%s is over: %s", alarm.code, alarm.text)

        self.every(ALARMS_S, "alarms", tell)

    async def stop(self) -> None:
        """Cancel all jobs and wait until they have ended."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _again(self, seconds: float, name: str, job: Job) -> None:
        while True:
            try:
                await job()
            except MrnmeshError as error:
                log.error("%s failed (%s): %s", name, error.code, error)
            except (sqlite3.Error, OSError) as error:
                log.error("%s failed (%s): %s", name, type(error).__name__, error)
            await self._pause(seconds)
