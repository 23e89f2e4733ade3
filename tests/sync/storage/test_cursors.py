"""How far own ranges are used: a cursor begins once, moves, and is closed for its first reason."""

import pytest

from sync.errors import StoreDamaged
from sync.model.facts import Incarnation
from sync.model.numbers import NumberRange

RANGE, LATER = NumberRange(5, 9), NumberRange(20, 29)
MINE, OTHER = Incarnation(b"12345678"), Incarnation(b"87654321")


@pytest.fixture
def cursors(store):
    return store.cursors


def test_a_cursor_that_is_there_stays_as_it_is(cursors):
    cursors.add(RANGE, MINE, 4, None)
    cursors.move(5, 7)
    cursors.add(RANGE, OTHER, 4, "anything")
    assert cursors.all() == [(RANGE, MINE, 7, None)]


def test_a_cursor_is_closed_for_its_first_reason_and_keeps_its_place(cursors):
    cursors.add(RANGE, MINE, 7, None)
    cursors.close(5, "the first reason")
    cursors.close(5, "another")
    assert cursors.all() == [(RANGE, MINE, 7, "the first reason")]


def test_each_range_has_a_cursor_of_its_own_in_the_order_of_the_numbers(cursors):
    cursors.add(LATER, OTHER, 19, "closed from the start")
    cursors.add(RANGE, MINE, 4, None)
    cursors.move(LATER.start, 21)
    assert cursors.all() == [
        (RANGE, MINE, 4, None),
        (LATER, OTHER, 21, "closed from the start"),
    ]


def test_a_range_without_a_cursor_gets_none_by_moving_or_closing(cursors):
    cursors.move(5, 7)
    cursors.close(5, "a reason")
    assert cursors.all() == []


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("\"end\" = 'text'", "a range in it"),
        ('"end" = 4', "a range in it"),
        ("cursor = 'text'", "how far the range 5-9 was used"),
    ],
)
def test_what_a_disk_has_changed_is_damage(store, cursors, change, why):
    cursors.add(RANGE, MINE, 7, None)
    store.connection.execute(f"UPDATE cursors SET {change}")
    with pytest.raises(StoreDamaged, match=why):
        cursors.all()
