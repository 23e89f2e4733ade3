"""``signing-key``: a question before what cannot be undone, and who is left."""

from __future__ import annotations

import json

import pytest

from coordinator import config
from coordinator.cli import main as cli
from coordinator.cli.enrolment import signing_key
from tests.daemons.commands import live
from tests.daemons.running import new_hub

__all__ = ["live"]


def test_it_shows_the_key_and_that_nobody_is_left(live):
    done = live.hub("signing-key", "show")
    answer = json.loads(live.hub("signing-key", "show", "--json").out)
    assert answer["key"][:32] in done.out
    assert (answer["former"], answer["left"]) == ([], [])
    assert "LAB1-PC" in answer["enrolled"]
    assert "enrolled again" not in done.out


@pytest.fixture
def stopped(tmp_path, monkeypatch):
    """A coordinator that does not run, and the commands on it."""
    folder = new_hub(tmp_path).config.folder
    return folder, lambda *arguments: cli.main(["--data", str(folder), *arguments])


def test_nothing_is_replaced_before_somebody_agrees(stopped, capsys):
    folder, run = stopped
    before = config.load(folder).signer().public_key
    assert run("signing-key", "replace", "--stolen", "--reason", "x") == 1
    assert run("authority", "anew", "--reason", "x") == 1
    assert capsys.readouterr().err.count("Add --yes") == 2
    assert config.load(folder).signer().public_key == before


def test_a_key_is_replaced_and_the_next_steps_are_said(stopped, capsys):
    folder, run = stopped
    assert run("signing-key", "replace", "--lost", "--reason", "x", "--former", "12") == 1
    assert "all 64 digits" in capsys.readouterr().err
    assert run("signing-key", "replace", "--lost", "--reason", "x", "--yes") == 0
    key = config.load(folder).signer().public_key.hex()
    out = capsys.readouterr().out
    assert key[:32] in out
    assert "terminals enrol CODE" in out
    assert run("signing-key", "replace", "--stolen", "--reason", "x", "--yes", "--json") == 0
    assert json.loads(capsys.readouterr().out)["key"] not in ("", key)


def test_who_is_left_is_said_with_the_next_step():
    former = {"key": "ab" * 32, "trusted": False, "why": "stolen on Monday", "who": "admin"}
    answer = {"key": "cd" * 32, "former": [former], "enrolled": ["LAB1-PC"], "left": ["WARD-PC"]}
    text = "\n".join(signing_key._lines(answer))
    assert "(no longer trusted): stolen on Monday" in text
    assert "1 desk of 2 must be enrolled again: WARD-PC." in text
    assert "terminals enrol CODE" in text
    done = signing_key._lines(answer | {"left": [], "former": [former | {"trusted": True}]})
    assert "(lost)" in done[1]
    assert done[-1] == "Every desk has been enrolled again."


def test_the_question_says_what_counts_on():
    assert "What desks hold of this coordinator counts on." in signing_key._plan(True)
    assert "counts no more" in signing_key._plan(False)
