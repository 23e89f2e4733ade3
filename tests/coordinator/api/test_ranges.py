"""Ranges over HTTP: granting them, listing them, and how far they are used."""

from datetime import datetime, timedelta

import pytest
import pytest_asyncio

from coordinator.registry import quotas
from tests.daemons import AYESHA

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lab(hub):
    """The token of a terminal with a range of ten numbers."""
    return await hub.new_terminal("LAB1-PC", "710000-710009")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ward(hub):
    """The token of a terminal without a range."""
    return await hub.new_terminal("WARD-PC")


async def test_all_ranges_of_a_terminal_the_oldest_first(hub, lab):
    path = "/api/terminals/LAB1-PC/ranges/"
    await hub.call("POST", "/api/patients/", AYESHA | {"offline": True}, token=lab)
    answer = await hub.call("POST", path, {"range": "720000-720099", "allocator": "coordinator"})
    assert [one["range"] for one in answer["ranges"]] == ["710000-710009", "720000-720099"]
    listed = await hub.get(path, token=lab)
    assert (listed["count"], listed["next"]) == (2, None)
    assert listed["results"] == answer["ranges"]
    first = listed["results"][0]
    assert (first["highest_used"], first["used"], first["remaining"]) == (710000, 1, 9)
    assert (first["percent"], first["closed"], first["mark"]) == (10.0, None, None)


async def test_without_a_range_the_next_block_of_the_pool_is_granted(hub, ward):
    following = (await hub.get("/api/pool/"))["next"]
    path = "/api/terminals/WARD-PC/ranges/"
    answer = await hub.call("POST", path, {"allocator": "coordinator"})
    assert [one["range"] for one in answer["ranges"]] == [following]


@pytest.mark.parametrize(
    ("code", "body", "refused"),
    [
        ("LAB1-PC", {"range": "710005-710020", "allocator": "coordinator"}, "range_overlap"),
        ("LAB1-PC", {"range": "x"}, "bad_range"),
        ("LAB1-PC", {"range": "730000-730099", "allocator": "node"}, "terminal_has_no_node"),
        ("NOBODY", {}, "not_found"),
    ],
)
async def test_a_range_that_cannot_be_granted(hub, lab, code, body, refused):
    _, found = await hub.refused("POST", f"/api/terminals/{code}/ranges/", body)
    assert found == refused


async def test_a_range_of_numbers_that_clients_choose_is_not_granted(hub, lab):
    body = {"range": "730000-730099", "allocator": "client"}
    wrong = await hub.faults("POST", "/api/terminals/LAB1-PC/ranges/", body)
    assert wrong == {"allocator": "must be coordinator or node"}


async def test_how_far_numbers_are_used_is_shown_of_all_or_of_the_token_s_terminal(hub, lab, ward):
    path = "/api/terminals/utilization/"
    everybody = (await hub.get(path))["results"]
    assert [one["code"] for one in everybody] == ["LAB1-PC", "WARD-PC"]
    assert everybody[0]["text"] == "LAB1-PC: 1/110 used (0.9%), 109 remaining"
    for token, code in ((lab, "LAB1-PC"), (ward, "WARD-PC")):
        (own,) = (await hub.get(path, token=token))["results"]
        assert own["code"] == code


async def test_an_administrator_lets_a_terminal_get_more_for_some_days(hub, lab):
    path = "/api/terminals/LAB1-PC/allow/"
    answer = await hub.call("POST", path, {"days": 7})
    until = datetime.fromisoformat(answer["until"])
    assert timedelta(days=6.9) < until - hub.replica.now < timedelta(days=7.1)
    assert await hub.replica.read(
        lambda snapshot: quotas.is_lifted(snapshot, "LAB1-PC", hub.replica.now_ms)
    )
    await hub.call("POST", path, {"days": 0})
    assert not await hub.replica.read(
        lambda snapshot: quotas.is_lifted(snapshot, "LAB1-PC", hub.replica.now_ms + 1)
    )
    for body in ({"days": -1}, {"days": 32}):
        assert await hub.refused("POST", path, body) == (400, "invalid_fields")
    refused = await hub.refused("POST", "/api/terminals/NOBODY/allow/", {})
    assert refused == (404, "not_found")
    assert await hub.refused("POST", path, {}, token=lab) == (403, "forbidden")


async def test_a_terminal_that_takes_too_many_online_numbers_is_told_so(hub, lab, monkeypatch):
    monkeypatch.setattr(quotas, "AT_ONCE", 0)
    assert await hub.refused("POST", "/api/patients/", AYESHA, token=lab) == (
        429,
        "too_many_numbers",
    )


async def test_nothing_is_granted_in_recovery(hub, lab):
    await hub.replica.write(lambda tx: hub.arbiter.recovery.begin(tx, "a test"))
    body = {"range": "740000-740099", "allocator": "coordinator"}
    refused = await hub.refused("POST", "/api/terminals/LAB1-PC/ranges/", body)
    assert refused == (503, "in_recovery")
