"""The list of pairs that are probably one person: what became of each follows the facts."""

from __future__ import annotations

import pytest

from coordinator.judging import merging, pairs
from coordinator.judging.merging import Decider, Pair
from sync.storage.records.suggestions import Suggestion, SuggestionTable
from tests.clinic import Clinic, Desk

WHO = Decider("Sadia", "seen")


@pytest.fixture
def clinic(tmp_path):
    clinic = Clinic(tmp_path)
    yield clinic
    clinic.close()


@pytest.fixture
def hub(clinic) -> Desk:
    lab = clinic.desk("LAB1-PC", "710000-719999")
    for _ in range(4):
        lab.register_offline()
    clinic.heal()
    return clinic.coordinator


@pytest.fixture
def table(hub) -> SuggestionTable:
    return hub.writer.store.suggestions


def put(hub: Desk, *pairs: tuple[int, int], grade: str = "certain", at_ms: int = 1) -> None:
    found = [Suggestion(*pair, grade, 0.9, "[]") for pair in pairs]
    hub.write(lambda tx: (tx.begin(), tx.store.suggestions.put(found, at_ms)))


def states(hub: Desk) -> dict[tuple[int, int], str]:
    rows = hub.query("SELECT one, other, state FROM suggestions")
    return {(one, other): state for one, other, state in rows}


def act(clinic, decide, *arguments) -> None:
    clinic.act(lambda tx: decide(tx, clinic.coordinator.arbiter, *arguments, WHO))


def test_a_pair_that_is_found_again_keeps_its_time(hub, table):
    put(hub, (1, 2))
    put(hub, (1, 2), grade="probable", at_ms=5)
    assert hub.query("SELECT grade, found_ms FROM suggestions") == [("probable", 1)]


def test_partners_are_the_other_records_of_pairs_the_newest_first(hub, table, clinic):
    put(hub, (1, 2), (1, 3), (2, 4))
    assert table.partners(1, 9) == [3, 2]
    assert table.partners(2, 9) == [4, 1]
    assert table.partners(2, 1) == [4]
    act(clinic, pairs.two_people, Pair(1, 2))
    assert table.partners(1, 9, "open") == [3]
    assert table.partners(1, 9) == [3, 2]


def test_what_became_of_a_pair_follows_what_is_decided(hub, clinic):
    put(hub, (1, 2), (1, 3), (3, 4))
    act(clinic, pairs.two_people, Pair(2, 1))
    act(clinic, merging.merge, Pair(3, 4))
    assert states(hub) == {(1, 2): "dismissed", (1, 3): "gone", (3, 4): "merged"}
    act(clinic, pairs.maybe_one, Pair(1, 2))
    act(clinic, merging.unmerge, 3)
    assert set(states(hub).values()) == {"open"}
    act(clinic, merging.void, 1)
    assert states(hub) == {(1, 2): "gone", (1, 3): "gone", (3, 4): "open"}
    act(clinic, merging.unvoid, 1)
    assert set(states(hub).values()) == {"open"}


def test_a_pair_that_was_decided_before_it_was_found_is_not_open(hub, clinic):
    act(clinic, pairs.two_people, Pair(2, 1))
    act(clinic, merging.merge, Pair(3, 4))
    put(hub, (1, 2), (3, 4))
    assert states(hub) == {(1, 2): "dismissed", (3, 4): "merged"}


def test_who_was_dismissed_is_listed_as_such_after_a_merge_with_a_third_record(hub, clinic):
    put(hub, (1, 2), (2, 3))
    act(clinic, pairs.two_people, Pair(1, 2))
    act(clinic, merging.merge, Pair(2, 4))
    assert states(hub) == {(1, 2): "dismissed", (2, 3): "gone"}


def test_only_an_open_pair_is_dropped(hub, clinic, table):
    put(hub, (1, 2), (3, 4))
    act(clinic, pairs.two_people, Pair(1, 2))
    hub.write(lambda tx: (tx.begin(), tx.store.suggestions.drop([(1, 2), (3, 4)])))
    assert states(hub) == {(1, 2): "dismissed"}


def test_the_list_outlives_a_rebuild_and_says_what_the_facts_say(hub, clinic):
    put(hub, (1, 2), (2, 3), (3, 4))
    act(clinic, pairs.two_people, Pair(1, 2))
    act(clinic, merging.merge, Pair(3, 4))
    before = states(hub)
    # As software of before would have left it, which read less out of the facts.
    hub.write(lambda tx: tx.connection.execute("UPDATE suggestions SET state = 'open'"))
    hub.writer.rebuild()
    assert states(hub) == before == {(1, 2): "dismissed", (2, 3): "gone", (3, 4): "merged"}
