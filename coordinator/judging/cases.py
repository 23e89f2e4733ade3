"""A conflict as an administrator finds it: what is in force, who holds the number, what fits.

What an act on it needs and what it must not do is looked up here; the acts are in
`coordinator.judging.resolving`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from coordinator.errors import CannotResolve, ConflictDecided
from coordinator.judging.arbiter import Arbiter
from coordinator.judging.recovery import DAY_GAP
from sync.engine.transaction import Transaction
from sync.errors import NotFound
from sync.model import clock, numbers
from sync.model.facts import Action, Allocator, FactId, RecordId
from sync.model.numbers import Mrn
from sync.reading.answers import iso_utc, record_text
from sync.rules import admission
from sync.rules.admission import Decision
from sync.storage.people import RegistrationRow


class Seen(NamedTuple):
    """The resolution that was in force when the administrator looked; None for an open conflict."""

    resolution: FactId | None


class Order(NamedTuple):
    """What an administrator wants done about the conflict of one registration.

    ``into`` is for `merge`; None takes the other person of the conflict. Without ``seen`` only an
    open conflict is resolved, and whatever is in force is reopened.
    """

    registration: FactId
    action: Action
    who: str
    why: str
    into: RecordId | None = None
    seen: Seen | None = None


class Case(NamedTuple):
    """A conflict as it stands in the transaction that resolves it.

    ``heads`` are the resolutions of its registration that none replaces, ``giving`` the one of them
    that gives it the number that it claims, ``decision`` the one in force, perhaps about another
    registration, to which the number was awarded.
    """

    row: RegistrationRow
    heads: Sequence[Decision]
    giving: Decision | None
    decision: Decision | None
    holder: RegistrationRow | None
    holds: bool

    @property
    def number(self) -> Mrn | None:
        """The number that the conflict is about."""
        return Mrn(self.row.claimed) if self.row.well_formed and self.row.claimed else None

    def undone(self) -> tuple[FactId, ...]:
        """What to replace so that none of it is in force any more; see rule 4."""
        return tuple(
            head.id
            for head in self.heads
            if head.fact.action is not Action.AWARD or head is self.giving
        )

    def overlaid(self) -> tuple[FactId, ...]:
        """What to replace when all that gives numbers shall stay."""
        kept = (Action.ASSIGN, Action.AWARD)
        return tuple(head.id for head in self.heads if head.fact.action not in kept)


def open_case(tx: Transaction, registration: FactId) -> Case:
    """The conflict about a registration.

    Raises:
        NotFound: there is none.
    """
    found = tx.store.people.conflict_of(registration)
    if found is None:
        raise NotFound(what="conflict", key=registration.hex())
    row = tx.store.people.registration(found[0])
    decisions = tx.store.decisions.about(registration)
    by_id = {decision.id: decision for decision in decisions}
    heads = admission.heads(registration, decisions)
    giving = [
        head
        for head in heads
        if head.fact.serial == row.resolved
        and admission.given_number(registration, head.fact) is not None
    ]
    holder = None
    if row.well_formed and row.claimed:
        holder = _holder(tx, Mrn(row.claimed))
    return Case(
        row,
        heads,
        giving[-1] if giving else None,
        by_id.get(found[1]) if found[1] is not None else None,
        holder,
        number_of(tx, row.id)[1],
    )


def require_seen(tx: Transaction, case: Case, order: Order) -> None:
    """Pass only if the administrator knows what is in force.

    Raises:
        ConflictDecided: tells who decided what meanwhile.
    """
    current = case.decision.id if case.decision is not None else None
    if order.seen is None:
        if current is None or order.action is Action.REOPEN:
            return
    elif order.seen.resolution == current:
        return
    told = case.decision or (case.heads[-1] if case.heads else None)
    stored = tx.store.decisions.resolution(told.id) if told is not None else None
    if stored is None:
        raise NotFound(what="such resolution of this conflict", key=order.registration.hex())
    _, hlc, fact = stored
    when = iso_utc(clock.unpack(hlc)[0])
    raise ConflictDecided(who=fact.who, action=fact.action, when=when, why=fact.why)


def require_legible(row: RegistrationRow, action: Action) -> None:
    """Somebody must be known to give a number to.

    Raises:
        CannotResolve: the registration is malformed.
    """
    if not row.well_formed:
        raise CannotResolve(
            action=action,
            why="nothing can be read of this registration, so there is nobody to give a number to. "
            "Register the person again and merge this entry into the new record, or void it",
        )


def require_alone(tx: Transaction, row: RegistrationRow, action: Action) -> None:
    """A record into which others were merged must go on counting.

    Raises:
        CannotResolve: there are such others.
    """
    merged = tx.store.people.merged_into(row.fact)
    if merged:
        other = tx.store.people.registration(merged[0])
        raise CannotResolve(
            action=action,
            why=f"the registration with the number {other.mrn or other.claimed} is merged into "
            f"this one; reopen that conflict first ({other.fact.hex()})",
        )


def require_of_its_day(tx: Transaction, arbiter: Arbiter, number: Mrn, action: Action) -> None:
    """An online number far above those of its day would use up all that lie between.

    Raises:
        CannotResolve: it is such a number.
    """
    parts = numbers.online_parts(number)
    if parts is None:
        return
    day, counter = parts
    floor = arbiter.recovery.day_floor(tx, day)
    if counter > max(tx.store.numbers.day_mark(day), floor) + DAY_GAP:
        raise CannotResolve(
            action=action,
            why=f"{number} lies far above every number of that day, and the day's numbers would "
            "go on from there; assign a fresh one",
        )


def require_not_ahead(tx: Transaction, row: RegistrationRow, number: Mrn, action: Action) -> None:
    """A number that another desk is going to give, perhaps alone, is not given before it.

    Raises:
        CannotResolve: it is such a number.
    """
    plain = numbers.plain_number(number)
    for block in tx.registry.blocks_at(plain) if plain is not None else ():
        gives = block.allocator is Allocator.NODE and not block.closed
        used = max(block.mark, tx.store.numbers.range_mark(block.range))
        if gives and block.terminal != row.terminal and plain is not None and plain > used:
            raise CannotResolve(
                action=action,
                why=f"{number} lies in the range {block.range.text} of {block.terminal}, which is "
                "going to give it to somebody else; assign a fresh one",
            )


def target_of(tx: Transaction, case: Case, order: Order) -> RegistrationRow:
    """Whom to merge into: the one that was named, else the other person of the conflict.

    Raises:
        NotFound, CannotResolve: there is none.
    """
    if order.into is not None:
        others = _others(tx, order.into, case.row)
        if not others:
            raise NotFound(
                what="other registration under the record id", key=record_text(order.into)
            )
        return others[0]
    if case.holder is not None and case.holder.id != case.row.id:
        return case.holder
    others = _others(tx, case.row.record, case.row)
    if others:
        return others[0]
    raise CannotResolve(
        action=order.action,
        why="nobody else has this number; name the record that counts with 'into'",
    )


def _others(tx: Transaction, record: RecordId, row: RegistrationRow) -> list[RegistrationRow]:
    """The registrations under a record id but for one, those that can be read first."""
    rows = [other for other in tx.store.people.registrations_of([record]) if other.fact != row.fact]
    return sorted(rows, key=lambda other: (not other.well_formed, other.id))


def fresh_number(tx: Transaction, arbiter: Arbiter, row: RegistrationRow, but: Mrn | None) -> Mrn:
    """A number for a registration, other than ``but``: the last that it was given, or a new one."""
    decisions = sorted(
        tx.store.decisions.about(row.fact),
        key=lambda one: (one.fact.serial, one.id),
        reverse=True,
    )
    for decision in decisions:
        number = admission.given_number(row.fact, decision.fact)
        own_award = (decision.fact.action, decision.fact.registration) == (Action.AWARD, row.fact)
        if number is None or number == but or own_award:
            continue
        holder = tx.store.people.holders([number]).get(number)
        if holder is None or holder == row.id:
            return number
    return arbiter.grant_fresh(tx, row.record, row.terminal)


def _holder(tx: Transaction, number: Mrn) -> RegistrationRow | None:
    patient = tx.store.people.holders([number]).get(number)
    return tx.store.people.registration(patient) if patient is not None else None


def number_of(tx: Transaction, patient: int) -> tuple[Mrn | None, bool]:
    """The number that a registration claims now, and whether it holds it."""
    mrn = tx.store.people.registration(patient).mrn
    return mrn, mrn is not None and tx.store.people.holders([mrn]).get(mrn) == patient


def concerned(tx: Transaction, case: Case) -> list[RegistrationRow]:
    """Whose numbers an act on this conflict may change."""
    rows = [case.row, *([case.holder] if case.holder else [])]
    for decision in tx.store.decisions.about(case.row.fact):
        about = tx.store.people.conflict_of(decision.fact.registration)
        if about is not None:
            rows.append(tx.store.people.registration(about[0]))
        holder, record = decision.fact.holder, decision.fact.holder_record
        if holder is not None and record is not None:
            rows += tx.store.people.registrations_by_fact(record, holder)
    return list({row.id: row for row in rows}.values())
