"""What desks ask about two records: carried out once, as it was seen, or refused."""

from __future__ import annotations

import pytest

from coordinator.errors import CannotMerge
from coordinator.judging import requests
from coordinator.judging.merging import Decider, Pair
from node.asking import RecordWish, ask
from sync.errors import NotFound, SeenOtherwise
from sync.model import bodies, facts
from sync.model.clerks.known import Doer, KnownBy
from sync.model.facts import FactId, RecordAct, RecordRequest

AT = "2026-01-05T13:00:00+05:00"
WHO = Decider("Sadia", "sisters")


@pytest.fixture
def people(clinic, lab, ward) -> list[int]:
    ids = [lab.register_offline().patient for _ in range(2)]
    clinic.heal()
    return ids


def asked(clinic, lab, act: RecordAct, one: int, other: int) -> FactId:
    wish = RecordWish(act, one, "sisters", Doer("bilal", KnownBy.TYPED), AT, other)
    fact = lab.write(lambda tx: ask(tx, lab.author, wish))
    clinic.heal()
    return fact


def do(clinic, act, *arguments) -> FactId:
    found = clinic.act(lambda tx: act(tx, clinic.coordinator.arbiter, *arguments))
    clinic.heal()
    return found


def test_a_desk_asks_that_two_are_two_people_and_to_take_it_back(clinic, lab, ward, people):
    request = asked(clinic, lab, RecordAct.TWO_PEOPLE, *people)
    with pytest.raises(SeenOtherwise):
        do(clinic, requests.carry_out, request, WHO, lambda _: False)
    seen: list[Pair] = []
    do(clinic, requests.carry_out, request, WHO, lambda pair: not seen.append(pair))
    assert len(seen) == 1
    for desk in clinic.replicas:
        assert len(desk.query("SELECT * FROM two_people")) == 1
        assert desk.writer.store.requests.answered(request)[:3] == (True, "Sadia", "sisters")
        assert desk.writer.store.requests.count(True) == 0
    with pytest.raises(CannotMerge, match="carried out this request already"):
        do(clinic, requests.carry_out, request, WHO)
    back = asked(clinic, lab, RecordAct.MAYBE_ONE, *reversed(people))
    do(clinic, requests.carry_out, back, WHO)
    assert ward.query("SELECT * FROM two_people") == []


def test_other_fields_are_taken_than_the_desk_names(clinic, lab, ward, people):
    one, other = people
    wish = RecordWish(
        RecordAct.MERGE, one, "one CNIC", Doer("bilal", KnownBy.TYPED), AT, other, ("phone",)
    )
    request = lab.write(lambda tx: ask(tx, lab.author, wish))
    clinic.heal()
    seen: list[Pair] = []
    taken = ("address",)
    do(clinic, requests.carry_out, request, WHO, lambda pair: not seen.append(pair), taken)
    assert [pair.taken for pair in seen] == [taken]
    assert ward.writer.store.requests.answered(request).done


def test_a_refusal_changes_nothing(clinic, lab, ward, people):
    request = asked(clinic, lab, RecordAct.TWO_PEOPLE, *people)
    do(clinic, requests.refuse, request, WHO)
    assert ward.query("SELECT * FROM two_people") == []
    assert ward.writer.store.requests.answered(request).done is False
    with pytest.raises(CannotMerge, match="refused this request already"):
        do(clinic, requests.refuse, request, WHO)
    with pytest.raises(NotFound):
        do(clinic, requests.refuse, FactId(b"x" * 16), WHO)


@pytest.mark.parametrize("act", [RecordAct.MERGE, RecordAct.TWO_PEOPLE, RecordAct.MAYBE_ONE])
def test_a_request_that_names_no_other_record_is_not_carried_out(clinic, lab, people, act):
    record, registration = lab.query("SELECT record, fact FROM patients WHERE id = ?", people[0])[0]
    body = RecordRequest(act, registration, None, None, (), "sisters", None, AT)
    request = lab.write(lambda tx: tx.append(lab.author, facts.REQUEST, record, bodies.write(body)))
    clinic.heal()
    with pytest.raises(CannotMerge, match="which other record"):
        do(clinic, requests.carry_out, request, WHO)
