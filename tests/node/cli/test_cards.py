"""``reprinted``: which card was printed again, and which was not."""

import json

from node.cli import main as cli
from sync.cli.client import Client
from tests.node.cli.made_up import BINA, CARD


def test_a_card_that_was_printed_is_noted_by_its_number(init, tmp_path, monkeypatch, capsys):
    """Of several who have or had the number it is the one who has it now."""
    calls = []

    def call(_client, method, path, body=None):
        calls.append((method, path, body))
        if path == "/api/status/":
            return {"cards_to_reprint": {"results": [CARD | {"card_shows": "710003"}]}}
        return {"results": [BINA | {"mrn": "5"}, CARD]} if method == "GET" else CARD

    monkeypatch.setattr(Client, "call", call)
    init()
    capsys.readouterr()
    assert cli.main(["--data", str(tmp_path / "desk"), "reprinted", " PAT-20260105-0007"]) == 0
    assert capsys.readouterr().out == "Noted: the card of Amna shows PAT-20260105-0007.\n"
    assert calls == [
        ("GET", "/api/patients/mrn/PAT-20260105-0007/", None),
        ("GET", "/api/status/", None),
        ("POST", "/api/patients/7/reprinted/", {"mrn": "PAT-20260105-0007"}),
    ]


def test_the_old_number_of_a_card_is_not_taken_for_the_new_one(init, tmp_path, monkeypatch, capsys):
    """Its holder has no card to print, and would be noted instead."""

    def call(_client, method, path, body=None):
        assert method == "GET"
        if path == "/api/status/":
            return {"cards_to_reprint": {"results": [CARD | {"card_shows": "710003"}]}}
        return {"results": [BINA | {"mrn": "710003"}, CARD]}

    monkeypatch.setattr(Client, "call", call)
    init()
    capsys.readouterr()
    assert cli.main(["--data", str(tmp_path / "desk"), "reprinted", "710003"]) == 1
    printed = capsys.readouterr().err
    assert "710003 is the old number of Amna" in printed
    assert f"mrnmesh-node --data {tmp_path / 'desk'} reprinted PAT-20260105-0007" in printed


def test_a_desk_has_no_card_to_print_for_somebody_whose_number_never_changed(live):
    person = live.register(full_name="Card Person")
    done = live.node("reprinted", person["mrn"], "--json")
    assert (done.status, json.loads(done.out)["mrn"]) == (0, person["mrn"])
    assert json.loads(live.node("status", "--json").out)["cards_to_reprint"]["count"] == 0
    refused = live.node("reprinted", "99")
    assert refused.status == 1
    assert "There is no patient with the number 99." in refused.err
