"""A drill: the node is offline for some minutes on purpose, and then reports how that went.

A clinic that works offline once in a while knows that it can. While a drill is on the node has no
connections, so numbers come from its own range. It ends by itself, and with the daemon.
"""

from __future__ import annotations

import asyncio
import contextlib
import enum
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol, Required, TypedDict, TypeVar

from node.errors import DrillOn
from sync.errors import MrnmeshError
from sync.model.facts import COORDINATOR, Author
from sync.model.formats import Time, iso_utc
from sync.protocol.questions import Commit
from sync.reading.snapshot import Snapshot

T = TypeVar("T")

MINUTES_MAX: Final = 24 * 60.0
LOOK_S: Final = 5.0
"""So often it is looked whether the time of a drill is over."""
AGAIN_S: Final = 60.0
"""What could not be read is tried again after so many seconds."""

log = logging.getLogger("mrnmesh.drill")


class DrillPhase(enum.StrEnum):
    """Where a drill stands: offline, catching up with the coordinator, or over."""

    OFFLINE = "offline"
    SYNCING = "syncing"
    DONE = "done"


class NumberLine(Protocol):
    """What a drill needs of `sync.network.peering.Peering`."""

    @property
    def coordinator_live(self) -> bool:
        """True when the coordinator is connected and both are in step."""
        ...

    def go_offline(self) -> None:
        """Close all connections, and open none until `go_online`."""
        ...

    def go_online(self) -> None:
        """Connect again."""
        ...

    async def wait_live(self, author: Author) -> None:
        """Wait until an author is connected and both are in step."""
        ...


class DrillReplica(Protocol):
    """What a drill needs of `sync.engine.replica.Replica`."""

    async def read(self, act: Callable[[Snapshot], T]) -> T:
        """What is registered here."""
        ...

    def steady_s(self) -> float:
        """Seconds that only count what passes, also while the computer sleeps."""
        ...

    def subscribe(self, callback: Callable[[Commit], None]) -> Callable[[], None]:
        """Call back for each commit; return a function that ends that."""
        ...


class DrillReport(TypedDict, total=False):
    """A drill as the API shows it; without one there are only the first two fields.

    ``people`` counts who was registered meanwhile, ``numbers`` are theirs, as `stretches`.
    ``in_step_after_s`` is how long it took to catch up afterwards, null while it lasts.
    ``failures`` counts the registrations that failed, by error code.
    """

    on: Required[bool]
    phase: Required[DrillPhase | None]
    minutes: float
    begun_at: Time
    ended_at: Time | None
    seconds_left: float
    was_connected: bool
    people: int
    numbers: list[str]
    from_coordinator: int
    confirmed: int
    refused: int
    waiting: int
    failures: dict[str, int]
    in_step_after_s: float | None


@dataclass
class Run:
    """One drill.

    ``ends`` and ``released`` are by a clock that only counts what passes. ``before`` and ``after``
    are the newest local ids when it began and when it ended.
    """

    minutes: float
    begun: datetime
    ends: float
    was_live: bool
    before: int
    after: int | None = None
    phase: DrillPhase = DrillPhase.OFFLINE
    ended: datetime | None = None
    released: float = 0.0
    in_step_after_s: float | None = None
    failures: dict[str, int] = field(default_factory=dict)
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    over: asyncio.Event = field(default_factory=asyncio.Event)


class Drill:
    """The drills of one node, one after the other; the last one can be reported on.

    Args:
        pause: waits for so many seconds; tests pass their own.
    """

    def __init__(
        self,
        code: Author,
        line: NumberLine,
        replica: DrillReplica,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._pause = pause
        self._code = code
        self._line = line
        self._replica = replica
        self._run: Run | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def on(self) -> bool:
        """True while the node is held offline."""
        return self._run is not None and self._run.phase is DrillPhase.OFFLINE

    async def begin(self, minutes: float) -> None:
        """Take the node offline for some minutes, which may be a fraction.

        Raises:
            DrillOn: one is on already.
        """
        before = await self._replica.read(_newest_id)
        # From here on nothing waits, so that of two that begin at once one is refused.
        if self._run is not None and self.on:
            raise DrillOn(ends_at=self._ends_at(self._run))
        if self._task is not None:  # the one before is still catching up, which nobody waits for
            self._task.cancel()
        run = self._run = Run(
            minutes,
            datetime.now(UTC),
            self._replica.steady_s() + minutes * 60,
            self._line.coordinator_live,
            before,
        )
        self._line.go_offline()
        self._task = asyncio.create_task(self._go(run))
        log.info("a drill has begun: offline for %g minutes", minutes)

    async def end(self) -> None:
        """End the drill that is on before its time; when this returns the node connects again."""
        if self._run is not None and self.on:
            self._run.stop.set()
            await self._run.over.wait()

    async def close(self) -> None:
        """End what goes on, because the daemon stops."""
        await self.end()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def failed(self, code: str) -> None:
        """Count a registration that failed with this error code, if a drill is on."""
        if self._run is not None and self.on:
            self._run.failures[code] = self._run.failures.get(code, 0) + 1

    async def report(self) -> DrillReport:
        """The drill that is on, or the last one."""
        run = self._run
        if run is None:
            return {"on": False, "phase": None}

        def look(snapshot: Snapshot) -> tuple[list[tuple[str | None, bool, str]], list[str]]:
            upto = _newest_id(snapshot) if run.after is None else run.after
            rows = snapshot.counts.stretch(self._code, run.before, upto)
            mrns = [mrn for mrn, _, _ in rows if mrn is not None]
            return rows, stretches(mrns, snapshot.numbers.text)

        rows, numbers = await self._replica.read(look)
        statuses = [status for _, _, status in rows]
        left = run.ends - self._replica.steady_s() if self.on else 0.0
        return {
            "on": self.on,
            "phase": run.phase,
            "minutes": run.minutes,
            "begun_at": iso_utc(run.begun),
            "ended_at": iso_utc(run.ended) if run.ended else None,
            "seconds_left": round(max(left, 0.0), 1),
            "was_connected": run.was_live,
            "people": len(rows),
            "numbers": numbers,
            "from_coordinator": sum(not offline for _, offline, _ in rows),
            "confirmed": statuses.count("admitted"),
            "refused": statuses.count("rejected"),
            "waiting": statuses.count("pending"),
            "failures": dict(run.failures),
            "in_step_after_s": run.in_step_after_s,
        }

    async def _go(self, run: Run) -> None:
        """Run a drill to its end, and until all is in step again."""
        try:
            await self._until_over(run)
            await self._goes_well(lambda: self._count_upto_now(run))
        finally:
            # Also when it is cancelled: the node must never stay offline.
            run.phase, run.ended = DrillPhase.SYNCING, datetime.now(UTC)
            run.released = self._replica.steady_s()
            self._line.go_online()
            run.over.set()
        log.info("the drill is over: connecting again")
        while not await self._goes_well(lambda: self._until_in_step(run)):
            await self._pause(AGAIN_S)
        run.in_step_after_s = round(self._replica.steady_s() - run.released, 1)
        run.phase = DrillPhase.DONE
        log.info("in step again %g s after the drill", run.in_step_after_s)

    async def _goes_well(self, part: Callable[[], Awaitable[None]]) -> bool:
        """Do a part of a drill; False if it failed, as on a disk that cannot be read now."""
        try:
            await part()
        except MrnmeshError as error:
            log.warning("how the drill went cannot be read yet (%s): %s", error.code, error)
        except Exception:
            log.exception("a part of the drill failed; it is tried again")
        else:
            return True
        return False

    async def _count_upto_now(self, run: Run) -> None:
        """Whoever is registered from now on is none of the drill's people."""
        run.after = await self._replica.read(_newest_id)

    async def _until_over(self, run: Run) -> None:
        """Wait for its time to pass, or for somebody to end it.

        Timers of the event loop stand still while the computer sleeps, so it is looked again.
        """
        while not run.stop.is_set() and (left := run.ends - self._replica.steady_s()) > 0:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(left, LOOK_S)):
                    await run.stop.wait()

    async def _until_in_step(self, run: Run) -> None:
        """Wait for the coordinator, and for its verdict on each of the drill's people."""
        if run.after is None:  # it could not be read when the drill ended
            await self._count_upto_now(run)
        changed = asyncio.Event()
        unsubscribe = self._replica.subscribe(lambda _commit: changed.set())
        try:
            await self._line.wait_live(COORDINATOR)
            while (await self.report())["waiting"]:
                await changed.wait()
                changed.clear()
        finally:
            unsubscribe()

    def _ends_at(self, run: Run) -> str:
        left = run.ends - self._replica.steady_s()
        return iso_utc(datetime.now(UTC) + timedelta(seconds=left))


def _newest_id(snapshot: Snapshot) -> int:
    return snapshot.counts.newest_id()


def stretches(mrns: list[str], text: Callable[[str], str | None] = str) -> list[str]:
    """Numbers in their order, with each row of successive ones as ``FIRST-LAST``.

    Args:
        text: returns what is shown for a number.
    """
    found: list[tuple[str, str]] = []
    for mrn in mrns:
        last = found[-1][1] if found else ""
        if mrn.isdecimal() and last.isdecimal() and int(mrn) == int(last) + 1:
            found[-1] = found[-1][0], mrn
        else:
            found.append((mrn, mrn))
    return [
        f"{text(first)}" if first == last else f"{text(first)}-{text(last)}"
        for first, last in found
    ]
