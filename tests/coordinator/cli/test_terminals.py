"""``terminals``: what is sent to the coordinator, and how its answers read."""

import json

import pytest

from coordinator.cli import calling
from coordinator.cli import main as cli
from coordinator.cli.terminals import _terminal_text


def test_no_terminals_is_said(monkeypatch, capsys):
    monkeypatch.setattr(calling.Client, "call", lambda *_: {"results": [], "next": None})
    assert cli.main(["terminals", "list", "--url", "http://127.0.0.1:1", "--token", "x"]) == 0
    assert capsys.readouterr().out == "No terminals yet.\n"


@pytest.mark.parametrize("state", ["replace", "retire", "revoke"])
def test_an_end_needs_a_reason(state, capsys):
    with pytest.raises(SystemExit):
        cli.main(["terminals", state, "LAB1-PC"])
    assert "--reason" in capsys.readouterr().err


def test_a_terminal_without_a_node_lives_from_its_first_day_to_its_last(live):
    code = "WARD3-PC"
    done = live.hub("terminals", "add", code.lower(), "--name", "Ward 3")
    assert done.status == 0
    assert done.out.startswith(f"{code} was added. It has no daemon of its own")
    assert done.out.endswith(f"\n{code}  Ward 3  active, without a node\n")
    assert live.hub("terminals", "add", code).status == 1
    live.hub("terminals", "rename", code, "Ward 4")
    for act, state in (("deactivate", "inactive (closed)"), ("activate", "active")):
        reason = ("--reason", "closed") if act == "deactivate" else ()
        assert f"Ward 4  {state}, without" in live.hub("terminals", act, code, *reason).out
    token = live.hub("terminals", "token", code)
    assert token.out.startswith(f"The token of {code}, shown this once:\n")
    assert json.loads(live.hub("terminals", "token", code, "--json").out)["code"] == code
    retired = live.hub("terminals", "retire", code, "--reason", "given up", "--yes")
    assert f"{code}  Ward 4  retired (given up), without a node" in retired.out
    assert code in live.hub("terminals", "list").out
    shown = json.loads(live.hub("terminals", "show", code, "--json").out)
    assert (shown["state"], shown["reason"]) == ("retired", "given up")


def test_a_terminal_is_let_to_get_more_for_some_days(live):
    code = "WARD7-PC"
    live.hub("terminals", "add", code)
    assert live.hub("terminals", "allow", code).out.startswith(
        f"{code} gets what it asks for until"
    )
    assert json.loads(live.hub("terminals", "allow", code, "--json").out)["code"] == code
    done = live.hub("terminals", "allow", code, "--days", "0")
    assert (done.status, done.out) == (0, f"{code} gets no more than a desk needs.\n")
    assert live.hub("terminals", "allow", code, "--days", "99").status == 1


def test_a_range_is_named_with_its_allocator_its_use_and_its_source(live):
    code = "WARD5-PC"
    numbers = "400000-400099"
    more = ("--range", numbers, "--current", "400009")
    out = live.hub("terminals", "add", code, *more).out
    assert (
        f"    {numbers}  issued by the coordinator, 10.0 % used, 90 left; granted by an ad" in out
    )
    granted = live.hub("terminals", "grant", code, "--allocator", "coordinator")
    assert granted.status == 0
    assert granted.out.count("issued by the coordinator") == 2
    usage = live.hub("terminals", "usage").out
    assert f"{code}: 10/" in usage
    assert "offline so far: 0 confirmed, 0 waiting, 0.0 a day, no end in sight" in usage
    rows = json.loads(live.hub("terminals", "usage", "--json").out)
    assert code in [row["code"] for row in rows]
    refused = live.hub("terminals", "grant", code, numbers)
    assert refused.status == 1
    assert "overlaps" in refused.err


def test_without_a_code_it_asks_for_one(capsys):
    with pytest.raises(SystemExit):
        cli.main(["terminals", "add", "--token", "x"])
    assert "required: code" in capsys.readouterr().err


RANGE = {
    "start": 1,
    "end": 9,
    "allocator": "node",
    "percent": 50.0,
    "closed": None,
    "remaining": 4,
    "source": "pool: 80 % used",
}
TERMINAL = {"code": "LAB1-PC", "name": "", "state": "active", "has_node": True, "reason": ""}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, "    1-9  issued by the node, 50.0 % used, 4 left; from the pool (80 % used)"),
        ({"closed": "moved"}, "used, closed, moved; from the pool"),
        (
            {"closed": "closed by the coordinator: stolen"},
            "used, closed by the coordinator: stolen",
        ),
        ({"source": "administrator"}, "granted by an administrator"),
        ({"source": "import"}, "from: import"),
    ],
)
def test_a_range_in_words(changed, said):
    assert said in _terminal_text(TERMINAL | {"ranges": [RANGE | changed]})
