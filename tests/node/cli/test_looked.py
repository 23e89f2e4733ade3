"""``mrnmesh-node looked``: for whoever can read the data folder, while the desk runs."""

from __future__ import annotations

import json

from node.api import administrator


def test_a_desk_says_who_looked_at_somebody(live):
    person = live.register(full_name="Zubaida Khanum")
    live.api().call("GET", f"/api/patients/{person['id']}/history/")
    live.desk.write_looks()
    record = ("--person", person["record_id"], "--act", "history")
    (found,) = json.loads(live.node("looked", *record, "--json").out)
    assert found["records"] == [person["record_id"]]
    shown = live.node("looked", *record).out
    assert "by a command, from 127.0.0.1, looked at the history of: " in shown
    assert "Zubaida" not in live.node("looked", "--all").out
    assert live.node("looked", "verify").status == 0


def test_without_the_secret_it_says_who_may(live):
    path = live.desk.folder / administrator.FILE
    aside = path.rename(path.with_suffix(".aside"))
    try:
        done = live.node("looked")
    finally:
        aside.rename(path)
    assert done.status != 0
    assert "only for whoever administers this computer" in done.err
