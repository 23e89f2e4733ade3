"""Who is not known yet is listed and confirmed, at the desk and at the coordinator."""

from __future__ import annotations

import json


def test_somebody_unknown_is_listed_and_confirmed_at_either(live):
    post = ("POST", "/api/patients/")
    first = live.api().call(*post, {"identity": "unconfirmed", "sex": "M", "offline": True})
    second = live.api().call(*post, {"identity": "unconfirmed", "full_name": "Gul Bano"})
    live.in_step()
    shown = live.node("unconfirmed").out.splitlines()
    assert shown[0].split() == ["NUMBER", "NAME", "SEX", "BORN", "DESK", "SINCE"]
    assert any(first["mrn"] in line and "Unknown man" in line for line in shown)
    listed = json.loads(live.hub("people", "unconfirmed", "--json").out)
    assert {one["mrn"] for one in listed} >= {first["mrn"], second["mrn"]}
    refused = live.node("confirm", first["mrn"])
    assert refused.status != 0
    assert "still a placeholder" in refused.err
    done = live.node("confirm", first["mrn"], "--name", "Gul Hassan", "--by", "sadia")
    assert done.out == f"{first['mrn']} is Gul Hassan.\n"
    known = live.hub("people", "confirm", second["record_id"], "--dob", "1990-01-01", "--json")
    assert json.loads(known.out)["identity"] == "confirmed"
    live.until(lambda: first["mrn"] not in live.hub("people", "unconfirmed").out)
    live.until(lambda: second["mrn"] not in live.node("unconfirmed").out)
