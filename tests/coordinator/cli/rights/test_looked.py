"""``mrnmesh-coordinator looked``."""

from __future__ import annotations

import json


def test_the_coordinator_says_who_looked_at_somebody(live):
    one, other = live.register(full_name="Zubaida Begum"), live.register(full_name="Hina Begum")
    live.in_step()
    live.hub("people", "compare", one["record_id"], other["record_id"])
    live.coordinator.write_looks()
    record = ("--person", one["record_id"], "--act", "compared")
    (found,) = json.loads(live.hub("looked", *record, "--json").out)
    assert found["records"] == [one["record_id"], other["record_id"]]
    assert [found[name] for name in ("who", "known", "way")] == ["administrator", "key", "command"]
    assert "Zubaida" not in live.hub("looked", "--all").out
    assert live.hub("looked", "verify").status == 0
