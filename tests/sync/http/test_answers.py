"""Answers in JSON."""

from sync.http.answers import json_response


def test_an_answer_is_compact_and_readable():
    answer = json_response({"name": "علی", "none": None}, 201)
    assert answer.body == '{"name":"علی","none":null}'.encode()
    assert (answer.status, answer.headers["Content-Type"]) == (
        201,
        "application/json; charset=utf-8",
    )
