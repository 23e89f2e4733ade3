"""What a page shows live."""

from __future__ import annotations

import asyncio

import pytest
import pytest_asyncio
from aiohttp.test_utils import TestClient, TestServer

from sync.http.app import new_application
from sync.http.operations import Needs
from sync.pages import live
from sync.pages.live import Live


class Shown:
    """What is shown, and how often somebody has looked."""

    def __init__(self) -> None:
        self.value = 1
        self.looks = 0

    async def look(self) -> object:
        self.looks += 1
        return {"value": self.value}


@pytest.fixture
def shown():
    return Shown()


@pytest_asyncio.fixture
async def served(shown):
    stream = Live(shown.look, Needs.THIS_COMPUTER)
    server = TestServer(new_application(lambda: [server.port], stream.operations()))
    async with TestClient(server) as client:
        yield stream, client
        stream.stop()


async def first(answer):
    """What is sent first, behind the time after which a browser shall ask again."""
    assert await answer.content.readuntil(b"\n\n") == b"retry: 1000\n\n"
    return await answer.content.readuntil(b"\n\n")


async def test_what_is_shown_is_sent_at_once_and_when_it_has_changed(served, shown):
    stream, client = served
    async with client.get("/live/") as answer:
        assert answer.content_type == "text/event-stream"
        assert await first(answer) == b'data: {"value":1}\n\n'
        await stream.look()
        shown.value = 2
        await stream.look()
        assert await answer.content.readuntil(b"\n\n") == b'data: {"value":2}\n\n'


async def test_nobody_looks_while_nobody_looks_on(served, shown):
    stream, _ = served
    await stream.look()
    assert shown.looks == 0


async def test_a_stream_in_which_nothing_changes_is_kept_alive(served, monkeypatch):
    monkeypatch.setattr(live, "BEAT_S", 0.01)
    _, client = served
    async with client.get("/live/") as answer:
        await first(answer)
        assert await answer.content.readuntil(b"\n\n") == b": still here\n\n"


async def test_streams_end_when_the_daemon_stops(served):
    stream, client = served
    async with client.get("/live/") as answer:
        await first(answer)
        stream.stop()
        assert await asyncio.wait_for(answer.read(), 60) == b""


@pytest.mark.parametrize("what", ["stop", "change"])
async def test_nothing_that_happens_while_somebody_is_asked_for_is_missed(shown, monkeypatch, what):
    """Whether he may look on may have to be read from a disk."""
    monkeypatch.setattr(live, "BEAT_S", 3600.0)
    asked, answered = asyncio.Event(), asyncio.Event()
    times = []

    async def may_go_on(_request):
        times.append(1)
        if len(times) > 1:
            asked.set()
            await answered.wait()
        return True

    stream = Live(shown.look, Needs.THIS_COMPUTER, "/live/board/", may_go_on)
    server = TestServer(new_application(lambda: [server.port], stream.operations()))
    async with TestClient(server) as client, client.get("/live/board/") as answer:
        assert await first(answer) == b'data: {"value":1}\n\n'
        async with asyncio.timeout(60):
            await asked.wait()
            if what == "change":
                shown.value = 2
                await stream.look()
                answered.set()
                assert await answer.content.readuntil(b"\n\n") == b'data: {"value":2}\n\n'
            stream.stop()
            answered.set()
            assert await answer.read() == b""


async def test_whoever_may_look_on_no_longer_is_told_so(shown):
    may = [True, False]

    async def may_go_on(_request):
        return may.pop(0)

    stream = Live(shown.look, Needs.THIS_COMPUTER, "/live/board/", may_go_on)
    server = TestServer(new_application(lambda: [server.port], stream.operations()))
    async with TestClient(server) as client, client.get("/live/board/") as answer:
        assert await first(answer) == b'data: {"value":1}\n\n'
        assert await asyncio.wait_for(answer.read(), 60) == b"event: over\ndata: {}\n\n"


async def test_too_many_streams_are_refused_and_those_that_end_make_room(served, monkeypatch):
    monkeypatch.setattr(live, "STREAMS_MAX", 1)
    monkeypatch.setattr(live, "BEAT_S", 0.01)  # by which it is noticed that somebody has gone
    _, client = served
    async with client.get("/live/") as answer:
        await answer.content.readuntil(b"\n\n")
        async with client.get("/live/") as refused:
            assert (refused.status, (await refused.json())["code"]) == (429, "busy")
        answer.close()
    async with asyncio.timeout(60):
        while True:
            async with client.get("/live/") as again:
                if again.status == 200:
                    break
