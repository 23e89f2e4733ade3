"""The pool: the numbers from which the coordinator proposes and grants new ranges.

The pool itself is a setting in the coordinator's database and not a fact; each grant from it is a
fact. Blocks begin at multiples of their size. When recovery was ended early the pool is closed for
good, because desks that did not come back may hold blocks of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final, NamedTuple

from coordinator.errors import BadPool, PoolClosed, PoolOff, PoolUsedUp, RangeOverlap
from sync.engine.transaction import Transaction
from sync.model.facts import COORDINATOR, Author
from sync.model.numbers import NUMBER_MAX, NumberRange
from sync.reading.view import View
from sync.storage.records import number_sets
from sync.storage.store import Store

BLOCK: Final = 10_000
BLOCK_MIN: Final = 10
IN_DOUBT_MAX: Final = 4
"""Blocks of which a desk claims less than half each, and may have been given them all the same."""
CLAIMED_AGAIN_MAX: Final = 200
"""Claims on numbers of a block beyond the first on each, for which it is not given."""
BLOCKS_NAMED: Final = 5
"""Blocks that are named of those that stay out for the claims of a desk."""
BLOCKS_LOOKED_AT: Final = 20
"""Blocks that are looked at for that."""
BLOCKS_SKIPPED: Final = 100
NUMBERS_SKIPPED: Final = 1_000_000
"""At least so many blocks and numbers are left out where some may have been forgotten."""
RANGE: Final = NumberRange(1_000_000, 9_999_999)
"""Seven digits: apart from the six-digit ranges that clinics plan by hand."""


class Pool(NamedTuple):
    """The numbers for new ranges.

    ``on`` says whether terminals get blocks without being asked for; ``closed`` are the closed
    pools, in whose numbers no range may be granted. Blocks lie above ``floor``, because the
    coordinator may have forgotten one below it.
    """

    range: NumberRange = RANGE
    block: int = BLOCK
    on: bool = True
    closed: tuple[NumberRange, ...] = ()
    floor: int = 0

    @property
    def is_closed(self) -> bool:
        """True when no block can be taken from it any more."""
        return self.range in self.closed


def read(store: Store) -> Pool:
    """The pool as it is now; the default one if none was named."""
    stored = store.meta.pool
    if stored is None:
        return Pool()
    closed = tuple(NumberRange(*bounds) for bounds in stored["closed"])
    return Pool(
        NumberRange(*stored["range"]),
        stored["block"],
        stored["on"],
        closed,
        stored.get("floor", 0),  # a database of version 0.1.0 has none
    )


def write(store: Store, pool: Pool) -> None:
    """Store the pool, inside the caller's transaction."""
    store.meta.pool = {
        "range": [pool.range.start, pool.range.end],
        "block": pool.block,
        "on": pool.on,
        "closed": [[range_.start, range_.end] for range_ in pool.closed],
        "floor": pool.floor,
    }


def named(before: Pool, range_: NumberRange, block: int) -> Pool:
    """A new pool that takes the place of ``before``, switched on.

    Args:
        block: how many numbers a block has.

    Raises:
        BadPool: it has no whole block, or shares numbers with a closed pool.
    """

    def bad(why: str) -> BadPool:
        return BadPool(range=range_.text, block=block, why=why)

    if not BLOCK_MIN <= block <= NUMBER_MAX:
        raise bad(f"a block has at least {BLOCK_MIN} numbers")
    if _first(range_.start, block) + block - 1 > range_.end:
        raise bad("no block that begins at a multiple of its size lies within it")
    for closed in before.closed:
        if closed.overlaps(range_):
            raise bad(f"it shares numbers with {closed.text}, a pool that is closed for good")
    # In other numbers the floor of before says nothing.
    floor = before.floor if range_ == before.range else 0
    return Pool(range_, block, True, before.closed, floor)


def change(
    tx: Transaction,
    range_: NumberRange | None,
    block: int | None,
    on: bool | None,
    never_granted: bool = False,
) -> Pool:
    """Name another pool or another size of blocks, or switch the pool on or off; return it.

    None leaves as it is.

    Args:
        never_granted: see `require_known`.

    Raises:
        BadPool: see `named`.
        PoolClosed: a closed pool cannot be switched on; name a new one.
        RangeOverlap: ranges in it may have been granted and forgotten.
    """
    pool = read(tx.store)
    if range_ is not None or block is not None:
        former = pool.range
        pool = named(pool, range_ or pool.range, block or pool.block)
        if pool.range != former and not never_granted:
            require_known(tx, pool.range)
    if on is not None:
        if on and pool.is_closed:
            raise PoolClosed(range=pool.range.text)
        pool = pool._replace(on=on)
    tx.begin()
    write(tx.store, pool)
    return pool


def close(tx: Transaction) -> None:
    """Close the pool for good: nobody knows any more which of its blocks were granted."""
    pool = read(tx.store)
    tx.begin()
    write(tx.store, pool._replace(on=False, closed=(*dict.fromkeys((*pool.closed, pool.range)),)))


def skip(tx: Transaction, random: int) -> None:
    """Let the pool go on above all blocks that may have been granted and then forgotten.

    Args:
        random: so that two coordinators from one backup do not go on with the same block.
    """
    pool = read(tx.store)
    try:
        start = next_block(tx).start
    except PoolClosed:
        return  # nothing is granted from it anyhow
    except PoolUsedUp:
        start = pool.range.end + 1  # between its ranges there may be room for smaller blocks
    start += max(NUMBERS_SKIPPED, BLOCKS_SKIPPED * pool.block)
    tx.begin()
    write(tx.store, _from_by_chance(pool, start, random))


def _from_by_chance(pool: Pool, start: int, random: int) -> Pool:
    """The pool with its next block in the first half of what lies above ``start``."""
    half = (pool.range.end - start) // (2 * pool.block)
    start += pool.block * (random % half) if half > 0 else 0
    return pool._replace(floor=start - 1)


def require_known(tx: Transaction, range_: NumberRange) -> None:
    """Raise if a range, or a block of a pool, may have been granted and then forgotten.

    A pool that was named before a backup was restored is a setting, of which nobody brings
    anything back, and so are a block of it and a range by hand of which only a desk knows that has
    not come yet. They may lie anywhere, far above all that is known too. So after a recovery only
    an administrator can know that numbers are free, and then says so.

    Raises:
        RangeOverlap: it may.
    """
    if tx.store.meta.ranges_forgotten:
        raise RangeOverlap(
            range=range_.text,
            why="may have been granted before the coordinator was set back, and forgotten. "
            "Numbers that were in use or planned before, in a range or in a pool, are not free. "
            "If you know that nobody was ever given any of these, say so: `--never-granted`",
        )


def require_on(tx: Transaction) -> None:
    """Raise unless terminals get blocks by themselves.

    Raises:
        PoolClosed, PoolOff: they do not.
    """
    pool = read(tx.store)
    if pool.is_closed:
        raise PoolClosed(range=pool.range.text)
    if not pool.on:
        raise PoolOff(range=pool.range.text)


def require_open(tx: Transaction, range_: NumberRange) -> None:
    """Raise if a range shares a number with a closed pool.

    Raises:
        RangeOverlap: it does.
    """
    for closed in read(tx.store).closed:
        if closed.overlaps(range_):
            raise RangeOverlap(
                range=range_.text,
                why=f"shares numbers with the pool {closed.text}, which was closed when recovery "
                "was ended early: desks that did not come back may hold them",
            )


def next_block(tx: View, terminal: Author | None = None) -> NumberRange:
    """The first block that overlaps no range, open or closed, and may be granted, see `_Claimed`.

    Args:
        terminal: whom it is for.

    Raises:
        PoolClosed, PoolUsedUp: there is none.
    """
    pool = read(tx.store)
    claimed = _Claimed(tx, pool, terminal)
    if pool.is_closed:
        raise PoolClosed(range=pool.range.text)
    start = _first(max(pool.range.start, pool.floor + 1), pool.block)
    taken = [block.range for block in tx.registry.blocks if block.range.overlaps(pool.range)]
    while (end := start + pool.block - 1) <= pool.range.end:
        block = NumberRange(start, end)
        # The ranges are sorted and so are the blocks, so each range is looked at only once.
        while taken and taken[0].end < start:
            del taken[0]
        rival = next((range_.end for range_ in taken if range_.overlaps(block)), 0)
        if not rival and claimed.leaves_free(block):
            return block
        # Go on behind the range that is in the way, which may reach several blocks further.
        start = _first(max(end, rival) + 1, pool.block)
    raise PoolUsedUp(range=pool.range.text, block=pool.block)


class KeptOut(NamedTuple):
    """A desk that claims numbers of no range, how many, and which blocks stay out for them."""

    desk: Author
    numbers: int
    blocks: list[NumberRange]


def kept_out(view: View) -> list[KeptOut]:
    """All desks that claim numbers of no range; of their blocks at most the first few."""
    pool = read(view.store)
    claimed = _Claimed(view, pool, None)
    found = []
    for name, count in view.store.number_sets.sizes(number_sets.OUTSIDE).items():
        desk = Author(name.removeprefix(number_sets.OUTSIDE))
        if desk != COORDINATOR:
            blocks = [] if pool.is_closed else claimed.kept_out_by(desk)
            found.append(KeptOut(desk, count, blocks))
    return found


class _Claimed:
    """Which blocks of a pool are not granted, because somebody claims numbers of them.

    No range has these numbers, so nobody known may issue them. What the coordinator registered with
    such numbers comes from an earlier system, which may have given more of them. A desk may have
    been given its block by this coordinator, which has forgotten it. But a desk uses up one block
    after the other, so it does not have a few numbers of each of many. Whoever claims them may
    issue none of them, and must not keep the pool from others by it: their blocks are granted, and
    these numbers are never issued.

    Args:
        terminal: whom a block is for. One in which it claims numbers would count as used up to the
            last of them.
    """

    def __init__(self, view: View, pool: Pool, terminal: Author | None) -> None:
        self._numbers = view.store.numbers
        self._sets = view.store.number_sets
        self._pool = pool
        self._terminal = terminal
        self._in_doubt: dict[Author, bool] = {}

    def leaves_free(self, block: NumberRange) -> bool:
        """True when a block may be granted that no range overlaps."""
        used = self._sets.count(number_sets.USED, block.start, block.end)
        if not used:
            return True
        if self._is_half(used):
            return False
        # When a range is granted, all disputes about its numbers are decided anew in one piece.
        most = used + CLAIMED_AGAIN_MAX
        if self._numbers.claims_within(block, most) == most:
            return False
        names = self._sets.sizes(number_sets.OUTSIDE)
        claiming = [
            Author(name.removeprefix(number_sets.OUTSIDE))
            for name in names
            if self._sets.first(name, block.start, block.end) is not None
        ]
        barred = {COORDINATOR, self._terminal}
        return barred.isdisjoint(claiming) and not any(map(self._is_in_doubt, claiming))

    def kept_out_by(self, desk: Author) -> list[NumberRange]:
        """The blocks that stay out for the claims of a desk, at most `BLOCKS_NAMED` of them."""
        few: list[NumberRange] = []
        many: list[NumberRange] = []
        for block, count in islice(self._touched(desk), BLOCKS_LOOKED_AT):
            (many if self._is_half(count) else few).append(block)
        if self._ranges_of_others(desk) + len(few) > IN_DOUBT_MAX:
            few = []
        return sorted(few + many)[:BLOCKS_NAMED]

    def _is_in_doubt(self, desk: Author) -> bool:
        """Whether a desk claims numbers of so few blocks that it may have been given them."""
        if desk not in self._in_doubt:
            few = (block for block, count in self._touched(desk) if not self._is_half(count))
            left = max(0, IN_DOUBT_MAX - self._ranges_of_others(desk))
            self._in_doubt[desk] = next(islice(few, left, None), None) is None
        return self._in_doubt[desk]

    def _ranges_of_others(self, desk: Author) -> int:
        """Of how many ranges a desk claims numbers that are those of others; blocks are among them.

        A block that was granted is not taken for one any more that the desk may have been given.
        """
        return sum(stray.author == desk for stray in self._numbers.strays())

    def _touched(self, desk: Author) -> Iterator[tuple[NumberRange, int]]:
        """Each block that is not left out anyhow in which a desk claims numbers, and how many."""
        name, size = number_sets.outside(desk), self._pool.block
        # No block begins below the first multiple of the size, or above the last whole one.
        first = _first(max(self._pool.range.start, self._pool.floor + 1), size)
        last = (self._pool.range.end + 1) // size * size - 1
        while (number := self._sets.first(name, first, last)) is not None:
            block = NumberRange(number // size * size, number // size * size + size - 1)
            yield block, self._sets.count(name, block.start, block.end)
            first = block.end + 1

    def _is_half(self, numbers: int) -> bool:
        return 2 * numbers >= self._pool.block


def _first(start: int, block: int) -> int:
    """The first multiple of ``block`` that is not below ``start``."""
    return -(-start // block) * block
