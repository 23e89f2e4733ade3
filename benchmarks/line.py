"""Replicas on a real WebSocket on loopback, what travels between them, and the bare line."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from time import perf_counter
from typing import Any, Final
from unittest import mock

import aiohttp
from aiohttp import web

from benchmarks.clinic import Desk, new_arbiter
from sync.engine.replica import Replica
from sync.model.facts import COORDINATOR, Author
from sync.network.peering import Peering
from sync.protocol.questions import Commit, Roots, RootsQuery

HOST: Final = "127.0.0.1"


class Line:
    """A desk's replica with its connections, open; made by `running`."""

    def __init__(self, desk: Desk, replica: Replica, url: str) -> None:
        self.desk = desk
        self.replica = replica
        self.url = url
        self.peering = self.new_peering()
        self._committed = asyncio.Event()
        replica.subscribe(lambda _: self._committed.set())

    def new_peering(self) -> Peering:
        """Connections that have not been dialled yet."""
        return Peering(
            self.replica, self.desk.signer, self.desk.coordinator_key, random.Random(1).random
        )

    async def handler(self, request: web.Request) -> web.StreamResponse:
        """Serve whoever dials."""
        return await self.peering.handler(request)

    async def roots(self) -> Roots:
        """Digests of what it holds now."""
        roots = await self.replica.answer(RootsQuery())
        assert isinstance(roots, Roots)
        return roots

    async def until_it_holds(self, wanted: Callable[[Roots], bool]) -> None:
        """Wait, from commit to commit, until its digests are as wanted."""
        while not wanted(await self.roots()):
            await self._committed.wait()
            self._committed.clear()

    def on_commit_of(self, author: Author, tell: Callable[[], None]) -> Callable[[], None]:
        """Call back after each commit that brings facts of an author, and return what ends that."""

        def heard(commit: Commit) -> None:
            if any(batch.author == author for batch in commit.batches):
                tell()

        return self.replica.subscribe(heard)


@asynccontextmanager
async def running(desk: Desk) -> AsyncIterator[Line]:
    """A replica that serves on a free port, with the desk's data folder."""
    arbiter = new_arbiter() if desk.author == COORDINATOR else None
    replica = await Replica.open(desk.folder, desk.signer, desk.coordinator_key, arbiter)
    app = web.Application()
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    lines: list[Line] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        return await lines[0].handler(request)

    app.add_routes([web.get("/sync", handler)])
    await runner.setup()
    await web.TCPSite(runner, HOST, 0).start()
    line = Line(desk, replica, f"ws://{HOST}:{runner.addresses[0][1]}/sync")
    lines.append(line)
    try:
        yield line
    finally:
        await line.peering.stop()
        await runner.cleanup()
        await replica.close()


class Traffic:
    """Messages of this process's client connections."""

    def __init__(self) -> None:
        self.received = 0
        self.sent = 0
        self.messages = 0

    @property
    def total(self) -> int:
        """Bytes in both directions."""
        return self.received + self.sent


@contextmanager
def counted() -> Iterator[Traffic]:
    """Count what the client side of each WebSocket sends and receives."""
    traffic = Traffic()
    response = aiohttp.ClientWebSocketResponse
    receive, send_bytes = response.receive, response.send_bytes

    async def counting_receive(self: Any, *args: Any) -> Any:
        message = await receive(self, *args)
        if message.type is aiohttp.WSMsgType.BINARY:
            traffic.received += len(message.data)
            traffic.messages += 1
        return message

    async def counting_send(self: Any, data: bytes, *args: Any) -> None:
        traffic.sent += len(data)
        await send_bytes(self, data, *args)

    with (
        mock.patch.object(response, "receive", counting_receive),
        mock.patch.object(response, "send_bytes", counting_send),
    ):
        yield traffic


async def take_in(url: str, total: int, size: int) -> float:
    """Seconds to dial a bare process and receive so many bytes from it."""
    began = perf_counter()
    async with (
        aiohttp.ClientSession() as client,
        client.ws_connect(
            f"{url}/send?total={total}&size={size}", compress=0, max_msg_size=0
        ) as line,
    ):
        received = 0
        async for message in line:
            received += len(message.data)
    assert received == total
    return perf_counter() - began


async def connect_and_echo(url: str, data: bytes) -> float:
    """Seconds to dial a bare process and hear one message back."""
    began = perf_counter()
    async with (
        aiohttp.ClientSession() as client,
        client.ws_connect(f"{url}/echo", compress=0) as line,
    ):
        await line.send_bytes(data)
        await line.receive_bytes()
        return perf_counter() - began
