"""Whom an answer shows, and by what a call was made."""

import pytest
from aiohttp.test_utils import make_mocked_request

from sync.http.operations import Made, Tagged
from sync.http.requests import SHOWN
from sync.upkeep.looks.shown import records_in, shown_by, way_of


def person(record, **more):
    return {"id": 1, "record_id": record, "full_name": "Ayesha", "links": [], **more}


def request(**headers):
    return make_mocked_request(
        "GET", "/", headers={k.replace("_", "-"): headers[k] for k in headers}
    )


def test_all_people_of_an_answer_each_once_in_their_order():
    answer = {"count": 2, "results": [person("a"), {"patient": person("b"), "others": []}]}
    assert records_in(answer) == ["a", "b"]
    assert records_in({"one": person("a"), "other": person("a"), "differs": ["sex"]}) == ["a"]
    assert records_in({"one": person("b"), "other": person("a")}) == ["b", "a"]
    assert records_in({"results": [{"patient": None}]}) == records_in(None) == []


def test_records_to_which_a_person_is_linked_are_not_shown():
    linked = person("a", links=[{"type": "replaces", "record_id": "b"}])
    assert records_in([linked]) == ["a"]


def test_whoever_registers_has_not_looked_at_the_new_person_but_at_those_like_it():
    answer = person("new", possible_duplicates=[{"record_id": "old", "full_name": "Aisha"}])
    assert shown_by(request(), Made(answer, True)) == ["old"]
    assert shown_by(request(), Made(answer, False)) == ["new", "old"]
    assert shown_by(request(), Tagged(person("a"), "v1")) == ["a"]


def test_a_handler_says_itself_whom_it_shows_where_the_answer_does_not():
    call = request()
    call[SHOWN] = ["a"]
    assert shown_by(call, {"results": []}) == ["a"]


@pytest.mark.parametrize(
    ("headers", "way"),
    [
        ({"User_Agent": "mrnmesh/1.0"}, "command"),
        ({"Sec_Fetch_Site": "same-origin", "User_Agent": "Mozilla/5.0"}, "page"),
        ({"Sec_Fetch_Site": "none"}, "page"),
        ({"Sec_Fetch_Site": "same-origin", "Unattended": "1"}, "unattended"),
        ({"Unattended": "1"}, "program"),
        ({"Sec_Fetch_Site": "cross-site"}, "program"),
        ({}, "program"),
    ],
)
def test_by_what_a_call_was_made(headers, way):
    assert way_of(request(**headers)) == way
