"""``pool``: the numbers for new ranges, shown, named, switched."""

import json

import pytest

from coordinator.cli import main as cli
from sync.cli.client import Client

POOL = {"range": "100-999", "block": 100, "on": True, "is_closed": False, "next": "200-299"}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, ["Pool 100-999 in blocks of 100: on.", "The next free block is 200-299."]),
        ({"on": False, "next": None}, ["Pool 100-999 in blocks of 100: off.", "It has no free bl"]),
        (
            {"is_closed": True, "next": None},
            ["Pool 100-999 in blocks of 100: closed: name a new one, of numbers that nobody"],
        ),
    ],
)
def test_a_pool_in_words(monkeypatch, capsys, changed, said):
    monkeypatch.setattr(Client, "call", lambda *_: POOL | changed)
    assert cli.main(["pool", "show", "--url", "http://127.0.0.1:1", "--token", "t"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(said)
    assert all(line.startswith(start) for line, start in zip(lines, said, strict=True))


def test_it_is_named_and_switched(live):
    before = json.loads(live.hub("pool", "show", "--json").out)
    try:
        assert (
            "blocks of 500: on." in live.hub("pool", "set", before["range"], "--block", "500").out
        )
        assert live.hub("pool", "off").out.startswith(
            f"Pool {before['range']} in blocks of 500: off"
        )
        assert json.loads(live.hub("pool", "show", "--json").out)["on"] is False
        assert ": on." in live.hub("pool", "on").out
        refused = live.hub("pool", "set", "5-9")
        assert refused.status == 1
        assert "cannot be used" in refused.err
    finally:
        live.hub("pool", "set", before["range"], "--block", str(before["block"]))
    assert json.loads(live.hub("pool", "show", "--json").out)["block"] == before["block"]
