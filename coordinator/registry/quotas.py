"""What a terminal gets without an administrator: how many blocks and online numbers, how fast.

An honest desk meets none of these bounds. One that was taken over, or whose software is faulty,
could use up the pool or the day's counter with them only slowly, and somebody hears of it at once.
An administrator's word lifts them for a terminal for a while. Only the coordinator gives anything
by these bounds, so the word is a setting in its database and not a fact.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from coordinator.errors import TooManyBlocks, TooManyNumbers
from sync.engine.transaction import Transaction
from sync.model.believed import BelievedSpan
from sync.model.facts import Author, RecordId
from sync.reading.view import View

DAY_MS: Final = 86_400_000
BLOCKS_A_DAY: Final = 4
NUMBERS_A_DAY: Final = 10_000
"""Of small blocks a terminal gets more, up to so many numbers."""
POOL: Final = "pool: "
"""How the source of a range begins that was granted without an administrator."""
AT_ONCE: Final = 2_000
EVERY_MS: Final = 1_000
"""Of online numbers a terminal gets so many at once, and one more in each such time."""
UNUSED_MAX: Final = 500
"""Of a day's online numbers with which a terminal has registered nobody yet."""
ALARM_MS: Final = 3_600_000
"""For how long after the last refusal somebody hears of it."""
DAYS_MAX: Final = 31


def require_block(tx: Transaction, code: Author, block: int) -> None:
    """Raise if a terminal has got as many blocks of the pool as it gets in 24 hours by itself.

    Args:
        block: how many numbers one has.

    Raises:
        TooManyBlocks: it has, and no administrator has lifted the bound.
    """
    sizes = [
        one.range.size
        for one in tx.registry.blocks_of(code)
        if one.source.startswith(POOL)
        # A time far ahead is that of a clock that was wrong. One that nobody is to believe says
        # nothing, so it is not of these hours.
        and one.is_dated
        and abs(tx.now_ms - one.granted_ms) < DAY_MS
    ]
    too_many = sum(sizes) + block > max(BLOCKS_A_DAY * block, NUMBERS_A_DAY)
    if too_many and not is_lifted(tx, code, tx.now_ms):
        raise TooManyBlocks(terminal=code, count=len(sizes), numbers=sum(sizes))


def is_lifted(view: View, code: Author, now_ms: int) -> bool:
    """True while an administrator's word lifts the bounds for a terminal."""
    meta = view.store.meta
    span = BelievedSpan(meta.quotas_lifted_at.get(code, 0), meta.quotas_lifted.get(code, 0))
    return span.holds(now_ms)


def lift(tx: Transaction, code: Author, days: int) -> int:
    """Lift the bounds for a terminal for some days, 0 to set them again.

    Returns:
        Until when, in milliseconds since 1970.
    """
    meta, until = tx.store.meta, tx.now_ms + days * DAY_MS
    lifted = {
        one: end for one, end in meta.quotas_lifted.items() if is_lifted(tx, Author(one), tx.now_ms)
    }
    lifted_at = {one: at for one, at in meta.quotas_lifted_at.items() if one in lifted}
    tx.begin()
    meta.quotas_lifted = {**lifted, code: until}
    meta.quotas_lifted_at = {**lifted_at, code: tx.now_ms}
    return until


class NumberQuota:
    """How many online numbers each terminal has had lately, in the memory of this process."""

    def __init__(self) -> None:
        self._left: dict[Author, tuple[int, int]] = {}
        # A day, and the records that numbers of it were given to and that may stand for nobody yet.
        # All numbers of a day are read once. From then on only these are looked at, and only when
        # they reach the bound, so who is refused again and again costs little each time.
        self._unused: dict[Author, tuple[str, list[RecordId]]] = {}
        self._refused: dict[Author, int] = {}

    def take(self, tx: Transaction, code: Author, day: str, record: RecordId) -> None:
        """Count one more number of a terminal.

        Args:
            day: of the facility, YYYYMMDD.
            record: what the number is for.

        Raises:
            TooManyNumbers: it has had too many, or uses too few, and no administrator has lifted
                the bound.
        """
        counted, unused = self._unused.get(code, ("", []))
        if counted != day:
            unused = tx.store.decisions.unused_grants(code, day, UNUSED_MAX)
        elif len(unused) >= UNUSED_MAX:
            unused = tx.store.decisions.still_unused(unused)
        self._unused[code] = day, unused
        if len(unused) >= UNUSED_MAX and not is_lifted(tx, code, tx.now_ms):
            self._refused[code] = tx.now_ms
            raise TooManyNumbers(terminal=code)
        left, since = self._left.get(code, (AT_ONCE, tx.now_ms))
        earned = max(0, (tx.now_ms - since) // EVERY_MS)
        left = min(AT_ONCE, left + earned)
        # A clock that was set back must not keep a terminal waiting for longer.
        since = tx.now_ms if tx.now_ms < since or left == AT_ONCE else since + earned * EVERY_MS
        if left == 0 and not is_lifted(tx, code, tx.now_ms):
            self._left[code] = (0, since)
            self._refused[code] = tx.now_ms
            raise TooManyNumbers(terminal=code)
        self._left[code] = (max(0, left - 1), since)
        # Where an administrator has lifted the bound there may be more than it; the last ones do.
        self._unused[code] = day, [*unused[1 - UNUSED_MAX :], record]

    def refused(self, now_ms: int) -> Collection[Author]:
        """The terminals that were refused a number within the last hour."""
        self._refused = {
            code: at for code, at in self._refused.items() if abs(now_ms - at) < ALARM_MS
        }
        return sorted(self._refused)
