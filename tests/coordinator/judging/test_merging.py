"""Merging two records, voiding one, and taking that back: what is allowed, and what comes of it."""

from __future__ import annotations

import random

import pytest

from coordinator.errors import CannotMerge
from coordinator.judging import merging
from coordinator.judging.merging import Decider, Pair
from sync.errors import MergedIntoAnother, MrnmeshError, NotFound, SeenOtherwise
from sync.model.facts import Action, FactId
from tests.coordinator.judging.test_arbiter import malformed
from tests.coordinator.judging.test_resolving import (
    AWARD,
    MERGE,
    REOPEN,
    Bench,
    duplicate_mrn,
)
from tests.forging import person
from tests.projection import difference, folded_from_nothing, projection
from tests.sync.patients import correct

WHO = Decider("Sadia", "one CNIC")


class Desk:
    """People at the coordinator, by their numbers 1, 2, ..., and what an administrator does."""

    def __init__(self, bench: Bench, count: int = 3) -> None:
        self.bench, self.desk = bench, bench.desk
        self.facts = {
            number: bench.bring(person(number, str(710000 + number), "LAB1-PC", f"P{number}"))
            for number in range(1, count + 1)
        }

    def id(self, number: int) -> int:
        return self.id_of(self.facts[number])

    def id_of(self, fact: FactId) -> int:
        ((ident,),) = self.desk.query("SELECT id FROM patients WHERE fact = ?", fact)
        return ident

    def act(self, act, *arguments) -> FactId:
        self.bench.clinic.now_ms += 1000
        return self.bench.clinic.act(lambda tx: act(tx, self.desk.arbiter, *arguments))

    def merge(self, former: int, survivor: int, *taken: str) -> FactId:
        pair = Pair(self.id(former), self.id(survivor), taken)
        return self.act(merging.merge, pair, WHO)

    def unmerge(self, number: int) -> FactId:
        return self.act(merging.unmerge, self.id(number), WHO)

    def void(self, number: int) -> FactId:
        return self.act(merging.void, self.id(number), WHO)

    def unvoid(self, number: int) -> FactId:
        return self.act(merging.unvoid, self.id(number), WHO)

    def survivors(self) -> dict[int, int]:
        by_fact = {fact: number for number, fact in self.facts.items()}
        return {
            by_fact[former]: by_fact[survivor]
            for former, survivor in self.desk.query(
                "SELECT fact, survivor FROM settled WHERE survivor IS NOT NULL"
            )
        }


@pytest.fixture
def bench(clinic, lab, ward) -> Bench:
    return Bench(clinic, lab, ward)


@pytest.fixture
def people(bench) -> Desk:
    return Desk(bench)


def test_any_two_registrations_are_merged_and_unmerged_without_a_conflict(people):
    people.merge(1, 2)
    assert people.survivors() == {1: 2}
    assert people.desk.conflicts() == []
    people.unmerge(1)
    assert people.survivors() == {}
    assert people.desk.conflicts() == []
    people.bench.assert_sound()


def test_a_survivor_is_merged_on(people):
    people.merge(1, 2)
    people.merge(2, 3)
    assert people.survivors() == {1: 3, 2: 3}
    people.unmerge(2)
    assert people.survivors() == {1: 2}
    people.bench.assert_sound()


def test_a_former_record_takes_part_in_nothing_and_the_survivor_is_named(people):
    people.merge(1, 2)
    for act in (
        lambda: people.merge(1, 3),
        lambda: people.merge(3, 1),
        lambda: people.merge(2, 1),  # it would close a ring
        lambda: people.void(1),
        lambda: correct(people.desk, people.id(1), sex="M"),
    ):
        with pytest.raises(MergedIntoAnother, match=r"number 710002, record .*0002\b"):
            act()
    assert people.survivors() == {1: 2}


def test_a_long_ring_is_refused_too(people):
    people.merge(1, 2)
    people.merge(2, 3)
    with pytest.raises(MergedIntoAnother, match="number 710003"):
        people.merge(3, 1)


@pytest.mark.parametrize(
    ("prepare", "act", "why"),
    [
        ((), ("merge", 1, 1), "both are the same record"),
        ((("void", 1),), ("merge", 1, 2), "is void"),
        ((("void", 2),), ("merge", 1, 2), "is void"),
        ((("void", 1),), ("void", 1), "void already"),
        ((("merge", 1, 2),), ("void", 2), "710001 is merged into this one"),
        ((), ("unmerge", 1), "not merged"),
        ((("void", 1),), ("unmerge", 1), "not merged"),
        ((("merge", 1, 2),), ("unmerge", 2), "not merged"),
        ((), ("unvoid", 1), "not void"),
        ((("merge", 1, 2),), ("unvoid", 1), "not void"),
    ],
)
def test_what_is_refused_changes_nothing(people, prepare, act, why):
    for name, *numbers in prepare:
        getattr(people, name)(*numbers)
    before = projection(people.desk)
    name, *numbers = act
    with pytest.raises(CannotMerge, match=why):
        getattr(people, name)(*numbers)
    assert difference(before, projection(people.desk)) == {}


def test_nobody_is_merged_into_what_cannot_be_read(people):
    people.facts[9] = people.bench.bring(malformed(9, "710009"))
    with pytest.raises(CannotMerge, match="nothing can be read of the record to merge it into"):
        people.merge(1, 9)
    with pytest.raises(CannotMerge, match="so nothing can be taken"):
        people.merge(9, 1, "phone")
    people.merge(9, 1)
    assert people.survivors() == {9: 1}


def test_nobody_is_merged_who_is_not_there(people):
    with pytest.raises(NotFound):
        people.act(merging.merge, Pair(people.id(1), 99), WHO)


def test_who_has_not_seen_what_both_say_now_merges_nothing(people):
    pair = Pair(people.id(1), people.id(2))
    with pytest.raises(SeenOtherwise):
        people.act(merging.merge, pair, WHO, lambda: False)
    assert people.survivors() == {}


def test_a_void_registration_counts_again(people):
    people.void(1)
    assert people.desk.query("SELECT action FROM settled") == [("void",)]
    assert people.bench.number(people.facts[1]) == ("710001", True)
    people.unvoid(1)
    assert people.desk.query("SELECT action FROM settled") == []
    people.bench.assert_sound()


def test_a_chosen_date_of_birth_comes_with_whether_it_is_a_guess(people):
    people.merge(1, 2, "dob")
    assert people.desk.query("SELECT taken FROM settled") == [("dob dob_estimated",)]


def test_an_identifier_is_taken_under_both_names_that_it_may_have(people):
    people.merge(1, 2, "identifiers.passport")
    assert people.desk.query("SELECT taken FROM settled") == [("id:passport no:passport",)]


def test_a_correction_of_the_survivor_names_the_merge_and_is_shown(people):
    merge = people.merge(1, 2, "phone")
    correct(people.desk, people.id(2), phone="03339999999")
    assert people.desk.query("SELECT phone FROM patients WHERE id = ?", people.id(2)) == [
        ("03339999999",)
    ]
    assert people.desk.query("SELECT count(*) FROM replacing WHERE replaced = ?", merge) == [(1,)]
    people.unmerge(1)
    people.bench.assert_sound()


# number conflicts


def test_the_conflict_of_a_merged_person_is_settled_until_the_unmerge(bench):
    duplicate_mrn(bench)
    people = Desk(bench)
    people.facts[0] = bench.fact
    assert bench.is_open() is True
    people.merge(0, 3)
    assert bench.is_open() is False
    people.unmerge(0)
    assert bench.is_open() is True
    bench.assert_sound()


def test_an_unmerge_leaves_the_number_that_was_given_before(bench):
    duplicate_mrn(bench)
    people = Desk(bench)
    people.facts[0] = bench.fact
    bench.decide(Action.ASSIGN)
    fresh = bench.number()
    people.merge(0, 3)
    people.unmerge(0)
    assert bench.number() == fresh
    assert bench.is_open() is False
    bench.assert_sound()


def test_the_number_of_a_merged_person_is_awarded_and_they_get_a_fresh_one(bench):
    duplicate_mrn(bench)
    people = Desk(bench)
    holder = bench.id_of(1, "710000", "Holder")
    people.facts[8] = holder
    people.merge(8, 3)
    bench.decide(AWARD)
    assert bench.number() == ("710000", True)
    assert people.survivors() == {8: 3}
    number, holds = bench.number(holder)
    assert (number, holds) == ("PAT-20260105-0001", True)
    bench.assert_sound()


def test_merged_by_a_conflict_is_unmerged_by_either_way(bench):
    duplicate_mrn(bench)
    people = Desk(bench)
    people.facts[0] = bench.fact
    bench.decide(MERGE)
    people.unmerge(0)
    assert bench.is_open() is True
    people.merge(0, 3)
    bench.decide(REOPEN)
    assert people.survivors() == {}
    bench.assert_sound()


# two coordinators of one backup


def test_two_coordinators_that_close_a_ring_agree_on_one_survivor(clinic, lab, ward):
    one = Desk(Bench(clinic, lab, ward), 2)
    backup = one.desk.back_up()
    one.merge(1, 2)
    clinic.heal()
    one.desk.restore(backup)
    one.merge(2, 1)
    clinic.heal()
    assert len(one.survivors()) == 1
    one.bench.assert_sound()
    (former,) = one.survivors()
    if one.desk.arbiter.recovery.is_on(one.desk.writer._transaction()):
        clinic.act(one.desk.arbiter.recovery.end)
    one.unmerge(former)
    left = {1, 2} - {former}
    assert one.survivors() in ({}, {left.pop(): former})
    one.bench.assert_sound()


# any history


@pytest.mark.parametrize("seed", range(8))
def test_no_history_of_merges_and_conflicts_leaves_a_number_without_a_survivor(
    clinic, lab, ward, seed
):
    chance = random.Random(seed)
    bench = Bench(clinic, lab, ward)
    people = Desk(bench, 4)
    people.facts[0] = bench.bring(person(10, "710001", "LAB1-PC", "Rival"))
    done = 0
    for _ in range(60):
        one, other = chance.choices(list(people.facts), k=2)
        phone = f"0300{chance.randrange(10**7):07}"
        acts = [
            lambda a=one, b=other: people.merge(a, b, chance.choice(["phone", "sex"])),
            lambda a=one: people.unmerge(a),
            lambda a=one: people.void(a),
            lambda a=one: people.unvoid(a),
            lambda a=one: bench.decide(chance.choice(list(Action)), people.facts[a]),
            lambda a=one, to=phone: correct(people.desk, people.id(a), phone=to),
        ]
        try:
            chance.choice(acts)()
        except MrnmeshError:
            continue
        done += 1
        survivors = people.survivors()
        assert not set(survivors) & set(survivors.values()), "who stands for others is not merged"
    assert done > 8
    bench.assert_sound()
    people.desk.reopen()
    assert difference(projection(people.desk), folded_from_nothing(people.desk)) == {}
