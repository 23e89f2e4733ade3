"""What time a replica takes it to be, whatever the clock of its computer shows.

A computer's clock can be wrong by years, in both directions and at any moment: its battery is
empty, somebody mistypes a date, a time server lies. So what it shows is a claim like any other, and
is believed only as far as it is plausible.

What holds:

1. While the process runs, the clock of the computer is followed as long as it goes on as time does.
   When it steps, time goes on by a clock that only counts what passes.
2. To be switched off is no step: a clock that starts at most `PLAUSIBLE_MS` after the last time
   that was noted is believed. One that starts earlier or later is not, and time goes on from there.
3. What was not believed is settled by most of the active replicas, at least two, or by an
   administrator. One desk alone moves nobody. A clock that cannot be right has no say, nor has one
   that went back while its computer was off and has not been set since: after one power cut all old
   computers may begin on the same day long ago.
4. A desk whose own clock nobody has confirmed since it started takes the coordinator's time, within
   the same bounds. The coordinator says what it believes. It says nothing while it only goes on
   from the last time that was noted, because it does not know how long it was off: that would put
   desks back whose clocks are right.

`look` and `reach` are called on the thread that writes, all else on any thread.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Collection
from statistics import median_low
from typing import Final, NamedTuple

from sync.model.clock import AHEAD_MS_MAX
from sync.model.facts import COORDINATOR, Author

PLAUSIBLE_MS: Final = 60 * 24 * 3_600_000
"""For how long a computer may have been off, at most, for its clock to be believed afterwards."""
NEAR_MS: Final = AHEAD_MS_MAX
"""Clocks that differ by no more than this agree."""
MADE_MS: Final = 1_767_225_600_000
"""2026-01-01: this software did not exist before, so no clock that shows less is right."""
NOTE_MS: Final = 300_000
"""How often the time is noted."""
UNKNOWN_MS: Final = 0
"""What a replica tells others that does not know what time it is."""
LATEST_MS: Final = 253_402_128_000_000
"""9999-12-30, near the last day that a date can be."""

_DRIFT: Final = 1000
"""A clock may go wrong by one part in so many; real ones stay below a twentieth of that."""


class Clocks(NamedTuple):
    """The two clocks of a computer: one that it shows, and one that counts what passes."""

    wall_ms: Callable[[], int]
    steady_ms: Callable[[], int]


class KeptTime(NamedTuple):
    """The time that was believed when it was last noted, 0 for never.

    ``confirmed`` says that the time of this replica ever agreed with that of another one,
    ``by_word`` that an administrator has said it, and that nobody has agreed since. ``shown_ms`` is
    what the clock of the computer showed, or before it went back while the computer was off; 0
    where that is not known, as in what earlier versions noted.
    """

    ms: int = 0
    confirmed: bool = False
    by_word: bool = False
    shown_ms: int = 0

    def is_old(self, now: KeptTime) -> bool:
        """True when ``now`` is to be noted in its place."""
        is_near = self.ms <= now.ms < self.ms + NOTE_MS
        return not is_near or self[1:3] != now[1:3]


class BelievedSpan(NamedTuple):
    """From when until when something holds that was given for a while, as was believed then.

    If it is earlier now than it was then, that time was wrong. Nobody knows how much of the span
    has passed since, and it holds no more: or something for an hour would hold for as long as the
    clock was ahead.
    """

    first_ms: int
    until_ms: int

    def holds(self, now_ms: int) -> bool:
        """Whether it holds at a time that is believed."""
        return self.first_ms - NEAR_MS <= now_ms < self.until_ms


class BelievedClock:
    """The time of one replica.

    ``heard`` has what others say, by author, as milliseconds ahead of our steady clock, and
    ``unknowing`` who last said that it does not know; ``moves`` counts how often the time was
    settled anew, ``sets`` how often our own clock was set.

    Args:
        kept: what its database says.
        newest_ms: returns the newest believed time of the coordinator's facts in it, 0 for none;
            only a replica that has noted no time, and whose clock cannot be right, goes by it.
    """

    def __init__(
        self, author: Author, clocks: Clocks, kept: KeptTime, newest_ms: Callable[[], int]
    ) -> None:
        wall_ms, steady_ms = clocks.wall_ms(), clocks.steady_ms()
        if kept.ms > LATEST_MS:
            kept = KeptTime()  # an earlier version believed any time that others said
        start, reached_ms = _beginning(kept, wall_ms, newest_ms)
        self.heard: dict[Author, int] = {}
        self.unknowing: set[Author] = set()
        self.moves = self.sets = 0
        self.is_confirmed = kept.confirmed
        self._author = author
        self._clocks = clocks
        self._heard: int | None = None
        self._right = False
        self._count = 0
        self._seen = (0, True)
        self._looked = wall_ms - steady_ms
        self._offset = self._base = start - steady_ms
        self._since = steady_ms
        self._known = (kept.ms or start) - steady_ms
        self._sure = False
        # Who was overruled then would have his way after every restart.
        self._word = kept.by_word and start == wall_ms
        self._agreed = False
        self._reached = [(reached_ms, MADE_MS - steady_ms)] if reached_ms else []
        self._was_followed = start == wall_ms
        went_back = start != wall_ms and wall_ms < kept.shown_ms - NEAR_MS
        self._before_ms = kept.shown_ms if went_back else 0

    # what time it is

    @property
    def now_ms(self) -> int:
        """The time, in milliseconds since 1970."""
        wall_ms, steady_ms = self._read()
        return wall_ms if self._follows(wall_ms, steady_ms) else self._offset + steady_ms

    @property
    def steady_ms(self) -> int:
        """Milliseconds that only count what passes: how long something took while this one runs.

        The time that is believed may be corrected meanwhile.
        """
        return self._clocks.steady_ms()

    @property
    def shown_ms(self) -> int:
        """What the clock of this computer shows."""
        return self._clocks.wall_ms()

    @property
    def shown_to_peers_ms(self) -> int:
        """What other replicas are told of the time.

        A coordinator says what it believes, because desks go by it; a desk what its clock shows,
        because that is one more witness of the time. It is `UNKNOWN_MS` where neither knows it.
        """
        if self._author == COORDINATOR:
            return max(0, self.now_ms) if self.is_known else UNKNOWN_MS
        return max(0, self.shown_ms) if not self._before_ms else UNKNOWN_MS

    @property
    def is_known(self) -> bool:
        """False while time only goes on from when it was last noted, however long that is ago."""
        return self._was_followed or self.is_followed

    def kept(self, now_ms: int) -> KeptTime:
        """What is to be noted of it at a time that it has just told."""
        shown_ms = self._before_ms or max(0, self.shown_ms)
        return KeptTime(now_ms, self.is_confirmed, self.is_by_word, shown_ms)

    @property
    def is_followed(self) -> bool:
        """False while the clock of this computer is not believed."""
        return self._follows(*self._read())

    @property
    def is_sure(self) -> bool:
        """True when others, or an administrator, have confirmed the time since the start."""
        return self._sure

    @property
    def is_agreed(self) -> bool:
        """True when others have confirmed it: for what an administrator cannot know either."""
        return self._agreed

    @property
    def is_by_word(self) -> bool:
        """True while our own clock is right by the word of an administrator alone."""
        return self._word and not self._agreed and self.is_followed

    @property
    def latest_ms(self) -> int:
        """It may be as late as this, as far as anybody can know."""
        return _latest_ms(self)

    @property
    def earliest_ms(self) -> int:
        """It may be as early as this, as far as anybody can know."""
        return _earliest_ms(self)

    def ahead_ms(self, author: Author) -> int:
        """How far the clock of somebody who has told us lies ahead of our time."""
        return self.heard[author] + self._clocks.steady_ms() - self.now_ms

    # what others say

    def tell(self, author: Author, said_ms: int) -> None:
        """Another replica says that it is this time now; `look` takes it into account.

        Args:
            said_ms: `UNKNOWN_MS` if it does not know.
        """
        self._count += 1
        if said_ms == UNKNOWN_MS:
            self.unknowing.add(author)
            self.heard.pop(author, None)
            return
        offset = said_ms - self._clocks.steady_ms()
        self.unknowing.discard(author)
        self.heard[author] = offset
        if author == COORDINATOR:
            self._heard = offset

    def look(self, active: Collection[Author]) -> int:
        """Take into account what was told, and what our own clock shows.

        Args:
            active: the replicas whose agreement counts, with this one.

        Returns:
            The time, as `now_ms`.
        """
        wall_ms, steady_ms = self._read()
        follows = self._follows(wall_ms, steady_ms)
        if follows:
            self._offset = wall_ms - steady_ms  # remembered for when our own clock is not believed
            self._go_along(self._offset, steady_ms)
        seen, own = (self._count, follows), wall_ms - steady_ms
        stepped = not self._is_near(own, self._looked)
        if seen == self._seen and not stepped:  # nor has anybody said anything
            return wall_ms if follows else self._offset + steady_ms
        self._seen, self._looked = seen, own
        self.sets += stepped
        if stepped:
            self._before_ms = 0
        if not (follows or self._was_followed or self._sure) and self._is_plausible(own):
            # It was wrong from the start on, and has been set: now it is as if it started so (2).
            self._settle(own, False, self.is_confirmed)
        if self._right:
            self._right = False
            self._take_word()
        heard, self._heard = self._heard, None
        if heard is not None and self._author != COORDINATOR:
            self._hear(heard)
        self._agree(active)
        return self.now_ms

    def reach(self, coordinator_ms: int) -> None:
        """A fact of the coordinator was written then, so it is at least as late, if it is believed.

        The clock of a desk that is behind goes on by it, also where a third desk brought the fact.

        Args:
            coordinator_ms: 0 for none.
        """
        if not coordinator_ms:
            return
        wall_ms, steady_ms = self._read()
        offset, now = coordinator_ms - steady_ms, self.now_ms - steady_ms
        follows = self._follows(wall_ms, steady_ms)
        is_settled = follows and (self._sure or self._word)
        if offset <= now + (NEAR_MS if follows else 0) or is_settled:
            return
        if self._is_plausible(offset) or not (self.is_confirmed or follows):
            # Nobody has confirmed it: the coordinator itself may say otherwise when it is met.
            reached = [*self._reached, (coordinator_ms, self._offset)]
            self._go_to(offset)
            self._reached = reached

    def take_back(self, believes: Callable[[int], bool]) -> None:
        """An administrator has said that times of the coordinator are not to be believed.

        Args:
            believes: says whether a time of the coordinator is, in milliseconds.
        """
        for number, (coordinator_ms, before) in enumerate(self._reached):
            if not believes(coordinator_ms):
                reached = self._reached[:number]
                self._go_to(before)
                self._reached = reached
                return

    def confirm(self) -> None:
        """An administrator says that the clock of this computer is right; `look` does the rest."""
        self._right = True
        self._count += 1

    def _take_word(self) -> None:
        wall_ms, steady_ms = self._read()
        self._settle(wall_ms - steady_ms, True)
        self._word, self._agreed = True, False

    def _hear(self, offset: int) -> None:
        """The coordinator's time, at a desk, (4)."""
        wall_ms, steady_ms = self._read()
        if self._is_near(offset, self._offset):
            self._settle(self._offset, True)
        elif self._is_near(offset, wall_ms - steady_ms):
            self._settle(wall_ms - steady_ms, True)
        elif not self._word and (
            not self.is_confirmed or (not self._sure and self._is_plausible(offset))
        ):
            self._settle(offset, False)

    def _agree(self, active: Collection[Author]) -> None:
        """Go by what most of the active replicas say, (3)."""
        wall_ms, steady_ms = self._read()
        others = set(active) - {self._author}
        heard = (self.heard[one] for one in others if one in self.heard)
        said = sorted(
            offset
            for offset in (wall_ms - steady_ms, *heard)
            if MADE_MS <= offset + steady_ms <= LATEST_MS
        )
        if not said:
            return
        agreeing = max(
            (said[first : bisect_right(said, one + NEAR_MS)] for first, one in enumerate(said)),
            key=len,
        )
        if len(agreeing) >= 2 and 2 * len(agreeing) > len(others) + 1:
            offset = median_low(agreeing)
            is_near = self._is_near(offset, self._offset)
            if self._word and self._follows(wall_ms, steady_ms):
                if is_near:  # if not, an administrator has decided against them
                    self._agreed = self._sure = True
            else:
                self._settle(self._offset if is_near else offset, True)

    def _go_to(self, offset: int) -> None:
        """Go on from another time, of which nobody has said more than of the one before."""
        agreed = self._agreed
        self._settle(offset, self._sure, self.is_confirmed)
        self._agreed = agreed

    def _settle(self, offset: int, sure: bool, confirmed: bool = True) -> None:
        _, steady_ms = self._read()
        self.moves += not self._is_near(offset, self._offset)
        self._offset = self._base = self._known = offset
        self._since = steady_ms
        self._was_followed = True
        if self.is_followed:
            self._before_ms = 0
        self._sure = self._agreed = sure
        self._word = False
        self._reached = []
        self.is_confirmed = confirmed

    # the pieces

    def _read(self) -> tuple[int, int]:
        return self._clocks.wall_ms(), self._clocks.steady_ms()

    def _follows(self, wall_ms: int, steady_ms: int) -> bool:
        """Whether our own clock has gone on as time does since it was settled, (1)."""
        off = abs(wall_ms - steady_ms - self._base)
        return off <= NEAR_MS + (steady_ms - self._since) // _DRIFT

    def _go_along(self, offset: int, steady_ms: int) -> None:
        """What our own clock has gone wrong since the last look is no part of a later step.

        By no more than a clock may drift in that time: many small steps are a step as well.
        """
        drift = (steady_ms - self._since) // _DRIFT
        if drift:
            self._base += max(-drift, min(drift, offset - self._base))
            self._since = steady_ms

    def _is_plausible(self, offset: int) -> bool:
        return self._known - NEAR_MS <= offset <= self._known + PLAUSIBLE_MS

    def _is_near(self, one: int, other: int) -> bool:
        return abs(one - other) <= NEAR_MS


def _known_ms(clock: BelievedClock) -> list[int]:
    """What all clocks show that are known."""
    now_ms = clock.now_ms
    return [clock.shown_ms, now_ms, *(now_ms + clock.ahead_ms(one) for one in [*clock.heard])]


def _latest_ms(clock: BelievedClock) -> int:
    """Where our own is not believed, and nobody has confirmed the time, it may be any."""
    is_open = not clock.is_sure and not clock.is_followed
    return LATEST_MS if is_open else min(max(_known_ms(clock)), LATEST_MS)


def _earliest_ms(clock: BelievedClock) -> int:
    """Where nobody has confirmed the time, all clocks that are known may be ahead."""
    return max(MADE_MS, min(_known_ms(clock))) if clock.is_sure else MADE_MS


def _beginning(kept: KeptTime, wall_ms: int, newest_ms: Callable[[], int]) -> tuple[int, int]:
    """The time at which a replica begins, and that of the coordinator's facts if it asked, (2)."""
    if kept.ms:
        is_plausible = kept.ms - NEAR_MS <= wall_ms <= kept.ms + PLAUSIBLE_MS
        return (wall_ms if is_plausible else kept.ms), 0
    if wall_ms >= MADE_MS:
        return wall_ms, 0
    reached_ms = newest_ms()
    return max(reached_ms, MADE_MS), reached_ms
