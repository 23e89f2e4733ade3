"""Computers that speak badly with a daemon, over real sockets; some have a good certificate."""

from __future__ import annotations

import asyncio
import contextlib
import os
import ssl
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from node.config import NodeSettings
from sync.engine import keys
from sync.errors import BadMessage
from sync.model.facts import Author, Incarnation
from sync.protocol import handshake, messages
from sync.protocol.messages import Hello, Message
from sync.protocol.questions import Roots
from sync.trust import certificates, credentials, tls

HEAR_S_MAX = 30.0
NOTHING = Roots(bytes(32), bytes(32), bytes(32))


class Line:
    """One connection of a `Rogue` that has been upgraded; nobody has said anything yet."""

    def __init__(self, rogue: Rogue, websocket: aiohttp.ClientWebSocketResponse) -> None:
        self.rogue = rogue
        self.websocket = websocket
        self.theirs: Hello
        self.mine: Hello

    async def say(self, *said: Message) -> None:
        for message in said:
            await self.send(messages.encode(message))

    async def send(self, frame: bytes) -> None:
        """Send bytes; a connection that is gone already takes nothing."""
        with contextlib.suppress(ConnectionError):
            await self.websocket.send_bytes(frame)

    async def hear(self) -> Message | None:
        """The next message, None when the connection has ended."""
        async with asyncio.timeout(HEAR_S_MAX):
            got = await self.websocket.receive()
        return messages.decode(got.data) if got.type is aiohttp.WSMsgType.BINARY else None

    async def hear_a(self, *kinds: type) -> Any:
        """The next message of one of these kinds.

        The clerk goes on meanwhile: what is new is acknowledged, and who is asked has nothing new.
        """
        while (message := await self.hear()) is not None:
            if isinstance(message, kinds):
                return message
            if isinstance(message, messages.GetSummary):
                await self.say(messages.Summary(message.id, (), True))
            elif isinstance(message, messages.Push):
                await self.say(messages.Ack(message.seq, self.theirs.roots))
        return None

    async def end(self) -> str:
        """The code by which the other side ends the connection; empty when it says none."""
        code = ""
        with contextlib.suppress(ConnectionError, BadMessage):
            while (message := await self.hear()) is not None:
                if isinstance(message, messages.Error):
                    code = message.code
                elif isinstance(message, messages.Bye):
                    code = message.reason
        return code

    # how far a connection comes

    async def greet(self, roots: Callable[[Hello], Roots] | None = None, **changed: Any) -> None:
        """Say hello, by default as one that holds what the other side holds."""
        self.theirs = await self.hear_a(Hello)
        said: dict[str, Any] = {
            "versions": handshake.VERSIONS,
            "replica": os.urandom(16),
            "incarnation": Incarnation(os.urandom(8)),
            "process": os.urandom(8),
            "author": self.rogue.author,
            "public_key": self.rogue.signer.public_key,
            "nonce": os.urandom(32),
            "now_ms": time.time_ns() // 1_000_000,
            "roots": roots(self.theirs) if roots is not None else self.theirs.roots,
        }
        self.mine = Hello(**(said | changed))
        await self.say(self.mine)

    def proof(self) -> messages.Proof:
        """That the key of the hello is ours, on this connection."""
        shown = self.websocket.get_extra_info("ssl_object").getpeercert(True)
        fingerprints = self.rogue.fingerprint, certificates.fingerprint(shown)
        signed = handshake.proof_bytes(self.mine, self.theirs, fingerprints)
        return messages.Proof(self.rogue.signer.sign(signed))

    async def prove(self, roots: Callable[[Hello], Roots] | None = None) -> None:
        await self.greet(roots)
        await self.say(self.proof())
        await self.hear_a(messages.Proof)

    async def enter(self) -> None:
        """Come as far as an honest desk that is in step."""
        await self.prove()
        welcome = await self.hear_a(messages.Welcome)
        await self.say(messages.Welcome(welcome.roots), messages.Settled(welcome.roots))
        await self.hear_a(messages.Settled)


STAGES: dict[str, Callable[[Line], Any]] = {
    "hello": lambda line: line.hear_a(Hello),
    "proof": lambda line: line.greet(),
    "registry": lambda line: line.prove(),
    "document": lambda line: line.enter(),
}
"""How to come into each stage of a session in which a peer is heard."""


class Rogue:
    """A computer with the data folder of a desk that was enrolled, and its own ideas."""

    def __init__(self, settings: NodeSettings, hub_url: str) -> None:
        self.author = Author(settings.code)
        self.signer: keys.Signer = settings.signer()
        self.url = hub_url
        folder = settings.folder
        certificate = folder / credentials.CERTIFICATE
        self.fingerprint = certificates.fingerprint(credentials.read_certificate(certificate))
        trusted = [credentials.read_certificate(folder / credentials.AUTHORITY)]
        self.context = tls.client(certificate, folder / credentials.TLS_KEY, trusted)

    @asynccontextmanager
    async def line(self, http: aiohttp.ClientSession) -> AsyncIterator[Line]:
        """A connection that is upgraded; what it receives is bounded by no limit of ours."""
        async with await self._connected(http) as websocket:
            yield Line(self, websocket)

    async def _connected(self, http: aiohttp.ClientSession) -> aiohttp.ClientWebSocketResponse:
        """Try until it is let in: whoever begins too often is sent away for a while."""
        async with asyncio.timeout(HEAR_S_MAX):
            while True:
                with contextlib.suppress(aiohttp.ClientConnectionError):
                    return await http.ws_connect(self.url, ssl=self.context, max_msg_size=0)
                await asyncio.sleep(0.05)

    async def raw(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """An encrypted connection on which nothing was sent, not even HTTP."""
        return await self._open(self.context)

    async def upgraded(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection that takes raw frames of a WebSocket."""
        reader, writer = await self.raw()
        writer.write(
            b"GET /sync HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        )
        await reader.readuntil(b"\r\n\r\n")
        return reader, writer

    async def _open(
        self, context: ssl.SSLContext | None
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        host, port = self.url.removeprefix("wss://").removesuffix("/sync").split(":")
        return await asyncio.open_connection(host, int(port), ssl=context)


def masked(opcode: int, payload: bytes, final: bool = True, flags: int = 0) -> bytes:
    """A frame of a WebSocket as clients send it, with a mask of zeros."""
    head = bytes([(0x80 if final else 0) | flags | opcode])
    size = len(payload)
    if size < 126:
        head += bytes([0x80 | size])
    elif size < 1 << 16:
        head += bytes([0x80 | 126]) + size.to_bytes(2)
    else:
        head += bytes([0x80 | 127]) + size.to_bytes(8)
    return head + bytes(4) + payload


async def gone(reader: asyncio.StreamReader) -> bytes:
    """What still comes until the other side has hung up."""
    async with asyncio.timeout(HEAR_S_MAX):
        try:
            return await reader.read()
        except OSError:
            return b""


async def all_of(actions: Iterable[Any]) -> None:
    """Do several things at once, and raise what goes wrong in one of them."""
    async with asyncio.TaskGroup() as group:
        for action in actions:
            group.create_task(action)
