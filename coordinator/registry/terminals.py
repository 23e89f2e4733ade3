"""What the coordinator writes about terminals and ranges. Each act is a function in a transaction.

Ranges never overlap one another. When a range is granted no number of it is in use, and it is never
granted again or changed. A range has one allocator at a time. Nothing is ever erased: a terminal
that is deleted is retired, and its code stays with what it has registered.
"""

from __future__ import annotations

from typing import Any, Final

from coordinator.errors import (
    BadMark,
    KeyWithdrawn,
    RangeOverlap,
    TerminalEnded,
    TerminalExists,
    TerminalHasNode,
    TerminalHasNoNode,
    TerminalInactive,
)
from coordinator.registry import formats, pool, quotas
from coordinator.users import keys
from sync.engine.issuing import Issued, IssueMarks, may_have_been_given, prospects
from sync.engine.transaction import Transaction
from sync.errors import BadTerminalCode, MrnConflict, NotYourNumber, TerminalNotFound
from sync.model import bodies, facts, numbers, reasons
from sync.model.facts import (
    NO_RECORD,
    REGISTRY,
    Allocator,
    Author,
    Incarnation,
    RangeFact,
    State,
    TerminalFact,
)
from sync.model.numbers import Mrn, NumberRange
from sync.reading.view import View
from sync.rules.number_texts import NumberTexts
from sync.rules.registry import ENDED, Block, Terminal
from sync.storage.records.number_sets import USED

ADMINISTRATOR: Final = "administrator"
_STATES: Final = list(State)


def known(tx: View, code: str) -> Terminal:
    """The terminal with this code, in whatever state.

    Raises:
        TerminalNotFound: there is none of that code.
    """
    terminal = tx.registry.terminals.get(Author(code))
    if terminal is None:
        raise TerminalNotFound(terminal=code)
    return terminal


def active(tx: Transaction, code: str) -> Terminal:
    """The terminal with this code, if it is active.

    Raises:
        TerminalNotFound: there is none, or it is not active.
    """
    terminal = known(tx, code)
    if terminal.state is not State.ACTIVE:
        raise TerminalNotFound(terminal=code)
    return terminal


def add_terminal(tx: Transaction, code: str, name: str) -> None:
    """Add a terminal, which has no node until one joins.

    Raises:
        BadTerminalCode, TerminalExists, TerminalEnded: the code cannot be used.
    """
    if not facts.is_usable_code(code):
        raise BadTerminalCode(text=code)
    there = tx.registry.terminals.get(Author(code))
    if there is not None:
        require_not_ended(there)
        raise TerminalExists(terminal=code)
    fresh = TerminalFact(
        tx.new_serial(), (), Author(code), name or code, State.ACTIVE, (), (), None
    )
    _write_terminal(tx, fresh)


def join_node(tx: Transaction, code: str, key: bytes, incarnation: Incarnation) -> None:
    """Let the node with this public key be the terminal, and hand its ranges over to that node.

    The node issues above the mark of the hand-over; what the coordinator has issued lies below it.
    A terminal that was replaced, retired or revoked becomes active again by this new enrolment, and
    keeps none of its former ranges.

    Args:
        key: 32 bytes, Ed25519.

    Raises:
        TerminalNotFound: there is none of that code.
        TerminalHasNode: another key has joined already.
        KeyWithdrawn: the key is that of an earlier computer of this terminal.
    """
    terminal = known(tx, code)
    if key in terminal.withdrawn:
        raise KeyWithdrawn(terminal=code)
    if terminal.live_keys and key not in terminal.live_keys:
        raise TerminalHasNode(terminal=code)
    # The request may be an old one, or that of a copy: see `adopt_incarnation`.
    if terminal.incarnation is not None and incarnation in terminal.incarnations:
        incarnation = terminal.incarnation
    _change(
        tx,
        terminal,
        keys=tuple(sorted(terminal.keys | {key})),
        incarnation=incarnation,
        **({"state": State.ACTIVE, "why": ""} if terminal.has_ended else {}),
    )
    cursors = {
        cursor.range: cursor.cursor for cursor in tx.store.cursors.all() if cursor.closed is None
    }
    for block in tx.registry.blocks_of(terminal.code):
        if block.allocator is not Allocator.COORDINATOR or block.closed:
            continue
        if block.range not in cursors:
            continue  # a restored coordinator does not know how far it has used this range
        mark = max(cursors[block.range], tx.store.numbers.range_mark(block.range), block.mark)
        tx.store.cursors.close(block.range.start, reasons.HANDED_OVER)
        _replace_range(tx, block, allocator=Allocator.NODE, incarnation=incarnation, mark=mark)
    tx.flush()


def adopt_incarnation(tx: Transaction, code: str, incarnation: Incarnation) -> None:
    """Let new ranges go to the incarnation under which a node came, if it is a new one.

    An incarnation that the terminal had before is that of a copy or of a restored database. The
    newest one stays, because two live copies would else take the terminal from each other for ever.
    A terminal that has a new one too often (`coordinator.registry.quotas.RESTORES`) has to wait:
    it is connected as before and gets online numbers, but no ranges.
    """
    terminal = tx.registry.terminals.get(Author(code))
    if terminal is None or incarnation in terminal.incarnations:
        return
    if quotas.takes(tx, terminal.code, quotas.RESTORES):
        _change(tx, terminal, incarnation=incarnation)


def change_terminal(
    tx: Transaction,
    code: str,
    *,
    name: str | None = None,
    state: State | None = None,
    why: str = "",
) -> None:
    """Rename a terminal or change its state; nothing is written where nothing changes.

    The states replaced, retired and revoked end the work of its computer for good: its keys may not
    sync, nothing is issued from its ranges, and its key is withdrawn. What was registered stays.

    Args:
        why: the reason for the state, for people.

    Raises:
        TerminalNotFound: there is none of that code.
        TerminalEnded: only a new enrolment or a stricter state leads out of that state.
    """
    terminal = known(tx, code)
    changed: dict[str, Any] = {}
    if name is not None and name != terminal.name:
        changed["name"] = name
    if state is not None and state is not terminal.state:
        if terminal.has_ended and _STATES.index(state) < _STATES.index(terminal.state):
            raise _ended(terminal)
        changed |= {"state": state, "why": why}
        # A stolen computer may hold keys of before as well, so revoking withdraws them all.
        if state is State.REVOKED:
            changed["withdrawn"] = tuple(sorted(terminal.keys))
        elif state in ENDED:
            changed["withdrawn"] = tuple(sorted(terminal.live_keys))
    if changed:
        _change(tx, terminal, **changed)
    if state in ENDED:
        _close_ranges(tx, terminal.code, reasons.terminal_was(state))
        keys.withdraw_of_terminal(tx, terminal.code)


def require_free(
    tx: Transaction,
    range_: NumberRange,
    mark: int = 0,
    never_granted: bool = False,
    some_claimed: bool = False,
) -> None:
    """Raise unless a range can be granted.

    Args:
        mark: numbers up to this one may be in use, see `grant_range`.
        never_granted: see `coordinator.registry.pool.require_known`.
        some_claimed: see `grant_range`.

    Raises:
        RangeOverlap: another range or a closed pool shares a number with it, or somebody has one of
            its numbers above the mark, or it may have been granted and forgotten.
    """
    for block in tx.registry.blocks:
        if block.range.overlaps(range_):
            raise RangeOverlap(
                range=range_.text, why=f"overlaps {block.range.text} of {block.terminal}"
            )
    pool.require_open(tx, range_)
    if not never_granted:
        pool.require_known(tx, range_)
    used = tx.store.number_sets.last(USED, max(mark + 1, range_.start), range_.end)
    if used is not None and not some_claimed:
        raise RangeOverlap(range=range_.text, why=f"contains the number {used}, which is in use")


def grant_range(
    tx: Transaction,
    code: str,
    range_: NumberRange,
    allocator: Allocator | None = None,
    mark: int = 0,
    source: str = ADMINISTRATOR,
    never_granted: bool = False,
    formless: bool = False,
    some_claimed: bool = False,
) -> None:
    """Reserve a block of numbers for a terminal.

    Args:
        allocator: who issues from it; by default the terminal's node if it has one.
        mark: the last number of it that another system has issued, 0 for none. Only numbers above
            it must be free, and only those are issued.
        source: who grants it and why.
        never_granted: see `coordinator.registry.pool.require_known`.
        formless: programs that know of no forms print the numbers. So do those of another system,
            so a range with a mark has no form either.
        some_claimed: others may claim numbers of it, as of a block of the pool; none is issued.

    Raises:
        BadNumberFormat: see `coordinator.registry.formats.for_range`.
        TerminalNotFound, TerminalInactive, TerminalEnded: there is no active terminal of that code.
        TerminalHasNoNode: its node is to issue from the range, but it has none.
        RangeOverlap: see `require_free`.
        BadMark: the mark lies outside of it.
    """
    terminal = known(tx, code)
    require_not_ended(terminal)
    if terminal.state is not State.ACTIVE:
        raise TerminalInactive(terminal=code, state=terminal.state.value)
    if mark and mark not in range_:
        raise BadMark(mark=mark, range=range_.text)
    allocator = allocator or (Allocator.NODE if terminal.has_node else Allocator.COORDINATOR)
    if allocator is Allocator.NODE and not terminal.has_node:
        raise TerminalHasNoNode(terminal=code)
    require_free(tx, range_, mark, never_granted, some_claimed)
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
        source,
        format=None if formless or mark else formats.for_range(tx, range_),
    )
    # A node makes its own cursor when the fact reaches it.
    if allocator is not Allocator.NODE:
        tx.begin()
        tx.store.cursors.add(range_, tx.identity.incarnation, max(mark, range_.start - 1), None)
    tx.append(REGISTRY, facts.RANGE, NO_RECORD, bodies.write(fact))
    tx.flush()


def supplied_number(
    tx: Transaction, code: str, mrn: Mrn, witness: IssueMarks | None = None
) -> Issued:
    """A number that a client has issued itself, out of a range of its terminal.

    The first such number makes the client the allocator of that range, for good. A range whose
    cursor is closed or lost stays the coordinator's, because nobody knows how far it was used.

    Raises:
        TerminalNotFound: there is no active terminal of that code.
        MrnConflict: somebody has the number, or the terminal's node issues from that range.
        NotYourNumber: it lies in no range of the terminal, or in a closed one.
    """
    terminal = active(tx, code)
    shown = NumberTexts(tx.registry, tx.store.printed).text(mrn)
    number = numbers.plain_number(mrn)
    blocks = [
        block
        for block in (tx.registry.blocks_at(number) if number is not None else ())
        if block.terminal == terminal.code
    ]
    if not blocks or number is None:
        raise NotYourNumber(mrn=shown, terminal=code, why="it lies in none of its ranges")
    block = blocks[0]
    # Up to its mark the numbers of a range were issued by somebody else, used or not.
    if block.allocator is Allocator.NODE or number <= block.mark or tx.store.numbers.is_used(mrn):
        raise MrnConflict()
    if block.closed:
        raise NotYourNumber(mrn=shown, terminal=code, why="its range is closed")
    if block.allocator is Allocator.COORDINATOR:
        for prospect in prospects(tx, terminal.code, Allocator.COORDINATOR, witness):
            if prospect.block == block and prospect.objection is not None:
                raise NotYourNumber(mrn=shown, terminal=code, why=prospect.objection)
        if may_have_been_given(tx, block.range, number):
            why = "the coordinator may have given it to somebody before it was interrupted"
            raise NotYourNumber(mrn=shown, terminal=code, why=why)
        tx.begin()
        tx.store.cursors.close(block.range.start, reasons.CLIENTS_SUPPLY)
        _replace_range(tx, block, allocator=Allocator.CLIENT, incarnation=None, mark=block.mark)
        tx.flush()
    used = {cursor.range: cursor.cursor for cursor in tx.store.cursors.all()}
    tx.intents.issue(block.range.text, number, used.get(block.range, number))
    return Issued(mrn, True, block.range)


def _ended(terminal: Terminal) -> TerminalEnded:
    why = f" ({terminal.why})" if terminal.why else ""
    return TerminalEnded(terminal=terminal.code, state=terminal.state.value, why=why)


def require_not_ended(terminal: Terminal) -> None:
    """Raise if a terminal was replaced, retired or revoked.

    Raises:
        TerminalEnded: it was.
    """
    if terminal.has_ended:
        raise _ended(terminal)


def _change(tx: Transaction, terminal: Terminal, **changed: Any) -> None:
    """Write the new state of a terminal; ``changed`` are fields of `TerminalFact`."""
    fact = TerminalFact(
        tx.new_serial(),
        terminal.heads,
        terminal.code,
        terminal.name,
        terminal.state,
        tuple(sorted(terminal.keys)),
        (),
        terminal.incarnation,
        terminal.why,
    )
    _write_terminal(tx, fact._replace(**changed))


def _close_ranges(tx: Transaction, terminal: Author, why: str) -> None:
    """Issue nothing more from the ranges of a terminal; what it has registered stays covered."""
    for block in tx.registry.blocks_of(terminal):
        if not block.closed:
            tx.begin()
            tx.store.cursors.close(block.range.start, why)
            _replace_range(tx, block, closed=True, why=why)
    tx.flush()


def _write_terminal(tx: Transaction, fact: TerminalFact) -> None:
    tx.append(REGISTRY, facts.TERMINAL, NO_RECORD, bodies.write(fact))
    tx.flush()


def _replace_range(tx: Transaction, block: Block, **changed: Any) -> None:
    """Write the new state of a range; ``changed`` are fields of `RangeFact`."""
    fact = RangeFact(
        tx.new_serial(),
        block.heads,
        block.range.start,
        block.range.end,
        block.terminal,
        block.incarnation,
        block.allocator,
        block.mark,
        block.closed,
        block.source,
        block.why,
        block.format,
    )
    tx.append(REGISTRY, facts.RANGE, NO_RECORD, bodies.write(fact._replace(**changed)))
