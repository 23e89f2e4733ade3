"""What encryption costs where replicas sync: the same line with TLS and without, in one run."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from time import perf_counter
from typing import Final

import aiohttp
from aiohttp import web

from benchmarks.figures import Bench, Figure, Samples
from sync.http.address import Address
from sync.http.server import serve
from sync.model.facts import Author
from sync.trust import authority, certificates, credentials, tls
from sync.trust.authority import Authority
from sync.trust.credentials import Credentials
from sync.trust.entrance import Entrance
from sync.trust.slots import HandshakeSlots

ENCRYPTED: Final = "encrypted"
CONNECTS: Final = 60
CONNECTS_QUICK: Final = 20
MESSAGES: Final = 600
MESSAGES_QUICK: Final = 200
PIECES: Final = 60
PIECES_QUICK: Final = 20
MESSAGE_BYTES: Final = 450
"""A registration with its signature."""
PIECE_BYTES: Final = 250_000
"""The largest message."""


def run(bench: Bench) -> Iterator[Figure]:
    """Connecting, a registration there and back, and the largest message, beside no encryption."""
    folder = bench.folder / ENCRYPTED
    hub, desk = _replicas(folder)
    many = (CONNECTS_QUICK, MESSAGES_QUICK, PIECES_QUICK)
    counts = many if bench.quick else (CONNECTS, MESSAGES, PIECES)
    bench.say("connecting and sending, with TLS and without")
    plain = asyncio.run(_measure(hub, None, *counts))
    secure = asyncio.run(_measure(hub, desk, *counts))
    names = ("connect", "a message there and back", "a piece of 250 kB there, and an answer")
    for name, one, floor in zip(names, secure, plain, strict=True):
        yield one.figure(ENCRYPTED, name, "ms", floor)


def _replicas(folder: Path) -> tuple[Credentials, Credentials]:
    """A coordinator and a desk with certificates of one authority."""
    key = bytes(32)
    hub, desk = folder / "hub", folder / "desk"
    hub.mkdir(parents=True)
    desk.mkdir()
    authority.make(hub, key)
    issuer, tls_key = Authority(hub, key), certificates.new_key()
    credentials.write_key(desk / credentials.TLS_KEY, tls_key)
    credentials.write_certificate(desk / credentials.AUTHORITY, issuer.certificate)
    leaf = issuer.issue(Author("LAB1-PC"), bytes(32), certificates.public_bytes(tls_key))
    credentials.write_certificate(desk / credentials.CERTIFICATE, leaf)
    return Credentials(hub, issuer.facility), Credentials(desk, issuer.facility)


@contextlib.asynccontextmanager
async def _serving(guard: Credentials | None) -> AsyncIterator[str]:
    """A server that answers each message with a short one; its address."""

    async def answer(request: web.Request) -> web.WebSocketResponse:
        line = web.WebSocketResponse(compress=False, max_msg_size=2 * PIECE_BYTES)
        await line.prepare(request)
        async for _ in line:
            await line.send_bytes(b"ok")
        return line

    app = web.Application()
    app.add_routes([web.get("/sync", answer)])
    entrance = Entrance(guard, lambda: False, HandshakeSlots(perf_counter))
    listener = await serve(app, Address("127.0.0.1", 0), entrance=entrance)
    yield f"{'ws' if guard is None else 'wss'}://127.0.0.1:{listener.port}/sync"
    await listener.close()


async def _measure(
    hub: Credentials, desk: Credentials | None, connects: int, messages: int, pieces: int
) -> tuple[Samples, Samples, Samples]:
    """How long it takes to connect, and to send; without TLS where there is no ``desk``."""
    tls.limit_buffers()
    found = Samples(), Samples(), Samples()
    context = desk.client if desk is not None else True
    async with _serving(hub if desk is not None else None) as url, aiohttp.ClientSession() as http:
        for _ in range(connects):
            began = perf_counter()
            async with http.ws_connect(url, ssl=context):
                found[0].add(perf_counter() - began)
        async with http.ws_connect(url, compress=0, ssl=context) as line:
            for samples, count, size in (
                (found[1], messages, MESSAGE_BYTES),
                (found[2], pieces, PIECE_BYTES),
            ):
                content = os.urandom(size)
                for _ in range(count):
                    began = perf_counter()
                    await line.send_bytes(content)
                    await line.receive_bytes()
                    samples.add(perf_counter() - began)
    return found
