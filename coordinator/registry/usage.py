"""How far ranges are used: the range in use, what a terminal holds, when it needs more.

Pure functions over what `coordinator.registry.ranges.standings` reads. A terminal *holds* its open
ranges that still have numbers. Ranges that are used up or closed do not count: a desk with ten of
them would else be at 91 % for ever.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final, NamedTuple

from sync.model import phrases
from sync.model.facts import Allocator, Author
from sync.rules.registry import Block, Terminal

EXTEND_PERCENT: Final = 80
RATE_DAYS: Final = 28
FORECAST_DAYS_MAX: Final = 3650


class RangeStanding(NamedTuple):
    """A range as the coordinator sees it.

    ``highest`` is the last number used, 0 before the first. ``closed`` is why nothing is issued
    from it any more, None while it is open. ``stray`` is how many numbers above ``highest`` are
    claimed by somebody who may not issue them: they are never issued, and move no mark.
    """

    block: Block
    highest: int
    closed: str | None
    stray: int = 0

    @property
    def used(self) -> int:
        """How many numbers there are up to the last one that was used."""
        return max(0, self.highest - self.block.range.start + 1)

    @property
    def remaining(self) -> int:
        """How many numbers can still be issued from it."""
        return 0 if self.closed else self.block.range.size - self.spent

    @property
    def spent(self) -> int:
        """How many numbers will not be issued any more, because they are used or claimed."""
        return self.used + self.stray

    @property
    def percent(self) -> float:
        """How much of it is spent, 0 to 100."""
        return 100 * self.spent / self.block.range.size


class Usage(NamedTuple):
    """How far the numbers that a terminal holds are used."""

    terminal: Author
    used: int
    total: int

    @property
    def remaining(self) -> int:
        """Total minus used."""
        return self.total - self.used

    @property
    def percent(self) -> float:
        """How much is used, 0 to 100; 0 when nothing is held."""
        return 100 * self.used / self.total if self.total else 0.0

    def has_reached(self, percent: int) -> bool:
        """True when at least this much is used; never when nothing is held."""
        return self.total > 0 and 100 * self.used >= percent * self.total

    @property
    def text(self) -> str:
        """One line for people."""
        return (
            f"{self.terminal}: {self.used}/{self.total} used ({self.percent:.1f}%), "
            f"{self.remaining} remaining"
        )


class Rate(NamedTuple):
    """Offline registrations of a terminal so far, and how many a day there were lately."""

    confirmed: int = 0
    unconfirmed: int = 0
    refused: int = 0
    per_day: float = 0.0


class Forecast(NamedTuple):
    """When the numbers will be used up at the present rate: in how many days, and the day."""

    days: int
    day: date

    @property
    def text(self) -> str:
        """For people."""
        if not self.days:
            return "used up today"
        return f"used up in {phrases.count(self.days, 'day')}, about {self.day.isoformat()}"


class Account(NamedTuple):
    """An active terminal's numbers: how many are used, how fast, and when they end if ever."""

    usage: Usage
    rate: Rate
    forecast: Forecast | None


def serving(terminal: Terminal, standings: Sequence[RangeStanding]) -> list[RangeStanding]:
    """The ranges from which this terminal's offline numbers come, the oldest first.

    If it has a node, those of the node; if not, those of the coordinator and of clients.
    """
    return [
        standing
        for standing in standings
        if (standing.block.allocator is Allocator.NODE) is terminal.has_node
    ]


def in_use(terminal: Terminal, standings: Sequence[RangeStanding]) -> RangeStanding | None:
    """The oldest range from which numbers still come; without one the last; None without ranges."""
    mine = serving(terminal, standings)
    return next((one for one in mine if one.remaining), mine[-1] if mine else None) or (
        standings[-1] if standings else None
    )


def usage(terminal: Terminal, standings: Sequence[RangeStanding]) -> Usage:
    """How far a terminal has used what it holds; 100 % of its last range if all are used up."""
    mine = [one for one in serving(terminal, standings) if one.closed is None]
    held = [one for one in mine if one.remaining] or mine[-1:]
    total = sum(one.block.range.size for one in held)
    return Usage(terminal.code, sum(one.spent for one in held), total)


def need(terminal: Terminal, standings: Sequence[RangeStanding]) -> str | None:
    """Why a terminal needs another block, None if it needs none.

    A terminal without a node needs one only if the coordinator has issued numbers for it before.
    """
    allocator = Allocator.NODE if terminal.has_node else Allocator.COORDINATOR
    mine = [one for one in standings if one.block.allocator is allocator]
    held = [one for one in mine if one.remaining]
    if not held and (mine or terminal.has_node):
        return "no range with numbers left" if mine else "no range yet"
    found = Usage(
        terminal.code,
        sum(one.spent for one in held),
        sum(one.block.range.size for one in held),
    )
    if found.has_reached(EXTEND_PERCENT):
        return f"{found.percent:.1f} % of {found.total} used"
    return None


def begin_of_rate(today: date) -> date:
    """The first of the `RATE_DAYS` days over which a rate is taken."""
    return today - timedelta(days=RATE_DAYS - 1)


def per_day(recent: int, first_day: str | None, today: date) -> float:
    """Registrations a day.

    Args:
        recent: how many there were since `begin_of_rate`.
        first_day: the day of the very first one, YYYY-MM-DD; days before it do not count.
    """
    try:
        first = date.fromisoformat(first_day or "")
    except ValueError:  # there was none, or a desk wrote a time that is none
        return 0.0
    days = (today - max(first, begin_of_rate(today))).days + 1
    return recent / max(1, days)


def forecast(usage_: Usage, per_day: float, today: date) -> Forecast | None:
    """When nothing will be left; None if that takes more than `FORECAST_DAYS_MAX` days."""
    if per_day <= 0:
        return None
    days = int(usage_.remaining / per_day)
    if days > FORECAST_DAYS_MAX:
        return None
    return Forecast(days, today + timedelta(days=days))
