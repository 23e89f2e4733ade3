"""What a signing key of the coordinator says of those before it."""

from __future__ import annotations

import pytest

from sync.model.facts import COORDINATOR, REGISTRY, Link, SigningKeyFact, VouchedEnd
from sync.model.runs import End
from sync.rules.succession import Succession

FIRST, SECOND = b"1" * 32, b"2" * 32
END = End(7, 3, Link(b"x" * 16))
VOUCHED = VouchedEnd(REGISTRY, 0, *END)


def said(key, trusted, *ends):
    return SigningKeyFact(key, trusted, ends, "why", "admin")


def test_a_lost_key_counts_on_and_one_that_may_be_stolen_does_not():
    found = Succession([said(FIRST, True), said(SECOND, False)])
    assert (found.former, found.trusted) == ({FIRST, SECOND}, {FIRST})


@pytest.mark.parametrize("order", [1, -1])
def test_a_key_that_was_lost_and_turns_up_with_a_thief_counts_no_more(order):
    found = Succession([said(FIRST, True), said(FIRST, False, VOUCHED)][::order])
    assert (found.former, found.trusted) == ({FIRST}, frozenset())


@pytest.mark.parametrize(
    ("author", "shard", "end", "vouched"),
    [
        (REGISTRY, 0, END, True),
        (COORDINATOR, 0, END, False),
        (REGISTRY, 1, END, False),
        (REGISTRY, 0, END._replace(length=4), False),
        (REGISTRY, 0, END._replace(length=2), False),
        (REGISTRY, 0, END._replace(link=Link(b"y" * 16)), False),
    ],
)
def test_only_a_run_up_to_the_very_end_is_vouched_for(author, shard, end, vouched):
    assert Succession([said(FIRST, False, VOUCHED)]).vouches_for(author, shard, end) == vouched


def test_what_is_said_by_several_facts_counts_together():
    other = VOUCHED._replace(shard=1)
    found = Succession([said(FIRST, False, VOUCHED)]).joined([said(FIRST, False, other)])
    assert found.vouches_for(REGISTRY, 0, END)
    assert found.vouches_for(REGISTRY, 1, END)
    assert [one[:2] for one in found.summary] == [(FIRST, False)]


@pytest.mark.parametrize(("lost", "stolen"), [("a backup", "stolen"), ("stolen", "a thief")])
def test_of_a_key_the_reason_is_told_for_which_it_counts_no_more(lost, stolen):
    facts = [said(FIRST, True)._replace(why=lost), said(FIRST, False, VOUCHED)._replace(why=stolen)]
    ((_, is_trusted, why, _),) = Succession(facts).summary
    assert (is_trusted, why) == (False, stolen)
