"""``requests``: a desk sees what it has asked for, and what became of it."""

from __future__ import annotations

import json


def test_a_desk_sees_what_waits_and_what_was_answered(live):
    assert live.node("requests").status == 0
    person = live.register(full_name="Chand Bibi")
    live.in_step()
    body = {"why": "a test entry"}
    asked = live.api().call("POST", f"/api/patients/{person['record_id']}/void/", body)
    assert "a test entry" in live.node("requests").out
    live.until(lambda: asked["id"] in live.hub("people", "requests", "--json").out)
    who = ("--why", "no test at all", "--yes")
    assert live.hub("people", "refuse", asked["id"], *who).status == 0
    live.until(lambda: "a test entry" not in live.node("requests").out)
    assert "administrator: no test at all" in live.node("requests", "--all").out
    found = json.loads(live.node("requests", "--all", "--json").out)
    assert asked["id"] in [one["id"] for one in found]
