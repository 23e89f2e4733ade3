"""``alerts``: what lasts, who looks at it, and whether a message arrives."""

import json

import pytest

from coordinator.cli import main as cli
from sync.cli.client import Client
from tests.daemons.commands import LiveClinic

FULL = {
    **{"id": 7, "code": "disk_full", "level": "alert", "about": "", "text": "The disk is full."},
    **{"do": "Free some space.", "since": "2026-11-03T05:42:00Z", "ended": None},
    **{"acknowledged": None, "sent": []},
}
SEEN = {"who": "Sadia", "at": "2026-11-03T06:00:00Z", "note": "I clean it"}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, ["7  alert disk_full, since 2026-11-03T05:42:00Z", "Free some space."]),
        ({"acknowledged": SEEN}, ["; Sadia looks at it: I clean it"]),
        ({"acknowledged": SEEN | {"note": ""}}, ["; Sadia looks at it\n"]),
        ({"ended": "2026-11-03T07:00:00Z"}, ["; over since 2026-11-03T07:00:00Z"]),
    ],
)
def test_what_is_said_of_one(monkeypatch, capsys, changed, said):
    monkeypatch.setattr(Client, "call", lambda *_: {"count": 3, "results": [FULL | changed]})
    assert cli.main(["alerts", "list", "--url", "http://127.0.0.1:1", "--token", "t"]) == 0
    out = capsys.readouterr().out
    for part in [*said, "The disk is full.", "And 2 older ones."]:
        assert part in out


@pytest.mark.parametrize(("error", "status"), [(None, 0), ("it answers 535: no", 1)])
def test_a_trial_fails_if_it_did_not_go(monkeypatch, capsys, error, status):
    found = [{"channel": "mail", "error": error}]
    monkeypatch.setattr(Client, "call", lambda *_: {"results": found})
    assert cli.main(["alerts", "try", "--url", "http://127.0.0.1:1", "--token", "t"]) == status
    assert (error or "mail: sent") in capsys.readouterr().out


def test_what_a_coordinator_answers(tmp_path):
    # In a clinic of its own: the one of all tests has alarms after a while.
    clinic = LiveClinic(tmp_path)
    assert "Nothing is set up" in clinic.hub("alerts", "try").out
    assert json.loads(clinic.hub("alerts", "list", "--all", "--json").out) == []
    assert clinic.hub("alerts", "list").out == "No alarms.\n"
    assert clinic.hub("alerts", "acknowledge", "99").status == 1
    clinic.close()
