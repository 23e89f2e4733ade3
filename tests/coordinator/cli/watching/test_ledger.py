"""``ledger``: what became of each number."""

import json

from coordinator.cli import main as cli
from sync.cli.client import Client

HERE = ["--url", "http://127.0.0.1:1", "--token", "t"]
PIECE = {"first": 710000, "last": 710001, "count": 2, "kind": "lost", "why": "The desk is gone."}


def test_the_pieces_of_a_range(monkeypatch, capsys):
    monkeypatch.setattr(Client, "call", lambda *_: {"results": [PIECE]})
    assert cli.main(["ledger", "710000-719999", *HERE]) == 0
    assert capsys.readouterr().out == "710000-710001  2 lost: The desk is gone.\n"


def test_what_a_coordinator_answers(live):
    text = live.hub("ledger").out
    assert "LAB1-PC" in text
    found = json.loads(live.hub("ledger", "--json").out)
    for series in found:
        size = series["last"] - series["first"] + 1
        assert sum(kind["count"] for kind in series["kinds"]) == size
    assert live.hub("ledger", "1-2").status == 1


def test_a_coordinator_without_any_number(monkeypatch, capsys):
    monkeypatch.setattr(Client, "all", lambda *_: [])
    assert cli.main(["ledger", *HERE]) == 0
    assert capsys.readouterr().out == "There are no numbers yet.\n"
