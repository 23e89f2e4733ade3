"""Which records count: merging two of one person, void registrations, and taking that back.

A conflict and a pair of records that nothing was wrong with are merged by the same rules, and by
the same kind of fact: `coordinator.judging.resolving` asks here. What holds after each act:

1. What is written replaces all that made the registration merged or void before, also what another
   coordinator decided, and nothing that gave it a number.
2. A record that is merged into another one takes part in nothing. So no request closes a ring, and
   chains come about only when a survivor is merged.
3. What both records said was seen by whoever merges them.
4. Two records of which it was decided that they are two people never count as one until that is
   taken back (`coordinator.judging.pairs`): neither they are merged, nor others for which they
   count or that count for them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from coordinator.errors import CannotMerge
from coordinator.judging.arbiter import Arbiter
from sync.engine.amending import require_survivor
from sync.engine.records.pairs import between
from sync.engine.transaction import Transaction
from sync.errors import NotFound, SeenOtherwise
from sync.model import bodies, facts
from sync.model.clerks.known import KnownBy
from sync.model.facts import COORDINATOR, Action, FactId, RecordId, Resolution
from sync.reading.answers import record_text
from sync.rules import admission, merging, pairs
from sync.rules.number_texts import NumberTexts
from sync.storage.people import RegistrationRow

NOTHING_TO_TAKE: Final = (
    "nothing can be read of the record that is to be merged, so nothing can be taken"
)


class Decider(NamedTuple):
    """Who decides, and why; ``asked`` is the request of a desk that is carried out.

    ``known`` is how the name is known.
    """

    who: str
    why: str
    asked: FactId | None = None
    known: KnownBy | None = None


class Pair(NamedTuple):
    """Two registrations (local ids) of one person; ``taken`` are the fields of the former one."""

    former: int
    survivor: int
    taken: tuple[str, ...] = ()


def merge(
    tx: Transaction,
    arbiter: Arbiter,
    pair: Pair,
    decider: Decider,
    is_as_seen: Callable[[], bool] = lambda: True,
) -> FactId:
    """Let two records count as one; return the resolution.

    Args:
        is_as_seen: whether both still say what the administrator has seen side by side.

    Raises:
        InRecovery: the coordinator decides nothing now.
        NotFound: there is no such registration.
        MergedIntoAnother: one of them takes part in nothing; it names the record that does.
        CannotMerge: it says why not.
        SeenOtherwise: somebody has changed one of them meanwhile.
    """
    arbiter.recovery.require_over(tx)
    former, survivor = row_of(tx, pair.former), row_of(tx, pair.survivor)
    for row in (former, survivor):
        require_survivor(tx, row)
    if is_void(tx, former):
        raise CannotMerge(why="the record that is to be merged is void; take that back first")
    why_not = why_not_into(tx, former, survivor)
    if why_not is None and pair.taken and not former.well_formed:
        why_not = NOTHING_TO_TAKE
    if why_not is not None:
        raise CannotMerge(why=why_not)
    if not is_as_seen():
        raise SeenOtherwise()
    taken = merging.with_companions(pair.taken)
    return _write(tx, former, Action.MERGE, decider, into=survivor, taken=taken)


def unmerge(tx: Transaction, arbiter: Arbiter, patient: int, decider: Decider) -> FactId:
    """Take back what merged a record (local id) into another one; return the resolution.

    Raises:
        InRecovery, NotFound: as of `merge`.
        CannotMerge: it is not merged.
    """
    arbiter.recovery.require_over(tx)
    row = row_of(tx, patient)
    settled = tx.store.merges.of(row.id)
    if settled is None or settled.action is not Action.MERGE:
        raise CannotMerge(why="this record is not merged into another one")
    return _write(tx, row, Action.REOPEN, decider)


def void(tx: Transaction, arbiter: Arbiter, patient: int, decider: Decider) -> FactId:
    """Mark a registration as a mistake; it stays, and its number stays used.

    Raises:
        InRecovery, NotFound, MergedIntoAnother: as of `merge`.
        CannotMerge: it is void already, or others are merged into it.
    """
    arbiter.recovery.require_over(tx)
    row = row_of(tx, patient)
    require_survivor(tx, row)
    if is_void(tx, row):
        raise CannotMerge(why="this record is void already")
    why_not = why_not_void(tx, row)
    if why_not is not None:
        raise CannotMerge(why=why_not)
    return _write(tx, row, Action.VOID, decider)


def unvoid(tx: Transaction, arbiter: Arbiter, patient: int, decider: Decider) -> FactId:
    """Let a registration that was marked as a mistake count again.

    Raises:
        InRecovery, NotFound: as of `merge`.
        CannotMerge: it is not void.
    """
    arbiter.recovery.require_over(tx)
    row = row_of(tx, patient)
    if not is_void(tx, row):
        raise CannotMerge(why="this record is not void")
    return _write(tx, row, Action.REOPEN, decider)


# what is allowed, also to whoever resolves a conflict


def row_of(tx: Transaction, patient: int) -> RegistrationRow:
    """A registration by local id.

    Raises:
        NotFound: there is none.
    """
    rows = tx.store.people.registrations_of_ids([patient])
    if not rows:
        raise NotFound(what="patient", key=patient)
    return rows[0]


def is_void(tx: Transaction, row: RegistrationRow) -> bool:
    """True for a registration that counts as a mistake."""
    settled = tx.store.merges.of(row.id)
    return settled is not None and settled.action is Action.VOID


def why_not_into(tx: Transaction, former: RegistrationRow, survivor: RegistrationRow) -> str | None:
    """Why one registration cannot be merged into another one; None if it can."""
    if former.id == survivor.id:
        return "both are the same record; name two"
    if not survivor.well_formed:
        return "nothing can be read of the record to merge it into; name another one"
    if is_void(tx, survivor):
        return "the record to merge it into is void; take that back first, or name another one"
    kept = between(tx.store, former.fact, survivor.fact)
    if kept is None:
        return None
    decided = kept.decision.fact
    if {decided.one, decided.other} == {former.fact, survivor.fact}:
        return f"{decided.who} decided that they are two people; take that back first"
    ones = (kept.record, decided.one), (decided.other_record, decided.other)
    numbers = " and ".join(_shown(tx, *one) for one in ones)
    records = " ".join(record_text(record) for record, _ in ones)
    return (
        f"{decided.who} decided that {numbers} are two people, and they would count as one; "
        "unmerge the one that is merged wrongly, or take that back first, with "
        f"`mrnmesh-coordinator people maybe-one {records}`"
    )


def _shown(tx: Transaction, record: RecordId, fact: FactId) -> str:
    """The number of a registration, as it is printed; its record id if it has none."""
    rows = tx.store.people.registrations_by_fact(record, fact)
    number = (rows[0].mrn or rows[0].claimed) if rows else None
    return NumberTexts(tx.registry, tx.store.printed).text(number) or record_text(record)


def two_people(
    tx: Transaction, one: RegistrationRow, other: RegistrationRow
) -> pairs.DecidedPair | None:
    """The decision by which two registrations are two people, None if they may be one."""
    ident = tx.store.pairs.decided(pairs.pair_of(one.fact, other.fact))
    kept = tx.store.pairs.decision(ident) if ident is not None else None
    return kept.decision if kept is not None else None


def why_not_void(tx: Transaction, row: RegistrationRow) -> str | None:
    """Why a registration cannot be void: others rely on it; None if it can."""
    others = [one for one in tx.store.merges.into(row.fact) if one.counts]
    if not others:
        return None
    other = tx.store.people.registration(others[0].patient)
    number = NumberTexts(tx.registry, tx.store.printed).text(other.mrn or other.claimed)
    return f"the record with the number {number} is merged into this one; unmerge that one first"


def settling(heads: Iterable[admission.Decision]) -> tuple[FactId, ...]:
    """Of the resolutions in force those that give no number, to be replaced; see rule 1."""
    giving = (Action.ASSIGN, Action.AWARD)
    return tuple(head.id for head in heads if head.fact.action not in giving)


def _write(
    tx: Transaction,
    row: RegistrationRow,
    action: Action,
    decider: Decider,
    into: RegistrationRow | None = None,
    taken: tuple[str, ...] = (),
) -> FactId:
    heads = admission.heads(row.fact, tx.store.decisions.about(row.fact))
    resolution = Resolution(
        tx.new_serial(),
        settling(heads),
        row.fact,
        action,
        None,
        into.fact if into is not None else None,
        into.record if into is not None else None,
        None,
        decider.who,
        decider.why,
        taken,
        decider.asked,
        decider.known,
    )
    fact = tx.append(COORDINATOR, facts.RESOLUTION, row.record, bodies.write(resolution))
    tx.flush()
    return fact
