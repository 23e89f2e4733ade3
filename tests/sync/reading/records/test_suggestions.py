"""The list as it is read: the most certain first, and who has yet to be compared."""

from __future__ import annotations

import pytest

from coordinator.judging import merging
from coordinator.judging.merging import Decider, Pair
from sync.reading.records.suggestions import ToCompare, Wanted
from sync.rules.feed import FeedChange, FeedEntry
from sync.storage import search
from sync.storage.records.suggestions import Suggestion
from tests.clinic import Clinic, Desk
from tests.sync.patients import correct, reading

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
    index(clinic.coordinator)
    return clinic.coordinator


def index(desk: Desk) -> None:
    while search.index_some(desk.writer.store.connection):
        pass


def put(hub: Desk, *found: tuple[int, int, str]) -> None:
    rows = [Suggestion(one, other, grade, 0.9, "[]") for one, other, grade in found]
    hub.write(lambda tx: (tx.begin(), tx.store.suggestions.put(rows, 1)))


def act(clinic, decide, *arguments) -> None:
    clinic.act(lambda tx: decide(tx, clinic.coordinator.arbiter, *arguments, WHO))


def due(hub: Desk, after: int = 0) -> tuple[int, ...]:
    with reading(hub) as snapshot:
        return snapshot.suggestions.to_compare(after, 25).patients


def newest(hub: Desk) -> int:
    with reading(hub) as snapshot:
        return snapshot.changes.newest()


def test_the_most_certain_come_first_and_of_these_the_newest(hub):
    put(hub, (1, 2, "probable"), (1, 3, "certain"), (3, 4, "certain"))
    with reading(hub) as snapshot:
        page = snapshot.suggestions.page(Wanted("open"), 9, 0)
        assert [one["patient"]["id"] for one in page] == [4, 3, 2]
        assert [one["others"][0]["patient"]["id"] for one in page] == [3, 1, 1]
        (second,) = snapshot.suggestions.page(Wanted("open"), 1, 1)
        assert second["patient"]["id"] == 3
        assert snapshot.suggestions.count(Wanted("open", grade="probable")) == 1


def test_a_merge_that_names_nobody_is_nobodys_decision(hub):
    with reading(hub) as snapshot:
        assert snapshot.suggestions.two_people(1, 99) is None
        assert snapshot.suggestions.two_people(1, 2) is None


def test_everybody_is_due_once_in_the_order_of_the_changes(hub):
    assert due(hub) == (1, 2, 3, 4)
    with reading(hub) as snapshot:
        some = snapshot.suggestions.to_compare(0, 3)
        assert some.patients == (1, 2, 3)
        assert snapshot.suggestions.to_compare(some.cursor, 3).patients == (4,)
        assert snapshot.suggestions.counts(some.cursor)["behind"] > 0
    assert due(hub, newest(hub)) == ()


def test_who_is_not_in_the_index_is_waited_for(hub, clinic):
    after = newest(hub)
    hub.write(lambda tx: setattr(tx.store.meta, "indexed", 2))
    assert due(hub) == (1, 2)
    assert due(hub, after) == ()


def test_a_correction_makes_somebody_due_again(hub, clinic):
    after = newest(hub)
    correct(hub, 3, phone="03339999999")
    assert due(hub, after) == (3,)


def test_after_a_merge_whoever_counts_is_due_and_the_partners_of_both(hub, clinic):
    put(hub, (1, 2, "certain"))
    after = newest(hub)
    act(clinic, merging.merge, Pair(2, 3))
    assert due(hub, after) == (3, 1), "2 is asked about as 3"
    act(clinic, merging.unmerge, 2)
    after = newest(hub) - 1
    assert set(due(hub, after)) == {2, 1}


def test_nobody_compares_a_mistake_until_it_counts_again(hub, clinic):
    after = newest(hub)
    act(clinic, merging.void, 4)
    assert due(hub, after) == ()
    assert 4 not in due(hub)
    act(clinic, merging.unvoid, 4)
    assert due(hub, after) == (4,)


def test_a_change_of_somebody_who_is_not_here_is_passed_over(hub):
    after = newest(hub)
    entry = FeedEntry(99, FeedChange.AMENDED)
    hub.write(lambda tx: (tx.begin(), tx.store.local.log_changes(1, [entry, entry])))
    with reading(hub) as snapshot:
        assert snapshot.suggestions.to_compare(after, 3) == ToCompare((), after + 2)
