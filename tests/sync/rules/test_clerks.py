"""The list of clerks folds to one state in any order, and rivals allow the least."""

from itertools import permutations

import pytest

from sync.model.facts import Author, ClerkFact, ClerkRule, FactId
from sync.rules.clerks import NO_CLERKS, ClerkEntry, fold

LAB, WARD = Author("LAB1-PC"), Author("WARD-PC")
SADIA, BILAL = (bytes(15) + bytes([number]) for number in (1, 2))


def ident(number):
    return FactId(number.to_bytes(16))


def clerk(number, replaces=(), **values):
    fact = ClerkFact((), SADIA, "Sadia Malik", None, 0, False, "admin")
    return ClerkEntry(ident(number), fact._replace(replaces=tuple(map(ident, replaces)), **values))


def rule(number, typing, replaces=()):
    return ClerkEntry(ident(number), ClerkRule(tuple(map(ident, replaces)), typing, "admin"))


def folded(*said):
    """What they make in whatever order they come."""
    found = fold(said)
    assert all(fold(order) == found for order in permutations(said))
    return found


def test_without_a_list_names_are_typed():
    assert fold(()) == NO_CLERKS
    assert (NO_CLERKS.listed, NO_CLERKS.typing) == ([], True)


def test_what_replaces_counts():
    (one,) = folded(clerk(1), clerk(2, (1,), name="Sadia Khan", pin=1)).listed
    assert (one.id, one.name, one.pin, one.heads) == (SADIA, "Sadia Khan", 1, (ident(2),))


def test_a_clerk_works_where_the_administrator_says():
    found = folded(
        clerk(1, desks=(LAB,)),
        clerk(2, clerk=BILAL, name="bilal"),
        clerk(3, clerk=bytes(16), name="Zoya", removed=True),
    )
    assert [one.name for one in found.listed] == ["bilal", "Sadia Malik"]
    assert [one.name for one in found.at(LAB)] == ["bilal", "Sadia Malik"]
    assert [one.name for one in found.at(WARD)] == ["bilal"]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ({"removed": True}, {}, {"removed": True}),
        ({"desks": (LAB, WARD)}, {"desks": (LAB,)}, {"desks": {LAB}}),
        ({"desks": (LAB,)}, {"desks": None}, {"desks": {LAB}}),
        ({"desks": (LAB,)}, {"desks": (WARD,)}, {"desks": set()}),
        ({"pin": 2}, {"pin": 1}, {"pin": 2}),
        ({"pin": 2}, {"pin": 0}, {"pin": 2}),
        ({"name": "A"}, {"name": "B"}, {"name": "B"}),
    ],
)
def test_of_rivals_the_one_that_allows_least_counts(one, other, expected):
    found = folded(clerk(1), clerk(2, (1,), **one), clerk(3, (1,), **other)).all[SADIA]
    assert found.heads == (ident(2), ident(3))
    for name, value in expected.items():
        assert getattr(found, name) == value


def test_a_pin_that_two_coordinators_gave_by_one_number_is_none():
    """Desks cannot tell by the number which of the two is meant, and each might check another."""
    found = folded(clerk(1, pin=1), clerk(2, (1,), pin=2), clerk(3, (1,), pin=2)).all[SADIA]
    assert (found.pin, found.pins) == (0, 2)
    renamed = clerk(4, (3,), pin=2, name="Sadia Khan")
    found = folded(clerk(1, pin=1), clerk(2, (1,), pin=2), clerk(3, (1,), pin=2), renamed)
    assert found.all[SADIA].pin == 0, "a new name gives no new PIN"
    again = clerk(5, (2, 3), pin=3)
    found = folded(clerk(1, pin=1), clerk(2, (1,), pin=2), clerk(3, (1,), pin=2), again)
    assert found.all[SADIA].pin == 3


def test_a_pin_of_before_counts_on_whatever_two_coordinators_changed_besides():
    names = [clerk(2, (1,), pin=1, name="Sadia Khan"), clerk(3, (1,), pin=1, desks=(LAB,))]
    assert folded(clerk(1, pin=1), *names).all[SADIA].pin == 1
    circle = folded(clerk(1, (2,), pin=1), clerk(2, (1,), pin=1))
    assert circle.all[SADIA].pin == 1


def test_a_pin_that_was_taken_away_still_counts_as_given():
    found = folded(clerk(1, pin=3), clerk(2, (1,), pin=0)).all[SADIA]
    assert (found.pin, found.pins) == (0, 3)


def test_names_may_be_typed_unless_an_administrator_forbids_it():
    assert folded(rule(1, False)).typing is False
    back = folded(rule(1, False), rule(2, True, (1,)))
    assert (back.typing, back.rule) == (True, (ident(2),))
    assert folded(rule(1, False), rule(2, True)).typing is False, "they are rivals"


def test_facts_that_replace_each_other_in_a_circle_all_count():
    found = folded(clerk(1, (2,), desks=(LAB,)), clerk(2, (1,), desks=(WARD,))).all[SADIA]
    assert found.heads == (ident(1), ident(2))
    assert found.desks == frozenset()
