"""Alarms about the clock of this computer, and about those of other replicas."""

from __future__ import annotations

from collections.abc import Callable
from datetime import tzinfo
from typing import Final

from sync.engine.replica import Replica
from sync.engine.transaction import Transaction
from sync.model import phrases
from sync.model.alarms import Alarm, AlarmLevel
from sync.model.believed import LATEST_MS, NEAR_MS
from sync.model.clock import believable, unpack
from sync.model.facts import COORDINATOR, HLC_MAX, Author
from sync.model.formats import time_of_ms
from sync.reading.snapshot import Snapshot
from sync.rules.times import TimeStretch, one_name
from sync.storage.times.written import WrittenTimes

LOOK_S: Final = 5.0
"""How often a daemon looks whether its clock can still be believed."""
SAID_EVERY_MS: Final = 24 * 3_600_000
"""A desk says what time it is again after so long: clocks drift while they are connected."""
STEPPED: Final = "clock_stepped"
BEHIND: Final = "clock_behind"
AHEAD: Final = "clock_ahead"
DIFFERS: Final = "clock_differs"
UNKNOWN: Final = "clock_unknown"
TIMES_AHEAD: Final = "times_ahead"
FACTS_AT_ONCE: Final = 2000
"""So many facts are read in one look for times that a run does not show."""

_SET: Final = "Set it, and let it set itself from the network."


class ClockWatch:
    """Looks at the clock of one replica again and again.

    Args:
        program: the command whose ``clock right`` says that this computer's clock is right.
        connect_again: closes all connections, to come back at once. Replicas say what time it is
            only when they connect, and must hear it when it has changed.
    """

    def __init__(self, replica: Replica, program: str, connect_again: Callable[[], None]) -> None:
        self._replica = replica
        self._program = program
        self._connect_again = connect_again
        self._before = self._state()
        self._said_ms = replica.believed.steady_ms
        self._ahead = TimesAhead()
        self._written: list[tuple[Author, int]] = []

    async def look(self) -> None:
        """See whether the clock can still be believed, and note the time now and then."""
        await self._replica.write(_nothing)
        if self._replica.identity.is_coordinator:
            limit = believable(self._replica.now_ms)
            self._written = await self._replica.read(
                lambda snapshot: self._ahead.look(snapshot, limit)
            )
        state, steady_ms = self._state(), self._replica.believed.steady_ms
        is_due = steady_ms - self._said_ms >= SAID_EVERY_MS
        if state != self._before or (is_due and not self._replica.identity.is_coordinator):
            self._before, self._said_ms = state, steady_ms
            self._connect_again()

    def alarms(self) -> list[Alarm]:
        """What is so now."""
        return [*self._own(), *self._others(), *self._records()]

    def _state(self) -> tuple[bool, bool, int, int]:
        believed = self._replica.believed
        return believed.is_followed, believed.is_known, believed.moves, believed.sets

    def _own(self) -> list[Alarm]:
        believed = self._replica.believed
        if believed.is_followed:
            return []
        shown_ms, now_ms = believed.shown_ms, believed.now_ms
        if not believed.is_sure:
            shown, now = (as_text(ms, self._replica.zone) for ms in (shown_ms, now_ms))
            return [
                Alarm(
                    STEPPED,
                    AlarmLevel.ALERT,
                    f"The clock of this computer shows {shown}, but by all that is known it is "
                    f"{now}. Numbers, ages and times go by the latter.",
                    f"Is the clock wrong? {_SET} Is it right? Say so: `{self._program} clock "
                    "right`.",
                    "clock",
                    terms={"shown": shown, "now": now},
                )
            ]
        off = phrases.duration((shown_ms - now_ms) / 1000)
        if shown_ms < now_ms:
            return [
                Alarm(
                    BEHIND,
                    AlarmLevel.WARNING,
                    f"The clock of this computer is {off} behind.",
                    "Set it. After each power cut the same? Then its battery is empty.",
                    "clock",
                    terms=phrases.measured(shown_ms - now_ms),
                )
            ]
        return [
            Alarm(
                AHEAD,
                AlarmLevel.WARNING,
                f"The clock of this computer is {off} ahead.",
                _SET,
                "clock",
                terms=phrases.measured(shown_ms - now_ms),
            )
        ]

    def _others(self) -> list[Alarm]:
        """Clocks of those whose word counts here: for a desk, only the coordinator's."""
        replica = self._replica
        mine, active = replica.identity.author, replica.registry.replicas
        if mine != COORDINATOR:
            active &= {COORDINATOR}
        heard = sorted(active & set(replica.believed.heard) - {mine})
        if mine == COORDINATOR and not replica.believed.is_known:
            heard = []  # that they differ from what it took for the time says nothing of theirs
        apart = {one: replica.believed.ahead_ms(one) for one in heard}
        # A coordinator that does not know the time has an alarm of its own, for its administrator.
        unknowing = sorted(active & replica.believed.unknowing - {mine, COORDINATOR})
        return [
            *(self._differs(one, ms) for one, ms in apart.items() if abs(ms) > NEAR_MS),
            *map(_unknown, unknowing),
        ]

    def _records(self) -> list[Alarm]:
        """Records that say to come from a day to come, unless an administrator has dealt with it.

        Only a coordinator looks for them: it is the administrator who can.
        """
        if not self._replica.believed.is_known:
            return []  # it may be our own time that lies behind
        times, zone = self._replica.registry.times, self._replica.zone
        newest: dict[Author, int] = {}
        for author, hlc in self._written:
            if times.believes(author, hlc):
                name = one_name(author)
                newest[name] = max(hlc, newest.get(name, 0))
        return [
            Alarm(
                TIMES_AHEAD,
                AlarmLevel.WARNING,
                f"Records that {phrases.writer(author)} wrote have times that lie in the future, "
                f"the last of them {as_text(unpack(hlc)[0], zone)}: the clock was wrong.",
                "Say that nobody is to believe these times: `mrnmesh-coordinator clock disbelieve`,"
                " see docs/clocks.md.",
                author,
                terms={"desk": phrases.writer(author), "last": as_text(unpack(hlc)[0], zone)},
            )
            for author, hlc in newest.items()
        ]

    def _differs(self, author: Author, ahead_ms: int) -> Alarm:
        side = "ahead of" if ahead_ms > 0 else "behind"
        off = phrases.duration(ahead_ms / 1000)
        if author == COORDINATOR:
            text = f"The time of the coordinator is {off} {side} that of this desk."
            do = (
                "Find out which is right, set the other clock, and tell the administrator. Is this "
                f"one right, and the coordinator's too by now? `{self._program} clock right`."
            )
        else:
            text = f"The clock of {author} is {off} {side} the time here."
            do = (
                f"Set the clock of that computer. Is that one right? Set the clock here, then "
                f"`{self._program} clock right`."
            )
        return Alarm(
            DIFFERS,
            AlarmLevel.WARNING,
            text,
            do,
            author,
            terms={"desk": author, "side": side.removesuffix(" of"), **phrases.measured(ahead_ms)},
        )


def _unknown(author: Author) -> Alarm:
    return Alarm(
        UNKNOWN,
        AlarmLevel.WARNING,
        f"The clock of {author} went back while its computer was off.",
        "Set the clock of that computer. After each power cut the same? Then its battery is empty.",
        author,
        terms={"desk": author},
    )


class TimesAhead:
    """Who has written at times that lie in the future, beside those that nobody is to believe.

    It remembers what it has read of the runs whose newest time nobody is to believe. A look reads
    at most `FACTS_AT_ONCE` facts and those of one more run; the next one goes on from there.
    """

    def __init__(self) -> None:
        self._disbelieved: list[TimeStretch] = []
        self._read: dict[int, tuple[int, int]] = {}
        """Local id of a run -> how many of its facts were read, and their newest believed time."""
        self._newest: dict[Author, tuple[tuple[int, int], int]] = {}
        """Author -> how large those runs were when all were read, and the newest time in them."""

    def look(self, snapshot: Snapshot, above: int) -> list[tuple[Author, int]]:
        """(author, newest time) of those who wrote above ``above`` at times that are believed."""
        times = snapshot.registry.times
        if times.disbelieved != self._disbelieved:
            self._disbelieved = times.disbelieved
            self._read.clear()
            self._newest.clear()
        written = WrittenTimes(snapshot.store.connection, times)
        found, left = [], FACTS_AT_ONCE
        for author, newest in snapshot.counts.newest_times(above):
            # Nearly always the newest one is it, and then no run is looked at.
            hlc = newest
            if not times.believes(author, newest):
                hlc = written.newest_of_runs(author, above, newest)
            if not hlc:
                hlc, left = self._within(written, author, above, left)
            if hlc > above:
                found.append((author, hlc))
        return found

    def _within(
        self, written: WrittenTimes, author: Author, above: int, left: int
    ) -> tuple[int, int]:
        """The newest believed time within the runs of an author, and how many facts may be read.

        Args:
            left: how many may be read before.
        """
        size = written.size_above(author, above)
        known, newest = self._newest.get(author, ((0, 0), 0))
        if known == size:
            return newest, left
        newest, is_whole = 0, True
        for run in written.runs_above(author, above):
            done, before = self._read.get(run.id, (0, 0))
            if done < run.length and left > 0:
                left -= run.length - done
                before = max(before, written.newest_within(run, done, HLC_MAX))
                done = run.length
                self._read[run.id] = done, before
            is_whole = is_whole and done == run.length
            newest = max(newest, before)
        if is_whole:
            self._newest[author] = size, newest
        return newest, left


def _nothing(_tx: Transaction) -> None:
    """Every transaction looks at the clock, and notes the time if it is due."""


def as_text(ms: int, zone: tzinfo) -> str:
    """A time as people read it, in the facility's zone."""
    at = time_of_ms(min(ms, LATEST_MS))
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"
