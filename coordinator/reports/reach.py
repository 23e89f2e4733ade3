"""How many numbers terminals had left on each day, as far back as a report goes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta, tzinfo
from typing import NamedTuple

from coordinator.registry.usage import Account
from sync.model.formats import time_of_ms
from sync.reading.reports.registrations import DayCount
from sync.rules.registry import Block


class Left(NamedTuple):
    """How many numbers were left at the end of a day (YYYY-MM-DD)."""

    day: str
    remaining: int


def burn_down(
    account: Account,
    counts: Iterable[DayCount],
    granted: Iterable[tuple[str, int]],
    first: date,
    last: date,
) -> list[Left]:
    """Count back from what is left now.

    Args:
        counts: registrations by day.
        granted: (day, size) of the ranges that the terminal was given.
        last: today.
    """
    code, remaining = account.usage.terminal, account.usage.remaining
    used: dict[str, int] = {}
    for count in counts:
        if count.terminal == code:
            used[count.day] = used.get(count.day, 0) + count.offline
    got: dict[str, int] = {}
    for day, size in granted:
        got[day] = got.get(day, 0) + size
    found: list[Left] = []
    for back in range((last - first).days + 1):
        name = (last - timedelta(back)).isoformat()
        found.append(Left(name, max(0, remaining)))
        remaining += used.get(name, 0) - got.get(name, 0)
    return found[::-1]


def grants_of(blocks: Sequence[Block], zone: tzinfo) -> list[tuple[str, int]]:
    """(day, size) of the open ranges that a terminal was given.

    One that was given nobody knows when is left out, as if the terminal had always had it.
    """
    return [
        (time_of_ms(block.granted_ms, zone).date().isoformat(), block.range.size)
        for block in blocks
        if block.is_dated and not block.closed
    ]
