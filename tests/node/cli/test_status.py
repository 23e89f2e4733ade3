"""``status``: a desk in sentences, whatever goes on there."""

import json

import pytest

from node.cli import main as cli
from node.cli.status import _status_text
from sync.cli.client import Client
from tests.node.cli.made_up import BINA, CARD, STATUS, refused


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, "takes numbers from its own range."),
        ({"coordinator_live": True}, "though connected"),
        ({"ranges": []}, "can give no number now"),
        ({"state": "unknown"}, "is not in the registry yet"),
        ({"state": "inactive"}, "LAB1-PC is inactive: it gives no numbers."),
        ({"refused": {"reason": "unknown", "why": "no such key"}}, "(unknown): no such key."),
        ({"copies_noticed": 2}, "copied or set back (noticed 2 times)."),
        ({"held_batches": 5}, "missing: 5 parts."),
        ({}, "No backup yet in /srv/backups."),
        ({"drill": {"on": True, "seconds_left": 12.3}}, "held offline for 12 more seconds."),
        ({"ranges": [{"range": "1-9", "remaining": 0, "closed": "moved"}]}, "1-9: closed, moved."),
        (refused(), "710004 of Amna (LAB1-PC) is refused; Bina (ER-PC) holds it."),
        (refused(holder=None), "is refused. Do not hand out that card"),
        (refused(holder=None, patient=BINA), "more than one person"),
        (refused(count=3), "And 2 more conflicts."),
        (
            {"cards_to_reprint": {"count": 1, "results": [CARD]}},
            "Then: mrnmesh-node --data {folder} reprinted PAT-20260105-0007",
        ),
    ],
)
def test_the_status_in_sentences_says_what_matters(
    init, tmp_path, monkeypatch, capsys, changed, said
):
    monkeypatch.setattr(Client, "call", lambda *_: STATUS | changed)
    init()
    assert cli.main(["--data", str(tmp_path / "desk"), "status"]) == 0
    assert said.format(folder=tmp_path / "desk") in capsys.readouterr().out


def test_the_status_of_a_node_that_does_not_run_says_so(init, tmp_path, capsys):
    init(listen="127.0.0.1:1")
    assert cli.main(["--data", str(tmp_path / "desk"), "status"]) == 1
    assert f"there with `mrnmesh-node --data {tmp_path / 'desk'} run`" in capsys.readouterr().err


def test_a_running_desk_says_where_its_numbers_come_from(live):
    person = live.register(full_name="Status Person")
    assert person["mrn"].startswith("PAT-")
    live.in_step()
    done = live.node("status")
    assert done.status == 0
    lines = done.out.splitlines()
    assert lines[0] == "LAB1-PC (active) takes numbers from the coordinator."
    assert "0 waiting for confirmation" in lines[1]
    assert "Connected with the coordinator (in step)." in lines
    shown = json.loads(live.node("status", "--json").out)
    assert (shown["terminal"], shown["state"]) == ("LAB1-PC", "active")


def test_alarms_come_last_except_those_that_are_reported_one_by_one(
    init, tmp_path, monkeypatch, capsys
):
    alarms = [
        {"code": "conflicts_here", "text": "1 number is refused.", "do": "x"},
        {"code": "backup_old", "text": "It is old.", "do": "Make one."},
    ]
    monkeypatch.setattr(Client, "call", lambda *_: STATUS | refused() | {"alarms": alarms})
    init()
    capsys.readouterr()
    assert cli.main(["--data", str(tmp_path / "desk"), "status"]) == 0
    out = capsys.readouterr().out
    assert out.endswith("It is old. Make one.\n")
    assert "1 number is refused." not in out


def test_a_desk_that_trusts_another_coordinator_is_told_what_to_do():
    refused_ = {"reason": "not_coordinator", "why": "wss://hub:8471/sync has another key"}
    said = _status_text(STATUS | {"refused": refused_})
    assert "wss://hub:8471/sync has another key. Ask the administrator whether its signing" in said
    assert "terminals salvage" in said
