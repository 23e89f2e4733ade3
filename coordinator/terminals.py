"""The registry's acts: terminals and their ranges. Each is one function over a transaction.

Ranges never overlap one another, contain no number that is in use when they are granted, and are
never granted again. A range has one allocator at a time.
"""

from __future__ import annotations

from sync import bodies, facts, numbers
from sync.errors import (
    BadTerminalCode,
    MrnConflict,
    NotYourNumber,
    RangeOverlap,
    TerminalExists,
    TerminalHasNode,
    TerminalHasNoNode,
    TerminalInactive,
    TerminalNotFound,
)
from sync.facts import (
    NO_RECORD,
    REGISTRY,
    Allocator,
    Author,
    Incarnation,
    RangeFact,
    State,
    TerminalFact,
)
from sync.issuing import Issued
from sync.numbers import Mrn, NumberRange
from sync.registry import Block, Terminal
from sync.transaction import Transaction

ADMINISTRATOR = "administrator"
HANDOVER = "handed over to the node"


def known(tx: Transaction, code: str) -> Terminal:
    """A terminal in whatever state.

    Raises:
        TerminalNotFound: there is none of that code.
    """
    terminal = tx.registry.terminals.get(Author(code))
    if terminal is None:
        raise TerminalNotFound(terminal=code)
    return terminal


def active(tx: Transaction, code: str) -> Terminal:
    """An active terminal.

    Raises:
        TerminalNotFound: there is none of that code, or it is not active.
    """
    terminal = known(tx, code)
    if terminal.state is not State.ACTIVE:
        raise TerminalNotFound(terminal=code)
    return terminal


def add(tx: Transaction, code: str, name: str) -> None:
    """Register a terminal that has no node (yet).

    Raises:
        BadTerminalCode, TerminalExists: the code cannot be used.
    """
    if not facts.is_terminal_code(code):
        raise BadTerminalCode(text=code)
    if code in tx.registry.terminals:
        raise TerminalExists(terminal=code)
    fresh = TerminalFact(
        tx.new_serial(), (), Author(code), name or code, State.ACTIVE, (), (), None
    )
    _write_terminal(tx, fresh)


def join(tx: Transaction, code: str, key: bytes, incarnation: Incarnation) -> None:
    """A node with this public key goes to work as the terminal; its ranges are handed over.

    What the coordinator has issued from them stays below the mark of the hand-over.

    Raises:
        TerminalNotFound: there is none of that code.
        TerminalHasNode: another key has joined already.
    """
    terminal = known(tx, code)
    if terminal.keys and key not in terminal.keys:
        raise TerminalHasNode(terminal=code)
    change(tx, code, keys=tuple(sorted(terminal.keys | {key})), incarnation=incarnation)
    cursors = {
        cursor.range: cursor.cursor for cursor in tx.store.cursors() if cursor.closed is None
    }
    for block in tx.registry.blocks_of(terminal.code):
        if block.allocator is not Allocator.COORDINATOR or block.closed:
            continue
        if block.range not in cursors:
            continue  # a restored coordinator does not know how far it has used this one
        mark = max(cursors[block.range], tx.tables.range_mark(block.range), block.mark)
        tx.store.close_cursor(block.range.start, HANDOVER)
        _replace_range(tx, block, allocator=Allocator.NODE, incarnation=incarnation, mark=mark)
    tx.flush()


def adopt_life(tx: Transaction, code: str, incarnation: Incarnation) -> None:
    """A node came under an incarnation: new ranges go to it if the terminal never had it before.

    One that it had before is that of a copy or of a restored database: the newest one stays, so two
    live copies do not take the terminal from each other for ever.
    """
    terminal = tx.registry.terminals.get(Author(code))
    if terminal is not None and incarnation not in terminal.lives:
        change(tx, code, incarnation=incarnation)


def change(
    tx: Transaction,
    code: str,
    *,
    name: str | None = None,
    state: State | None = None,
    keys: tuple[bytes, ...] | None = None,
    incarnation: Incarnation | None = None,
) -> None:
    """Change what is given about a terminal.

    Raises:
        TerminalNotFound: there is none of that code.
    """
    terminal = known(tx, code)
    _write_terminal(
        tx,
        TerminalFact(
            tx.new_serial(),
            terminal.heads,
            terminal.code,
            terminal.name if name is None else name,
            state or terminal.state,
            tuple(sorted(terminal.keys)) if keys is None else keys,
            tuple(sorted(terminal.revoked)),
            incarnation or terminal.incarnation,
        ),
    )


def require_free(tx: Transaction, range_: NumberRange, mark: int = 0) -> None:
    """Pass only when no other range shares a number, and nobody has one above ``mark``.

    Raises:
        RangeOverlap: says what is in the way.
    """
    for block in tx.registry.blocks:
        if block.range.overlaps(range_):
            raise RangeOverlap(
                range=range_.text, why=f"overlaps {block.range.text} of {block.terminal}"
            )
    used = tx.tables.highest_used(range_)
    if used > mark:
        raise RangeOverlap(range=range_.text, why=f"contains the number {used}, which is in use")


def grant_range(
    tx: Transaction,
    code: str,
    range_: NumberRange,
    allocator: Allocator | None = None,
    mark: int = 0,
) -> None:
    """Reserve a block of numbers for a terminal.

    Args:
        allocator: who issues from it; by default the terminal's node if it has one.
        mark: the last number of it that an earlier system has given out, 0 for none.

    Raises:
        TerminalNotFound, TerminalInactive: there is no active terminal of that code.
        TerminalHasNoNode: its node is to issue, but it has none.
        RangeOverlap: another range shares a number with it, or somebody has a number in it.
    """
    terminal = known(tx, code)
    if terminal.state is not State.ACTIVE:
        raise TerminalInactive(terminal=code, state=terminal.state.value)
    allocator = allocator or (Allocator.NODE if terminal.has_node else Allocator.COORDINATOR)
    if allocator is Allocator.NODE and not terminal.has_node:
        raise TerminalHasNoNode(terminal=code)
    require_free(tx, range_, mark)
    incarnation = terminal.incarnation if allocator is Allocator.NODE else None
    fact = RangeFact(
        tx.new_serial(),
        (),
        range_.start,
        range_.end,
        terminal.code,
        incarnation,
        allocator,
        mark,
        False,
        ADMINISTRATOR,
    )
    if allocator is not Allocator.NODE:
        tx.begin()
        tx.store.add_cursor(range_, tx.self.incarnation, max(mark, range_.start - 1), None)
    tx.append(REGISTRY, facts.RANGE, NO_RECORD, bodies.write(fact))
    tx.flush()


def supplied(tx: Transaction, code: str, mrn: Mrn) -> Issued:
    """A number that a client brings along, out of a range of its terminal.

    The first one turns a range of the coordinator into one of the client, for good.

    Raises:
        TerminalNotFound: there is no active terminal of that code.
        MrnConflict: somebody has the number, or the terminal's node issues from that range.
        NotYourNumber: it lies in no range of the terminal.
    """
    terminal = active(tx, code)
    number = numbers.plain_number(mrn)
    blocks = [
        block
        for block in (tx.registry.blocks_at(number) if number is not None else ())
        if block.terminal == terminal.code
    ]
    if not blocks or number is None:
        raise NotYourNumber(mrn=mrn, terminal=code, why="it lies in none of its ranges")
    block = blocks[0]
    if block.allocator is Allocator.NODE or tx.tables.is_used(mrn):
        raise MrnConflict()
    if block.closed:
        raise NotYourNumber(mrn=mrn, terminal=code, why="its range is closed")
    if block.allocator is Allocator.COORDINATOR:
        tx.begin()
        tx.store.close_cursor(block.range.start, "its clients supply the numbers")
        _replace_range(tx, block, allocator=Allocator.CLIENT, incarnation=None, mark=block.mark)
        tx.flush()
    return Issued(mrn, True, block.range)


def _write_terminal(tx: Transaction, fact: TerminalFact) -> None:
    tx.append(REGISTRY, facts.TERMINAL, NO_RECORD, bodies.write(fact))
    tx.flush()


def _replace_range(
    tx: Transaction,
    block: Block,
    *,
    allocator: Allocator,
    incarnation: Incarnation | None,
    mark: int,
) -> None:
    fact = RangeFact(
        tx.new_serial(),
        block.heads,
        block.range.start,
        block.range.end,
        block.terminal,
        incarnation,
        allocator,
        mark,
        block.closed,
        block.source,
    )
    tx.append(REGISTRY, facts.RANGE, NO_RECORD, bodies.write(fact))
