"""A conflict as an administrator finds it: what is in force, who holds the number, what is allowed.

`coordinator.judging.resolving` has the acts on a conflict. What they need to know, and what they
must refuse, is found out here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from coordinator.errors import CannotResolve, ConflictDecided
from coordinator.judging.arbiter import Arbiter
from coordinator.judging.recovery import DAY_GAP
from sync.engine.transaction import Transaction
from sync.errors import NotFound
from sync.model import numbers
from sync.model.clerks.known import KnownBy
from sync.model.facts import COORDINATOR, Action, Allocator, FactId, RecordId
from sync.model.numbers import Mrn
from sync.reading.answers import record_text
from sync.rules import admission
from sync.rules.admission import Decision
from sync.rules.number_texts import NumberTexts
from sync.storage.people import RegistrationRow


class Seen(NamedTuple):
    """The resolution that was in force when the administrator looked; None for an open conflict."""

    resolution: FactId | None


class Order(NamedTuple):
    """What an administrator wants done about the conflict of one registration.

    ``into`` is the record to merge into; None takes the other person of the conflict. Without
    ``seen`` only an open conflict is resolved, and a reopening takes back whatever is in force.
    ``known`` is how the name of whoever decides is known. A merge takes the values of the fields
    ``taken``, if ``is_as_seen`` says of both records (local ids) that they say what was read.
    """

    registration: FactId
    action: Action
    who: str
    why: str
    into: RecordId | None = None
    seen: Seen | None = None
    known: KnownBy | None = None
    taken: tuple[str, ...] = ()
    is_as_seen: Callable[[int, int], bool] = lambda _former, _survivor: True


class Case(NamedTuple):
    """A conflict as it stands in the transaction that resolves it.

    ``row`` is the registration that it is about, ``holder`` whoever holds the number, ``holds``
    whether that registration holds the number that it claims now. ``heads`` are the resolutions of
    the registration that no other replaces; ``giving`` is the one of them that gives it the number
    that it claims. ``decision`` is the resolution in force: that may be one about another
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
        """The resolutions to replace so that none is in force; see rule 4 of `resolving`."""
        return tuple(
            head.id
            for head in self.heads
            if head.fact.action is not Action.AWARD or head is self.giving
        )


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
    """Raise unless the administrator knows what is in force.

    Raises:
        ConflictDecided: somebody else has decided meanwhile; it names who and what.
    """
    current = case.decision.id if case.decision is not None else None
    if order.seen is None:
        if current is None or order.action is Action.REOPEN:
            return
    elif order.seen.resolution == current:
        return
    # When what the administrator saw was taken back, the newest reopening says by whom.
    newest = case.decision or (case.heads[-1] if case.heads else None)
    stored = tx.store.decisions.resolution(newest.id) if newest is not None else None
    if stored is None:
        raise NotFound(what="such resolution of this conflict", key=order.registration.hex())
    _, hlc, fact = stored
    when = tx.registry.times.iso(COORDINATOR, hlc)
    raise ConflictDecided(who=fact.who, action=fact.action, when=when, why=fact.why)


def require_legible(row: RegistrationRow, action: Action) -> None:
    """Raise unless it is known who would get a number.

    Raises:
        CannotResolve: the registration is malformed.
    """
    if not row.well_formed:
        raise CannotResolve(
            action=action,
            why="nothing can be read of this registration, so there is nobody to give a number to. "
            "Register the person again and merge this entry into the new record, or void it",
        )


def require_of_its_day(tx: Transaction, arbiter: Arbiter, number: Mrn, action: Action) -> None:
    """Raise for an online number far above all others of its day.

    The counter of a day goes on above its highest number, so all between would be used up.

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
            why=f"{_shown(tx, number)} lies far above every number of that day, and the day's "
            "numbers would go on from there; assign a fresh one",
        )


def require_not_ahead(tx: Transaction, row: RegistrationRow, number: Mrn, action: Action) -> None:
    """Raise for a number that another desk has not come to yet.

    That desk may be alone, and would issue the number again.

    Raises:
        CannotResolve: it is such a number.
    """
    plain = numbers.plain_number(number)
    for block in tx.registry.blocks_at(plain) if plain is not None else ():
        will_issue = block.allocator is Allocator.NODE and not block.closed
        used = max(block.mark, tx.store.numbers.range_mark(block.range))
        is_others = block.terminal != row.terminal
        if will_issue and is_others and plain is not None and plain > used:
            raise CannotResolve(
                action=action,
                why=f"{_shown(tx, number)} lies in the range {block.range.text} of "
                f"{block.terminal}, which is going to give it to somebody else; assign a fresh one",
            )


def target_of(tx: Transaction, case: Case, order: Order) -> RegistrationRow:
    """The registration to merge into: the one that was named, or the other one of the conflict.

    Raises:
        NotFound: the record that was named has no other registration.
        CannotResolve: none was named, and the conflict has no other one.
    """
    if order.into is not None:
        others = _others(tx, order.into, case.row)
        if not others:
            raise NotFound(
                what="other registration under the record id", key=record_text(order.into)
            )
        return others[0]
    if case.holder is not None and case.holder.id != case.row.id:
        return _survivor(tx, case.holder)
    # Two registrations under one record id conflict without sharing a number.
    others = _others(tx, case.row.record, case.row)
    if others:
        return _survivor(tx, others[0])
    raise CannotResolve(
        action=order.action,
        why="nobody else has this number; name the record that counts (`--into RECORD`, or `into` "
        "in a call)",
    )


def _survivor(tx: Transaction, row: RegistrationRow) -> RegistrationRow:
    """The registration that stands for another one: nobody has named that, so nobody is misled."""
    settled = tx.store.merges.of(row.id)
    if settled is None or settled.survivor is None:
        return row
    rows = tx.store.people.registrations_by_fact(*settled.survivor)
    return rows[0] if rows else row


def _others(tx: Transaction, record: RecordId, row: RegistrationRow) -> list[RegistrationRow]:
    """The registrations under a record id except ``row``; those that can be read come first."""
    rows = [other for other in tx.store.people.registrations_of([record]) if other.fact != row.fact]
    return sorted(rows, key=lambda other: (not other.well_formed, other.id))


def fresh_number(tx: Transaction, arbiter: Arbiter, row: RegistrationRow, but: Mrn | None) -> Mrn:
    """A number for a registration, other than ``but``.

    That is the newest number that a resolution gave it and that nobody else holds, because a card
    may be printed with it. Only if there is none is a fresh one granted.
    """
    decisions = sorted(
        tx.store.decisions.about(row.fact),
        key=lambda one: (one.fact.serial, one.id),
        reverse=True,
    )
    for decision in decisions:
        number = admission.given_number(row.fact, decision.fact)
        # A number that was awarded was another person's before: it is not a number of its own.
        own_award = (decision.fact.action, decision.fact.registration) == (Action.AWARD, row.fact)
        if number is None or number == but or own_award:
            continue
        holder = tx.store.people.holders([number]).get(number)
        if holder is None or holder == row.id:
            return number
    return arbiter.grant_fresh(tx, row.record, row.terminal)


def _shown(tx: Transaction, number: Mrn) -> str | None:
    return NumberTexts(tx.registry, tx.store.printed).text(number)


def _holder(tx: Transaction, number: Mrn) -> RegistrationRow | None:
    patient = tx.store.people.holders([number]).get(number)
    return tx.store.people.registration(patient) if patient is not None else None


def number_of(tx: Transaction, patient: int) -> tuple[Mrn | None, bool]:
    """The number that a registration (its local id) claims now, and whether it holds it."""
    mrn = tx.store.people.registration(patient).mrn
    return mrn, mrn is not None and tx.store.people.holders([mrn]).get(mrn) == patient


def concerned(tx: Transaction, case: Case) -> list[RegistrationRow]:
    """The registrations whose numbers an act on this conflict can change."""
    rows = [case.row, *([case.holder] if case.holder else [])]
    for decision in tx.store.decisions.about(case.row.fact):
        about = tx.store.people.conflict_of(decision.fact.registration)
        if about is not None:
            rows.append(tx.store.people.registration(about[0]))
        holder, record = decision.fact.holder, decision.fact.holder_record
        if holder is not None and record is not None:
            rows += tx.store.people.registrations_by_fact(record, holder)
    return list({row.id: row for row in rows}.values())
