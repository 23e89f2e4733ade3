"""When two registrations are two people: what was seen, what came later, and who replaced whom."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.model.demographics import FIELDS
from sync.model.facts import FactId, PairFact, RecordId
from sync.rules import pairs
from sync.rules.pairs import WATCHED, DecidedPair, heads, in_force, pair_of


def fact(number: int) -> FactId:
    return FactId(bytes([number]) * 16)


ONE, OTHER = fact(1), fact(2)
NOTHING: dict[str, FactId] = {}


def decision(number: int, two: bool = True, replaces=(), one=NOTHING, other=NOTHING):
    replaced = tuple(map(fact, replaces))
    record = RecordId(OTHER)
    body = PairFact(replaced, ONE, OTHER, record, two, one, other, "Sadia", "sisters", None)
    return DecidedPair(fact(number), body)


def holds(*decisions, one=NOTHING, other=NOTHING) -> int | None:
    found = in_force(decisions, {ONE: one, OTHER: other}.__getitem__)
    return found.id[0] if found is not None else None


def test_a_pair_has_one_name():
    assert pair_of(ONE, OTHER) == pair_of(OTHER, ONE) == (ONE, OTHER)


def test_two_people_are_two_as_long_as_both_say_what_was_seen():
    seen = {"phone": fact(9)}
    assert holds(decision(10, one=seen), one=seen) == 10
    assert holds(decision(10, one=seen)) is None
    assert holds(decision(10), one=seen) is None
    assert holds(decision(10), other=seen) is None
    assert holds(decision(10, one=seen), one={"phone": fact(8)}) is None


@pytest.mark.parametrize("field", WATCHED)
def test_a_correction_of_any_field_of_a_person_ends_it(field):
    assert holds(decision(10), other={field: fact(9)}) is None


@pytest.mark.parametrize("field", ["identity", "ward"])
def test_what_tells_nobody_apart_does_not_end_it(field):
    assert holds(decision(10), other={field: fact(9)}) == 10
    assert holds(decision(10, one={field: fact(9)})) == 10


def test_all_that_tells_people_apart_is_watched():
    assert set(FIELDS) - set(WATCHED) == {"identity"}, "does a new field tell people apart?"


def test_a_decision_names_a_bounded_number_of_fields(monkeypatch):
    monkeypatch.setattr(pairs, "NAMED_MAX", 2)
    shown = {"sex": fact(3), "ward": fact(9), "phone": fact(2), "dob": fact(1)}
    assert pairs.named(shown) == {"dob": fact(1), "phone": fact(2)}
    assert holds(decision(10, one=pairs.named(shown)), one=shown) == 10
    assert holds(decision(10, one=pairs.named(shown)), one=shown | {"phone": fact(7)}) is None


def test_a_later_decision_replaces_those_before_it():
    first, second = decision(10), decision(11, False, [10])
    assert holds(first, second) is None
    assert holds(first, second, decision(12, True, [11])) == 12
    assert holds(second) is None, "what it replaces has not come yet"


def test_of_two_that_stand_beside_each_other_both_must_say_so():
    assert holds(decision(10), decision(11)) == 10
    assert holds(decision(10), decision(11, False)) is None
    seen = {"dob": fact(9)}
    assert holds(decision(10), decision(11, one=seen), one=seen) == 11


def test_those_that_replace_each_other_in_a_circle_all_stand():
    circle = [decision(10, True, [11]), decision(11, True, [10])]
    assert heads(circle) == circle
    assert holds(*circle) == 10


def test_where_nobody_decided_nothing_holds():
    assert holds() is None


@given(
    st.lists(
        st.builds(
            lambda two, replaces, one: (two, replaces, {"phone": fact(one)} if one else {}),
            st.booleans(),
            st.sets(st.integers(10, 14), max_size=2),
            st.integers(0, 2),
        ),
        max_size=5,
    ),
    st.integers(0, 2),
)
def test_the_order_of_arrival_decides_nothing(made, now):
    decisions = [decision(10 + n, two, sorted(r), one) for n, (two, r, one) in enumerate(made)]
    shown = {"phone": fact(now)} if now else {}
    found = {holds(*order, one=shown) for order in itertools.permutations(decisions)}
    assert len(found) == 1


def test_a_correction_of_an_identifier_ends_it_and_one_of_an_own_field_does_not():
    for field in ("id:passport", "no:insurance"):
        assert holds(decision(10), other={field: fact(9)}) is None
    assert holds(decision(10), other={"x:email": fact(9)}) is not None
