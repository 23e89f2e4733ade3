"""A drill: the node is held offline for some minutes on purpose, and then tells how that went.

"Test offline mode periodically." While it is on there are no connections, so numbers come from the
own range. It ends by itself, whoever began it, and with the daemon.
"""

from __future__ import annotations

import asyncio
import enum
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, Protocol, TypedDict, TypeVar

from node.errors import DrillOn
from sync.model.facts import COORDINATOR, Author
from sync.protocol.questions import Commit
from sync.reading.snapshot import Snapshot

T = TypeVar("T")

MINUTES_MAX: Final = 24 * 60.0

log = logging.getLogger("mrnmesh.drill")


class Phase(enum.StrEnum):
    """What a drill is doing."""

    OFFLINE = "offline"
    SYNCING = "syncing"
    DONE = "done"


class NumberLine(Protocol):
    """The connections, as far as a drill goes; `sync.peering.Peering` has them."""

    @property
    def coordinator_live(self) -> bool:
        """True when the coordinator is connected and both are in step."""
        ...

    def go_offline(self) -> None:
        """Close all connections and have none."""
        ...

    def go_online(self) -> None:
        """Connect again."""
        ...

    async def wait_live(self, author: Author) -> None:
        """Wait until there is a live session with that one."""
        ...


class DrillReplica(Protocol):
    """What a drill needs of `sync.engine.replica.Replica`."""

    async def read(self, act: Callable[[Snapshot], T]) -> T:
        """What is registered here."""
        ...

    def subscribe(self, callback: Callable[[Commit], None]) -> Callable[[], None]:
        """Call back for each commit; gives what ends that."""
        ...


class DrillReport(TypedDict, total=False):
    """How a drill is; all but the first two are left out when there was none.

    ``people`` were registered meanwhile, under ``numbers``; ``in_step_after_s`` is how long the
    sync took afterwards, null while it lasts; ``failures`` counts registrations that failed, by
    error code.
    """

    on: bool
    phase: str | None
    minutes: float
    begun_at: str
    ended_at: str | None
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
    """One drill. ``ids`` are the newest local ids when it began and when it ended."""

    minutes: float
    begun: datetime
    ends: float
    was_live: bool
    before: int
    after: int | None = None
    phase: Phase = Phase.OFFLINE
    ended: datetime | None = None
    released: float = 0.0
    in_step_after_s: float | None = None
    failures: dict[str, int] = field(default_factory=dict)
    timer: asyncio.TimerHandle | None = None
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    over: asyncio.Event = field(default_factory=asyncio.Event)


class Drill:
    """The drills of one node, one after the other; the last one can be asked about."""

    def __init__(self, code: Author, line: NumberLine, replica: DrillReplica) -> None:
        self._code = code
        self._line = line
        self._replica = replica
        self._run: Run | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def on(self) -> bool:
        """True while the node is held offline."""
        return self._run is not None and self._run.phase is Phase.OFFLINE

    async def begin(self, minutes: float) -> None:
        """Hold the node offline for some minutes, which may be fractions.

        Raises:
            DrillOn: one is on already.
        """
        if self._run is not None and self.on:
            raise DrillOn(ends_at=self._ends_at(self._run))
        if self._task is not None:
            self._task.cancel()
        loop = asyncio.get_running_loop()
        before = await self._replica.read(_newest_id)
        run = self._run = Run(
            minutes,
            datetime.now(UTC),
            loop.time() + minutes * 60,
            self._line.coordinator_live,
            before,
        )
        self._line.go_offline()
        run.timer = loop.call_at(run.ends, run.stop.set)
        self._task = asyncio.create_task(self._go(run))
        log.info("a drill has begun: offline for %g minutes", minutes)

    async def end(self) -> None:
        """End the drill before its time; when this returns the node connects again."""
        if self._run is not None and self.on:
            self._run.stop.set()
            await self._run.over.wait()

    async def close(self) -> None:
        """The daemon stops."""
        await self.end()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def failed(self, code: str) -> None:
        """A registration got an error with this code; it counts while a drill is on."""
        if self._run is not None and self.on:
            self._run.failures[code] = self._run.failures.get(code, 0) + 1

    async def report(self) -> DrillReport:
        """How the drill is that is on, or how the last one was."""
        run = self._run
        if run is None:
            return {"on": False, "phase": None}

        def look(snapshot: Snapshot) -> list[tuple[str | None, bool, str]]:
            upto = _newest_id(snapshot) if run.after is None else run.after
            return snapshot.counts.stretch(self._code, run.before, upto)

        rows = await self._replica.read(look)
        statuses = [status for _, _, status in rows]
        left = run.ends - asyncio.get_running_loop().time() if self.on else 0.0
        return {
            "on": self.on,
            "phase": run.phase.value,
            "minutes": run.minutes,
            "begun_at": run.begun.isoformat(timespec="seconds"),
            "ended_at": run.ended.isoformat(timespec="seconds") if run.ended else None,
            "seconds_left": round(max(left, 0.0), 1),
            "was_connected": run.was_live,
            "people": len(rows),
            "numbers": stretches([mrn for mrn, _, _ in rows if mrn is not None]),
            "from_coordinator": sum(not offline for _, offline, _ in rows),
            "confirmed": statuses.count("admitted"),
            "refused": statuses.count("rejected"),
            "waiting": statuses.count("pending"),
            "failures": dict(run.failures),
            "in_step_after_s": run.in_step_after_s,
        }

    async def _go(self, run: Run) -> None:
        """From the beginning to the end, and until all is in step again."""
        try:
            await run.stop.wait()
            run.after = await self._replica.read(_newest_id)
        finally:
            if run.timer is not None:
                run.timer.cancel()
            run.phase, run.ended = Phase.SYNCING, datetime.now(UTC)
            run.released = asyncio.get_running_loop().time()
            self._line.go_online()
            run.over.set()
        log.info("the drill is over: connecting again")
        await self._until_in_step(run)
        run.in_step_after_s = round(asyncio.get_running_loop().time() - run.released, 1)
        run.phase = Phase.DONE
        log.info("in step again %g s after the drill", run.in_step_after_s)

    async def _until_in_step(self, run: Run) -> None:
        """Wait for the coordinator, and for its verdict on each of the drill's people."""
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
        left = run.ends - asyncio.get_running_loop().time()
        return datetime.fromtimestamp(datetime.now(UTC).timestamp() + left, UTC).isoformat(
            timespec="seconds"
        )


def _newest_id(snapshot: Snapshot) -> int:
    return snapshot.counts.newest_id()


def stretches(mrns: list[str]) -> list[str]:
    """Numbers, in the order given, with those that follow one another drawn together."""
    found: list[tuple[str, str]] = []
    for mrn in mrns:
        last = found[-1][1] if found else ""
        if mrn.isdecimal() and last.isdecimal() and int(mrn) == int(last) + 1:
            found[-1] = found[-1][0], mrn
        else:
            found.append((mrn, mrn))
    return [first if first == last else f"{first}-{last}" for first, last in found]
