"""``webhooks``: where changes are delivered, and what keeps them."""

import json

import pytest

from coordinator.cli import main as cli
from sync.cli.client import Client

HOOK = {"id": 3, "url": "https://lims.example/changes", "behind": 0, "last_error": None}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, "3  https://lims.example/changes  up to date"),
        ({"behind": 1}, "3  https://lims.example/changes  1 change to deliver"),
        (
            {"behind": 1200, "last_error": "status 500"},
            "3  https://lims.example/changes  1,200 changes to deliver, failing: status 500",
        ),
    ],
)
def test_each_is_a_line(monkeypatch, capsys, changed, said):
    monkeypatch.setattr(Client, "call", lambda *_: {"results": [HOOK | changed]})
    assert cli.main(["webhooks", "list", "--url", "http://127.0.0.1:1", "--token", "t"]) == 0
    assert capsys.readouterr().out == f"{said}\n"


def test_one_is_added_listed_and_removed(live):
    assert live.hub("webhooks", "list").out == "No webhooks.\n"
    added = live.hub("webhooks", "add", "http://127.0.0.1:1/changes", "--after", "0")
    first, second, secret = added.out.splitlines()
    assert first.startswith("Changes go to http://127.0.0.1:1/changes from now on (webhook ")
    assert second == "The secret that signs them, shown this once:"
    assert len(secret) == 64
    (hook,) = json.loads(live.hub("webhooks", "list", "--json").out)
    ident = str(hook["id"])
    assert live.hub("webhooks", "remove", ident).out == (
        f"Nothing more is delivered to webhook {ident}.\n"
    )
    again = live.hub("webhooks", "remove", ident, "--json")
    assert again.status == 1
    assert "There is no webhook" in again.err
    refused = live.hub("webhooks", "add", "http://lims.example/changes")
    assert refused.status == 1
    assert "url: " in refused.err
