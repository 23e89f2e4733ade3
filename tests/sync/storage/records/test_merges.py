"""The table of merged and void registrations: read by either end of a merge, and led anew."""

from __future__ import annotations

import pytest

from sync.model.facts import Action, Resolution
from sync.rules.admission import Decision
from sync.rules.merging import RecordMerge, merge_of
from sync.storage.records.merges import MergeTables, SettledRecord
from tests.sync.storage.rows import fact, record


def decision(number: int, into: int | None = None, *taken: str) -> Decision:
    action = Action.VOID if into is None else Action.MERGE
    other = (None, None) if into is None else (fact(into), record(into))
    resolution = Resolution(
        number + 10, (), fact(number), action, None, *other, None, "Sadia", "a test", taken
    )
    return Decision(fact(number + 100), resolution)


def put(
    merges: MergeTables, number: int, into: int | None = None, *taken: str
) -> RecordMerge | None:
    made = decision(number, into, *taken)
    merge = merge_of(fact(number), made)
    merges.put(number, fact(number), made, merge)
    return merge


@pytest.fixture
def merges(store) -> MergeTables:
    return store.merges


def test_what_was_put_is_read_by_patient_and_by_fact(merges):
    merge = put(merges, 1, 2, "phone", "sex")
    assert merge == RecordMerge(
        fact(101), 11, fact(1), fact(2), record(2), frozenset({"phone", "sex"})
    )
    settled = SettledRecord(1, fact(1), fact(101), Action.MERGE, merge, True, None)
    assert merges.of(1) == merges.of_fact(fact(1)) == settled
    assert merges.merge_from(fact(1)) == merge
    assert merges.into(fact(2)) == [settled]
    assert merges.of(2) is merges.of_fact(fact(2)) is merges.merge_from(fact(2)) is None


def test_what_is_void_leads_nowhere(merges):
    put(merges, 1)
    assert merges.of(1) == SettledRecord(1, fact(1), fact(101), Action.VOID, None, True, None)
    assert merges.merge_from(fact(1)) is None


def test_where_a_merge_leads_is_written_apart(merges):
    merge = put(merges, 1, 2)
    merges.lead(fact(1), False, (record(3), fact(3)))
    led = SettledRecord(1, fact(1), fact(101), Action.MERGE, merge, False, (record(3), fact(3)))
    assert merges.of(1) == led
    merges.lead(fact(1), True, None)
    assert merges.of(1) == led._replace(counts=True, survivor=None)
    merges.remove(1)
    assert merges.of(1) is None


def test_everybody_from_whom_merges_lead_to_one_is_found_also_in_a_ring(merges):
    for number, into in ((1, 2), (2, 3), (3, 1), (4, 2), (5, 6)):
        put(merges, number, into)
    assert merges.above(fact(2)) == [fact(number) for number in (1, 2, 3, 4)]
    assert merges.above(fact(6)) == [fact(5)]
    assert merges.above(fact(5)) == []


def test_only_registrations_that_show_values_of_others_take_some(merges):
    put(merges, 1, 2, "phone")
    put(merges, 3, 4)
    people = [(record(number), fact(number)) for number in range(1, 5)]
    assert merges.taking(people) == {(record(2), fact(2))}
    assert merges.taking([]) == set()


def test_the_merges_that_take_a_field_the_latest_last(merges):
    put(merges, 3, 9, "phone")
    put(merges, 1, 9, "phone", "sex")
    put(merges, 2, 9, "address")
    assert merges.taking_field(fact(9), "phone") == [fact(101), fact(103)]
    merges.lead(fact(3), False, None)
    assert merges.taking_field(fact(9), "phone") == [fact(101)], "the other one does not count"
    assert merges.taking_field(fact(9), "cnic") == []


def test_hidden_values_are_those_of_the_last_time(store, merges):
    merges.hide(1, {"phone": "0301", "address": ""})
    merges.hide(1, {"sex": "F"})
    merges.hide(2, {})
    found = store.connection.execute("SELECT * FROM hidden").fetchall()
    assert found == [(1, "sex", "F")]
