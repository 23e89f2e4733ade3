"""Resolutions: what an administrator decides about a conflict. Each act is one function over a tx.

Rules that all acts keep:

1. A number passes on only by `award`. Who is merged or void keeps the number; `sync.admission` sees
   to that, for such a resolution replaces none that gives a number.
2. Whoever is left without a number by an award gets a fresh one in the same transaction.
3. A fresh number that a registration was once given is given to it again, never a second one: a
   card is printed with it.
4. To reopen is to replace. An award is taken back only from whoever has the number by it: one that
   lies below a later award of the same number stays, or its former holder would lose twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from coordinator.arbiter import Arbiter
from coordinator.recovery import DAY_GAP
from sync import admission, bodies, clock, facts, numbers
from sync.admission import Decision
from sync.errors import CannotResolve, ConflictDecided, NotFound
from sync.facts import COORDINATOR, Action, FactId, RecordId, Resolution
from sync.numbers import Mrn
from sync.reader import iso_utc, record_text
from sync.tables import RegistrationRow
from sync.transaction import Transaction

_Written = tuple[RecordId, Resolution]
"""A resolution with the record of the registration that it is about."""


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


class Change(NamedTuple):
    """What a resolution did to one person: the number before and after, and whether it is theirs.

    The card must be printed again when they hold a number now that they did not have before.
    """

    patient: int
    before: Mrn | None
    held_before: bool
    after: Mrn | None
    holds: bool

    @property
    def reprint(self) -> bool:
        """Their card shows another number than the one that they hold."""
        return self.holds and self.before != self.after


class Resolved(NamedTuple):
    """The resolution that was written, and whose numbers it changed."""

    resolution: FactId
    changes: tuple[Change, ...]


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


def resolve(tx: Transaction, arbiter: Arbiter, order: Order) -> Resolved:
    """Decide about a conflict: the resolution and every number that it takes, in one transaction.

    Raises:
        InRecovery: the coordinator gives nothing now.
        NotFound: there is no such conflict, or no such record to merge into.
        ConflictDecided: somebody decided about it whom the administrator has not heard of.
        CannotResolve: the action does not fit; says what to do instead.
    """
    arbiter.recovery.require_over(tx)
    case = open_case(tx, order.registration)
    _require_seen(tx, case, order)
    people = _concerned(tx, case)
    before = {row.id: _number(tx, row.id) for row in people}
    record, resolution = _ACTS[order.action](tx, arbiter, case, order)
    fact = tx.append(COORDINATOR, facts.RESOLUTION, record, bodies.write(resolution))
    tx.flush()
    changes = []
    for patient, (number, held) in before.items():
        after, holds = _number(tx, patient)
        if (number, held) != (after, holds):
            changes.append(Change(patient, number, held, after, holds))
    return Resolved(fact, tuple(changes))


def open_case(tx: Transaction, registration: FactId) -> Case:
    """The conflict about a registration.

    Raises:
        NotFound: there is none.
    """
    found = tx.tables.conflict_of(registration)
    if found is None:
        raise NotFound(what="conflict", key=registration.hex())
    row = tx.tables.registration(found[0])
    decisions = tx.tables.decisions_about(registration)
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
        _number(tx, row.id)[1],
    )


# the acts


def assign(tx: Transaction, arbiter: Arbiter, case: Case, order: Order) -> _Written:
    """The person gets a fresh number, the one they were given before if there is one."""
    _require_legible(case.row, order.action)
    settled = tx.tables.settled_as(case.row.id)
    awarded = case.giving is not None and case.giving.fact.action is Action.AWARD
    if case.holds and not settled and not awarded:
        raise CannotResolve(
            action=order.action,
            why=f"this person has the number {case.row.mrn} by an earlier decision already; "
            "reopen the conflict if that was wrong",
        )
    fresh = _fresh(tx, arbiter, case.row, case.number)
    return case.row.record, _resolution(tx, case, order, case.undone(), mrn=fresh)


def award(tx: Transaction, arbiter: Arbiter, case: Case, order: Order) -> _Written:
    """The person gets the number of the conflict; whoever holds it gets a fresh one."""
    _require_legible(case.row, order.action)
    number = case.number
    if number is None:
        raise CannotResolve(
            action=order.action,
            why="this person was registered without a number, so there is none to award; assign a "
            "fresh one",
        )
    if case.holder is not None and case.holder.id == case.row.id:
        raise CannotResolve(
            action=order.action,
            why=f"this person holds {number} already; reopen the conflict if that was wrong",
        )
    _require_of_its_day(tx, arbiter, number, order.action)
    replaced = (
        *case.overlaid(),
        *(head.id for head in case.heads if head.fact.action is Action.ASSIGN),
    )
    if case.holder is None:
        return case.row.record, _resolution(tx, case, order, replaced, mrn=number)
    fresh = _fresh(tx, arbiter, case.holder, number)
    resolution = _resolution(tx, case, order, replaced, mrn=number)
    return case.row.record, resolution._replace(
        holder=case.holder.fact, holder_record=case.holder.record, holder_mrn=fresh
    )


def merge(tx: Transaction, _arbiter: Arbiter, case: Case, order: Order) -> _Written:
    """Both registrations are one person; both stay, and are found by their numbers."""
    target = _target(tx, case, order)
    if not target.well_formed:
        raise CannotResolve(
            action=order.action,
            why="nothing can be read of the registration to merge it into; name another record "
            "with 'into'",
        )
    settled = tx.tables.settled_as(target.id)
    if settled:
        raise CannotResolve(
            action=order.action,
            why=f"the record {record_text(target.record)} is "
            + ("void" if settled is Action.VOID else "merged into another one")
            + " itself; name the record that counts with 'into'",
        )
    _require_alone(tx, case.row, order.action)
    decision = case.decision
    if (
        decision is not None
        and (decision.fact.action, decision.fact.registration) == (Action.MERGE, case.row.fact)
        and decision.fact.holder == target.fact
    ):
        raise CannotResolve(
            action=order.action, why="it is merged into that record already; nothing is left to do"
        )
    resolution = _resolution(tx, case, order, case.overlaid())
    return case.row.record, resolution._replace(holder=target.fact, holder_record=target.record)


def void(tx: Transaction, _arbiter: Arbiter, case: Case, order: Order) -> _Written:
    """The registration was a mistake; it stays, marked."""
    if tx.tables.settled_as(case.row.id) is Action.VOID:
        raise CannotResolve(
            action=order.action, why="the registration is void already; nothing is left to do"
        )
    _require_alone(tx, case.row, order.action)
    return case.row.record, _resolution(tx, case, order, case.overlaid())


def reopen(tx: Transaction, _arbiter: Arbiter, case: Case, order: Order) -> _Written:
    """What is in force is in force no more; a number that was awarded away comes back."""
    decision = case.decision
    if decision is None:
        raise CannotResolve(
            action=order.action,
            why="nothing is decided about it; choose assign, award, merge or void",
        )
    if decision.fact.registration == case.row.fact:
        return case.row.record, _resolution(tx, case, order, case.undone())
    other = open_case(tx, decision.fact.registration)
    return other.row.record, _resolution(tx, other, order, other.undone())


_Act = Callable[[Transaction, Arbiter, Case, Order], _Written]

_ACTS: Final[dict[Action, _Act]] = {
    Action.ASSIGN: assign,
    Action.AWARD: award,
    Action.MERGE: merge,
    Action.VOID: void,
    Action.REOPEN: reopen,
}


# what they need


def _resolution(
    tx: Transaction,
    case: Case,
    order: Order,
    replaces: tuple[FactId, ...],
    mrn: Mrn | None = None,
) -> Resolution:
    return Resolution(
        tx.new_serial(),
        replaces,
        case.row.fact,
        order.action,
        mrn,
        None,
        None,
        None,
        order.who,
        order.why,
    )


def _require_seen(tx: Transaction, case: Case, order: Order) -> None:
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
    stored = tx.tables.resolution(told.id) if told is not None else None
    if stored is None:
        raise NotFound(what="such resolution of this conflict", key=order.registration.hex())
    _, hlc, fact = stored
    when = iso_utc(clock.unpack(hlc)[0])
    raise ConflictDecided(who=fact.who, action=fact.action, when=when, why=fact.why)


def _require_legible(row: RegistrationRow, action: Action) -> None:
    if not row.well_formed:
        raise CannotResolve(
            action=action,
            why="nothing can be read of this registration, so there is nobody to give a number to. "
            "Register the person again and merge this entry into the new record, or void it",
        )


def _require_alone(tx: Transaction, row: RegistrationRow, action: Action) -> None:
    """A record into which others were merged must go on counting."""
    merged = tx.tables.merged_into(row.fact)
    if merged:
        other = tx.tables.registration(merged[0])
        raise CannotResolve(
            action=action,
            why=f"the registration with the number {other.mrn or other.claimed} is merged into "
            f"this one; reopen that conflict first ({other.fact.hex()})",
        )


def _require_of_its_day(tx: Transaction, arbiter: Arbiter, number: Mrn, action: Action) -> None:
    """An online number far above those of its day would use up all that lie between."""
    parts = numbers.online_parts(number)
    if parts is None:
        return
    day, counter = parts
    floor = arbiter.recovery.day_floor(tx, day)
    if counter > max(tx.tables.day_mark(day), floor) + DAY_GAP:
        raise CannotResolve(
            action=action,
            why=f"{number} lies far above every number of that day, and the day's numbers would "
            "go on from there; assign a fresh one",
        )


def _target(tx: Transaction, case: Case, order: Order) -> RegistrationRow:
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
    rows = [other for other in tx.tables.registrations_of([record]) if other.fact != row.fact]
    return sorted(rows, key=lambda other: (not other.well_formed, other.id))


def _fresh(tx: Transaction, arbiter: Arbiter, row: RegistrationRow, but: Mrn | None) -> Mrn:
    """A number for a registration, other than ``but``: the last that it was given, or a new one."""
    decisions = sorted(
        tx.tables.decisions_about(row.fact), key=lambda one: (one.fact.serial, one.id), reverse=True
    )
    for decision in decisions:
        number = admission.given_number(row.fact, decision.fact)
        own_award = (decision.fact.action, decision.fact.registration) == (Action.AWARD, row.fact)
        if number is None or number == but or own_award:
            continue
        holder = tx.tables.holders([number]).get(number)
        if holder is None or holder == row.id:
            return number
    return arbiter.grant_fresh(tx, row.record, row.terminal)


def _holder(tx: Transaction, number: Mrn) -> RegistrationRow | None:
    patient = tx.tables.holders([number]).get(number)
    return tx.tables.registration(patient) if patient is not None else None


def _number(tx: Transaction, patient: int) -> tuple[Mrn | None, bool]:
    """The number that a registration claims now, and whether it holds it."""
    mrn = tx.tables.registration(patient).mrn
    return mrn, mrn is not None and tx.tables.holders([mrn]).get(mrn) == patient


def _concerned(tx: Transaction, case: Case) -> list[RegistrationRow]:
    """Whose numbers an act on this conflict may change."""
    rows = [case.row, *([case.holder] if case.holder else [])]
    for decision in tx.tables.decisions_about(case.row.fact):
        about = tx.tables.conflict_of(decision.fact.registration)
        if about is not None:
            rows.append(tx.tables.registration(about[0]))
        holder, record = decision.fact.holder, decision.fact.holder_record
        if holder is not None and record is not None:
            rows += tx.tables.registrations_by_fact(record, holder)
    return list({row.id: row for row in rows}.values())
