"""Asking the coordinator to decide about a record: what this desk may not decide itself.

A request is a fact of this desk. It waits, visibly to everybody, until an administrator carries it
out or refuses it, also while no coordinator can be reached.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from node.errors import CannotAsk
from sync.engine.amending import require_survivor
from sync.engine.records.pairs import between
from sync.engine.transaction import Transaction
from sync.errors import NotFound, SeenOtherwise
from sync.model import bodies, facts
from sync.model.clerks.known import Doer
from sync.model.facts import Author, FactId, RecordAct, RecordRequest
from sync.rules import merging
from sync.rules.pairs import pair_of
from sync.storage.people import RegistrationRow


class RecordWish(NamedTuple):
    """What a clerk wants decided; people are local ids, ``into`` the other one of two."""

    act: RecordAct
    patient: int
    why: str
    operator: Doer
    asked_at: str
    into: int | None = None
    taken: tuple[str, ...] = ()


def ask(
    tx: Transaction, author: Author, wish: RecordWish, is_as_seen: Callable[[], bool] = lambda: True
) -> FactId:
    """Write a request, unless the same one waits already; return the one that waits.

    Args:
        is_as_seen: whether both records still say what the clerk has seen side by side.

    Raises:
        NotFound: there is no such person.
        MergedIntoAnother: one of the records takes part in nothing any more.
        CannotAsk: there is nothing to decide.
        SeenOtherwise: somebody has changed one of the records meanwhile.
    """
    row = _row(tx, wish.patient)
    into = _row(tx, wish.into) if wish.into is not None else None
    _require_sense(tx, wish.act, row, into)
    if not is_as_seen():
        raise SeenOtherwise()
    request = RecordRequest(
        wish.act,
        row.fact,
        into.fact if into is not None else None,
        into.record if into is not None else None,
        merging.with_companions(wish.taken),
        wish.why,
        wish.operator.name,
        wish.asked_at,
        wish.operator.known,
    )
    for waiting in tx.store.requests.open_of(row.record):
        if waiting.body[:5] == request[:5]:
            return waiting.id
    fact = tx.append(author, facts.REQUEST, row.record, bodies.write(request))
    tx.flush()
    return fact


def _require_sense(
    tx: Transaction, act: RecordAct, row: RegistrationRow, into: RegistrationRow | None
) -> None:
    """Raise where it is plain here already that nothing can come of a request."""
    settled = tx.store.merges.of(row.id)
    if act is RecordAct.UNMERGE:
        if settled is None or settled.merge is None:
            raise CannotAsk(why="this record is not merged into another one")
        return
    is_decided = into is not None and tx.store.pairs.decided(pair_of(row.fact, into.fact))
    if act is RecordAct.MAYBE_ONE:
        if not is_decided:
            raise CannotAsk(why="nobody decided that they are two people")
        return
    if is_decided:
        raise CannotAsk(why="an administrator decided that they are two people")
    is_void = settled is not None and settled.action is facts.Action.VOID
    if is_void != (act is RecordAct.UNVOID):
        raise CannotAsk(why="this record is void" if is_void else "this record is not void")
    require_survivor(tx, row)
    if into is not None:
        require_survivor(tx, into)
        if into.id == row.id:
            raise CannotAsk(why="both are the same record; name two")
        if act is RecordAct.MERGE and between(tx.store, row.fact, into.fact) is not None:
            raise CannotAsk(
                why="an administrator decided that two of those who would count as one are two "
                "people"
            )


def _row(tx: Transaction, patient: int) -> RegistrationRow:
    rows = tx.store.people.registrations_of_ids([patient])
    if not rows:
        raise NotFound(what="patient", key=patient)
    return rows[0]
