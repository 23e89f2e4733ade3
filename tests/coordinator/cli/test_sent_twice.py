"""`mrnmesh-conflicts sent-twice`: both people in columns, or as JSON."""

import json

import pytest

from coordinator.cli import conflicts, sent_twice

PERSON = {
    "mrn": "710000",
    "full_name": "Ayesha Khan",
    "dob": "1990-01-01",
    "origin_terminal_code": "LAB1-PC",
    "created_at": "2026-01-05T12:00:00+05:00",
}


@pytest.fixture
def answered(monkeypatch):
    """The pages that the coordinator answers with."""
    pages = [{"count": 1, "results": [{"patients": [PERSON, PERSON | {"mrn": "720000"}]}]}]

    class Client:
        def __init__(self, _address, _token) -> None:
            pass

        def call(self, method, path):
            assert (method, path) == ("GET", "/api/sent-twice/?page_size=200&page=1")
            return pages[0]

    monkeypatch.setattr(sent_twice, "Client", Client)
    return pages


def run(*arguments):
    return conflicts.main(["sent-twice", "--url", "http://127.0.0.1:1", "--token", "t", *arguments])


def test_both_people_stand_below_each_other(answered, capsys):
    assert run() == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines if line] == ["MRN", "710000", "720000"]


def test_a_program_gets_json(answered, capsys):
    assert run("--json") == 0
    assert json.loads(capsys.readouterr().out) == answered[0]["results"]


def test_that_there_is_nobody_is_said(answered, capsys):
    answered[0] = {"count": 0, "results": []}
    assert run() == 0
    assert capsys.readouterr().out == "Nobody.\n"
