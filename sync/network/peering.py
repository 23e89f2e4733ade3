"""Connections to other replicas over WebSockets: dial, accept, back off, and keep one of each.

The protocol is `sync.protocol.session`'s; one connection is `sync.network.connection`'s. What is
decided here is only which connections there are. All methods are called on one event loop.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import os
import socket
import time
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple, Protocol

import aiohttp
from aiohttp import web
from yarl import URL

from sync.engine import keys
from sync.errors import BadConfig
from sync.model.facts import COORDINATOR, Author, Incarnation, RecordId
from sync.network.connection import CLOSE_S_MAX, Connection, SessionReplica, WebSocket, now_ms
from sync.protocol import events
from sync.protocol.handshake import Setup
from sync.protocol.questions import Alone, Granted
from sync.protocol.session import Session
from sync.protocol.wire import FRAME_BYTES_MAX

HEARTBEAT_S: Final = 20.0
CONNECT_S_MAX: Final = 10.0
BACK_OFF_S: Final = 0.5
BACK_OFF_S_MAX: Final = 60.0
PING_S_MAX: Final = 5.0
CONNECTIONS_MAX: Final = 1000
LIVE_COPIES: Final = "twins"
"""Why a connection ends with the second of two live copies of one database."""
_DOUBLINGS_MAX: Final = 8

log = logging.getLogger("mrnmesh.peering")


class ProofSigner(Protocol):
    """What peering needs of `sync.trust.Signer`."""

    def sign(self, data: bytes) -> bytes:
        """64-byte signature."""
        ...


class SessionStatus(NamedTuple):
    """A connection as status pages show it. ``since`` is when it came up, ISO 8601 in UTC."""

    author: str
    address: str
    state: str
    since: str
    live: bool


def require_loopback(host: str, path: object = "") -> None:
    """Refuse a host that is not this computer: the connections are not encrypted.

    Raises:
        BadConfig: not a loopback address, nor a name that has only such addresses. ``path`` is the
            configuration that is named in it.
    """
    try:
        found = {str(info[4][0]) for info in socket.getaddrinfo(host, None)}
        loopback = all(ipaddress.ip_address(address).is_loopback for address in found)
    except (OSError, ValueError):
        loopback = False
    if not loopback:
        raise BadConfig(path=path, why=f"{host!r} is not an address of this computer (loopback)")


def back_off_s(attempt: int, random: Callable[[], float]) -> float:
    """Seconds to wait before an attempt to connect, counted from 0: full jitter."""
    ceiling = min(BACK_OFF_S_MAX, BACK_OFF_S * 2.0 ** min(attempt, _DOUBLINGS_MAX))
    return random() * ceiling


class Peering:
    """All connections of one replica.

    ``on_live`` is called with author and incarnation of a peer, and whether all that it told of
    could be merged, when both sides are in step, and again from time to time; it tells that all the
    other told of; ``on_live_copies`` with the author of two live copies of one database, which can
    be the author of this replica; ``refusal`` is why the last peer that was dialled gave nothing
    but the registry.
    """

    def __init__(
        self,
        replica: SessionReplica,
        signer: ProofSigner,
        coordinator_key: bytes,
        random: Callable[[], float],
    ) -> None:
        self.on_live: Callable[[Author, Incarnation, bool], None] | None = None
        self.on_live_copies: Callable[[Author], None] | None = None
        self.refusal: events.PeerRefused | None = None
        self._replica = replica
        self._signer = signer
        self._coordinator_key = coordinator_key
        self._random = random
        self._process = os.urandom(8)
        self._connections: list[Connection] = []
        self._dialling: list[asyncio.Task[None]] = []
        self._challenges: set[asyncio.Task[None]] = set()
        self._client: aiohttp.ClientSession | None = None
        self._stopping = False
        self._free = asyncio.Event()
        self._free.set()
        self._waiting: list[tuple[Callable[[], bool], asyncio.Future[None]]] = []

    # connections

    def dial(self, url: str) -> None:
        """Keep a connection to ``url`` (``ws://HOST:PORT/sync``) from now on.

        Raises:
            BadConfig: not a loopback address.
        """
        require_loopback(URL(url).host or "", url)
        self._keep_dialling(url)

    async def handler(self, request: web.Request) -> web.StreamResponse:
        """Serve ``GET /sync``."""
        if "Origin" in request.headers:
            raise web.HTTPForbidden(text="desks sync here, web pages do not")
        if self._stopping or self.held or len(self._connections) >= CONNECTIONS_MAX:
            raise web.HTTPServiceUnavailable(text="no more connections now")
        websocket = web.WebSocketResponse(
            timeout=CLOSE_S_MAX,
            compress=False,
            heartbeat=HEARTBEAT_S,
            max_msg_size=FRAME_BYTES_MAX + 1,
        )
        await websocket.prepare(request)
        await self._run(websocket, False, str(request.remote))
        return websocket

    async def stop(self) -> None:
        """Say goodbye to all and close, within a bounded time."""
        self._stopping = True
        for connection in self._connections:
            connection.stop("stopping")
        ending = [connection.ended for connection in self._connections]
        if ending:
            await asyncio.wait(ending, timeout=2 * CLOSE_S_MAX)
        for connection in self._connections:
            connection.abort("stopping")
        tasks = [*self._dialling, *self._challenges]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._client is not None:
            await self._client.close()
        self._changed()

    def renew(self) -> None:
        """Close all connections, to come back under what identity this replica has now."""
        for connection in self._connections:
            connection.stop("new_life")

    def go_offline(self) -> None:
        """Close all connections, and have none until `release`."""
        self._free.clear()
        for connection in self._connections:
            connection.stop("held")

    def go_online(self) -> None:
        """Connect again, at once."""
        self._free.set()

    @property
    def held(self) -> bool:
        """True between `hold` and `release`."""
        return not self._free.is_set()

    def sessions(self) -> list[SessionStatus]:
        """The connections that there are now."""
        return [
            SessionStatus(
                connection.peer.author if connection.peer else "",
                connection.address,
                connection.session.stage.value,
                connection.since,
                connection.session.live,
            )
            for connection in self._connections
        ]

    def live_peers(self) -> set[tuple[Author, Incarnation]]:
        """Who is connected and in step with this replica, under which life of its database."""
        return {
            (connection.peer.author, connection.peer.incarnation)
            for connection in self._connections
            if connection.session.live and connection.peer is not None
        }

    async def wait_until(self, holds: Callable[[], bool]) -> None:
        """Wait for ``holds()`` to be true, now or right after some change of a connection."""
        if not holds():
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append((holds, future))
            await future

    async def wait_live(self, author: Author) -> None:
        """Wait until there is a live session with a replica of ``author``."""
        await self.wait_until(lambda: self._live(author) is not None)

    # numbers

    @property
    def coordinator_live(self) -> bool:
        """True when a connection with the coordinator is up and both sides are in step."""
        return self._live(COORDINATOR) is not None

    async def request_number(
        self, record: RecordId, terminal: Author, timeout_s: float
    ) -> Granted | None:
        """A number for a record, from the coordinator.

        Returns:
            None when there is no live session with it or no answer came in time; an answer that
            comes later is dropped. What came before the number, so also its grant, is merged.
        """
        connection = self._live(COORDINATOR)
        if connection is None:
            return None
        event = await connection.ask(
            lambda session: session.ask_number(record, terminal), timeout_s
        )
        return Granted(event.mrn, event.code) if event is not None else None

    async def probe(self, timeout_s: float) -> bool:
        """True when the coordinator answered in time."""
        connection = self._live(COORDINATOR)
        if connection is None:
            return False
        return await connection.ask(lambda session: session.probe(), timeout_s) is not None

    def _live(self, author: Author) -> Connection | None:
        for connection in self._connections:
            peer = connection.peer
            if connection.session.live and peer is not None and peer.author == author:
                return connection
        return None

    # dialling

    def _keep_dialling(self, url: str) -> None:
        """Dial, and go on dialling whatever happens to one connection."""

        def ended(task: asyncio.Task[None]) -> None:
            self._dialling.remove(task)
            if not task.cancelled() and (error := task.exception()) is not None:
                log.critical("a connection with %s failed", url, exc_info=error)
                asyncio.get_running_loop().call_later(BACK_OFF_S_MAX, self._keep_dialling, url)

        if not self._stopping:
            task = asyncio.create_task(self._keep(url))
            self._dialling.append(task)
            task.add_done_callback(ended)

    async def _keep(self, url: str) -> None:
        attempt = 0
        while not self._stopping:
            if self.held:
                await self._free.wait()
                attempt = 0
            connection = await self._dial(url)
            if connection is not None:
                if connection.welcomed:
                    attempt = 0
                if connection.reason == "duplicate":
                    await self._other_ends(connection)
            await asyncio.sleep(back_off_s(attempt, self._random))
            attempt += 1

    async def _dial(self, url: str) -> Connection | None:
        """One connection from its beginning to its end; None when there was none."""
        if self._client is None:
            self._client = aiohttp.ClientSession()
        try:
            async with asyncio.timeout(CONNECT_S_MAX):
                websocket = await self._client.ws_connect(
                    url,
                    timeout=aiohttp.ClientWSTimeout(ws_close=CLOSE_S_MAX),
                    compress=0,
                    heartbeat=HEARTBEAT_S,
                    max_msg_size=FRAME_BYTES_MAX + 1,
                )
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            log.info("%s cannot be reached: %s", url, str(error) or type(error).__name__)
            return None
        return await self._run(websocket, True, url)

    async def _other_ends(self, lost: Connection) -> None:
        """Wait until the connection that was kept instead of ``lost`` is gone."""
        if lost.peer is None:
            return
        for connection in self._connections:
            if connection.peer is not None and connection.peer.replica == lost.peer.replica:
                await asyncio.wait([connection.ended])
                return

    async def _run(self, websocket: WebSocket, dialled: bool, address: str) -> Connection:
        setup = Setup(
            os.urandom(32),
            self._process,
            self._coordinator_key,
            self._signer.sign,
            keys.verify,
            time.time_ns() // 1_000_000,
        )
        session = Session(setup, now_ms())
        connection = Connection(websocket, self._replica, session, dialled, address, self._heard)
        self._connections.append(connection)
        self._changed()
        if self._stopping:
            connection.stop("stopping")
        elif self.held:
            connection.stop("held")
        try:
            await connection.run()
        finally:
            self._connections.remove(connection)
            if not self._connections:
                await self._replica.answer(Alone())
            mine = session.mine
            if (
                dialled
                and connection.reason == LIVE_COPIES
                and self.on_live_copies is not None
                and mine
            ):
                self.on_live_copies(mine.author)
            self._changed()
        log.info("the connection with %s has ended: %s", _name(connection), connection.reason)
        return connection

    # what sessions tell

    def _heard(self, connection: Connection, event: events.Event) -> None:
        match event:
            case events.Established():
                connection.peer = event
                connection.since = datetime.now(UTC).isoformat(timespec="seconds")
                self._compare(connection, event)
            case events.Welcomed():
                connection.welcomed = True
                if connection.dialled:
                    self.refusal = None
                log.info("connected with %s", _name(connection))
            case events.LiveNow(complete):
                peer = connection.peer
                if self.on_live is not None and peer is not None:
                    self.on_live(peer.author, peer.incarnation, complete)
            case events.NumberArrived() | events.ProbeArrived() | events.PongArrived():
                connection.arrived(event.id, event)
            case events.PeerRefused(reason, why):
                if connection.dialled:
                    self.refusal = event
                log.warning("%s refuses to sync (%s): %s", _name(connection), reason, why)
            case events.Parked(author, shard, reason, why):
                log.error(
                    "%s sent something that cannot be right, in part %d of what %s wrote (%s): %s",
                    _name(connection),
                    shard,
                    author,
                    reason,
                    why,
                )
            case events.PeerClock(ahead_ms):
                log.warning(
                    "the clock of %s is %d s ahead of ours", _name(connection), ahead_ms // 1000
                )
        self._changed()

    def _changed(self) -> None:
        waiting, self._waiting = self._waiting, []
        for holds, future in waiting:
            if future.done():
                continue
            if holds():
                future.set_result(None)
            else:
                self._waiting.append((holds, future))

    # one connection with each peer

    def _compare(self, new: Connection, peer: events.Established) -> None:
        """Is there a connection with this replica, or with a copy of it, already?"""
        mine = new.session.mine
        for old in list(self._connections):
            if old is new or old.peer is None or old.reason or mine is None:
                continue
            if not _same_replica(old.peer, peer):
                continue
            if old.peer.process != peer.process:
                self._challenge(old, new, True)
            elif old.dialled != new.dialled:
                kept = mine.replica < peer.replica
                (new if new.dialled != kept else old).stop("duplicate")
            elif new.dialled:
                new.stop("duplicate")
            else:
                self._challenge(old, new, False)

    def _challenge(self, old: Connection, new: Connection, twins: bool) -> None:
        """If the older connection is dead it goes; if not, two copies are alive at once."""

        async def challenge() -> None:
            if await old.ask(lambda session: session.ping(), PING_S_MAX) is None:
                old.abort("gone")
            elif twins and new.peer is not None:
                author = new.peer.author
                log.warning("two computers are %s at the same time: one is a copy", author)
                new.stop(LIVE_COPIES)
                if self.on_live_copies is not None:
                    self.on_live_copies(author)
                self._changed()

        self._start(challenge())

    def _start(self, job: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(job)
        self._challenges.add(task)
        task.add_done_callback(self._challenges.discard)


def _same_replica(one: events.Established, other: events.Established) -> bool:
    """Names are only claimed; nobody is taken for another without having proved the same key."""
    return one.key == other.key and (
        one.replica == other.replica
        or (one.author, one.incarnation) == (other.author, other.incarnation)
    )


def _name(connection: Connection) -> str:
    author = connection.peer.author if connection.peer else "a peer"
    return f"{author} at {connection.address}"
