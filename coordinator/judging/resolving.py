"""Resolutions: what an administrator decides about a conflict. Each act is one function.

Rules that all acts keep:

1. A number passes on only by `award`. A person who is merged or void keeps the number, because such
   a resolution replaces none that gives a number, and `sync.rules.admission` counts those.
2. Whoever loses a number by an award gets a fresh one in the same transaction.
3. A registration gets the fresh number that it was once given again, never a second one, because a
   card may be printed with it.
4. To reopen is to replace. An award is taken back only from whoever has the number by it. One that
   lies below a later award of the same number stays, because its former holder would lose twice.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from coordinator.errors import CannotResolve
from coordinator.judging import cases, merging
from coordinator.judging.arbiter import Arbiter
from coordinator.judging.cases import Case, Order
from sync.engine.amending import require_survivor
from sync.engine.transaction import Transaction
from sync.errors import SeenOtherwise
from sync.model import bodies, facts
from sync.model.facts import COORDINATOR, Action, FactId, RecordId, Resolution
from sync.model.numbers import Mrn
from sync.rules.merging import with_companions
from sync.rules.number_texts import NumberTexts

_Written = tuple[RecordId, Resolution]
"""A resolution with the record of the registration that it is about."""


class NumberChange(NamedTuple):
    """What a resolution did to one person: their number before and after, and if they hold it."""

    patient: int
    before: Mrn | None
    held_before: bool
    after: Mrn | None
    holds: bool

    @property
    def reprint(self) -> bool:
        """True when the card shows another number than the one that they hold now."""
        return self.holds and self.before != self.after


class Resolved(NamedTuple):
    """The resolution that was written, and whose numbers it changed."""

    resolution: FactId
    changes: tuple[NumberChange, ...]


def resolve(tx: Transaction, arbiter: Arbiter, order: Order) -> Resolved:
    """Decide about a conflict: the resolution and every number that it needs, in one transaction.

    Raises:
        InRecovery: the coordinator issues nothing now.
        NotFound: there is no such conflict, or no such record to merge into.
        ConflictDecided: there is a decision that the administrator has not seen.
        CannotResolve: the action is not possible; it says what to do instead.
        MergedIntoAnother: the record to merge into is merged itself; it names the one that counts.
        SeenOtherwise: one of two records to merge was changed meanwhile.
    """
    arbiter.recovery.require_over(tx)
    case = cases.open_case(tx, order.registration)
    cases.require_seen(tx, case, order)
    people = cases.concerned(tx, case)
    before = {row.id: cases.number_of(tx, row.id) for row in people}
    record, resolution = _ACTS[order.action](tx, arbiter, case, order)
    fact = tx.append(COORDINATOR, facts.RESOLUTION, record, bodies.write(resolution))
    tx.flush()
    changes = []
    for patient, (number, held) in before.items():
        after, holds = cases.number_of(tx, patient)
        if (number, held) != (after, holds):
            changes.append(NumberChange(patient, number, held, after, holds))
    return Resolved(fact, tuple(changes))


# the acts


def assign(tx: Transaction, arbiter: Arbiter, case: Case, order: Order) -> _Written:
    """Give the person a fresh number, or the fresh one that they were given before."""
    cases.require_legible(case.row, order.action)
    settled = tx.store.merges.of(case.row.id)
    awarded = case.giving is not None and case.giving.fact.action is Action.AWARD
    # A merged or void person may be assigned a number, which takes that back; so may one who has
    # an awarded number, which goes back. Whoever holds an assigned one has what `assign` gives.
    if case.holds and not settled and not awarded:
        texts = NumberTexts(tx.registry, tx.store.printed)
        raise CannotResolve(
            action=order.action,
            why=f"this person has the number {texts.text(case.row.mrn)} by an earlier decision "
            "already; reopen the conflict if that was wrong",
        )
    fresh = cases.fresh_number(tx, arbiter, case.row, case.number)
    return case.row.record, _resolution(tx, case, order, case.undone(), mrn=fresh)


def award(tx: Transaction, arbiter: Arbiter, case: Case, order: Order) -> _Written:
    """Give the person the number of the conflict; whoever holds it gets a fresh one."""
    cases.require_legible(case.row, order.action)
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
    cases.require_of_its_day(tx, arbiter, number, order.action)
    replaced = (
        *merging.settling(case.heads),
        *(head.id for head in case.heads if head.fact.action is Action.ASSIGN),
    )
    if case.holder is None:
        cases.require_not_ahead(tx, case.row, number, order.action)
        return case.row.record, _resolution(tx, case, order, replaced, mrn=number)
    fresh = cases.fresh_number(tx, arbiter, case.holder, number)
    resolution = _resolution(tx, case, order, replaced, mrn=number)
    return case.row.record, resolution._replace(
        holder=case.holder.fact, holder_record=case.holder.record, holder_mrn=fresh
    )


def merge(tx: Transaction, _arbiter: Arbiter, case: Case, order: Order) -> _Written:
    """Merge two registrations of one person; both stay, and are found by their numbers."""
    target = cases.target_of(tx, case, order)
    require_survivor(tx, target)
    why_not = merging.why_not_into(tx, case.row, target)
    settled = tx.store.merges.of(case.row.id)
    if settled is not None and settled.survivor == (target.record, target.fact):
        why_not = "it is merged into that record already; nothing is left to do"
    if why_not is None and order.taken and not case.row.well_formed:
        why_not = merging.NOTHING_TO_TAKE
    if why_not is not None:
        raise CannotResolve(action=order.action, why=why_not)
    if not order.is_as_seen(case.row.id, target.id):
        raise SeenOtherwise()
    resolution = _resolution(tx, case, order, merging.settling(case.heads))
    return case.row.record, resolution._replace(
        holder=target.fact, holder_record=target.record, taken=with_companions(order.taken)
    )


def void(tx: Transaction, _arbiter: Arbiter, case: Case, order: Order) -> _Written:
    """Mark the registration as a mistake; it stays."""
    why_not = merging.why_not_void(tx, case.row)
    if merging.is_void(tx, case.row):
        why_not = "the registration is void already; nothing is left to do"
    if why_not is not None:
        raise CannotResolve(action=order.action, why=why_not)
    return case.row.record, _resolution(tx, case, order, merging.settling(case.heads))


def reopen(tx: Transaction, _arbiter: Arbiter, case: Case, order: Order) -> _Written:
    """Take back what is in force; a number that was awarded away comes back."""
    decision = case.decision
    if decision is None:
        raise CannotResolve(
            action=order.action,
            why="nothing is decided about it; choose assign, award, merge or void",
        )
    if decision.fact.registration == case.row.fact:
        return case.row.record, _resolution(tx, case, order, case.undone())
    # This person lost the number by an award to another one: that award is what is taken back.
    other = cases.open_case(tx, decision.fact.registration)
    return other.row.record, _resolution(tx, other, order, other.undone())


_Act = Callable[[Transaction, Arbiter, Case, Order], _Written]

_ACTS: Final[dict[Action, _Act]] = {
    Action.ASSIGN: assign,
    Action.AWARD: award,
    Action.MERGE: merge,
    Action.VOID: void,
    Action.REOPEN: reopen,
}


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
        known=order.known,
    )
