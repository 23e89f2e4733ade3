"""One WebSocket with one session on it: who reads, who sends, who asks the replica, who ticks.

It moves what `sync.protocol.session` hands out and decides nothing about the protocol. Four tasks
run while the connection lasts, and whichever ends first ends it:

- the reader gives frames to the session;
- the sender writes frames in order, urgent ones first, out of a queue that is bounded in bytes;
- the worker has the replica answer the session's queries, strictly one after the other;
- the clock ticks.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final, Protocol

import aiohttp
from aiohttp import web

from sync.errors import StoreError
from sync.model.believed import UNKNOWN_MS
from sync.model.facts import Author
from sync.model.formats import iso_utc
from sync.protocol.events import (
    Ask,
    Close,
    Established,
    Event,
    Misbehaved,
    Output,
    Send,
)
from sync.protocol.questions import Commit, Merge, Merged, Query
from sync.protocol.session import Session
from sync.trust.entrance import is_loopback

QUEUED_BYTES_MAX: Final = 4 * 1024 * 1024
FRAME_COST_BYTES: Final = 64
"""What a frame that waits costs besides its bytes: who reads none can ask for many."""
QUERIES_MAX: Final = 1024
MESSAGES_S: Final = 500
"""So many messages of one connection are dealt with in a second, after `MESSAGES_AT_ONCE`."""
MESSAGES_AT_ONCE: Final = 1000
MESSAGES_IN_ROW: Final = 16
"""After so many, others that the event loop serves have their turn."""
MESSAGE_BYTES: Final = 4096
"""A message counts as one more for so many bytes there: some milliseconds go into the largest."""
HEARTBEAT_S: Final = 20.0
SEND_S_MAX: Final = 60.0
CLOSE_S_MAX: Final = 5.0
TICK_S: Final = 1.0
_CLOSE_NORMALLY: Final = aiohttp.WSCloseCode.OK.to_bytes(2, "big")
"""The content of a WebSocket's last frame (RFC 6455, 5.5.1)."""
_ENDS: Final = frozenset(
    {
        aiohttp.WSMsgType.CLOSE,
        aiohttp.WSMsgType.CLOSING,
        aiohttp.WSMsgType.CLOSED,
        aiohttp.WSMsgType.ERROR,
    }
)
"""After these nothing more comes."""

WebSocket = aiohttp.ClientWebSocketResponse | web.WebSocketResponse

log = logging.getLogger("mrnmesh.peering")


class SessionReplica(Protocol):
    """What connections need of a replica; `sync.engine.replica.Replica` has it."""

    async def answer(self, query: Query) -> object:
        """The reply that `sync.protocol.questions` names for a query."""
        ...

    async def merge(self, merge: Merge, source: object) -> Merged:
        """Merge batches that ``source`` brought."""
        ...

    def steady_s(self) -> float:
        """Seconds that only count what passes, also while the computer sleeps."""
        ...

    def subscribe(self, callback: Callable[[Commit], None]) -> Callable[[], None]:
        """Call back for each commit, in order, before what caused it is answered.

        Returns:
            What ends that.
        """
        ...


class Outbox:
    """Frames that wait to be sent, urgent ones first, of at most `QUEUED_BYTES_MAX` bytes."""

    def __init__(self) -> None:
        self._queues: tuple[deque[bytes], deque[bytes]] = (deque(), deque())
        self._bytes = 0
        self._closed = False
        self._filled = asyncio.Event()

    def put(self, frame: bytes, urgent: bool) -> bool:
        """Queue a frame; False when there is no room for it."""
        cost = len(frame) + FRAME_COST_BYTES
        if self._bytes + cost > QUEUED_BYTES_MAX:
            return False
        self._queues[0 if urgent else 1].append(frame)
        self._bytes += cost
        self._filled.set()
        return True

    def close(self) -> None:
        """Nothing more will be put."""
        self._closed = True
        self._filled.set()

    async def get(self) -> bytes | None:
        """The next frame; None when it is closed and empty."""
        while True:
            for queue in self._queues:
                if queue:
                    frame = queue.popleft()
                    self._bytes -= len(frame) + FRAME_COST_BYTES
                    return frame
            if self._closed:
                return None
            self._filled.clear()
            await self._filled.wait()


class Pace:
    """How fast messages of one connection are dealt with.

    Small ones that come in masses would keep the event loop from everybody else; what is not read
    waits in the sockets, and its sender with it.

    Args:
        now_s: seconds of a clock that does not go back.
    """

    def __init__(self, now_s: float) -> None:
        self._left = float(MESSAGES_AT_ONCE)
        self._since_s = now_s
        self._in_row = 0

    def wait_s(self, now_s: float, size: int = 0) -> float | None:
        """A message was dealt with: seconds to wait before the next one, None for not at all.

        Args:
            size: its bytes.
        """
        earned = (now_s - self._since_s) * MESSAGES_S
        self._left = min(float(MESSAGES_AT_ONCE), self._left + earned) - 1
        self._since_s = now_s
        self._in_row += 1 + size // MESSAGE_BYTES
        if self._left < 0:
            return -self._left / MESSAGES_S
        if self._in_row < MESSAGES_IN_ROW:
            return None
        self._in_row = 0
        return 0.0


class Connection:
    """A session on a WebSocket.

    ``ended`` is done, with the reason, when the connection is gone; ``welcomed`` is true once both
    sides have allowed each other to sync; ``since`` is when it was made, ISO 8601 in UTC.
    ``reason`` is why it ends, empty for as long as it goes on.

    Args:
        dialled: this side has dialled.
        heard: called with each event of the session.
        version: of the peer's program, empty where it does not tell.
        certified: whom the certificate of the peer names, None on a connection without one.
    """

    def __init__(
        self,
        websocket: WebSocket,
        replica: SessionReplica,
        session: Session,
        dialled: bool,
        address: str,
        heard: Callable[[Connection, Event], None],
        version: str = "",
        certified: Author | None = None,
    ) -> None:
        self.version = version
        self.certified = certified
        self.session = session
        self.dialled = dialled
        self.address = address
        self.peer: Established | None = None
        self.welcomed = False
        self._began_s = replica.steady_s()
        self.since = iso_utc(datetime.now(UTC))
        self.reason = ""
        self.ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._websocket = websocket
        self._replica = replica
        self._heard = heard
        self._outbox = Outbox()
        self._queries: asyncio.Queue[Ask] = asyncio.Queue(QUERIES_MAX)
        self._expected: dict[int, asyncio.Future[Any]] = {}
        self._outputs: deque[Output] = deque()
        self._draining = False

    async def run(self) -> None:
        """Until one of the two sides closes, or the line is cut."""
        unsubscribe = self._replica.subscribe(self._committed)
        tasks: list[asyncio.Task[None]] = []
        try:
            self._drain()
            tasks += [
                asyncio.create_task(job)
                for job in (self._read(), self._send(), self._answer(), self._tick())
            ]
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            unsubscribe()
            for task in tasks:
                task.cancel()
            try:
                results = await asyncio.gather(*tasks, return_exceptions=True)
                await self._close()
            finally:  # some wait for this end before they dial again
                self.ended.set_result(self.reason or "lost")
                for future in self._expected.values():
                    future.cancel()
        for result in results:
            if isinstance(result, BaseException) and not isinstance(result, asyncio.CancelledError):
                raise result

    def stop(self, reason: str) -> None:
        """Say goodbye, send what is queued, and close."""
        self.session.stop(reason)
        self._drain()

    def say(self, what: Callable[[Session], None]) -> None:
        """Send what a call of the session sends."""
        what(self.session)
        self._drain()

    @property
    def is_ending(self) -> bool:
        """True once it is to be closed, or was cut; nothing can be asked on it any more."""
        return bool(self.reason)

    @property
    def peer_now_ms(self) -> int:
        """What time it is by the peer: what its hello said, and what has passed since.

        `UNKNOWN_MS` if it said that it does not know.
        """
        said = self.session.peer
        assert said is not None, "asked of a peer that has said hello"
        if said.now_ms == UNKNOWN_MS:
            return UNKNOWN_MS
        return said.now_ms + int((self._replica.steady_s() - self._began_s) * 1000)

    @property
    def own_host(self) -> str:
        """The address of this computer that the line uses, without its interface; "" if gone."""
        name: Any = self._websocket.get_extra_info("sockname")
        return str(name[0]).partition("%")[0] if name else ""

    @property
    def far(self) -> tuple[Any, ...] | None:
        """The socket address of the other computer; None when the line is gone."""
        found: Any = self._websocket.get_extra_info("peername")
        return tuple(found) if found else None

    @property
    def is_elsewhere(self) -> bool:
        """True when the line leads to another computer."""
        host = str(self.far[0]).partition("%")[0] if self.far else ""
        return host not in ("", self.own_host) and not is_loopback(host)

    def abort(self, reason: str) -> None:
        """Cut the line at once: the peer does not listen."""
        self.reason = self.reason or reason
        self._outbox.close()
        _hang_up(self._websocket)

    async def ask(self, send: Callable[[Session], int], timeout_s: float) -> Any:
        """The event that answers what ``send`` sends; None when none comes in time."""
        ident = send(self.session)
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._expected[ident] = future
        self._drain()
        try:
            done, _ = await asyncio.wait([future], timeout=timeout_s)
            return future.result() if done and not future.cancelled() else None
        finally:
            del self._expected[ident]

    def arrived(self, ident: int, event: Event) -> None:
        """The answer to a call of `ask`; one that nobody waits for any more is dropped."""
        future = self._expected.get(ident)
        if future is not None and not future.done():
            future.set_result(event)

    # tasks

    async def _read(self) -> None:
        loop = asyncio.get_running_loop()
        pace = Pace(loop.time())
        async for message in self._websocket:
            size = 0
            if message.type is aiohttp.WSMsgType.PING:
                await self._websocket.pong(message.data)
            elif message.type is aiohttp.WSMsgType.PONG:
                pass  # that it came at all is what the heartbeat waits for
            elif message.type is not aiohttp.WSMsgType.BINARY:
                broken = message.type is aiohttp.WSMsgType.ERROR
                if not broken or isinstance(message.data, aiohttp.WebSocketError):
                    self._heard(self, Misbehaved("not_binary", "what came is no message"))
                self.session.stop("not_binary")
            else:
                size = len(message.data)
                self.session.received(message.data)
            self._drain()
            wait_s = pace.wait_s(loop.time(), size)
            if wait_s is not None:
                await asyncio.sleep(wait_s)

    async def _send(self) -> None:
        while (frame := await self._outbox.get()) is not None:
            try:
                async with asyncio.timeout(SEND_S_MAX):
                    await self._websocket.send_bytes(frame)
            except TimeoutError:
                log.warning("%s has not read for %d seconds", self.address, SEND_S_MAX)
                self._cut("slow")
                return
            except ConnectionError:
                return

    async def _answer(self) -> None:
        while True:
            token, query = await self._queries.get()
            try:
                if isinstance(query, Merge):
                    reply: object = await self._replica.merge(query, self.session)
                else:
                    reply = await self._replica.answer(query)
            except StoreError as error:  # what to do is in an alarm; it is dialled again
                log.warning("syncing with %s stops for now: %s", self.address, error)
                self.session.failed(token)
            except Exception:
                # This line only: another peer, or the same one later, may ask for something else.
                log.exception("an unforeseen error in answering a %s", type(query).__name__)
                self.session.failed(token)
            else:
                self.session.answered(token, reply)
            self._drain()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            self.session.tick(now_ms())
            self._drain()

    def _committed(self, commit: Commit) -> None:
        self.session.committed(commit)
        self._drain()

    def _drain(self) -> None:
        """Do what the session hands out, in order, also when doing it makes it hand out more."""
        self._outputs += self.session.take()
        if self._draining:  # an event is being heard, which made the session hand out more
            return
        self._draining = True
        try:
            while self._outputs:
                self._do(self._outputs.popleft())
        finally:
            self._draining = False

    def _do(self, output: Output) -> None:
        match output:
            case Send(frame, urgent):
                if not self._outbox.put(frame, urgent):  # it would wait in memory without bound
                    log.warning("%s does not read what is sent", self.address)
                    self._cut("slow")
            case Ask():
                if self._queries.full():
                    log.warning("%s asks for too much at once", self.address)
                    self._cut("busy")
                else:
                    self._queries.put_nowait(output)
            case Close(reason):
                self.reason = self.reason or reason
                self._outbox.close()
            case _:
                self._heard(self, output)

    def _cut(self, reason: str) -> None:
        """Cut the line, because the peer takes more than its share."""
        if not self.reason:
            self._heard(self, Misbehaved(reason, "it does not keep up with what it asks for"))
        self.abort(reason)

    async def _close(self) -> None:
        if self.reason == "slow":  # who does not read would not read a goodbye either
            self.abort("slow")
        if not await close(self._websocket):
            self.reason = self.reason or "lost"


async def close(websocket: WebSocket) -> bool:
    """Close a WebSocket that nobody else reads any more.

    What the peer sent before it heard of the end is read and dropped, because a line that is cut
    while something waits to be read takes what was sent last with it. The `close` of aiohttp does
    so without a pause: a peer who goes on and on would keep the event loop from everybody else.

    Returns:
        False if the peer has not closed too within `CLOSE_S_MAX`, and the line was cut.
    """
    loop = asyncio.get_running_loop()
    pace = Pace(loop.time())
    try:
        async with asyncio.timeout(CLOSE_S_MAX):
            if not websocket.closed:
                await websocket.send_frame(_CLOSE_NORMALLY, aiohttp.WSMsgType.CLOSE)
                while (await websocket.receive()).type not in _ENDS:
                    wait_s = pace.wait_s(loop.time())
                    if wait_s is not None:
                        await asyncio.sleep(wait_s)
            await websocket.close()
    except (TimeoutError, ConnectionError):
        _hang_up(websocket)
        if isinstance(websocket, aiohttp.ClientWebSocketResponse):
            await _release(websocket)
        return False
    return True


async def _release(websocket: aiohttp.ClientWebSocketResponse) -> None:
    """Give back the place of a dialled line among the connections that the client may have.

    What has come already is read at once, and it is little; for more aiohttp gets no time.
    """
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(0):
            await websocket.close()


def _hang_up(websocket: WebSocket) -> None:
    line: Any = websocket.get_extra_info("socket")
    if line is not None:
        with contextlib.suppress(OSError):
            line.shutdown(socket.SHUT_RDWR)


def now_ms() -> int:
    """Milliseconds of the event loop's clock, which never goes back."""
    return int(asyncio.get_running_loop().time() * 1000)
