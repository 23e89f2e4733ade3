"""Sets of numbers: what is in them, how much of a range that is, and what comes next."""

import random

import pytest

from sync.model.numbers import NUMBER_MAX, NumberRange
from sync.storage.records.number_sets import LEAF, PART, NumberSets

BOUNDS = [
    (1, 1),
    (60, 70),
    (710_000, 710_063),
    (LEAF - 1, 4 * PART + 1),
    (500_000, 1_500_000),
    (1, NUMBER_MAX),
]
ROWS = "SELECT * FROM number_sets ORDER BY width, name, part"


@pytest.fixture
def sets(store):
    return NumberSets(store.connection)


class Counting:
    """How many statements a connection executes."""

    def __init__(self, store) -> None:
        self.statements = 0
        self._connection = store.connection

    def __enter__(self):
        def count(_: str) -> None:
            self.statements += 1

        self._connection.set_trace_callback(count)
        return self

    def __exit__(self, *_):
        self._connection.set_trace_callback(None)


def some(low: int, high: int, chance: random.Random, count: int) -> list[int]:
    """Numbers within some bounds: their ends, those where parts begin and end, and any."""
    edges = {low, high}
    for width in (LEAF, PART):
        at = chance.randrange(low, high + 1) // width * width
        edges.update(number for number in (at - 1, at, at + 1) if low <= number <= high)
    return [*edges, *(chance.randrange(low, high + 1) for _ in range(count))]


@pytest.mark.parametrize("bounds", BOUNDS)
def test_a_set_is_what_was_put_into_it(sets, bounds):
    chance = random.Random(bounds[0])
    sets.add("another", some(*bounds, chance, 9))
    model: set[int] = set()
    for turn in range(60):
        if turn % 3 == 2:
            gone = [*chance.sample(sorted(model), len(model) // 3), chance.randint(*bounds)]
            sets.remove("one", gone)
            model.difference_update(gone)
        else:
            came = [*some(*bounds, chance, 3), *sorted(model)[:3]]
            sets.add("one", came)
            model.update(came)
        asked = sorted(some(*bounds, chance, 3) + chance.sample(sorted(model), min(3, len(model))))
        for first in asked:
            for last in asked:
                within = [number for number in model if first <= number <= last]
                assert sets.count("one", first, last) == len(within)
                assert sets.first("one", first, last) == min(within, default=None)
                assert sets.last("one", first, last) == max(within, default=None)
    assert sets.sizes("o") == ({"one": len(model)} if model else {})
    assert set(sets.sizes("")) - {"one"} == {"another"}


def test_a_range_is_taken_out_of_every_set_of_a_kind(sets, store):
    chance = random.Random(3)
    taken = NumberRange(700_005, 717_321)
    left = {}
    for name in ("kind a", "kind b", "kindred"):
        numbers = {*some(690_000, 730_000, chance, 300), taken.start, taken.end}
        sets.add(name, numbers)
        left[name] = {one for one in numbers if name == "kindred" or one not in taken}
    sets.remove_range("kind ", taken)
    rows = store.connection.execute(ROWS).fetchall()
    assert {row[1] for row in rows} == set(left)
    store.connection.execute("DELETE FROM number_sets")
    for name, numbers in left.items():
        sets.add(name, numbers)
    assert store.connection.execute(ROWS).fetchall() == rows, "as if they had never been there"


def test_an_empty_set_leaves_nothing_behind(sets, store):
    numbers = [5, 6, PART, 9 * PART]
    sets.add("one", numbers)
    for number in numbers:
        sets.remove("one", [number, number + 100])
    assert store.connection.execute(ROWS).fetchall() == []


@pytest.mark.parametrize("seed", range(6))
def test_what_is_lacking_comes_in_its_order(sets, seed):
    chance = random.Random(seed)
    low, high = 700_000, 700_000 + 5 * PART
    held: set[int] = set()
    for _ in range(4):
        first = chance.choice(some(low, high, chance, 2))
        held.update(range(first, min(high, first + chance.choice([40, PART, 2 * PART])) + 1))
    held.difference_update(some(low, high, chance, 3))
    sets.add("one", held)
    for first in some(low, high, chance, 3):
        last = chance.randint(first, high)
        expected = [number for number in range(first, last + 1) if number not in held]
        assert list(sets.lacking("one", first, last)) == expected


@pytest.mark.parametrize("kept", [[], [1_900_000], [1_900_000 // PART * PART + PART - 1]])
def test_the_next_that_is_lacking_is_found_in_a_few_statements(sets, store, kept):
    """However many numbers lie before it, and wherever it lies in its part."""
    first, last = 1_000_007, 2_000_000
    sets.add("one", [number for number in range(first, last + 1) if number not in kept])
    with Counting(store) as counted:
        assert list(sets.lacking("one", first, last)) == kept
    assert counted.statements <= 6 * (len(kept) + 1)


def test_how_many_there_are_is_read_in_a_few_statements(sets, store):
    sets.add("one", range(1, 2_000_000, 7))
    with Counting(store) as counted:
        assert sets.count("one", 15, 1_999_990) == len(range(15, 1_999_991, 7))
    assert counted.statements <= 4


@pytest.mark.parametrize("bounds", BOUNDS)
def test_one_by_one_a_set_becomes_what_it_becomes_at_once(sets, store, bounds):
    numbers = some(*bounds, random.Random(bounds[1]), 60)
    for number in [*numbers, *numbers[:9]]:
        sets.add_one("one", number)
    rows = store.connection.execute(ROWS).fetchall()
    store.connection.execute("DELETE FROM number_sets")
    sets.add("one", numbers)
    assert store.connection.execute(ROWS).fetchall() == rows
