"""``mrnmesh-coordinator audit``."""

import csv
import io
import json

import pytest

from coordinator.cli.rights import audit
from sync.cli.records.exporting import BROKEN

ENTRY = {
    "number": 1,
    "at": "2026-11-03T07:00:00Z",
    "who": "",
    "address": "127.0.0.1",
    "act": "users.sign_in",
    "about": "",
    "outcome": "sign_in_refused",
    "hash": "00",
}


def test_what_was_done_is_shown_and_exported(live):
    live.hub("terminals", "add", "AUDITED-PC")
    shown = live.hub("audit", "--act", "terminals", "--about", "audited-pc").out
    assert "administrator from 127.0.0.1: terminals.add_terminal code=AUDITED-PC: done" in shown
    lines = live.hub("audit", "--about", "audited-pc", "--jsonl").out.splitlines()
    assert [json.loads(line)["about"] for line in lines] == ["code=AUDITED-PC"]
    table = live.hub("audit", "--about", "audited-pc", "--csv").out.removeprefix("\ufeff")
    (row,) = csv.DictReader(io.StringIO(table, newline=""))
    assert (row["who"], row["outcome"]) == ("administrator", "done")
    assert live.hub("audit", "--who", "Nobody").out == "Nothing.\n"


def test_the_chain_is_checked(live):
    checked = live.hub("audit", "verify")
    assert checked.status == 0
    assert "nothing was changed or removed" in checked.out
    assert json.loads(live.hub("audit", "verify", "--json").out)["is_whole"]


WHOLE = {
    "entries": 130,
    "hash": "00",
    "is_whole": True,
    "first_wrong": None,
    "known_to_desks": 128,
    "unlike_desks": None,
    "lost": 0,
}


@pytest.mark.parametrize(
    ("found", "said", "status"),
    [
        ({}, "The desks know the same, up to entry 128.", 0),
        ({"known_to_desks": 0}, "No desk knows a hash of them yet", 0),
        ({"lost": 192}, "A restore has lost entries; desks know that there were 192.", 0),
        ({"is_whole": False, "first_wrong": 5}, "Entry 5 is not as it was written", BROKEN),
        ({"is_whole": False, "unlike_desks": 64}, "Desks know another entry 64", BROKEN),
    ],
)
def test_what_was_found_has_its_sentence_and_its_status(monkeypatch, capsys, found, said, status):
    class Client:
        def call(self, _method, _path):
            return WHOLE | found

    monkeypatch.setattr(audit, "client", lambda _: Client())

    class Options:
        json = False
        what = "verify"

    assert audit._audit(Options()) == status
    assert said in capsys.readouterr().out


def test_who_is_unknown_is_said():
    assert "somebody unknown from 127.0.0.1" in audit._text(ENTRY)
