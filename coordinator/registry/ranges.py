"""The ranges of all terminals: how far they are used, and who gets the next block of the pool.

A terminal that is connected, or that the coordinator serves itself, gets the next block of the pool
when it has used `EXTEND_PERCENT` of what it holds, so that it always has a spare. A connected desk
without numbers gets one at once. The fact of the range says why it was granted.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from coordinator.errors import RangeFixed
from coordinator.registry import pool, quotas, terminals
from coordinator.registry.usage import RangeStanding, Usage, need, usage
from sync.engine.transaction import Transaction
from sync.errors import NumberError
from sync.model import phrases, reasons
from sync.model.facts import Allocator, Author, Incarnation, State
from sync.model.numbers import NumberRange
from sync.reading.view import View
from sync.rules.registry import Block, Terminal
from sync.storage.cursors import Cursor
from sync.storage.records.number_sets import USED


class Extended(NamedTuple):
    """A terminal that was given a block without being asked for, and why."""

    terminal: Author
    range: NumberRange
    why: str


class Waiting(NamedTuple):
    """A terminal that needs a block and was given none: why it needs it, what is in the way."""

    terminal: Author
    why: str
    hindrance: str


class Review(NamedTuple):
    """What was found and done for all active terminals."""

    extended: list[Extended]
    waiting: list[Waiting]
    usages: list[Usage]


def review(tx: Transaction, connected: Collection[tuple[Author, Incarnation]]) -> Review:
    """Give every terminal that needs one the next block of the pool.

    Args:
        connected: the desks that are in step with the coordinator, and under which incarnation.
    """
    found = standings(tx)
    extended: list[Extended] = []
    waiting: list[Waiting] = []
    is_on = pool.read(tx.store).on
    for terminal in _active(tx):
        why = need(terminal, found.get(terminal.code, ()))
        if why is None:
            continue
        here = (terminal.code, terminal.incarnation) in connected
        # A desk that is away may have used more than is known here, or be gone: it gets its block
        # when it comes. While the pool is off nobody gets one, and that is reported for all.
        if is_on and terminal.has_node and not here:
            continue
        try:
            range_ = grant_unasked(tx, terminal.code, why)
            extended.append(Extended(terminal.code, range_, why))
        except NumberError as error:
            waiting.append(Waiting(terminal.code, why, str(error)))
    return look(tx)._replace(extended=extended, waiting=waiting)


def look(tx: View) -> Review:
    """How far all active terminals have used what they hold; nothing is changed."""
    found = standings(tx)
    usages = [usage(terminal, found.get(terminal.code, ())) for terminal in _active(tx)]
    return Review([], [], usages)


def _active(tx: View) -> list[Terminal]:
    """All active terminals in the order in which they were added."""
    active = (one for one in tx.registry.terminals.values() if one.state is State.ACTIVE)
    return sorted(active, key=lambda terminal: terminal.serial)


def grant_unasked(
    tx: Transaction, code: Author, why: str, allocator: Allocator | None = None
) -> NumberRange:
    """Reserve the next block of the pool for a terminal that no administrator grants it.

    Raises:
        PoolOff, PoolClosed, PoolUsedUp: the pool has none for it.
        TooManyBlocks: it has had as many as it gets by itself.
        TerminalError: see `grant_range`.
    """
    pool.require_on(tx)
    quotas.require_block(tx, code, pool.read(tx.store).block)
    return grant_next(tx, code, allocator, f"{quotas.POOL}{why}")


def grant_next(
    tx: Transaction,
    code: str,
    allocator: Allocator | None = None,
    source: str = terminals.ADMINISTRATOR,
) -> NumberRange:
    """Reserve the next block of the pool for a terminal, and return it.

    Raises:
        PoolClosed, PoolUsedUp: the pool has none.
        TerminalNotFound, TerminalInactive, TerminalEnded, TerminalHasNoNode: see `grant_range`.
    """
    terminals.require_not_ended(terminals.known(tx, code))
    block = pool.next_block(tx, Author(code))
    # The pool has a floor of its own, and has looked at what is claimed.
    terminals.grant_range(
        tx, code, block, allocator, source=source, never_granted=True, some_claimed=True
    )
    return block


def further_range(
    tx: Transaction, code: str, range_: NumberRange, mark: int = 0, never_granted: bool = False
) -> None:
    """Grant a new range to a terminal for which a client has sent other bounds.

    A range is never changed, so other bounds mean a further range; the bounds of a range that the
    terminal has mean no change. The client may print the numbers itself, so they have no form.

    Args:
        mark: see `coordinator.registry.terminals.grant_range`.
        never_granted: see `coordinator.registry.pool.require_known`.

    Raises:
        RangeFixed: it shares numbers with a range that the terminal has.
        NumberError, TerminalError: see `grant_range`.
    """
    blocks = tx.registry.blocks_of(terminals.known(tx, code).code)
    if any(block.range == range_ for block in blocks):
        return
    for block in blocks:
        if block.range.overlaps(range_):
            raise RangeFixed(terminal=code, old=block.range.text, new=range_.text)
    terminals.grant_range(tx, code, range_, mark=mark, never_granted=never_granted, formless=True)


def standings(tx: View) -> dict[Author, list[RangeStanding]]:
    """Terminal -> its ranges, the oldest first, and how far each is used."""
    cursors = {cursor.range: cursor for cursor in tx.store.cursors.all()}
    marks = tx.store.numbers.range_marks()
    found: dict[Author, list[RangeStanding]] = {}
    for block in sorted(tx.registry.blocks, key=lambda block: (block.serial, block.range)):
        cursor = cursors.get(block.range)
        highest = max(block.mark, marks.get(block.range, 0), cursor.cursor if cursor else 0)
        # A mark of 0 and a cursor just below the start both mean that no number was used yet.
        if highest < block.range.start:
            highest = 0
        standing = RangeStanding(block, highest, _closed(tx, block, cursor))
        found.setdefault(block.terminal, []).append(standing)
    return {terminal: [_less_strays(tx, one) for one in held] for terminal, held in found.items()}


def _less_strays(tx: View, one: RangeStanding) -> RangeStanding:
    """The same with what others claim of it, which will not be issued."""
    if one.closed is not None:
        return one
    range_ = one.block.range
    ahead = max(one.highest + 1, range_.start)
    return one._replace(stray=tx.store.number_sets.count(USED, ahead, range_.end))


def _closed(tx: View, block: Block, cursor: Cursor | None) -> str | None:
    """Why no number is issued from a range, as far as the coordinator knows; None if one may be."""
    if block.closed:
        return block.why or reasons.BY_COORDINATOR
    if block.allocator is Allocator.COORDINATOR:
        # After a restore the fact of a range can be here without the cursor that went with it.
        if cursor is None:
            return reasons.USE_UNKNOWN
        if cursor.closed is None and cursor.incarnation != tx.identity.incarnation:
            return reasons.COPY_OF_COORDINATOR
        return cursor.closed and phrases.reworded(cursor.closed)
    terminal = tx.registry.terminals.get(block.terminal)
    incarnation = terminal.incarnation if terminal is not None else None
    if block.allocator is Allocator.NODE and block.incarnation != incarnation:
        return reasons.COPY_OF_DESK
    return None
