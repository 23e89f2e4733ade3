"""Whether two records are two people: an administrator decides it, and may take it back.

A suggestion that was dismissed stays dismissed everywhere, as long as both records say what the
administrator has seen: `sync.rules.pairs`. What is refused:

1. A record that takes part in nothing, because another one counts or because it is void.
2. What holds already, so that of two administrators the second one hears of the first.
"""

from __future__ import annotations

from collections.abc import Callable

from coordinator.errors import CannotMerge
from coordinator.judging import merging
from coordinator.judging.arbiter import Arbiter
from coordinator.judging.merging import Decider, Pair
from sync.engine.amending import require_survivor
from sync.engine.corrections import sources
from sync.engine.transaction import Transaction
from sync.errors import SeenOtherwise
from sync.model import bodies, facts
from sync.model.facts import COORDINATOR, FactId, PairFact
from sync.rules import pairs
from sync.storage.people import RegistrationRow


def two_people(
    tx: Transaction,
    arbiter: Arbiter,
    pair: Pair,
    decider: Decider,
    is_as_seen: Callable[[], bool] = lambda: True,
) -> FactId:
    """Let two records be two people, so that nobody is asked about them again; return the fact.

    Args:
        is_as_seen: whether both still say what the administrator has seen side by side.

    Raises:
        InRecovery: the coordinator decides nothing now.
        NotFound: there is no such registration.
        MergedIntoAnother: another record counts for one of them; it names that one.
        CannotMerge: it says why not.
        SeenOtherwise: somebody has changed one of them meanwhile.
    """
    arbiter.recovery.require_over(tx)
    one, other = merging.row_of(tx, pair.former), merging.row_of(tx, pair.survivor)
    for row in (one, other):
        require_survivor(tx, row)
        if merging.is_void(tx, row):
            raise CannotMerge(why="one of the records is void; take that back first")
    if one.id == other.id:
        raise CannotMerge(why="both are the same record; name two")
    decided = merging.two_people(tx, one, other)
    if decided is not None:
        raise CannotMerge(why=f"{decided.fact.who} decided that they are two people already")
    if not is_as_seen():
        raise SeenOtherwise()
    return _write(tx, one, other, True, decider)


def maybe_one(tx: Transaction, arbiter: Arbiter, pair: Pair, decider: Decider) -> FactId:
    """Take back that two records are two people; return the fact.

    Raises:
        InRecovery, NotFound: as of `two_people`.
        CannotMerge: nothing holds that could be taken back.
    """
    arbiter.recovery.require_over(tx)
    one, other = merging.row_of(tx, pair.former), merging.row_of(tx, pair.survivor)
    if merging.two_people(tx, one, other) is None:
        raise CannotMerge(
            why="nobody decided that they are two people, or one of them was corrected since"
        )
    return _write(tx, one, other, False, decider)


def _write(
    tx: Transaction, one: RegistrationRow, other: RegistrationRow, two: bool, decider: Decider
) -> FactId:
    kept = tx.store.pairs.about(pairs.pair_of(one.fact, other.fact))
    replaced = [head.id for head in pairs.heads(decision.decision for decision in kept)]
    body = PairFact(
        tuple(replaced[-facts.LIST_MAX :]),
        one.fact,
        other.fact,
        other.record,
        two,
        pairs.named(sources(tx.store, (one.record, one.fact))),
        pairs.named(sources(tx.store, (other.record, other.fact))),
        decider.who,
        decider.why,
        decider.asked,
        decider.known,
    )
    fact = tx.append(COORDINATOR, facts.PAIR, one.record, bodies.write(body))
    tx.flush()
    return fact
