"""``formats``: what new numbers look like, shown, tried, switched."""

import pytest

from coordinator.cli import main as cli
from coordinator.cli.plans import formats
from sync.cli.client import Client

FORM = {
    "kind": "plain",
    "description": "C-0000000-C",
    "prefix": "C-",
    "width": 7,
    "separator": "-",
    "check": "luhn",
}
PLAN = {
    "kind": "plain",
    "before": None,
    "after": FORM,
    "example": "C-1000000-9",
    "old_numbers": 1,
    "earlier": ["OLD-PC"],
    "unknown": ["FAR-PC", "WARD-PC"],
    "done": False,
}
URL = ["--url", "http://127.0.0.1:1", "--token", "t"]


def test_a_plan_in_words():
    assert formats.plan_text(PLAN).splitlines() == [
        "New plain numbers would be printed as C-0000000-C, check digit luhn; before: as they are.",
        "- One of the next is C-1000000-9.",
        "- 1 number of ranges that were granted before still looks as before.",
        "- Numbers that people have stay as they are, and stay valid.",
        "- OLD-PC: upgrade it first, because an earlier version prints bare numbers.",
        "- FAR-PC, WARD-PC: not connected, so their version is not known.",
        "Nothing was changed.",
    ]
    done = PLAN | {"done": True, "after": None, "before": FORM | {"check": "none"}}
    done |= {"example": None, "old_numbers": 0, "earlier": [], "unknown": []}
    assert formats.plan_text(done).splitlines() == [
        "New plain numbers are printed as they are; before: as C-0000000-C.",
        "- Numbers that people have stay as they are, and stay valid.",
    ]


@pytest.mark.parametrize(
    ("options", "body"),
    [
        (
            ["on", "plain", "--prefix", "C-", "--width", "7", "--check", "luhn", "--dry-run"],
            {
                "on": True,
                "prefix": "C-",
                "width": 7,
                "separator": "",
                "check": "luhn",
                "all_upgraded": False,
                "dry_run": True,
            },
        ),
        (["off", "plain"], {"on": False, "dry_run": False}),
    ],
)
def test_what_the_options_ask_for(monkeypatch, capsys, options, body):
    asked = []
    monkeypatch.setattr(Client, "call", lambda *given: asked.append(given[1:]) or PLAN)
    assert cli.main(["formats", *options, *URL]) == 0
    assert asked == [("PATCH", formats.PATH, {"kind": "plain"} | body)]
    assert "C-1000000-9" in capsys.readouterr().out
    assert cli.main(["formats", *options, "--json", *URL]) == 0
    assert '"done": false' in capsys.readouterr().out


def test_the_forms_in_words(monkeypatch, capsys):
    shown = {"plain": FORM, "online": None, "in_use": [FORM]}
    monkeypatch.setattr(Client, "call", lambda *_: shown)
    assert cli.main(["formats", "show", *URL]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "New plain numbers: as C-0000000-C, check digit luhn.",
        "New online numbers: as they are.",
        "In use: as C-0000000-C, check digit luhn.",
    ]
    assert cli.main(["formats", "show", "--json", *URL]) == 0
    assert '"in_use"' in capsys.readouterr().out
