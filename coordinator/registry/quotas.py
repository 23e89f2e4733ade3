"""What a terminal gets without an administrator: how many blocks and online numbers, how fast.

An honest desk meets none of these bounds. One that was taken over, or whose software is faulty,
could use up the pool or the day's counter with them only slowly, and somebody hears of it at once.
The same holds for all else that a terminal makes the coordinator write into the registry, which
every replica keeps for good.

An administrator's word lifts them for a terminal for a while. Only the coordinator gives anything
by these bounds, so the word is a setting in its database and not a fact.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, NamedTuple

from coordinator.errors import TooManyBlocks, TooManyNumbers
from sync.engine.transaction import Transaction
from sync.model.believed import BelievedSpan
from sync.model.facts import COORDINATOR, Author, RecordId
from sync.reading.view import View
from sync.storage.meta import Meta

DAY_MS: Final = 86_400_000
BLOCKS_A_DAY: Final = 4
NUMBERS_A_DAY: Final = 10_000
"""Of small blocks a terminal gets more, up to so many numbers."""
BLOCKS_OF_ANY_SIZE_A_DAY: Final = 50
"""However small they are: each is a fact."""
POOL: Final = "pool: "
"""How the source of a range begins that was granted without an administrator."""
AT_ONCE: Final = 2_000
EVERY_MS: Final = 1_000
"""Of online numbers a terminal gets so many at once, and one more in each such time."""
UNUSED_MAX: Final = 500
"""Of a day's online numbers with which a terminal has registered nobody yet."""
RESTORES_AT_ONCE: Final = 10
PINS_AT_ONCE: Final = 100
HEADS_AT_ONCE: Final = 12
ALARM_MS: Final = 3_600_000
"""For how long after the last refusal somebody hears of it."""
DAYS_MAX: Final = 31


class Allowance(NamedTuple):
    """How often the coordinator writes something into the registry because a terminal wants it.

    So often at once, and once more in each ``every_ms`` up to that; ``name`` is that in the
    database.
    """

    name: str
    at_once: int
    every_ms: int


RESTORES: Final = Allowance("restores", RESTORES_AT_ONCE, DAY_MS)
"""How often a desk has another incarnation. A desk is restored a few times in its life; even one
whose disk is put back every night never meets this."""
PINS: Final = Allowance("pins", PINS_AT_ONCE, DAY_MS // 6)
"""How many PINs clerks change at one desk: a hundred on the first day, and 180 in a month."""
HEADS: Final = Allowance("heads", HEADS_AT_ONCE, DAY_MS // 6)
"""How often the end of the record of what was done is signed. Whoever is refused adds to that
record. Nothing is withheld from anybody: what is signed later covers all that came before."""


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
    too_many = too_many or len(sizes) >= BLOCKS_OF_ANY_SIZE_A_DAY
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


def takes(tx: Transaction, code: Author, what: Allowance) -> bool:
    """Count one more, unless a terminal has had as many as it gets by itself.

    It is counted in the transaction that writes the fact, so a restart forgets nothing.
    """
    meta, now_ms, name = tx.store.meta, tx.now_ms, _name(code, what)
    if _is_spent(meta, code, what, now_ms) and not is_lifted(tx, code, now_ms):
        return False
    counted = {one: span for one, span in meta.caused.items() if BelievedSpan(*span).holds(now_ms)}
    full_ms = max(now_ms, BelievedSpan(*counted.get(name, (0, 0))).until_ms)
    # Where an administrator has lifted the bound, no more is to be waited for than without that.
    full_ms = min(full_ms, now_ms + (what.at_once - 1) * what.every_ms)
    tx.begin()
    meta.caused = {**counted, name: (now_ms, full_ms + what.every_ms)}
    return True


def may_sign_head(tx: Transaction) -> bool:
    """Count one more of `HEADS`, unless there were many lately."""
    return takes(tx, COORDINATOR, HEADS)


def spent(view: View, what: Allowance, now_ms: int) -> list[Author]:
    """The terminals that have had as many of something as they get by themselves."""
    return [
        code
        for code in sorted(view.registry.terminals)
        if _is_spent(view.store.meta, code, what, now_ms) and not is_lifted(view, code, now_ms)
    ]


def _is_spent(meta: Meta, code: Author, what: Allowance, now_ms: int) -> bool:
    span = BelievedSpan(*meta.caused.get(_name(code, what), (0, 0)))
    # By its end all that was taken is there again.
    return span.holds(now_ms) and span.until_ms - now_ms > (what.at_once - 1) * what.every_ms


def _name(code: Author, what: Allowance) -> str:
    return f"{what.name} {code}"


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
