"""Marks of thousands of ranges fit into a slot, and nothing of them is lost."""

import random

import pytest

from sync.errors import WitnessFull
from sync.model.numbers import NUMBER_MAX, NumberRange
from sync.witness.memory import Intent, Witness, below_name
from sync.witness.packing import PLAIN_MAX, packed, unpacked

MACHINE = "a machine"


def marks_of(count: int, chance: random.Random) -> dict[str, int]:
    """Ranges of one desk among others, nearly all used up, as after many years."""
    marks = {"begun": 7, "serial": 90, "number 12": 4, "10-7": 3, " 5-9": 2}
    start = 1_000_000
    for number in range(count):
        start += 100 * chance.randrange(1, 12)
        range_ = NumberRange(start, start + 99)
        marks[range_.text] = range_.end if number < count - 3 else start - 1 + chance.randrange(99)
        if chance.random() < 0.1:
            marks[below_name(range_)] = chance.randrange(9)
    return marks


@pytest.mark.parametrize("count", [0, 3, PLAIN_MAX, PLAIN_MAX + 1, 5_000])
def test_all_marks_are_read_as_they_were(count):
    marks = marks_of(count, random.Random(count))
    marks[NumberRange(1, NUMBER_MAX).text] = 5
    assert unpacked(packed(marks)) == marks


def test_few_marks_are_written_as_earlier_versions_read_them():
    marks = marks_of(20, random.Random(1))
    assert packed(marks) == marks


def test_a_desk_that_had_20_years_of_small_blocks_is_witnessed(tmp_path):
    marks = marks_of(20_000, random.Random(2))
    witness = Witness.create(tmp_path / "witness", MACHINE, 7)
    witness.note_marks(marks)
    last = max((name for name in marks if " " not in name), key=lambda name: marks[name])
    witness.intend({last: Intent(marks[last] + 1, marks[last])})
    again = Witness(tmp_path / "witness", MACHINE)
    assert again.marks == marks | {last: marks[last] + 1}
    assert again.committed(last) == marks[last], "it may not be committed"
    witness.took()
    witness.settle()
    assert Witness(tmp_path / "witness", MACHINE).committed(last) == marks[last] + 1


def test_more_than_fit_are_refused_with_a_sentence_that_says_so(tmp_path):
    witness = Witness.create(tmp_path / "witness", MACHINE, 7)
    chance = random.Random(3)
    start, marks = 1, {}
    for _ in range(60_000):
        start += chance.randrange(1, 30_000)
        range_ = NumberRange(start, start + chance.randrange(1, 1 << 20))
        marks[range_.text] = chance.randrange(range_.start, range_.end)
    with pytest.raises(WitnessFull, match="larger blocks"):
        witness.note_marks(marks)
