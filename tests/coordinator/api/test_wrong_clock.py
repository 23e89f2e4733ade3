"""What a coordinator says of dates of birth while its clock is wrong."""

from __future__ import annotations

import os

from sync.engine import replica as replicas
from sync.engine.writer import Shell
from tests.daemons import AYESHA
from tests.daemons.running import new_hub

YEAR_MS = 365 * 86_400_000


async def test_nobody_is_too_old_where_nobody_has_confirmed_a_clock_that_is_ahead(
    tmp_path, monkeypatch
):
    """It starts for the first time, in 2099 or so, and believes that."""
    real = replicas.shell()
    ahead = Shell(lambda: real.now_ms() + 73 * YEAR_MS, os.urandom, real.steady_ms)
    monkeypatch.setattr(replicas, "shell", lambda: ahead)
    born = {"dob": "1931-04-05"}
    async with new_hub(tmp_path).running(jobs=False) as hub:
        assert hub.replica.now.year > 2081, "who was born in 1931 would be older than 150"
        person = await hub.register(**born)
        assert person["dob"] == born["dob"]
        other = await hub.register(phone="03007654321")
        path = f"/api/patients/{other['id']}/"
        assert (await hub.call("PATCH", path, born))["dob"] == born["dob"]
        found = await hub.call("POST", "/api/patients/check/", AYESHA | born)
        assert person["record_id"] in str(found)
        row = {"mrn": "0009003", "full_name": "Ada Khan"} | born
        rows = await hub.call("POST", "/api/import/patients/", {"rows": [row]})
        assert (rows["taken"], rows["left_out"]) == (1, [])
        faults = await hub.faults("POST", "/api/patients/", AYESHA | {"dob": "1871-01-01"})
        assert faults == {"dob": "lies more than 150 years back"}
