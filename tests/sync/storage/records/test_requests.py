"""The tables of requests and refusals: what is open, whatever came first."""

from __future__ import annotations

import pytest

from sync.model import bodies, facts
from sync.model.facts import (
    Action,
    Envelope,
    PairFact,
    RecordAct,
    RecordRequest,
    RequestRefusal,
    Resolution,
)
from sync.storage.records.requests import KeptRequest, RequestAnswered, RequestTables
from tests.forging import ELSEWHERE
from tests.sync.storage.rows import LAB, fact, record

AT = "2026-01-05T13:00:00+05:00"


@pytest.fixture
def requests(store) -> RequestTables:
    return store.requests


def request(number: int) -> RecordRequest:
    return RecordRequest(RecordAct.VOID, fact(number), None, None, (), "a test", None, AT)


def envelope(kind: str, number: int, hlc: int, body) -> Envelope:
    return Envelope(kind, record(number), hlc, ELSEWHERE, bodies.write(body))


def add(requests: RequestTables, number: int) -> KeptRequest:
    body = request(number)
    outer = envelope(facts.REQUEST, number, number, body)
    requests.add(fact(100 + number), LAB, outer, None, made_at(number))
    return KeptRequest(fact(100 + number), LAB, record(number), body, made_at(number))


def made_at(number: int) -> str:
    """Of two days one request each."""
    return f"2026-01-{number // 2 + 1:02}T08:00:00Z"


def refuse(requests: RequestTables, number: int, by: int = 0) -> None:
    body = RequestRefusal(fact(100 + number), "Sadia", f"no {by}")
    requests.refuse(fact(200 + by), body.request, envelope(facts.REFUSAL, number, 50 + by, body))


def carry_out(store, number: int) -> None:
    void = (
        fact(number),
        Action.VOID,
        None,
        None,
        None,
        None,
        "Hina",
        "yes",
        (),
        fact(100 + number),
    )
    body = Resolution(9, (), *void)
    store.decisions.add_resolution(fact(250), envelope(facts.RESOLUTION, number, 60, body), body)


def test_requests_are_open_until_they_are_answered(store, requests):
    first, second, third = (add(requests, number) for number in (1, 2, 3))
    assert requests.page(True, 9, 0) == [third, second, first]
    assert requests.page(True, 1, 1) == [second]
    assert requests.one(fact(101)) == first
    assert requests.one(fact(99)) is None
    refuse(requests, 1)
    carry_out(store, 2)
    assert requests.page(True, 9, 0) == [third]
    assert requests.page(False, 9, 0) == [third, second, first]
    assert requests.progress() == 5
    assert (requests.count(True), requests.count(False)) == (1, 3)
    assert requests.open_of(record(3)) == [third]
    assert requests.open_of(record(1)) == []


def test_what_became_of_a_request(store, requests):
    for number in (1, 2):
        add(requests, number)
    assert requests.answered(fact(101)) is None
    refuse(requests, 1, by=3)
    refuse(requests, 1, by=2)
    assert requests.answered(fact(101)) == RequestAnswered(False, "Sadia", "no 2", 52)
    carry_out(store, 1)
    assert requests.answered(fact(101)) == RequestAnswered(True, "Hina", "yes", 60)


def test_a_decision_about_a_pair_answers_a_request_and_outweighs_a_refusal(store, requests):
    add(requests, 1)
    refuse(requests, 1)
    body = PairFact((), fact(1), fact(2), record(2), True, {}, {}, "Hina", "two sisters", fact(101))
    store.pairs.add(fact(250), envelope(facts.PAIR, 1, 60, body), body)
    assert requests.answered(fact(101)) == RequestAnswered(True, "Hina", "two sisters", 60)
    add(requests, 2)
    store.pairs.add(fact(251), envelope(facts.PAIR, 1, 60, body), body._replace(asked=fact(102)))
    assert requests.page(True, 9, 0) == []


def test_a_refusal_may_come_before_its_request(requests):
    refuse(requests, 1)
    add(requests, 1)
    add(requests, 1)
    assert requests.page(True, 9, 0) == []
    assert requests.count(False) == 1


def test_requests_about_one_record_are_found_from_both_sides(requests):
    add(requests, 1)
    second = add(requests, 2)
    outer = envelope(facts.REQUEST, 3, 3, request(3))
    requests.add(fact(103), LAB, outer, record(2), made_at(3))
    assert [one.id for one in requests.page(True, 9, 0, record(2))] == [fact(103), second.id]
    assert requests.page(False, 9, 0, record(9)) == []
    assert (requests.count(True, record(2)), requests.count(False, record(3))) == (2, 1)
