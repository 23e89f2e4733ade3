"""How many numbers of a range others claim above a mark is counted, and not read one by one."""

import random

import pytest

from sync.model.numbers import NUMBER_MAX, NumberRange
from sync.storage.records.strays import PARTS, StrayNumbers

RANGES = [
    NumberRange(1, 1),
    NumberRange(60, 70),
    NumberRange(710_000, 710_063),
    NumberRange(63, 64 * 65),
    NumberRange(500_000, 1_500_000),
    NumberRange(1, NUMBER_MAX),
]


@pytest.fixture
def strays(store):
    return StrayNumbers(store.connection)


def some(range_: NumberRange, chance: random.Random, count: int) -> list[int]:
    """Numbers of a range: its ends, those where parts begin and end, and any."""
    edges = {range_.start, range_.end}
    for width in (PARTS, PARTS**2, PARTS**5):
        at = chance.randrange(range_.start, range_.end + 1) // width * width
        edges.update(number for number in (at - 1, at, at + 1) if number in range_)
    found = [chance.randrange(range_.start, range_.end + 1) for _ in range(count)]
    return [*edges, *found]


@pytest.mark.parametrize("range_", RANGES, ids=lambda one: one.text)
def test_what_lies_above_a_mark_is_counted_exactly(strays, range_):
    chance = random.Random(range_.start)
    other = NumberRange(range_.start, NUMBER_MAX - 1)
    strays.add(other, range_.start)
    claims: list[int] = []
    for turn in range(60):
        if turn % 3 == 2:
            gone = claims.pop(chance.randrange(len(claims)))
            strays.remove(range_, gone)
        else:
            number = chance.choice([*some(range_, chance, 3), *claims[:3]])
            claims.append(number)
            strays.add(range_, number)
        for mark in [range_.start - 1, *some(range_, chance, 4), *claims[:4]]:
            found = strays.above(range_, mark)
            assert found == len({number for number in claims if number > mark})
    assert strays.above(other, range_.start - 1) == 1


def test_what_was_counted_one_by_one_is_what_is_counted_at_once(store, strays):
    chance = random.Random(7)
    range_ = NumberRange(700_000, 720_000)
    every = "SELECT * FROM strays_within ORDER BY width, part"
    for number in (one for one in some(range_, chance, 50) for _ in range(chance.randrange(1, 3))):
        strays.add(range_, number)
    one_by_one = store.connection.execute(every).fetchall()
    claims = {part: many for *_, width, part, many in one_by_one if width == 1}
    strays.replace(range_, claims)
    assert store.connection.execute(every).fetchall() == one_by_one
    for number, many in claims.items():
        for _ in range(many):
            strays.remove(range_, number)
    assert store.connection.execute(every).fetchall() == []
