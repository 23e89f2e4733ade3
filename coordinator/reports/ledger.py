"""The ledger of numbers: what became of each number that can be, with an explanation for each gap.

A *series* is a range of a terminal, or the online numbers of a day. Its numbers are told in
*stretches* of one kind, which follow one another without a gap from its first number to its last.
"""

from __future__ import annotations

import sys
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple

from coordinator.registry import ranges
from coordinator.registry.usage import RangeStanding
from sync.model.facts import Allocator, Author, State
from sync.model.numbers import Mrn, NumberRange, online_mrn
from sync.reading.reports.ledger import ClaimedNumber, Fate
from sync.reading.snapshot import Snapshot

ENDED = (State.REPLACED, State.RETIRED, State.REVOKED)


class LedgerKind(StrEnum):
    """What became of a number."""

    CONFIRMED = "confirmed"
    WAITING = "waiting"
    BY_HAND = "by_hand"
    IMPORTED = "imported"
    MERGED = "merged"
    VOID = "void"
    FORMER = "former"
    REFUSED = "refused"
    PRINTED = "printed"
    ASKED = "asked"
    LAPSED = "lapsed"
    SKIPPED = "skipped"
    EARLIER = "earlier"
    UNISSUED = "unissued"
    CLOSED = "closed"
    LOST = "lost"


EXPLANATIONS = {
    LedgerKind.CONFIRMED: "A person has it, and it is confirmed.",
    LedgerKind.WAITING: "A person has it, and it waits for confirmation.",
    LedgerKind.BY_HAND: "A person has it; a program or a clerk has brought it along.",
    LedgerKind.IMPORTED: "A person has it from an earlier system.",
    LedgerKind.MERGED: "It leads to the record that counts for its person.",
    LedgerKind.VOID: "Its registration was marked as a mistake. Nobody gets it again.",
    LedgerKind.FORMER: "Its person was given another number. Nobody gets it again.",
    LedgerKind.PRINTED: "It stands on a printed sheet, and nobody was entered with it.",
    LedgerKind.REFUSED: "It was refused to whoever claims it. Nobody gets it again.",
    LedgerKind.ASKED: "A desk asked for it today, and its person is not here yet.",
    LedgerKind.LAPSED: "A desk asked for it and did not use it. Nobody gets it again.",
    LedgerKind.SKIPPED: "It was passed over when numbers were given. Nobody gets it.",
    LedgerKind.EARLIER: "It was given out before this desk had the range, and nobody has it here.",
    LedgerKind.UNISSUED: "It was not given out yet.",
    LedgerKind.CLOSED: "The range was closed before it was given out. Nobody gets it.",
    LedgerKind.LOST: "The desk is gone, and nobody with it has come. Nobody gets it.",
}
"""Kind -> what it means, for people."""

_OF_FATE = {fate: LedgerKind(fate) for fate in Fate}
_ISSUED = (LedgerKind.CONFIRMED, LedgerKind.WAITING)


class Series(NamedTuple):
    """A range of a terminal, or the online numbers of a day (YYYYMMDD)."""

    name: str
    terminal: Author | None
    first: int
    last: int

    def mrn(self, number: int) -> Mrn:
        """One of its numbers."""
        return Mrn(str(number)) if self.terminal is not None else online_mrn(self.name, number)


class Stretch(NamedTuple):
    """Numbers from ``first`` to ``last``, both included, of which the same became."""

    first: int
    last: int
    kind: LedgerKind

    @property
    def size(self) -> int:
        """How many they are."""
        return self.last - self.first + 1


class Ledger:
    """The ledger as one snapshot has it."""

    def __init__(self, snapshot: Snapshot, today: str) -> None:
        self._snapshot = snapshot
        self._today = today
        self._standings = {
            one.block.range.text: one
            for held in ranges.standings(snapshot).values()
            for one in held
        }
        self._days = snapshot.store.numbers.day_marks()

    def all(self) -> list[Series]:
        """All series: ranges in the order of their numbers, then days, the newest first."""
        found = sorted(self._standings.values(), key=lambda one: one.block.range)
        of_ranges = [
            Series(range_.text, one.block.terminal, range_.start, range_.end)
            for one in found
            for range_ in (one.block.range,)
        ]
        days = sorted(self._days.items(), reverse=True)
        return of_ranges + [Series(day, None, 1, highest) for day, highest in days]

    def find(self, name: str) -> Series | None:
        """The series of that name, None if there is none."""
        return next((one for one in self.all() if one.name == name), None)

    def stretches(self, series: Series) -> Iterator[Stretch]:
        """What became of the numbers of a series, one stretch after the other."""
        if series.terminal is None:
            granted = sorted(self._snapshot.ledger.granted_on(series.name))
            claims = self._snapshot.ledger.of_day(series.name)
            unused = LedgerKind.ASKED if series.name == self._today else LedgerKind.LAPSED
            return joined(series, claims, gaps_of_day(granted, unused))
        standing = self._standings[series.name]
        claims = self._snapshot.ledger.of_range(NumberRange(series.first, series.last))
        terminal = self._snapshot.registry.terminals.get(series.terminal)
        ended = terminal is not None and terminal.state in ENDED
        if standing.block.allocator is Allocator.CLIENT:
            claims = (one for one in claims)
            return joined(series, claims, gaps_of(standing, ended), by_hand=True)
        return joined(series, claims, gaps_of(standing, ended))

    def counts(self, series: Series) -> Counter[LedgerKind]:
        """How many numbers of a series there are of each kind."""
        found: Counter[LedgerKind] = Counter()
        for stretch in self.stretches(series):
            found[stretch.kind] += stretch.size
        return found


Gap = Callable[[int], tuple[LedgerKind, int]]
"""Why nobody claims a number, and the last number up to which that is so."""


def gaps_of(standing: RangeStanding, ended: bool) -> Gap:
    """Why nobody claims a number of a range.

    Args:
        ended: its terminal was replaced, retired or revoked.
    """
    block = standing.block

    def why(number: int) -> tuple[LedgerKind, int]:
        end = block.range.end
        if number <= block.mark:
            return LedgerKind.EARLIER, block.mark
        if standing.closed is not None:
            return (LedgerKind.LOST if ended else LedgerKind.CLOSED), end
        # Programs bring the numbers of their range along in any order.
        if number > standing.highest or block.allocator is Allocator.CLIENT:
            return LedgerKind.UNISSUED, end
        return LedgerKind.SKIPPED, standing.highest

    return why


def gaps_of_day(granted: Sequence[int], unused: LedgerKind) -> Gap:
    """Why nobody claims an online number of a day.

    An import can bring a number far above all others, so all between two that were granted is one
    piece.

    Args:
        granted: the counters that were given to some record, rising.
        unused: what became of those that nobody claims.
    """

    def why(number: int) -> tuple[LedgerKind, int]:
        above = bisect_left(granted, number)
        if above == len(granted):
            return LedgerKind.SKIPPED, sys.maxsize
        if granted[above] == number:
            return unused, number
        return LedgerKind.SKIPPED, granted[above] - 1

    return why


def joined(
    series: Series, claims: Iterable[ClaimedNumber], gap: Gap, by_hand: bool = False
) -> Iterator[Stretch]:
    """Numbers that are claimed, and the gaps between them, as stretches of one kind.

    Args:
        by_hand: whoever has a number has brought it along.
    """
    run: Stretch | None = None
    for stretch in _pieces(series, claims, gap, by_hand):
        if run is not None and run.kind is stretch.kind:
            run = run._replace(last=stretch.last)
            continue
        if run is not None:
            yield run
        run = stretch
    if run is not None:
        yield run


def _pieces(
    series: Series, claims: Iterable[ClaimedNumber], gap: Gap, by_hand: bool
) -> Iterator[Stretch]:
    expected = series.first
    for number, fate in claims:
        yield from _gap(expected, min(number - 1, series.last), gap)
        if number > series.last:  # it lies above all that were given
            return
        kind = _OF_FATE[fate]
        yield Stretch(number, number, LedgerKind.BY_HAND if by_hand and kind in _ISSUED else kind)
        expected = number + 1
    yield from _gap(expected, series.last, gap)


def _gap(first: int, last: int, gap: Gap) -> Iterator[Stretch]:
    while first <= last:
        kind, upto = gap(first)
        yield Stretch(first, min(upto, last), kind)
        first = min(upto, last) + 1
