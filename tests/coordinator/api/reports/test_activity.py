"""Reports over HTTP, as JSON and as CSV, of the days that are asked for."""

from __future__ import annotations

import csv
import io

import pytest
import pytest_asyncio

from sync.storage.watching.outages import OutageCause
from tests.daemons import open_desk, open_hub

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hub(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reports")
    async with open_hub(folder) as hub, open_desk(folder, hub, "DESK-PC", "760000-769999") as desk:

        def cut_off(tx) -> None:
            tx.begin()
            tx.store.outages.begin("DESK-PC", tx.now_ms - 60_000, OutageCause.DESK)

        await hub.replica.write(cut_off)
        for offline in (True, True, False):
            await desk.register(offline=offline)
        await hub.until("/api/status/", lambda found: found["patients"] == 3)
        yield hub


def rows(text: str) -> list[dict[str, str]]:
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


async def test_registrations(hub):
    (day,) = (await hub.get("/api/reports/registrations/"))["results"]
    assert (day["terminal"], day["online"], day["offline"]) == ("DESK-PC", 1, 2)
    (row,) = rows(await hub.get("/api/reports/registrations.csv"))
    assert row == {name: str(value) for name, value in day.items()}
    path = "/api/reports/registrations/?first=2020-01-01&last=2020-02-01"
    assert (await hub.get(path))["count"] == 0


async def test_outages_and_who_was_registered_meanwhile(hub):
    (outage,) = (await hub.get("/api/reports/outages/"))["results"]
    assert (outage["terminal"], outage["ended"], outage["cause"]) == ("DESK-PC", None, "desk")
    assert (outage["registered"], outage["seconds"] >= 60) == (2, True)
    (row,) = rows(await hub.get("/api/reports/outages.csv"))
    assert (row["registered"], row["ended"]) == ("2", "")


async def test_waits_reach_and_conflicts(hub):
    (waits,) = (await hub.get("/api/reports/waits/"))["results"]
    assert waits["people"] == 2
    assert len(rows(await hub.get("/api/reports/waits.csv"))) == 1
    (reach,) = (await hub.get("/api/reports/reach/"))["results"]
    assert (reach["terminal"], len(reach["days"])) == ("DESK-PC", 28)
    assert reach["days"][-1]["remaining"] == reach["remaining"]
    assert len(rows(await hub.get("/api/reports/reach.csv"))) == 28
    assert (await hub.get("/api/reports/conflicts/"))["results"] == []
    assert rows(await hub.get("/api/reports/conflicts.csv")) == []


@pytest.mark.parametrize(
    "query",
    [
        "first=2026-02-30",
        "first=yesterday",
        "first=2026-02-02&last=2026-02-01",
        "first=2020-01-01&last=2026-01-01",
        "last=0001-01-01",
    ],
)
async def test_days_that_cannot_be_meant(hub, query):
    path = f"/api/reports/registrations/?{query}"
    assert await hub.refused("GET", path) == (400, "invalid_fields")
