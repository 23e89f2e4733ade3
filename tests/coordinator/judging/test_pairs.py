"""Two records are two people: who may decide that, what it refuses, and what ends it."""

from __future__ import annotations

import pytest

from coordinator.errors import CannotMerge, CannotResolve, InRecovery
from coordinator.judging import merging, pairs
from coordinator.judging.merging import Pair
from sync.errors import MergedIntoAnother, NotFound, SeenOtherwise
from sync.model.facts import Action, FactId
from tests.coordinator.judging import test_merging
from tests.coordinator.judging.test_merging import WHO
from tests.coordinator.judging.test_resolving import Bench, duplicate_mrn
from tests.sync.patients import correct


class Desk(test_merging.Desk):
    """An administrator who also says who is somebody else."""

    def two_people(self, one: int, other: int, *seen) -> FactId:
        return self.act(pairs.two_people, Pair(self.id(one), self.id(other)), WHO, *seen)

    def maybe_one(self, one: int, other: int) -> FactId:
        return self.act(pairs.maybe_one, Pair(self.id(one), self.id(other)), WHO)

    def apart(self) -> set[frozenset[int]]:
        by_fact = {fact: number for number, fact in self.facts.items()}
        rows = self.desk.query("SELECT first, second FROM two_people")
        return {frozenset(by_fact[fact] for fact in row) for row in rows}


@pytest.fixture
def bench(clinic, lab, ward) -> Bench:
    return Bench(clinic, lab, ward)


@pytest.fixture
def people(bench) -> Desk:
    return Desk(bench)


def test_two_people_are_two_until_it_is_taken_back(people):
    people.two_people(1, 2)
    assert people.apart() == {frozenset({1, 2})}
    people.maybe_one(2, 1)
    assert people.apart() == set()
    people.two_people(2, 1)
    assert people.apart() == {frozenset({1, 2})}
    people.bench.assert_sound()


@pytest.mark.parametrize(
    "change",
    [
        {"full_name": "Amina"},
        {"father_name": "Ali"},
        {"sex": "O"},
        {"dob": "1999-01-02"},
        {"phone": "03339999999"},
        {"address": "Multan"},
        {"cnic": "12345-1234567-1"},
    ],
)
@pytest.mark.parametrize("number", [1, 2])
def test_a_later_correction_of_either_ends_it_and_one_before_does_not(people, change, number):
    correct(people.desk, people.id(number), phone="03331111111", address="Lahore")
    people.two_people(1, 2)
    assert people.apart() == {frozenset({1, 2})}
    correct(people.desk, people.id(number), **change)
    assert people.apart() == set()
    people.two_people(1, 2)
    assert people.apart() == {frozenset({1, 2})}, "it is decided once more, of what they say now"
    people.bench.assert_sound()


def test_a_correction_that_a_desk_made_before_and_nobody_had_seen_ends_it(people, clinic, lab):
    clinic.heal()
    ((ident,),) = lab.query("SELECT id FROM patients WHERE fact = ?", people.facts[2])
    correct(lab, ident, phone="03339999999")
    people.two_people(1, 2)
    assert people.apart() == {frozenset({1, 2})}
    clinic.heal()
    assert people.apart() == set()
    people.bench.assert_sound()


def test_what_is_refused_changes_nothing(people):
    with pytest.raises(CannotMerge, match="both are the same record"):
        people.two_people(1, 1)
    with pytest.raises(CannotMerge, match="nobody decided"):
        people.maybe_one(1, 2)
    with pytest.raises(NotFound):
        people.act(pairs.two_people, Pair(people.id(1), 99), WHO)
    with pytest.raises(SeenOtherwise):
        people.two_people(1, 2, lambda: False)
    people.void(3)
    with pytest.raises(CannotMerge, match="void"):
        people.two_people(1, 3)
    assert people.apart() == set()


def test_of_two_administrators_the_second_one_hears_of_the_first(people):
    people.two_people(1, 2)
    with pytest.raises(CannotMerge, match="Sadia decided that they are two people already"):
        people.two_people(2, 1)
    for former, survivor in ((1, 2), (2, 1)):
        with pytest.raises(CannotMerge, match="Sadia decided that they are two people; take that"):
            people.merge(former, survivor)
    people.maybe_one(1, 2)
    people.merge(1, 2)
    with pytest.raises(MergedIntoAnother, match="number 710002"):
        people.two_people(1, 2)
    assert people.survivors() == {1: 2}


def test_the_merge_of_a_conflict_is_refused_too(bench):
    duplicate_mrn(bench)
    people = Desk(bench)
    people.facts[0] = bench.fact
    people.facts[9] = bench.id_of(1, "710000", "Holder")
    people.two_people(0, 9)
    with pytest.raises(CannotResolve, match="Sadia decided that they are two people"):
        bench.decide(Action.MERGE)


def test_two_people_do_not_come_to_count_as_one_by_a_third_record(bench):
    people = Desk(bench, 5)
    people.two_people(1, 2)
    people.merge(2, 3)
    people.merge(4, 1)
    apart = r"710001 and 710002 are two people, and they would count as one"
    for former, survivor in ((1, 3), (3, 1)):
        with pytest.raises(CannotMerge, match=apart):
            people.merge(former, survivor)
    people.merge(3, 5)
    with pytest.raises(CannotMerge, match=apart):
        people.merge(5, 1)
    assert people.survivors() == {2: 5, 3: 5, 4: 1}
    people.unmerge(2)
    people.merge(1, 5)
    assert people.survivors() == {1: 5, 3: 5, 4: 5}, "2 is somebody else, and stands alone"
    with pytest.raises(CannotMerge, match=apart):
        people.merge(2, 5)
    people.maybe_one(1, 2)
    people.merge(2, 5)
    people.bench.assert_sound()


def test_nothing_is_decided_while_the_coordinator_learns_its_past(people):
    people.bench.clinic.act(lambda tx: people.desk.arbiter.recovery.begin(tx, "a test"))
    for act in (people.two_people, people.maybe_one):
        with pytest.raises(InRecovery):
            act(1, 2)


def test_two_coordinators_of_one_backup_merge_a_pair_and_tell_it_apart(clinic, lab, ward):
    people = Desk(Bench(clinic, lab, ward), 2)
    backup = people.desk.back_up()
    people.merge(1, 2)
    clinic.heal()
    people.desk.restore(backup)
    people.two_people(1, 2)
    clinic.heal()
    assert people.survivors() == {1: 2}, "a merge counts"
    if people.desk.arbiter.recovery.is_on(people.desk.writer._transaction()):
        clinic.act(people.desk.arbiter.recovery.end)
    people.unmerge(1)
    assert people.apart() == {frozenset({1, 2})}, "and then they are two people again"
    people.bench.assert_sound()


def test_a_merge_with_a_third_record_changes_nothing_unless_a_field_is_taken(people):
    people.two_people(1, 2)
    people.merge(3, 2)
    assert people.apart() == {frozenset({1, 2})}
    people.unmerge(3)
    people.merge(3, 2, "full_name")
    assert people.apart() == set()
    people.act(merging.unmerge, people.id(3), WHO)
    assert people.apart() == {frozenset({1, 2})}
    people.bench.assert_sound()
