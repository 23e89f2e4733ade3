"""The tables of pairs: found by either registration, whichever was named first."""

from __future__ import annotations

import pytest

from sync.model import bodies, facts
from sync.model.facts import Envelope, FactId, PairFact
from sync.rules.pairs import PairKey, pair_of
from sync.storage.records.pairs import PairTables
from tests.forging import ELSEWHERE
from tests.sync.storage.rows import fact, record


@pytest.fixture
def pairs(store) -> PairTables:
    return store.pairs


def add(pairs: PairTables, number: int, one: int, other: int, hlc: int = 5) -> FactId:
    body = PairFact(
        (), fact(one), fact(other), record(other), True, {}, {}, "Sadia", "sisters", None
    )
    envelope = Envelope(facts.PAIR, record(one), hlc, ELSEWHERE, bodies.write(body))
    pairs.add(fact(number), envelope, body)
    return fact(number)


def test_decisions_are_found_by_the_pair_in_either_order(pairs):
    assert not pairs.any()
    later, earlier = add(pairs, 100, 1, 2, hlc=9), add(pairs, 101, 2, 1, hlc=5)
    other = add(pairs, 102, 1, 3)
    assert pairs.any()
    about = pairs.about(pair_of(fact(2), fact(1)))
    assert [kept.decision.id for kept in about] == [earlier, later]
    assert [kept.record for kept in about] == [record(2), record(1)]
    assert [kept.decision.id for kept in pairs.about(pair_of(fact(1), fact(3)))] == [other]
    assert pairs.with_any([fact(2)]) == {pair_of(fact(1), fact(2))}
    assert pairs.with_any([fact(9)]) == set()


def test_a_decision_is_kept_once(pairs):
    for _ in range(2):
        ident = add(pairs, 100, 1, 2)
    kept = pairs.decision(ident)
    assert kept is not None
    assert kept.decision.fact.why == "sisters"
    assert len(pairs.about(pair_of(fact(1), fact(2)))) == 1
    assert pairs.decision(fact(9)) is None


def test_who_is_somebody_else_is_known_of_both(pairs):
    pair = PairKey(fact(1), fact(2))
    pairs.decide(pair, fact(100))
    pairs.decide(pair, fact(101))
    pairs.decide(PairKey(fact(2), fact(3)), fact(102))
    assert pairs.decided(pair) == fact(101)
    pairs.decide(pair, None)
    assert pairs.decided(pair) is None
    assert pairs.decided(PairKey(fact(2), fact(3))) == fact(102)
