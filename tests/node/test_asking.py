"""A desk asks for decisions about records: once, and only for what can come true."""

from __future__ import annotations

import pytest

from coordinator.judging import merging, pairs, requests
from coordinator.judging.merging import Decider, Pair
from node.asking import RecordWish, ask
from node.errors import CannotAsk
from sync.errors import MergedIntoAnother, NotFound, SeenOtherwise
from sync.model.clerks.known import Doer, KnownBy
from sync.model.facts import RecordAct
from tests.clinic import Clinic, Desk

AT = "2026-01-05T13:00:00+05:00"
WHO = Decider("Sadia", "one CNIC")
BILAL = Doer("bilal", KnownBy.TYPED)


@pytest.fixture
def clinic(tmp_path):
    clinic = Clinic(tmp_path)
    yield clinic
    clinic.close()


@pytest.fixture
def lab(clinic) -> Desk:
    return clinic.desk("LAB1-PC", "710000-719999")


@pytest.fixture
def ward(clinic, lab) -> Desk:
    return clinic.desk("WARD-PC", "720000-729999")


@pytest.fixture
def people(clinic, lab) -> list[int]:
    ids = [lab.register_offline().patient for _ in range(3)]
    clinic.heal()
    return ids


def wish(act: str, patient: int, **more) -> RecordWish:
    return RecordWish(RecordAct(act), patient, "one person", BILAL, AT)._replace(**more)


def asked(lab, *arguments, **more):
    return lab.write(lambda tx: ask(tx, lab.author, wish(*arguments, **more)))


def waiting(desk) -> list[tuple[str, str]]:
    return [(one.body.act, one.author) for one in desk.writer.store.requests.page(True, 9, 0)]


def decide(clinic, act, *arguments) -> None:
    clinic.act(lambda tx: act(tx, clinic.coordinator.arbiter, *arguments))
    clinic.heal()


def hub_id(clinic, lab, patient: int) -> int:
    ((fact,),) = lab.query("SELECT fact FROM patients WHERE id = ?", patient)
    return clinic.coordinator.query("SELECT id FROM patients WHERE fact = ?", fact)[0][0]


def test_a_request_waits_everywhere_until_it_is_carried_out(clinic, lab, ward, people):
    one, other, _ = people
    fact = asked(lab, "merge", one, into=other, taken=("phone",))
    assert waiting(lab) == [("merge", "LAB1-PC")]
    clinic.heal()
    assert waiting(ward) == waiting(clinic.coordinator) == [("merge", "LAB1-PC")]
    decide(clinic, requests.carry_out, fact, WHO)
    for desk in clinic.replicas:
        assert waiting(desk) == []
        answered = desk.writer.store.requests.answered(fact)
        assert answered[:3] == (True, "Sadia", "one CNIC")
        assert desk.query("SELECT taken FROM settled") == [("phone",)]


def test_a_request_is_refused_everywhere(clinic, lab, ward, people):
    fact = asked(lab, "void", people[0])
    clinic.heal()
    decide(clinic, requests.refuse, fact, Decider("Sadia", "she is real"))
    assert waiting(ward) == []
    assert ward.writer.store.requests.answered(fact)[:3] == (False, "Sadia", "she is real")
    assert ward.query("SELECT * FROM settled") == []


def test_who_asks_for_the_same_again_gets_the_request_that_waits(clinic, lab, people):
    one, other, third = people
    first = asked(lab, "merge", one, into=other)
    assert asked(lab, "merge", one, into=other, why="again") == first
    assert asked(lab, "merge", one, into=third) != first
    clinic.heal()
    decide(clinic, requests.refuse, first, WHO)
    assert asked(lab, "merge", one, into=other) != first


@pytest.mark.parametrize(
    ("act", "why"),
    [("unmerge", "not merged"), ("unvoid", "not void")],
)
def test_what_is_plainly_nothing_is_not_asked_for(lab, people, act, why):
    with pytest.raises(CannotAsk, match=why):
        asked(lab, act, people[0])
    with pytest.raises(CannotAsk, match="both are the same record"):
        asked(lab, "merge", people[0], into=people[0])
    with pytest.raises(NotFound):
        asked(lab, "merge", people[0], into=99)
    with pytest.raises(SeenOtherwise):
        lab.write(
            lambda tx: ask(tx, lab.author, wish("merge", people[0], into=people[1]), lambda: False)
        )
    assert waiting(lab) == []


def test_about_a_former_record_only_its_unmerge_is_asked_for(clinic, lab, people):
    one, other, third = people
    pair = Pair(*(hub_id(clinic, lab, patient) for patient in (one, other)))
    decide(clinic, merging.merge, pair, WHO)
    for act, more in (("merge", {"into": third}), ("void", {})):
        with pytest.raises(MergedIntoAnother):
            asked(lab, act, one, **more)
    with pytest.raises(MergedIntoAnother):
        asked(lab, "merge", third, into=one)
    fact = asked(lab, "unmerge", one)
    clinic.heal()
    decide(clinic, requests.carry_out, fact, WHO)
    assert lab.query("SELECT * FROM settled") == []


def test_a_void_record_is_asked_to_count_again(clinic, lab, people):
    decide(clinic, merging.void, hub_id(clinic, lab, people[0]), WHO)
    with pytest.raises(CannotAsk, match="is void"):
        asked(lab, "void", people[0])
    fact = asked(lab, "unvoid", people[0])
    clinic.heal()
    decide(clinic, requests.carry_out, fact, WHO)
    assert lab.query("SELECT * FROM settled") == []


def test_two_people_are_asked_about_as_long_as_nobody_has_decided(clinic, lab, people):
    one, other, _ = people
    with pytest.raises(CannotAsk, match="nobody decided"):
        asked(lab, "maybe_one", one, into=other)
    fact = asked(lab, "two_people", one, into=other)
    assert asked(lab, "two_people", one, into=other) == fact
    with pytest.raises(CannotAsk, match="both are the same record"):
        asked(lab, "two_people", one, into=one)
    clinic.heal()
    decide(clinic, requests.carry_out, fact, WHO)
    for act in ("two_people", "merge"):
        with pytest.raises(CannotAsk, match="an administrator decided that they are two people"):
            asked(lab, act, other, into=one)
    assert asked(lab, "maybe_one", other, into=one)


def test_nobody_asks_to_merge_two_people_by_way_of_a_third_record(clinic, lab, people):
    one, other, third = (hub_id(clinic, lab, patient) for patient in people)
    decide(clinic, pairs.two_people, Pair(one, other), WHO)
    decide(clinic, merging.merge, Pair(other, third), WHO)
    with pytest.raises(CannotAsk, match="two of those who would count as one are two people"):
        asked(lab, "merge", people[0], into=people[2])
    assert asked(lab, "two_people", people[0], into=people[2])
