"""What the API does to terminals, one transaction for each call, and how it shows them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypedDict

from coordinator.errors import MarkFixed
from coordinator.registry import enrolments, ranges, terminals
from coordinator.registry.pool import Pool
from coordinator.registry.usage import Account, RangeStanding, in_use
from sync.engine.transaction import Transaction
from sync.errors import NotFound
from sync.model import reasons
from sync.model.facts import Allocator, Author, Incarnation, State, as_terminal_code
from sync.model.formats import Day, Time, iso_utc_of_ms
from sync.model.numbers import NumberRange
from sync.model.reasons import FixedReason
from sync.rules.registry import Registry, Terminal


class NewTerminal(NamedTuple):
    """A terminal to be made.

    ``joining`` are the public key and the incarnation of its node, None for a terminal without one.
    ``mark`` is the last number of its range that the earlier system issued, 0 for none. For
    ``never_granted`` see `coordinator.registry.pool.require_known`.
    """

    code: str
    name: str | None = None
    range: NumberRange | None = None
    mark: int = 0
    is_active: bool = True
    joining: tuple[bytes, Incarnation] | None = None
    never_granted: bool = False


class TerminalChanges(NamedTuple):
    """What to change of a terminal; None leaves a field as it is. ``why`` goes with ``state``.

    For ``never_granted`` see `coordinator.registry.pool.require_known`.
    """

    name: str | None = None
    state: State | None = None
    is_active: bool | None = None
    why: str = ""
    range: NumberRange | None = None
    mark: int | None = None
    never_granted: bool = False

    @property
    def only_revokes(self) -> bool:
        """True when nothing is asked for but that a stolen terminal is trusted no more."""
        return self == TerminalChanges(state=State.REVOKED, why=self.why)


def find(registry: Registry, text: str) -> Terminal:
    """The terminal with an id or a code; they cannot be mixed up: no code is all digits.

    No two terminals have one id, see `sync.rules.registry.Terminal`.

    Raises:
        NotFound: there is none.
    """
    code = Author(as_terminal_code(text))
    for terminal in registry.terminals.values():
        if terminal.code == code or str(terminal.id) == text:
            return terminal
    raise NotFound(what="terminal", key=text)


def create(tx: Transaction, new: NewTerminal) -> None:
    """Make a terminal, or let a node join as one that exists.

    Raises:
        TerminalError, NumberError: see `coordinator.registry.terminals`; nothing was made.
    """
    if new.joining is None or Author(new.code) not in tx.registry.terminals:
        terminals.add_terminal(tx, new.code, new.name or "")
    if new.joining is not None:
        terminals.join_node(tx, new.code, *new.joining)
        terminals.change_terminal(tx, new.code, name=new.name or None)
    if new.range is not None:
        ranges.further_range(tx, new.code, new.range, new.mark, new.never_granted)
    if not new.is_active:
        terminals.change_terminal(tx, new.code, state=State.INACTIVE)


def update(tx: Transaction, code: str, changes: TerminalChanges) -> None:
    """Change a terminal.

    Raises:
        MarkFixed: the call would change how far its numbers are used.
        TerminalError, NumberError: see `coordinator.registry.terminals`; nothing was changed.
    """
    terminal = terminals.known(tx, code)
    standing = in_use(terminal, ranges.standings(tx).get(terminal.code, ()))
    mark = standing.highest if standing else 0
    # Clients send back what they were shown, so the mark as it is must be let through.
    if changes.mark not in (None, mark):
        raise MarkFixed(terminal=terminal.code, mark=mark)
    state = changes.state
    # `is_active` is what clients of the earlier system know. It cannot say which of the states that
    # are not active is meant, so a terminal that is not active stays as it is.
    if changes.is_active:
        state = State.ACTIVE
    elif changes.is_active is False and terminal.state is State.ACTIVE:
        state = state or State.INACTIVE
    # An inactive terminal gets no range: activate before the grant, deactivate after it.
    if state is State.ACTIVE:
        terminals.change_terminal(tx, code, state=state, why=changes.why)
    if changes.range is not None:
        ranges.further_range(tx, code, changes.range, never_granted=changes.never_granted)
    terminals.change_terminal(tx, code, name=changes.name, state=state, why=changes.why)
    # The code for a computer that takes the place of a replaced one may have been made before.
    if state in (State.RETIRED, State.REVOKED):
        enrolments.end_codes(tx, code)


def delete(tx: Transaction, code: str) -> None:
    """Retire a terminal; its code stays, because its patients refer to it.

    Raises:
        TerminalNotFound: there is none of that code.
    """
    if not terminals.known(tx, code).has_ended:
        terminals.change_terminal(tx, code, state=State.RETIRED, why=reasons.DELETED)
    enrolments.end_codes(tx, code)


# what the API answers


class RangeAnswer(TypedDict):
    """A range of a terminal; ``mark`` is the last number of it that another allocator issued.

    ``closed`` says why nothing is issued from it, null while it is open; ``closed_fixed`` is the
    same by a code, if the software itself has written it.
    """

    range: str
    start: int
    end: int
    allocator: Allocator
    mark: int | None
    highest_used: int | None
    used: int
    remaining: int
    percent: float
    closed: str | None
    closed_fixed: FixedReason | None
    source: str
    granted_at: Time


class TerminalAnswer(TypedDict):
    """A terminal; the ``offline_`` fields describe the range in use."""

    id: int
    code: str
    name: str
    state: State
    reason: str
    reason_fixed: FixedReason | None
    is_active: bool
    has_node: bool
    offline_range_start: int | None
    offline_range_end: int | None
    offline_current: int
    ranges: list[RangeAnswer]
    created_at: Time
    updated_at: Time


class UsageAnswer(TypedDict):
    """How far an active terminal has used the numbers that it holds, and how fast."""

    code: str
    text: str
    used: int
    total: int
    remaining: int
    percent: float
    confirmed: int
    unconfirmed: int
    refused: int
    per_day: float
    days_left: int | None
    used_up_on: Day | None


class QuotaLifted(TypedDict):
    """Until when a terminal gets what it asks for."""

    code: str
    until: Time


class TokenAnswer(TypedDict):
    """A new token of a terminal; it is not stored, so this answer is the only one that has it."""

    code: str
    token: str


class PoolAnswer(TypedDict):
    """The pool; ``next`` is its next free block, null when it has none."""

    range: str
    block: int
    on: bool
    is_closed: bool
    closed: list[str]
    next: str | None


def terminal_answer(terminal: Terminal, standings: Sequence[RangeStanding]) -> TerminalAnswer:
    """A terminal as the API shows it.

    Args:
        standings: its ranges, the oldest first.
    """
    current = in_use(terminal, standings)
    return {
        "id": terminal.id,
        "code": terminal.code,
        "name": terminal.name,
        "state": terminal.state,
        "reason": terminal.why,
        "reason_fixed": reasons.fixed(terminal.why),
        "is_active": terminal.state is State.ACTIVE,
        "has_node": terminal.has_node,
        "offline_range_start": current.block.range.start if current else None,
        "offline_range_end": current.block.range.end if current else None,
        "offline_current": current.highest if current else 0,
        "ranges": [range_answer(standing) for standing in standings],
        "created_at": iso_utc_of_ms(terminal.created_ms),
        "updated_at": iso_utc_of_ms(terminal.updated_ms),
    }


def range_answer(standing: RangeStanding) -> RangeAnswer:
    """A range as the API shows it, with how far it is used."""
    block = standing.block
    return {
        "range": block.range.text,
        "start": block.range.start,
        "end": block.range.end,
        "allocator": block.allocator,
        "mark": block.mark if block.mark in block.range else None,
        "highest_used": standing.highest or None,
        "used": standing.used,
        "remaining": standing.remaining,
        "percent": round(standing.percent, 1),
        "closed": standing.closed,
        "closed_fixed": reasons.fixed(standing.closed) if standing.closed else None,
        "source": block.source,
        "granted_at": iso_utc_of_ms(block.granted_ms),
    }


def usage_answer(account: Account) -> UsageAnswer:
    """How far a terminal's numbers are used, as the API shows it."""
    usage, rate, forecast = account
    return {
        "code": usage.terminal,
        "text": usage.text,
        "used": usage.used,
        "total": usage.total,
        "remaining": usage.remaining,
        "percent": round(usage.percent, 1),
        "confirmed": rate.confirmed,
        "unconfirmed": rate.unconfirmed,
        "refused": rate.refused,
        "per_day": round(rate.per_day, 1),
        "days_left": forecast.days if forecast else None,
        "used_up_on": forecast.day.isoformat() if forecast else None,
    }


def pool_answer(pool: Pool, following: NumberRange | None) -> PoolAnswer:
    """The pool as the API shows it.

    Args:
        following: its next free block, None when it has none.
    """
    return {
        "range": pool.range.text,
        "block": pool.block,
        "on": pool.on,
        "is_closed": pool.is_closed,
        "closed": [closed.text for closed in pool.closed],
        "next": following.text if following else None,
    }
