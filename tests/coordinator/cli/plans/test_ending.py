"""What somebody is told before a terminal is replaced, retired or revoked."""

import io
import json

import pytest

from coordinator.cli.plans import ending

TERMINAL = {
    "code": "LAB1-PC",
    "name": "Laboratory",
    "ranges": [
        {"remaining": 8000, "closed": None},
        {"remaining": 412, "closed": None},
        {"remaining": 99, "closed": "handed over"},
    ],
}


def test_it_is_told_in_numbers():
    text = ending.plan_text(TERMINAL, "retired", False, 1, 12)
    assert text.startswith("LAB1-PC (Laboratory) will be retired. This cannot be undone")
    for sentence in (
        "It is not connected now.",
        "2 ranges of it with 8,412 unused numbers will be closed",
        "1 API key for it will be withdrawn.",
        "12 registrations of it",
        "terminals salvage LAB1-PC FOLDER",
    ):
        assert sentence in text


def test_of_a_stolen_one_it_is_said_who_still_trusts_it():
    text = ending.plan_text(TERMINAL | {"name": "LAB1-PC"}, "revoked", True, 0, 0)
    assert text.startswith("LAB1-PC will be revoked.")
    assert "It is connected now; that ends at once." in text
    assert "A desk that has not heard of it goes on trusting it" in text
    assert "salvage" not in text


@pytest.fixture
def keyboard(monkeypatch):
    def put(text, is_terminal=True):
        stdin = io.StringIO(text)
        stdin.isatty = lambda: is_terminal
        monkeypatch.setattr("sys.stdin", stdin)

    return put


@pytest.mark.parametrize(("act", "state"), [("replace", "replaced"), ("revoke", "revoked")])
def test_the_command_asks_and_does_nothing_without_a_yes(live, keyboard, act, state):
    code = f"{act.upper()}-PC"
    live.hub(
        "terminals", "add", code, "--range", "790000-790099" if act == "revoke" else "790100-790199"
    )
    live.hub("terminals", "token", code)
    words = ("terminals", act, code, "--reason", "stolen")

    def state_now():
        return json.loads(live.hub("terminals", "show", code, "--json").out)["state"]

    keyboard("", is_terminal=False)
    done = live.hub(*words)
    assert done.status == 1
    assert "Add --yes" in done.err
    keyboard("n\n")
    done = live.hub(*words)
    assert (done.status, done.out) == (1, "Nothing was changed.\n")
    assert "1 range of it with 100 unused numbers will be closed" in done.err
    assert "1 API key for it will be withdrawn." in done.err
    assert state_now() == "active"
    keyboard("y\n")
    assert live.hub(*words).status == 0
    assert state_now() == state


def test_to_pause_a_terminal_asks_nothing(live, keyboard):
    live.hub("terminals", "add", "PAUSE-PC")
    keyboard("", is_terminal=False)
    assert live.hub("terminals", "deactivate", "PAUSE-PC").status == 0
