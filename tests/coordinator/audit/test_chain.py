"""The chain: what was changed, removed or put in between is found where it begins."""

import pytest

from coordinator.audit import chain
from sync.storage.access.audit import START, AuditEvent, ChainEntry, Head, next_hash


def entries(*whos):
    found, before = [], START
    for number, who in enumerate(whos, 1):
        said = AuditEvent(number, who, "127.0.0.1", "users.add_user", "", "done")
        before = next_hash(before, number, said)
        found.append(ChainEntry(number, said, before))
    return found


def test_a_chain_that_nobody_has_touched_is_whole():
    made = entries("a", "b", "c")
    assert chain.check(made) == (Head(3, made[-1].hash), None)
    assert chain.check([]) == (Head(0, START), None)


@pytest.mark.parametrize(
    ("touch", "wrong"),
    [
        (lambda all_: all_[:1] + all_[2:], 2),
        (lambda all_: all_[1:], 1),
        (lambda all_: [all_[0], all_[2], all_[1]], 2),
        (lambda all_: [*all_[:2], all_[2]._replace(hash=bytes(32))], 3),
        (lambda all_: [all_[0]._replace(said=all_[0].said._replace(who="x")), *all_[1:]], 1),
        (lambda all_: [*all_[:1], *entries("a", "x", "c")[1:2], all_[2]], 3),
    ],
)
def test_what_was_done_to_it_is_found_where_it_begins(touch, wrong):
    assert chain.check(touch(entries("a", "b", "c"))).wrong == wrong


def test_a_chain_that_was_made_anew_has_another_head():
    assert chain.check(entries("a", "b")).head != chain.check(entries("x", "b")).head
