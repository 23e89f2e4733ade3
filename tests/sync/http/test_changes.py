"""The feed of changes over HTTP: behind a cursor, and waiting for the next one."""

import asyncio

import pytest

from sync.http import changes as changes_
from tests.sync.http.frontdesk import front_desk


@pytest.fixture
async def desk(tmp_path):
    async with front_desk(tmp_path) as desk:
        yield desk


async def test_changes_behind_a_cursor(desk):
    first = await desk.register()
    await desk.call("PATCH", f"/api/patients/{first['id']}/", json={"sex": "O"})
    await desk.register(full_name="Bilal Khan", dob="2019-06-30")
    whole = await desk.get("/api/changes/")
    kinds = [entry["change"] for entry in whole["results"]]
    assert kinds == ["registered", "amended", "registered"]
    assert whole["results"][0]["patient"]["sex"] == "O", "the person as it is now"
    part = await desk.get("/api/changes/?limit=2")
    assert (len(part["results"]), part["more"]) == (2, True)
    rest = await desk.get(f"/api/changes/?after={part['cursor']}")
    assert (rest["results"], rest["more"]) == (whole["results"][2:], False)
    none = await desk.get(f"/api/changes/?after={rest['cursor']}")
    assert none == {"cursor": rest["cursor"], "more": False, "results": []}


async def waiting(desk, after=0, wait=30):
    """A call that waits for a change, when it has begun to."""
    begun = asyncio.Event()
    real = desk.replica.changed.beyond

    async def beyond(cursor):
        begun.set()
        await real(cursor)

    desk.replica.changed.beyond = beyond
    call = asyncio.create_task(desk.get(f"/api/changes/?after={after}&wait={wait}"))
    await begun.wait()
    return call


async def test_whoever_waits_is_answered_when_a_change_comes(desk):
    call = await waiting(desk)
    person = await desk.register()
    answer = await asyncio.wait_for(call, 5)
    assert [entry["patient"]["id"] for entry in answer["results"]] == [person["id"]]


async def test_whoever_waits_is_answered_at_the_time_limit(desk):
    answer = await asyncio.wait_for(await waiting(desk, wait=1), 5)
    assert answer == {"cursor": 0, "more": False, "results": []}


async def test_whoever_waits_is_answered_when_the_daemon_stops(desk):
    call = await waiting(desk)
    desk.changes.stop()
    assert (await asyncio.wait_for(call, 5))["results"] == []


async def test_what_is_there_is_not_waited_for(desk):
    await desk.register()
    answer = await asyncio.wait_for(desk.get("/api/changes/?wait=60"), 5)
    assert len(answer["results"]) == 1


async def test_too_many_who_wait_are_turned_away(desk, monkeypatch):
    monkeypatch.setattr(changes_, "WAITING_MAX", 1)
    call = await waiting(desk)
    async with desk.http.get("/api/changes/?wait=5") as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (429, "1")
    desk.changes.stop()
    await call


@pytest.mark.parametrize("query", ["after=-1", "after=x", "limit=0", "limit=501", "wait=61"])
async def test_changes_that_cannot_be(desk, query):
    status, answer = await desk.call("GET", f"/api/changes/?{query}")
    assert (status, answer["code"]) == (400, "invalid_fields")
