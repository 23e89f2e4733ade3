"""What waits for a network holds up nobody: not what else has to be done, and not the end."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from sync.model.facts import COORDINATOR
from sync.network import waiting
from sync.network.dialling import Dialling, Target
from sync.network.neighbourhood import Here, Neighbourhood
from sync.network.waiting import DaemonThreads, addresses_of, new_client

WAIT_S = 20.0
MANY = 40
"""More than the threads of `asyncio.to_thread`, and than those that look names up."""


class NoAnswer:
    """The system while no server of names answers: names of .example are waited for until `end`."""

    def __init__(self) -> None:
        self._asked = threading.Event()
        self._real = socket.getaddrinfo
        self._end = threading.Event()

    def __call__(self, host: Any, *args: Any, **how: Any) -> Any:
        if not str(host).endswith(".example"):
            return self._real(host, *args, **how)
        self._asked.set()
        self._end.wait(WAIT_S)
        raise socket.gaierror(socket.EAI_AGAIN, "no answer")

    async def is_asked(self) -> None:
        """Wait until somebody asks, on a thread that no lookup can take."""
        with ThreadPoolExecutor(1) as own:
            await asyncio.get_running_loop().run_in_executor(own, self._asked.wait, WAIT_S)

    def end(self) -> None:
        self._end.set()


@pytest.fixture
def silent(monkeypatch):
    join_lookups()
    names = NoAnswer()
    monkeypatch.setattr(socket, "getaddrinfo", names)
    yield names
    names.end()
    join_lookups()


def join_lookups() -> None:
    """Wait until no thread looks names up, or it would take those of the next test."""
    for thread in threading.enumerate():
        if thread.name == "lookup":
            thread.join(WAIT_S)


async def dial() -> None:
    online = asyncio.Event()
    online.set()
    dialling: Any = Dialling(None, lambda _: None, online, lambda: 0.0)  # type: ignore[arg-type]
    dialling.keep(Target("ws://hub.example:1/sync", lambda: ("ws://hub.example:1/sync",)))
    try:
        await asyncio.Future()
    finally:
        dialling.dial_no_more()
        await dialling.close()


async def call_many() -> None:
    async with new_client(None) as client:
        await asyncio.gather(*(client.get(f"https://h{one}.example/") for one in range(MANY)))


async def find_oneself() -> None:
    def own() -> tuple[str, ...]:
        return tuple(str(one[4][0]) for one in socket.getaddrinfo("me.example", None))

    replica: Any = SimpleNamespace(identity=SimpleNamespace(author=COORDINATOR))
    here = Here(bytes(32), 8471, "", b"")
    await Neighbourhood(here, replica, lambda _: b"", own, lambda: 0.0).look()


@pytest.mark.parametrize("work", [dial, call_many, find_oneself])
def test_names_that_nobody_answers_for_take_no_place_of_others_and_hold_up_no_end(silent, work):
    async def main() -> None:
        working = asyncio.create_task(work())
        await silent.is_asked()
        await asyncio.gather(*(asyncio.to_thread(int) for _ in range(MANY)))
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)

    before = set(threading.enumerate())
    asyncio.run(main())
    begun = set(threading.enumerate()) - before
    assert begun, "the system still looks for them"
    assert all(thread.daemon for thread in begun)
    assert len(begun) <= waiting.LOOKUPS_MAX


async def test_a_name_is_looked_up_and_called():
    async def answer(_: web.Request) -> web.Response:
        return web.Response(text="here")

    app = web.Application()
    app.add_routes([web.get("/", answer)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        url = f"http://localhost:{runner.addresses[0][1]}/"
        async with new_client(WAIT_S) as client, client.get(url) as response:
            assert await response.text() == "here"
    finally:
        await runner.cleanup()


async def test_a_name_without_an_address_is_an_error(monkeypatch):
    def none(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    monkeypatch.setattr(socket, "getaddrinfo", none)
    async with new_client(WAIT_S) as client:
        with pytest.raises(aiohttp.ClientConnectorError):
            await client.get("http://nobody.example/")


def test_this_computer_has_a_name_in_no_network_too(monkeypatch):
    real = socket.getaddrinfo

    def windows(*args: Any, flags: int = 0) -> Any:
        if flags & socket.AI_ADDRCONFIG:
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        return real(*args, flags=flags)

    monkeypatch.setattr(socket, "getaddrinfo", windows)
    (found,) = addresses_of("localhost", 8471, socket.AF_INET)
    assert (found["host"], found["port"], found["hostname"]) == ("127.0.0.1", 8471, "localhost")
    with pytest.raises(socket.gaierror):
        addresses_of("hub.example", 8471, socket.AF_INET)


def test_an_address_of_one_interface_is_told_with_it(monkeypatch):
    answer = [(socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("fe80::5", 8471, 0, 1))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answer)
    (found,) = addresses_of("hub.example", 8471, socket.AF_UNSPEC)
    assert found["host"].startswith("fe80::5%")


def blocking(begun: threading.Semaphore, go_on: threading.Event) -> Callable[[], str]:
    def act() -> str:
        begun.release()
        go_on.wait(WAIT_S)
        return "done"

    return act


async def test_never_more_at_once_than_allowed_and_each_has_its_turn():
    threads = DaemonThreads("some", 2)
    begun, go_on = threading.Semaphore(0), threading.Event()
    act = blocking(begun, go_on)
    tasks = [asyncio.create_task(threads.run(act)) for _ in range(5)]
    await asyncio.to_thread(lambda: (begun.acquire(), begun.acquire()))
    assert not begun.acquire(blocking=False)
    go_on.set()
    assert await asyncio.gather(*tasks) == ["done"] * 5


async def test_who_is_cancelled_before_his_turn_leaves_nothing_behind():
    threads = DaemonThreads("some", 1)
    begun, go_on = threading.Semaphore(0), threading.Event()
    acts: list[str] = []
    first = asyncio.create_task(threads.run(blocking(begun, go_on)))
    await asyncio.to_thread(begun.acquire)
    second = asyncio.create_task(threads.run(lambda: acts.append("second")))
    third = asyncio.create_task(threads.run(lambda: acts.append("third")))
    await asyncio.sleep(0)
    second.cancel()
    await asyncio.gather(second, return_exceptions=True)
    assert len(threads._waiting) == 1
    go_on.set()
    await asyncio.gather(first, third)
    assert acts == ["third"]


async def test_what_fails_there_reaches_who_waits():
    def fail() -> None:
        raise LookupError("nobody")

    threads = DaemonThreads("some", 1)
    for _ in range(2):
        with pytest.raises(LookupError, match="nobody"):
            await threads.run(fail)
    assert await threads.run(lambda: 5) == 5
