"""The ledger over HTTP covers each number of each range and each day."""

from __future__ import annotations

import csv
import io

from tests.daemons import open_desk, open_hub


async def test_the_ledger_has_each_number(tmp_path):
    async with (
        open_hub(tmp_path) as hub,
        open_desk(tmp_path, hub, "DESK-PC", "760000-769999") as desk,
    ):
        for offline in (True, True, False):
            await desk.register(offline=offline)
        await hub.until("/api/status/", lambda found: found["patients"] == 3)
        range_, day = (await hub.get("/api/ledger/"))["results"]
        assert (range_["name"], range_["terminal"]) == ("760000-769999", "DESK-PC")
        assert sum(one["count"] for one in range_["kinds"]) == 10_000
        assert (day["terminal"], day["first"], day["last"]) == (None, 1, 1)

        found = (await hub.get("/api/ledger/760000-769999/"))["results"]
        kinds = [(one["first"], one["last"], one["count"]) for one in found]
        assert kinds == [(760000, 760001, 2), (760002, 769999, 9998)]
        assert [one["kind"] for one in found] == ["confirmed", "unissued"]
        assert (found[0]["first_mrn"], found[0]["last_mrn"]) == ("760000", "760001")
        (online,) = (await hub.get(f"/api/ledger/{day['name']}/"))["results"]
        (person,) = (await hub.get(f"/api/patients/mrn/{online['first_mrn']}/"))["results"]
        assert person["mrn"] == online["last_mrn"]
        assert await hub.refused("GET", "/api/ledger/1-2/") == (404, "not_found")

        text = (await hub.get("/api/reports/ledger.csv")).removeprefix("\ufeff")
        rows = list(csv.DictReader(io.StringIO(text)))
        assert sum(int(row["count"]) for row in rows) == 10_001
        assert all(row["why"] for row in rows)

        pool, own = sorted(
            (await hub.get("/api/number-space/"))["results"], key=lambda p: p["what"]
        )
        assert (pool["what"], own["terminal"], own["used"]) == ("pool", "DESK-PC", 2)
