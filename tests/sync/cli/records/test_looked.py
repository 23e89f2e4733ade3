"""``looked``, as both daemons have it: sentences for people, and what is asked of the API."""

from __future__ import annotations

import argparse
import json

import pytest

from sync.cli.records import looked
from sync.cli.records.exporting import BROKEN
from sync.storage.access.looks import LookAct, Way

RECORD = "01a20b78-45ab-7d23-bc9f-6f01f5118e25"
ENTRY = {
    "number": 7,
    "at": "2026-11-03T07:00:00Z",
    "act": "opened",
    "who": "Sadia",
    "known": "pin",
    "way": "page",
    "address": "127.0.0.1",
    "people": 1,
    "records": [RECORD],
    "about": "",
    "hash": "00",
}
WHOLE = {
    "first": 1,
    "last": 130,
    "hash": "00",
    "is_whole": True,
    "first_wrong": None,
    "removed_at": None,
    "is_signed": True,
}


class Client:
    """An API whose answers are made up; ``asked`` are the filters of the last list."""

    def __init__(self, entries=(), check=WHOLE, unnamed=0):
        self.entries, self.check, self.unnamed = list(entries), check, unnamed
        self.asked = {}

    def call(self, _method, path):
        return {"record_id": RECORD} if path.startswith("/api/patients/") else self.check

    def all(self, _path, filters):
        self.asked = filters
        return self.entries

    def some(self, _path, filters, _most):
        self.asked = filters
        return self.entries

    def page(self, _path, query):
        self.asked = query
        return {"unnamed": self.unnamed}


def run(client, *typed):
    parser = argparse.ArgumentParser()
    looked.add_arguments(parser)
    parser.add_argument("--json", action="store_true")
    return looked.act(parser.parse_args(typed), client)


def test_an_entry_is_a_line_that_says_how_sure_the_name_is():
    line = looked.text_of(ENTRY)
    assert line.startswith("7  2026-11-03 ")
    assert line.endswith(f"Sadia (with PIN) on a page, from 127.0.0.1, opened: {RECORD}")
    unknown = looked.text_of(ENTRY | {"who": "", "known": None, "records": [], "people": 200})
    assert "somebody unknown on a page, from" in unknown
    assert unknown.endswith(": 200 people")


@pytest.mark.parametrize("act", list(LookAct))
def test_each_act_has_words_of_its_own(act):
    note = {"who": "", "known": None, "way": None, "records": [], "people": 0, "about": "x y"}
    line = looked.text_of(ENTRY | {"act": act} | (note if act in looked._NOTES else {}))
    assert f" {act}:" not in line or act is LookAct.OPENED or act is LookAct.COMPARED
    assert ("(x y)" in line) == (act in looked._NOTES)
    assert (act in looked._NOTES) != (act in looked._ACTS)


def test_what_is_wanted_is_asked_for(capsys):
    client = Client([ENTRY])
    assert run(client, "--who", "Sadia", "--act", "opened", "--since", "2026-11-01T00:00Z") == 0
    assert client.asked == {"who": "Sadia", "act": "opened", "since": "2026-11-01T00:00Z"}
    assert RECORD in capsys.readouterr().out


def test_of_a_person_it_is_said_what_may_be_missing(capsys):
    client = Client([ENTRY], unnamed=2)
    run(client, "--person", RECORD)
    assert client.asked["record"] == RECORD
    out = capsys.readouterr().out
    assert "2 entries name nobody" in out
    assert "every desk, and the coordinator, has its own record" in out
    run(Client([]), "--person", RECORD)
    out = capsys.readouterr().out
    assert out.startswith("Nothing.\n")
    assert "name nobody" not in out


def test_it_is_exported(capsysbinary):
    client = Client([ENTRY])
    run(client, "--jsonl")
    assert json.loads(capsysbinary.readouterr().out) == ENTRY
    run(client, "--csv")
    head, row = capsysbinary.readouterr().out.decode("utf-8-sig").splitlines()
    assert head == ",".join(looked.COLUMNS) == ",".join(ENTRY)
    assert f"page,127.0.0.1,1,{RECORD},,00" in row
    run(client, "--json")
    assert json.loads(capsysbinary.readouterr().out) == [ENTRY]


@pytest.mark.parametrize(
    ("found", "said", "status"),
    [
        ({}, "130 entries, and nothing was changed or removed", 0),
        (
            {"first": 31, "removed_at": "2026-11-03T07:00:00Z"},
            "100 entries, and nothing was changed or removed since they were written.\n"
            "Entries up to 30 were removed because they were old",
            0,
        ),
        ({"is_whole": False, "first_wrong": 5}, "Entry 5 is not as it was", BROKEN),
        ({"is_whole": False, "is_signed": False}, "has not signed that", BROKEN),
    ],
)
def test_what_was_found_has_its_sentence_and_its_status(capsys, found, said, status):
    assert run(Client(check=WHOLE | found), "verify") == status
    assert said in capsys.readouterr().out
    assert run(Client(check=WHOLE | found), "verify", "--json") == status


@pytest.mark.parametrize("way", list(Way))
def test_each_way_has_words_of_its_own(way):
    assert looked._WAYS[way] in looked.text_of(ENTRY | {"way": way})
