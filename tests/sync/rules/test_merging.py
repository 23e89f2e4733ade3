"""Who survives merges, and what they show: functions of the merges in force alone."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from sync.model.demographics import FIELDS
from sync.model.facts import Action, FactId, FieldNames, RecordId, Resolution
from sync.model.person import more
from sync.rules import merging
from sync.rules.admission import Decision, in_force
from sync.rules.merging import RecordMerge

PEOPLE = 7


def who(number: int) -> FactId:
    return FactId(bytes([number]) * 16)


def record(number: int) -> RecordId:
    return RecordId(bytes([number + 100]) * 16)


def decision(serial: int, number: int) -> FactId:
    return FactId(bytes([number]) * 8 + serial.to_bytes(8))


def merge(former: int, into: int, serial: int, *taken: str) -> RecordMerge:
    ident = decision(serial, former)
    return RecordMerge(ident, serial, who(former), who(into), record(into), frozenset(taken))


def survivors(*merges: RecordMerge) -> dict[int, int]:
    """Number of each person -> number of the one who stands for them."""
    by_former = {one.former: one for one in merges}
    return {
        number: merging.path(who(number), by_former.get).survivor[0] for number in range(PEOPLE)
    }


def taken_in_order(merges: list[RecordMerge]) -> dict[int, int]:
    """The same, as the documents say it: one after the other, without those that close a ring."""
    above: dict[FactId, FactId] = {}

    def top(one: FactId) -> FactId:
        while one in above:
            one = above[one]
        return one

    for one in sorted(merges, key=lambda merge: (merge.serial, merge.id)):
        if top(one.into) != one.former:
            above[one.former] = one.into
    return {number: top(who(number))[0] for number in range(PEOPLE)}


MERGES = st.lists(
    st.builds(
        merge,
        st.integers(0, PEOPLE - 1),
        st.integers(0, PEOPLE - 1),
        st.integers(1, 4),  # few, because two coordinators give one serial twice
    ),
    max_size=PEOPLE,
    unique_by=lambda one: one.former,
)


@given(MERGES)
def test_to_leave_out_the_latest_of_a_ring_is_to_take_them_in_order(merges):
    assert survivors(*merges) == taken_in_order(merges)


@given(MERGES)
def test_everybody_has_one_survivor_who_stands_for_themselves(merges):
    found = survivors(*merges)
    assert all(found[number] == number for number in set(found.values()))
    by_former = {one.former: one for one in merges}
    for number in range(PEOPLE):
        path = merging.path(who(number), by_former.get)
        steps = [who(number), *(step.into for step in path.merges)]
        assert [step.former for step in path.merges] == steps[:-1]
        assert steps[-1] == path.survivor
        assert len(set(steps)) == len(steps)
        assert path.left_out not in path.merges


def test_a_chain_ends_at_the_last_one():
    chain = (merge(1, 2, 10), merge(2, 3, 11))
    assert survivors(*chain)[1] == survivors(*chain)[2] == 3


def test_of_a_ring_the_latest_merge_does_not_count():
    ring = (merge(1, 2, 10), merge(2, 1, 10), merge(0, 1, 9))
    assert survivors(*ring) == {**dict.fromkeys(range(PEOPLE)), 0: 2, 1: 2, 2: 2} | {
        number: number for number in range(3, PEOPLE)
    }
    by_former = {one.former: one for one in ring}
    path = merging.path(who(0), by_former.get)
    assert path.ring == ring[:2]
    assert path.left_out == ring[1]


def test_who_was_merged_into_themselves_survives():
    assert survivors(merge(1, 1, 5))[1] == 1


# fields


def test_a_field_comes_from_the_latest_merge_that_takes_it():
    first, second, other = merge(1, 3, 5, "phone"), merge(2, 3, 6, "phone"), merge(4, 3, 7, "sex")
    for merges in ([first, second, other], [other, second, first]):
        assert merging.source("phone", merges, lambda _: False) is second
        assert merging.source("address", merges, lambda _: False) is None


def test_a_correction_that_names_the_merge_beats_it_and_no_other():
    first, second = merge(1, 3, 5, "phone"), merge(2, 3, 6, "phone")
    assert merging.source("phone", [first, second], lambda fact: fact == second.id) is None
    assert merging.source("phone", [first, second], lambda fact: fact == first.id) is second


def test_a_date_of_birth_is_taken_with_whether_it_is_a_guess():
    assert merging.with_companions(["phone", "dob"]) == ("dob", "dob_estimated", "phone")
    assert "dob_estimated" not in merging.CHOOSABLE
    assert set(merging.with_companions(merging.CHOOSABLE)) == set(FIELDS) - {"identity"}


def test_identifiers_and_fields_of_a_clinic_are_chosen_by_the_names_of_the_apis():
    taken = merging.with_companions(["extra.blood", "identifiers.passport", "dob"])
    assert taken == ("dob", "dob_estimated", "id:passport", "no:passport", "x:blood")
    assert merging.with_companions(taken) == taken
    assert merging.as_chosen(taken)[2:] == ["identifiers.passport", "extra.blood"]
    choosable = ("phone", "identifiers.passport", "extra.blood_group")
    nothing = ("mrn", "dob_estimated", "identity", "identifiers", "extra.", "identifiers.A", "id:a")
    assert all(map(merging.is_choosable, choosable))
    assert not any(map(merging.is_choosable, nothing))
    assert merging.with_companions(["mrn", "identifiers", "identifiers.A", "id:a"]) == ("id:a",)


def test_what_one_merge_takes_is_bounded():
    many = [f"x:a{number:02}" for number in range(60)]
    assert merging.in_order([*many, "phone", "mrn"]) == ("phone", *many[: 2 * more.FOLDED_MAX])


# out of decisions


def resolution(serial: int, action: Action, *replaces: FactId, taken=(), into: int | None = 2):
    fact = Resolution(
        serial,
        replaces,
        who(1),
        action,
        None,
        None if into is None else who(into),
        None if into is None else record(into),
        None,
        "Sadia",
        "one person",
        taken,
    )
    return Decision(decision(serial, 1), fact)


def merged(*decisions: Decision) -> RecordMerge | None:
    return merging.merge_of(who(1), in_force(who(1), decisions)[0])


def test_a_merge_is_in_force_until_it_is_replaced():
    first = resolution(5, Action.MERGE, taken=("phone", "a field of the future"))
    found = merged(first)
    assert found is not None
    assert (found.into, found.record, found.taken) == (who(2), record(2), {"phone"})
    assert merged(first, resolution(6, Action.REOPEN, first.id, into=None)) is None
    again = resolution(7, Action.MERGE, first.id, into=3)
    later = merged(again, first)
    assert later is not None
    assert later.into == who(3)


def test_what_is_no_merge_leads_nowhere():
    assert merged() is None
    assert merged(resolution(5, Action.VOID, into=None)) is None
    assert merged(resolution(5, Action.MERGE, into=None)) is None
    award = resolution(5, Action.AWARD)
    assert merging.merge_of(who(2), award) is None


def test_all_that_a_record_shows_may_be_taken_at_once():
    """A clinic may have sixteen fields besides, and the other record may be right in each."""
    fields = [f"identifiers.n{number}" for number in range(more.FOLDED_MAX)]
    chosen = [*merging.CHOOSABLE, *fields]
    assert len(chosen) <= merging.TAKEN_MAX
    taken = merging.with_companions(chosen)
    assert set(chosen) <= set(merging.as_chosen(taken))
    assert msgspec.convert(taken, FieldNames) == taken
