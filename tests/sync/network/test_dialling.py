"""Dialling: which addresses, how often, and what one connection's end means for the next."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any, NamedTuple

import pytest
from aiohttp import web

from sync.errors import BadConfig
from sync.network import dialling
from sync.network.copies import DUPLICATE
from sync.network.dialling import Dialling, Target, back_off_s, require_loopback

WAIT_S = 60.0


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.5", "::1", "localhost"])
def test_this_computer_is_loopback(host):
    require_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "10.0.0.1", "::", "no such host", ""])
def test_other_hosts_are_not_loopback(host):
    with pytest.raises(BadConfig):
        require_loopback(host)


def test_the_back_off_doubles_up_to_a_minute():
    assert [back_off_s(attempt, lambda: 1.0) for attempt in (0, 1, 2, 6, 7, 8, 1000)] == [
        0.5,
        1.0,
        2.0,
        32.0,
        60.0,
        60.0,
        60.0,
    ]
    assert back_off_s(5, lambda: 0.0) == 0.0


def at(*urls: str, key: bytes | None = None) -> Target:
    """Somebody who may be at some addresses."""
    return Target(urls[0], lambda: urls, key)


class Ended(NamedTuple):
    """What dialling sees of a connection that was."""

    welcomed: bool = False
    reason: str = "lost"
    ended: Any = None


class Dialler:
    """Dials a server in this process; ``runs`` says, one after the other, how connections end."""

    def __init__(self, url: str, runs: list[Callable[[], Any]]) -> None:
        self.runs = runs
        self.addresses: list[str] = []
        self.kept: Ended | None = None
        self.online = asyncio.Event()
        self.online.set()
        self.idle = asyncio.Event()
        self.began = asyncio.Event()
        self.attempts: list[int] = []
        self.url = url
        self.dialling: Any = Dialling(self._run, lambda _: self.kept, self.online, lambda: 0.0)

    async def _run(self, websocket: Any, url: str, _peer: Any) -> Any:
        self.addresses.append(url)
        self.began.set()
        await websocket.close()
        run = self.runs.pop(0)
        if not self.runs:
            self.dialling.dial_no_more()
            self.idle.set()
        return run()

    def back_off_s(self, attempt: int, random: Callable[[], float]) -> float:
        self.attempts.append(attempt)
        return random()


@pytest.fixture
async def server() -> AsyncIterator[str]:
    """Start a server that takes every connection, and return its address."""

    async def accept(request: web.Request) -> web.WebSocketResponse:
        websocket = web.WebSocketResponse()
        await websocket.prepare(request)
        async for _ in websocket:
            pass
        return websocket

    app = web.Application()
    app.add_routes([web.get("/sync", accept)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with asyncio.timeout(WAIT_S):
        yield f"ws://127.0.0.1:{runner.addresses[0][1]}/sync"
    await runner.cleanup()


async def test_an_address_is_dialled_again_and_again_with_growing_pauses(server, monkeypatch):
    dialler = Dialler(server, [Ended, Ended, lambda: Ended(welcomed=True), Ended, Ended])
    monkeypatch.setattr(dialling, "back_off_s", dialler.back_off_s)
    dialler.dialling.keep(at(server))
    await dialler.idle.wait()
    await dialler.dialling.close()
    assert dialler.addresses == [server] * 5
    assert dialler.attempts[:4] == [0, 1, 0, 1], "after a welcome it begins anew"


async def test_what_cannot_be_reached_is_dialled_again(server, monkeypatch):
    dialler = Dialler(server, [Ended])
    tried = asyncio.Event()

    def counted(attempt: int, random: Callable[[], float]) -> float:
        if attempt == 2:
            tried.set()
        return 0.0

    monkeypatch.setattr(dialling, "back_off_s", counted)
    dialler.dialling.keep(at("ws://127.0.0.1:9/sync"))
    await tried.wait()
    await dialler.dialling.close()
    assert dialler.addresses == []


async def test_an_error_in_the_code_does_not_end_the_dialling(server, monkeypatch, caplog):
    monkeypatch.setattr(dialling, "BACK_OFF_S_MAX", 0.0)
    dialler = Dialler(server, [lambda: 1 // 0, Ended])
    dialler.dialling.keep(at(server))
    await dialler.idle.wait()
    await dialler.dialling.close()
    assert f"a connection with {server} failed" in caplog.text
    assert "ZeroDivisionError" in caplog.text


async def test_a_connection_that_was_cancelled_from_elsewhere_does_not_end_the_dialling(
    server, monkeypatch, caplog
):
    monkeypatch.setattr(dialling, "BACK_OFF_S_MAX", 0.0)

    def cancelled() -> Any:
        raise asyncio.CancelledError

    dialler = Dialler(server, [cancelled, Ended])
    dialler.dialling.keep(at(server))
    await dialler.idle.wait()
    await dialler.dialling.close()
    assert f"a connection with {server} was cancelled" in caplog.text


@pytest.mark.parametrize("state", ["begun", "offline", "reached", "paused", "failed", "stopped"])
async def test_somebody_can_be_left_whatever_becomes_of_him(server, monkeypatch, state):
    """And nobody dials him afterwards."""
    reached, pausing = asyncio.Event(), asyncio.Event()
    dialled: list[str] = []

    def back_off(*_: object) -> float:
        pausing.set()
        return 3600.0

    async def run(websocket: Any, url: str, _peer: Any) -> Any:
        dialled.append(url)
        await websocket.close()
        if state == "failed":
            raise RuntimeError("unforeseen")
        reached.set()
        if state == "reached":
            await asyncio.Event().wait()
        return Ended()

    monkeypatch.setattr(dialling, "BACK_OFF_S_MAX", 0.0)
    monkeypatch.setattr(dialling, "back_off_s", back_off)
    online = asyncio.Event()
    if state != "offline":
        online.set()
    dials: Any = Dialling(run, lambda _: None, online, lambda: 0.0)
    dials.keep(at(server))
    tasks = list(dials._tasks.values())
    match state:
        case "reached":
            await reached.wait()
        case "paused":
            await pausing.wait()
        case "failed":
            while not tasks[0].done() or dials._tasks:  # it is left before it begins again
                await steps(1)
        case "stopped":
            dials.dial_no_more()
            await asyncio.wait(tasks)
        case "offline":
            await elsewhere(server, 1)
    before = list(dialled)
    dials.leave(server)
    online.set()
    for _ in range(2):
        await elsewhere(server, 1)
    assert dialled == before
    assert bool(dials._tasks) is (state == "reached"), "a connection that is up goes on"
    await dials.close()
    assert not dials._tasks


async def test_a_duplicate_is_dialled_again_when_the_one_that_was_kept_has_ended(server):
    dialler = Dialler(server, [lambda: Ended(reason=DUPLICATE), Ended])
    kept = asyncio.get_running_loop().create_future()
    dialler.kept = Ended(ended=kept)
    dialler.dialling.keep(at(server))
    await dialler.began.wait()
    await elsewhere(server)
    assert dialler.addresses == [server]
    kept.set_result("lost")
    await dialler.idle.wait()
    assert dialler.addresses == [server] * 2
    await dialler.dialling.close()


async def test_a_duplicate_of_what_is_gone_already_is_dialled_at_once(server):
    dialler = Dialler(server, [lambda: Ended(reason=DUPLICATE), Ended])
    dialler.dialling.keep(at(server))
    await dialler.idle.wait()
    await dialler.dialling.close()
    assert dialler.addresses == [server] * 2


async def test_nothing_is_dialled_offline(server, monkeypatch):
    dialler = Dialler(server, [Ended])
    dialler.online.clear()
    dialler.dialling.keep(at(server))
    await elsewhere(server)
    assert dialler.addresses == []
    dialler.online.set()
    await dialler.idle.wait()
    await dialler.dialling.close()


async def test_nothing_is_dialled_once_it_stops(server):
    dialler = Dialler(server, [Ended])
    dialler.dialling.dial_no_more()
    dialler.dialling.keep(at(server))
    await dialler.dialling.close()
    assert dialler.addresses == []
    assert not dialler.dialling._tasks


async def test_each_address_has_its_turn_and_a_hint_comes_first(server, monkeypatch):
    monkeypatch.setattr(dialling, "back_off_s", lambda *_: 0.0)
    other = server.replace("127.0.0.1", "localhost")
    dialler = Dialler(server, [Ended] * 3)
    dialler.dialling.keep(at(server, other))
    await dialler.idle.wait()
    await dialler.dialling.close()
    assert dialler.addresses == [server, other, server]


async def test_whoever_is_waited_for_is_dialled_at_once_when_news_of_him_come(server, monkeypatch):
    monkeypatch.setattr(dialling, "back_off_s", lambda *_: 3600.0)
    known: list[str] = []
    dialler = Dialler(server, [Ended, Ended])
    dialler.dialling.keep(Target("WARD", lambda: known))
    await elsewhere(server, 1)
    assert dialler.addresses == []
    dialler.dialling.hurry("WARD", server)
    await dialler.began.wait()
    known.append(server)
    dialler.dialling.hurry_all()
    await dialler.idle.wait()
    assert dialler.addresses == [server] * 2
    dialler.dialling.hurry("nobody", server)
    assert dialler.dialling.failures("nobody") == 0
    await dialler.dialling.close()


async def test_failures_are_counted(server, monkeypatch):
    tried = asyncio.Event()
    dialler = Dialler(server, [Ended])

    def counted(attempt: int, _random: Callable[[], float]) -> float:
        if attempt < 3:
            return 0.0
        tried.set()
        return 3600.0

    monkeypatch.setattr(dialling, "back_off_s", counted)
    dialler.dialling.keep(at("ws://127.0.0.1:9/sync"))
    await tried.wait()
    assert dialler.dialling.failures("ws://127.0.0.1:9/sync") == 4
    await dialler.dialling.close()


async def test_whoever_is_left_is_dialled_no_more(server, monkeypatch):
    monkeypatch.setattr(dialling, "back_off_s", lambda *_: 0.0)
    dialler = Dialler(server, [Ended, Ended])
    dialler.dialling.keep(at(server))
    await dialler.began.wait()
    dialler.dialling.leave(server)
    dialler.dialling.leave(server)
    await asyncio.gather(*dialler.dialling._tasks.values(), return_exceptions=True)
    assert dialler.addresses == [server]
    dialler.dialling.keep(at(server))
    await dialler.idle.wait()
    await dialler.dialling.close()


async def test_a_connection_goes_on_when_whom_it_leads_to_is_left(server, monkeypatch):
    monkeypatch.setattr(dialling, "back_off_s", lambda *_: 0.0)
    goes_on, over = asyncio.Event(), asyncio.Event()

    async def run(websocket: Any, _url: str, _peer: Any) -> Any:
        goes_on.set()
        await over.wait()
        await websocket.close()
        return Ended()

    online = asyncio.Event()
    online.set()
    dials: Any = Dialling(run, lambda _: None, online, lambda: 0.0)
    dials.keep(at(server))
    await goes_on.wait()
    dials.leave(server)
    (task,) = dials._tasks.values()
    over.set()
    await task
    assert not dials._tasks
    await dials.close()


async def test_nobody_is_dialled_who_has_called(server, monkeypatch):
    monkeypatch.setattr(dialling, "back_off_s", lambda *_: 0.0)
    dialler = Dialler(server, [Ended])
    up = [Ended(ended=asyncio.get_running_loop().create_future())]
    asked = asyncio.Event()

    def connected(_key: bytes) -> Any:
        asked.set()
        return up.pop() if up else None

    (there,) = up
    dialler.dialling._connected_with = connected
    dialler.dialling.keep(at(server, key=b"k" * 32))
    await asked.wait()
    await elsewhere(server, 1)
    assert dialler.addresses == []
    there.ended.set_result("lost")
    await dialler.idle.wait()
    await dialler.dialling.close()


async def steps(count: int) -> None:
    """Let others that are ready have their turn."""
    for _ in range(count):
        await asyncio.sleep(0)


async def elsewhere(server: str, times: int = 2) -> None:
    """Somebody else dials, so that whoever must not could have done it meanwhile."""
    other = Dialler(server, [Ended] * times)
    other.dialling.keep(at(server))
    await other.idle.wait()
    await other.dialling.close()
