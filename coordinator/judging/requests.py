"""What desks ask for: carrying it out, or refusing it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from coordinator.errors import CannotMerge
from coordinator.judging import merging, pairs
from coordinator.judging.arbiter import Arbiter
from coordinator.judging.merging import Decider, Pair
from sync.engine.transaction import Transaction
from sync.errors import NotFound
from sync.model import bodies, facts
from sync.model.facts import COORDINATOR, FactId, RecordAct, RecordId, RequestRefusal
from sync.model.person.more import is_more
from sync.reading.answers import record_text
from sync.rules.merging import CHOOSABLE
from sync.storage.records.requests import KeptRequest


def carry_out(
    tx: Transaction,
    arbiter: Arbiter,
    request: FactId,
    decider: Decider,
    is_as_seen: Callable[[Pair], bool] = lambda _: True,
    taken: tuple[str, ...] | None = None,
) -> FactId:
    """Do what a desk asks for; return the decision.

    Args:
        taken: the fields that a merge takes, if they are not those that the desk names.

    Raises:
        NotFound: there is no such request, or a record that it names has not come.
        CannotMerge: it was answered already; or as of the act itself.
        InRecovery, MergedIntoAnother, SeenOtherwise: as of the act itself.
    """
    kept = _open_request(tx, request)
    body, decider = kept.body, decider._replace(asked=kept.id)
    patient = _id_of(tx, kept.record, body.registration)
    if body.act in _ABOUT_ONE:
        return _ABOUT_ONE[body.act](tx, arbiter, patient, decider)
    if body.into is None or body.into_record is None:
        raise CannotMerge(why="the request does not say which other record it is about")
    wanted = tuple(name for name in body.taken if name in CHOOSABLE or is_more(name))
    chosen = wanted if taken is None else taken
    pair = Pair(patient, _id_of(tx, body.into_record, body.into), chosen)
    if body.act is RecordAct.MAYBE_ONE:
        return pairs.maybe_one(tx, arbiter, pair, decider)
    act = merging.merge if body.act is RecordAct.MERGE else pairs.two_people
    return act(tx, arbiter, pair, decider, partial(is_as_seen, pair))


def refuse(tx: Transaction, arbiter: Arbiter, request: FactId, decider: Decider) -> FactId:
    """Refuse what a desk asks for; return the refusal.

    Raises:
        InRecovery: the coordinator decides nothing now.
        NotFound: there is no such request.
        CannotMerge: it was answered already.
    """
    arbiter.recovery.require_over(tx)
    kept = _open_request(tx, request)
    body = bodies.write(RequestRefusal(kept.id, decider.who, decider.why, decider.known))
    fact = tx.append(COORDINATOR, facts.REFUSAL, kept.record, body)
    tx.flush()
    return fact


_ABOUT_ONE: Final = {
    RecordAct.UNMERGE: merging.unmerge,
    RecordAct.VOID: merging.void,
    RecordAct.UNVOID: merging.unvoid,
}


def _open_request(tx: Transaction, request: FactId) -> KeptRequest:
    kept = tx.store.requests.one(request)
    if kept is None:
        raise NotFound(what="request", key=request.hex())
    answered = tx.store.requests.answered(request)
    if answered is not None:
        done = "carried out" if answered.done else "refused"
        raise CannotMerge(why=f"{answered.who} has {done} this request already")
    return kept


def _id_of(tx: Transaction, record: RecordId, registration: FactId) -> int:
    rows = tx.store.people.registrations_by_fact(record, registration)
    if not rows:
        raise NotFound(what="patient with the record id", key=record_text(record))
    return rows[0].id
