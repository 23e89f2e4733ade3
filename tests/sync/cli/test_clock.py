"""``clock``: what time it is taken to be, and a word that the clock is right."""

import json

import pytest

from coordinator.cli import main as cli
from sync.cli.client import Client

FOUND = {
    "time": "2026-11-28T12:00:00Z",
    "shown": "2026-11-28T12:00:00Z",
    "believed": True,
    "settled": True,
    "others": {},
}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, []),
        (
            {"believed": False, "shown": "2030-01-01T00:00:00Z"},
            ["The clock of this computer shows 20"],
        ),
        (
            {"others": {"@coordinator": 5, "LAB1-PC": -86_400, "WARD-PC": 7200}},
            ["The coordinator agrees.", "LAB1-PC is 24 hours behind.", "WARD-PC is 2 hours ahead."],
        ),
    ],
)
def test_the_time_in_words(monkeypatch, capsys, changed, said):
    monkeypatch.setattr(Client, "call", lambda *_: FOUND | changed)
    assert cli.main(["clock", "show", "--url", "http://127.0.0.1:1", "--token", "t"]) == 0
    first, *lines = capsys.readouterr().out.splitlines()
    assert first.startswith("It is 2026-11-2")
    assert len(lines) == len(said)
    assert all(line.startswith(start) for line, start in zip(lines, said, strict=True))


def test_a_clock_is_said_to_be_right(live):
    for command in (live.hub, live.node):
        assert json.loads(command("clock", "show", "--json").out)["believed"] is True
        assert json.loads(command("clock", "right", "--json").out)["settled"] is True
        assert command("clock", "right").out.startswith("It is 20")
