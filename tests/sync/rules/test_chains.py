"""The chain: what was changed, removed or put in between is found where it begins."""

import pytest

from sync.rules import chains
from sync.rules.chains import BEGINNING, ChainEntry, Head, next_hash


def entries(*whos):
    found, before = [], BEGINNING.hash
    for number, who in enumerate(whos, 1):
        said = (number, who, "127.0.0.1")
        before = next_hash(before, number, said)
        found.append(ChainEntry(number, said, before))
    return found


def test_a_chain_that_nobody_has_touched_is_whole():
    made = entries("a", "b", "c")
    assert chains.check(made) == (Head(3, made[-1].hash), None)
    assert chains.check([]) == (BEGINNING, None)


@pytest.mark.parametrize(
    ("touch", "wrong"),
    [
        (lambda all_: all_[:1] + all_[2:], 2),
        (lambda all_: all_[1:], 1),
        (lambda all_: [all_[0], all_[2], all_[1]], 2),
        (lambda all_: [*all_[:2], all_[2]._replace(hash=bytes(32))], 3),
        (lambda all_: [all_[0]._replace(said=(1, "x", "127.0.0.1")), *all_[1:]], 1),
        (lambda all_: [*all_[:1], *entries("a", "x", "c")[1:2], all_[2]], 3),
    ],
)
def test_what_was_done_to_it_is_found_where_it_begins(touch, wrong):
    assert chains.check(touch(entries("a", "b", "c"))).wrong == wrong


def test_a_chain_that_was_made_anew_has_another_head():
    assert chains.check(entries("a", "b")).head != chains.check(entries("x", "b")).head


def test_the_rest_of_a_chain_is_whole_from_the_last_entry_that_went_on():
    made = entries("a", "b", "c")
    since = Head(1, made[0].hash)
    assert chains.check(made[1:], since) == (Head(3, made[-1].hash), None)
    assert chains.check(made, since).wrong == 2
    assert chains.check(made[1:], Head(1, made[1].hash)).wrong == 2
    assert chains.check([], since) == (since, None)
