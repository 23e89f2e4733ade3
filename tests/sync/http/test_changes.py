"""The feed of changes over HTTP: behind a cursor, and waiting for the next one."""

import asyncio
import os

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
    assert none == {
        "epoch": whole["epoch"],
        "cursor": rest["cursor"],
        "more": False,
        "results": [],
    }


@pytest.mark.parametrize("wait", [0, 60])
async def test_a_cursor_beyond_the_end_is_an_error_that_names_the_newest(desk, wait):
    await desk.register()
    epoch = (await desk.get("/api/changes/"))["epoch"]
    async with desk.http.get(f"/api/changes/?after=2&wait={wait}") as answer:
        refused = await answer.json()
        assert (answer.status, refused["code"]) == (409, "cursor_beyond")
        assert f"There is no change 2 here: the newest is 1, in the epoch {epoch}" in str(refused)


async def test_whoever_says_in_which_epoch_it_got_a_cursor_hears_of_another_one(desk):
    await desk.register()
    before = await desk.get("/api/changes/")

    def set_back(tx):
        tx.begin()
        tx.store.local.go_on_above(os.urandom, tx.now_ms)

    await desk.replica.write(set_back)
    await desk.register(full_name="Bilal Khan", dob="2019-06-30")
    after = f"/api/changes/?after={before['cursor']}"
    now = await desk.get(after)
    assert now["epoch"] != before["epoch"]
    async with desk.http.get(f"{after}&epoch={before['epoch']}&wait=60") as answer:
        refused = await answer.json()
        assert (answer.status, refused["code"]) == (409, "feed_restarted")
        assert f"The newest change is {now['cursor']}." in str(refused)
    assert await desk.get(f"{after}&epoch={now['epoch']}") == now


async def waiting(desk, after=0, wait=60):
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
    answer = await asyncio.wait_for(call, 50)
    assert [entry["patient"]["id"] for entry in answer["results"]] == [person["id"]]


async def test_whoever_waits_is_answered_at_the_time_limit(desk):
    answer = await asyncio.wait_for(await waiting(desk, wait=1), 50)
    assert (answer["cursor"], answer["more"], answer["results"]) == (0, False, [])


async def test_whoever_waits_is_answered_when_the_daemon_stops(desk):
    call = await waiting(desk)
    desk.changes.stop()
    assert (await asyncio.wait_for(call, 50))["results"] == []


async def test_what_is_there_is_not_waited_for(desk):
    await desk.register()
    answer = await asyncio.wait_for(desk.get("/api/changes/?wait=60"), 50)
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


async def test_who_has_gone_gives_up_the_place(desk, monkeypatch):
    monkeypatch.setattr(changes_, "WAITING_MAX", 3)
    monkeypatch.setattr(changes_, "GONE_S", 0.05)
    await desk.register()
    cursor = (await desk.get("/api/changes/"))["cursor"]
    url = desk.http._base_url
    path = f"/api/changes/?after={cursor}&wait=60"
    poll = f"GET {path} HTTP/1.1\r\nHost: {url.host}:{url.port}\r\n\r\n"

    async def all_wait(count):
        while desk.changes._waiting != count:
            await desk.get("/api/health/")  # each answer takes a while

    writers = []
    for _ in range(3):
        _, writer = await asyncio.open_connection(url.host, url.port)
        writer.write(poll.encode())
        writers.append(writer)
    await all_wait(3)
    status, refused = await desk.call("GET", path)
    assert (status, refused["code"]) == (429, "busy")
    own = {"Origin": f"http://{url.host}:{url.port}"}
    waiting = asyncio.create_task(desk.call("GET", path, headers=own))
    await all_wait(4)  # a place is kept for the desk's own page
    for writer in writers:
        writer.transport.abort()
    await all_wait(1)
    await desk.register(full_name="Bilal Khan")
    assert (await waiting)[0] == 200
