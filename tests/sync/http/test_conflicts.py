"""Reading conflicts over HTTP: filters, pages, one by its id."""

from __future__ import annotations

import shutil

import pytest
import pytest_asyncio
from aiohttp.test_utils import TestClient, TestServer

from sync.engine import replica as replica_
from sync.engine.replica import Replica
from sync.http.app import new_application
from sync.http.conflicts import ConflictViews
from sync.http.operations import Needs
from tests.clinic import ZONE, Clinic

pytestmark = pytest.mark.asyncio(loop_scope="module")

PATH = "/api/conflicts/"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def http(tmp_path_factory):
    """Three conflicts at a coordinator: a desk was put back and gave its numbers once more."""
    folder = tmp_path_factory.mktemp("conflicts")
    clinic = Clinic(folder, durable=False)
    lab = clinic.desk("LAB1-PC", "710000-719999")
    clinic.desk("WARD-PC", "720000-729999").register_offline()
    yesterday = lab.back_up()
    for name in ("Amna", "Bilal", "Sana"):
        lab.register_offline(full_name=f"{name} Holder")
    clinic.heal()
    lab.restore(yesterday)
    for name in ("Omar", "Zara", "Hina"):
        lab.register_offline(full_name=f"{name} Second")
    clinic.heal()
    key = clinic.coordinator_key
    clinic.close()
    (folder / "hub").mkdir()
    shutil.copy(folder / "coordinator.db", folder / "hub" / replica_.DATABASE)
    replica = await Replica.open(folder / "hub", key, key.public_key, zone=ZONE)
    views = ConflictViews(replica, ZONE, Needs.THIS_COMPUTER)
    server = TestServer(new_application(lambda: [server.port], views.operations()))
    async with TestClient(server) as client:
        yield client
    await replica.close()


async def get(http, query="", status=200):
    async with http.get(PATH + query) as answer:
        assert answer.status == status
        return await answer.json()


async def test_all_conflicts_the_newest_first(http):
    page = await get(http)
    assert (page["count"], page["next"], page["previous"]) == (3, None, None)
    assert [one["mrn"] for one in page["results"]] == ["710002", "710001", "710000"]
    first = page["results"][0]
    assert (first["reason"], first["open"], first["held_by"]) == ("duplicate_mrn", True, "verdict")
    assert first["patient"]["full_name"] == "Hina Second"
    assert first["holder"]["full_name"] == "Sana Holder"
    assert first["other"] == first["holder"]
    assert (first["differs"], first["history"]) == (["full_name"], [])


async def test_pages(http):
    page = await get(http, "?page_size=2")
    assert [one["mrn"] for one in page["results"]] == ["710002", "710001"]
    assert page["next"].endswith("?page_size=2&page=2")
    rest = await get(http, "?page_size=2&page=2")
    assert [one["mrn"] for one in rest["results"]] == ["710000"]


async def test_the_filters(http):
    """They were registered on 5 January 2026, in the middle of the facility's day."""
    (conflict,) = (await get(http, "?mrn=710001"))["results"]
    assert conflict["mrn"] == "710001"
    at = conflict["patient"]["created_at"].replace("+", "%2B")
    for query, count in {
        "open=true": 3,
        "open=false": 0,
        "reason=duplicate_mrn": 3,
        "reason=revoked": 0,
        "terminal=lab1-pc": 3,
        "terminal=WARD-PC": 0,
        "mrn=710009": 0,
        "since=2026-01-05&until=2026-01-05": 3,
        "since=2026-01-06": 0,
        "until=2026-01-04": 0,
        f"since={at}": 2,
        "since=2026-01-05T23:59:59": 0,
        "until=2026-01-05T00:00:00%2B05:00": 0,
        "until=9998-12-31": 3,
        "open=true&mrn=710001&terminal=LAB1-PC": 1,
    }.items():
        assert (await get(http, f"?{query}"))["count"] == count, query


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("open=perhaps", {"open": ["must be true or false"]}),
        ("since=yesterday", {"since": ["must be a day or a time, as in 2026-01-05"]}),
        ("until=2026-13-01", {"until": ["must be a day or a time, as in 2026-01-05"]}),
        ("until=9999-12-31", {"until": ["must be a day or a time, as in 2026-01-05"]}),
        ("since=2026-01-06&until=2026-01-05", {"until": ["lies before 'since'"]}),
        ("since=2026-02-01T00:00&until=2026-01-31T23:59", {"until": ["lies before 'since'"]}),
        ("page=0", {"page": ["must be a whole number >= 1"]}),
    ],
)
async def test_a_filter_that_cannot_be(http, query, wrong):
    answer = await get(http, f"?{query}", 400)
    assert answer.pop("code") == "invalid_fields"
    assert answer.pop("detail")
    assert answer == wrong


async def test_a_reason_that_there_is_not(http):
    answer = await get(http, "?reason=theft", 400)
    assert "duplicate_mrn" in answer["reason"][0]


async def test_one_by_its_id(http):
    listed = (await get(http))["results"][1]
    assert await get(http, f"{listed['id']}/") == listed
    assert await get(http, f"{listed['id'].upper()}/") == listed
    for ident in ("00" * 16, "x"):
        assert (await get(http, f"{ident}/", 404))["code"] == "not_found"
