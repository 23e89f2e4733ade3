"""What a daemon does again and again while it runs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from sync.errors import MrnmeshError
from sync.model import causes
from sync.model.alarms import Alarm, AlarmLevel, Alarms

ALARMS_S: Final = 5.0
AGAIN_S: Final = 60.0
"""A job that nobody foresaw to fail is begun again after so many seconds."""
JOB_FAILED: Final = "job_failed"

log = logging.getLogger("mrnmesh.jobs")
alarm_log = logging.getLogger("mrnmesh.alarms")

Job = Callable[[], Awaitable[None]]


class Jobs:
    """Jobs that are done again and again; a failure is logged and the job is tried again.

    A failure that nobody foresaw is a fault in the code or in the data. It ends no job either, and
    is an alarm until the job has gone well, or begins again.

    Args:
        pause: waits for so many seconds; tests hand in their own.
    """

    def __init__(self, pause: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._pause = pause
        self._tasks: list[asyncio.Task[None]] = []
        self._failed: set[str] = set()
        self._stopping = False

    def every(self, seconds: float, name: str, job: Job) -> None:
        """Do ``job`` now, and again ``seconds`` after it has ended."""
        self.keep(name, lambda: self._again(seconds, name, job))

    def keep(self, name: str, job: Callable[[], Awaitable[None]]) -> None:
        """Run a job that goes on until the daemon ends; one that ends with an error goes on too."""
        self._tasks.append(asyncio.create_task(self._keep(name, job), name=name))

    def alarms(self) -> list[Alarm]:
        """Which jobs have failed in a way that nobody foresaw."""
        return [job_failed(name) for name in sorted(self._failed)]

    def watch(self, alarms: Alarms) -> None:
        """Log each alarm once when it comes up, and once when it is over; these jobs' too."""
        alarms.add(self.alarms)

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
        self._stopping = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _keep(self, name: str, job: Job) -> None:
        while not self._stopping:
            try:
                await self._uncancelled(job)
                return
            except Exception as error:
                self._note(name, error)
            await self._rest(AGAIN_S)
            self._failed.discard(name)

    async def _again(self, seconds: float, name: str, job: Job) -> None:
        while not self._stopping:
            try:
                await self._uncancelled(job)
                self._failed.discard(name)
            except MrnmeshError as error:
                log.error("%s failed (%s): %s", name, error.code, error)
            except OSError as error:
                log.error("%s failed (%s): %s", name, type(error).__name__, causes.why(error))
            except Exception as error:
                self._note(name, error)
            await self._rest(seconds)

    async def _rest(self, seconds: float) -> None:
        """Wait for the next time; there is none where a library lost the cancellation of a job."""
        if not self._stopping:
            await self._pause(seconds)

    async def _uncancelled(self, job: Job) -> None:
        """Do a job once; that it was cancelled while these go on is a fault like any other."""
        try:
            await job()
        except asyncio.CancelledError as error:
            if self._stopping:
                raise
            raise RuntimeError("what it waited for was cancelled") from error

    def _note(self, name: str, error: Exception) -> None:
        self._failed.add(name)
        log.error("%s failed", name, exc_info=error)


def job_failed(name: str) -> Alarm:
    """The alarm that a job has failed in a way that nobody foresaw."""
    return Alarm(
        JOB_FAILED,
        AlarmLevel.ALERT,
        f"A part of this daemon failed in a way that was not foreseen: {name}.",
        f"It is tried again. If this stays for more than {2 * AGAIN_S:.0f} seconds, run"
        " the `doctor` command, start the daemon again, and report what its log says.",
        name,
        terms={"part": name},
    )
