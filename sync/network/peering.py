"""Connections to other replicas over WebSockets: dial, accept, back off, and keep one of each.

The protocol is `sync.protocol.session`'s; one connection is `sync.network.connection`'s. What is
decided here is only which connections there are. All methods are called on one event loop.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple, Protocol

from aiohttp import web
from yarl import URL

from sync.engine import keys
from sync.errors import BadCertificate, BadConfig, StoreError
from sync.model.facts import COORDINATOR, Author, Incarnation, RecordId
from sync.network.connection import (
    CLOSE_S_MAX,
    HEARTBEAT_S,
    Connection,
    SessionReplica,
    WebSocket,
    now_ms,
)
from sync.network.copies import LIVE_COPIES, Copies, kept_instead_of, with_key
from sync.network.dialling import Dialling, Target, is_encrypted, require_loopback
from sync.network.watchers import Watchers
from sync.protocol import events, limits
from sync.protocol.handshake import NOT_COORDINATOR, Channel, Setup, Stage
from sync.protocol.questions import Alone, Granted
from sync.protocol.session import Session
from sync.trust.credentials import Credentials, Peer

CONNECTIONS_MAX: Final = 1000
INVALID: Final = "invalid"
"""The code of a fault: something came that can never become valid."""
_STRANGER: Final = (
    "has a key that this desk does not trust: it belongs to another coordinator, or to this one "
    "after its signing key or its authority was replaced"
)

_AGENT: Final = re.compile(r"mrnmesh/([0-9A-Za-z.+-]{1,40})")

Listener = Callable[[Connection, events.Event, Iterable[Connection]], None]
"""Hears of an event of a connection; it gets all that there are too."""

log = logging.getLogger("mrnmesh.peering")


class ProofSigner(Protocol):
    """What peering needs of `sync.engine.keys.Signer`."""

    def sign(self, data: bytes) -> bytes:
        """64-byte signature."""
        ...


class SessionStatus(NamedTuple):
    """A connection as status pages show it.

    ``since`` is when it was made, ISO 8601 in UTC. ``version`` is that of the program on the other
    side, empty if it was dialled from here; ``ahead_ms`` is how far its clock was ahead of ours.
    """

    author: str
    address: str
    state: Stage
    since: str
    live: bool
    version: str
    ahead_ms: int | None


def _shown_ms() -> int:
    return time.time_ns() // 1_000_000


class Peering:
    """All connections of one replica.

    ``connections`` are those that there are now, ``dialling`` knows whom this replica dials.
    ``refusal`` is why the last peer that was dialled gave nothing but the registry; None after one
    that allowed to sync.

    What holds at any moment:

    1. There is one connection with each replica, and for a moment two until one of them ends. Which
       one that is depends on nothing but what both sides know, so they never end one each.
    2. While this replica is offline or stops, no connection gets further than its first messages.
    3. Whoever waits in `wait_until` is asked again after every change of any connection.

    Args:
        random: a number from 0 to 1, for the time between two attempts to connect.
        on_live: called with author and incarnation of a peer, and whether everything that it had
            could be merged, when both sides are in step, and again from time to time.
        on_live_copies: called with the author of two live copies of one database, which can be the
            author of this replica.
        on_turned_away: called with the author of a peer that may not sync, and the reason.
        on_fault: called with who breaks the rules (an author, or an address where there is none),
            and the code of what it did.
        on_clock: called with the author of a peer that may sync, and with what it says the time
            is, in milliseconds since 1970.
        shown_to_peers_ms: what peers hear of the time.
        credentials: of a replica that has been enrolled; it is needed for encrypted connections.
        listeners: called with each event of each connection.
    """

    def __init__(
        self,
        replica: SessionReplica,
        signer: ProofSigner,
        coordinator_key: bytes,
        random: Callable[[], float],
        *,
        on_live: Callable[[Author, Incarnation, bool], None] | None = None,
        on_live_copies: Callable[[Author], None] = lambda _author: None,
        on_turned_away: Callable[[Author, str], None] = lambda _author, _reason: None,
        on_fault: Callable[[str, str], None] = lambda _who, _code: None,
        on_clock: Callable[[Author, int], None] | None = None,
        shown_to_peers_ms: Callable[[], int] = _shown_ms,
        credentials: Credentials | None = None,
        listeners: Sequence[Listener] = (),
    ) -> None:
        self._listeners = listeners
        self._credentials = credentials
        self.refusal: events.PeerRefused | None = None
        self._replica = replica
        self._signer = signer
        self._coordinator_key = coordinator_key
        self._on_live = on_live
        self._on_live_copies = on_live_copies
        self._on_turned_away = on_turned_away
        self._on_fault = on_fault
        self._on_clock = on_clock
        self._shown_to_peers_ms = shown_to_peers_ms
        self._process = os.urandom(8)
        self.connections: list[Connection] = []
        self._stopping = False
        self._online = asyncio.Event()
        self._online.set()
        self.dialling = Dialling(
            self._run_dialled,
            lambda lost: kept_instead_of(lost, self.connections),
            self._online,
            random,
            credentials,
            self._met_stranger,
            lambda key: with_key(key, self.connections),
        )
        self._copies = Copies(self._found_copies)
        self._watchers = Watchers()

    # connections

    def dial(self, url: str) -> None:
        """Keep a connection to ``url`` from now on: ``wss://HOST:PORT/sync``, or ``ws://``.

        Raises:
            BadConfig: it is not encrypted and not of this computer, or it is encrypted and this
                replica has no certificate.
        """
        if not is_encrypted(url):
            require_loopback(URL(url).host or "", url)
        elif self._credentials is None:
            raise BadConfig(path=url, why="this computer has not been enrolled, and has no key")
        self.dialling.keep(Target(url, lambda: (url,)))

    async def handler(self, request: web.Request) -> web.StreamResponse:
        """Serve ``GET /sync``."""
        if "Origin" in request.headers:  # only browsers send it: some web page tries to connect
            raise web.HTTPForbidden(text="desks sync here, web pages do not")
        if self._stopping or self.is_offline or len(self.connections) >= CONNECTIONS_MAX:
            raise web.HTTPServiceUnavailable(text="no more connections now")
        peer = _peer_of(request, self._credentials)
        websocket = _websocket()
        await websocket.prepare(request)
        await self._run(websocket, False, str(request.remote), peer, _version_in(request))
        _end_line_of(websocket, request)
        return websocket

    async def stop(self) -> None:
        """Say goodbye to all and close, within a bounded time."""
        self._stopping = True
        self.dialling.dial_no_more()
        for connection in self.connections:
            connection.stop("stopping")
        ending = [connection.ended for connection in self.connections]
        if ending:
            await asyncio.wait(ending, timeout=2 * CLOSE_S_MAX)
        for connection in self.connections:  # those whose peer does not read the goodbye
            connection.abort("stopping")
        await self.dialling.close()
        await self._copies.close()
        self._watchers.changed()

    def renew(self) -> None:
        """Close all connections, to come back under what identity this replica has now."""
        for connection in self.connections:
            connection.stop("new_life")

    def go_offline(self) -> None:
        """Close all connections, and have none until `go_online`."""
        self._online.clear()
        for connection in self.connections:
            connection.stop("held")

    def go_online(self) -> None:
        """Connect again, at once."""
        self._online.set()

    @property
    def is_offline(self) -> bool:
        """True between `go_offline` and `go_online`."""
        return not self._online.is_set()

    @property
    def early_shards(self) -> int:
        """Of how many shards something came too early, and is to be asked for again."""
        return len({shard for one in self.connections for shard in one.session.early.shards})

    def sessions(self) -> list[SessionStatus]:
        """The connections that there are now, without those that are being closed."""
        return [_status(connection) for connection in self.connections if not connection.is_ending]

    def live_peers(self) -> set[tuple[Author, Incarnation]]:
        """Who is connected and in step with this replica, under which incarnation."""
        return {(peer.author, peer.incarnation) for peer, _ in self._in_step()}

    def live_versions(self) -> dict[Author, int]:
        """Who is connected and in step with this replica -> the protocol version of both sides."""
        return {peer.author: connection.session.version for peer, connection in self._in_step()}

    async def wait_until(self, holds: Callable[[], bool]) -> None:
        """Wait for ``holds()`` to be true, now or right after some change of a connection."""
        await self._watchers.until(holds)

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
        return next((line for peer, line in self._in_step() if peer.author == author), None)

    def _in_step(self) -> Iterator[tuple[events.Established, Connection]]:
        for connection in self.connections:
            if connection.session.live and connection.peer is not None:
                yield connection.peer, connection

    # one connection

    async def _run_dialled(self, websocket: WebSocket, url: str, peer: Peer | None) -> Connection:
        return await self._run(websocket, True, url, peer, "")

    def _met_stranger(self, address: str) -> None:
        """What was dialled belongs to another facility: whoever sits here must hear of it."""
        refusal = events.PeerRefused(NOT_COORDINATOR, f"{address} {_STRANGER}")
        log.warning("%s", refusal.why)
        if self._live(COORDINATOR) is None:  # else it is the other one that has to be enrolled
            self.refusal = refusal
        self._watchers.changed()

    async def _run(
        self, websocket: WebSocket, dialled: bool, address: str, peer: Peer | None, version: str
    ) -> Connection:
        setup = Setup(
            os.urandom(32),
            self._process,
            self._coordinator_key,
            self._signer.sign,
            keys.verify,
            self._shown_to_peers_ms(),
            _channel_of(peer, self._credentials),
        )
        session = Session(setup, now_ms())
        named = peer.subject.author if peer is not None else None
        connection = Connection(
            websocket, self._replica, session, dialled, address, self._heard, version, named
        )
        self.connections.append(connection)
        self._watchers.changed()
        if self._stopping:  # it came up after all others were told to end, (2)
            connection.stop("stopping")
        elif self.is_offline:
            connection.stop("held")
        try:
            await connection.run()
        finally:
            self.connections.remove(connection)
            if dialled and connection.reason == LIVE_COPIES and session.mine is not None:
                self._found_copies(session.mine.author)  # whoever sits here must hear of it too
            if dialled and connection.reason == NOT_COORDINATOR:
                self._met_stranger(address)
            self._watchers.changed()
            if not self.connections:  # last of all: this waits, and may fail
                await _tell_alone(self._replica)
        log.info("the connection with %s has ended: %s", _name(connection), connection.reason)
        return connection

    # what sessions report

    def _established(self, connection: Connection, peer: events.Established) -> None:
        connection.peer = peer
        mine = connection.session.mine
        assert mine is not None, "no peer is established before our own hello"
        self._copies.compare(connection, peer, mine.replica, list(self.connections))

    def _welcomed(self, connection: Connection) -> None:
        connection.welcomed = True
        self.refusal = None if connection.dialled else self.refusal
        _tell_clock(self._on_clock, connection)
        log.info("connected with %s", _name(connection))

    def _heard(self, connection: Connection, event: events.Event) -> None:
        match event:
            case events.Established():
                self._established(connection, event)
            case events.Welcomed():
                self._welcomed(connection)
            case events.LiveNow(complete):
                peer = connection.peer
                if self._on_live is not None and peer is not None:
                    self._on_live(peer.author, peer.incarnation, complete)
            case (
                events.NumberArrived()
                | events.ProbeArrived()
                | events.PongArrived()
                | events.PortsArrived()
                | events.PinChangeArrived()
            ):
                connection.arrived(event.id, event)
            case events.PeerRefused(reason, why):
                if connection.dialled:
                    self.refusal = event
                log.warning("%s refuses to sync (%s): %s", _name(connection), reason, why)
            case events.TurnedAway(author, reason):
                self._on_turned_away(author, reason)
            case events.Parked() | events.PeerClock() | events.Misbehaved():
                if fault := _note(connection, event):
                    self._on_fault(_who(connection), fault)
        for listener in self._listeners:
            listener(connection, event, list(self.connections))
        self._watchers.changed()

    def _found_copies(self, author: Author) -> None:
        self._on_live_copies(author)
        self._watchers.changed()


async def _tell_alone(replica: SessionReplica) -> None:
    """Let a replica know that nobody waits for signatures until the next session opens."""
    try:
        await replica.answer(Alone())
    except StoreError as error:  # it goes on signing what it writes, which does no harm
        log.warning("signing goes on though nobody is connected: %s", error)


def _websocket() -> web.WebSocketResponse:
    """A WebSocket within the limits of the protocol."""
    return web.WebSocketResponse(
        timeout=CLOSE_S_MAX,
        compress=False,
        heartbeat=HEARTBEAT_S,
        autoping=False,
        max_msg_size=limits.FRAME_BYTES_MAX + 1,
    )


def _end_line_of(websocket: web.WebSocketResponse, request: web.Request) -> None:
    """Cut a line whose other side has not closed in time; aiohttp would go on reading from it."""
    if not websocket.closed and request.transport is not None:
        request.transport.abort()


def _peer_of(request: web.Request, credentials: Credentials | None) -> Peer | None:
    """Whose certificate was shown on the connection of a request; None where it is plain."""
    encrypted = request.get_extra_info("ssl_object")
    if credentials is None or encrypted is None:
        return None
    try:
        return credentials.peer(encrypted)
    except BadCertificate as error:  # its authority was withdrawn since the connection was made
        raise web.HTTPForbidden(text="this certificate does not count here") from error


def _channel_of(peer: Peer | None, credentials: Credentials | None) -> Channel | None:
    """What the session's proof has to cover."""
    if peer is None or credentials is None:
        return None
    subject = peer.subject
    return Channel(credentials.fingerprint, peer.fingerprint, subject.author, subject.key)


def _status(connection: Connection) -> SessionStatus:
    return SessionStatus(
        connection.peer.author if connection.peer else "",
        connection.address,
        connection.session.stage,
        connection.since,
        connection.session.live,
        connection.version,
        connection.session.ahead_ms,
    )


def _version_in(request: web.Request) -> str:
    """The version of the program that has dialled, empty if it does not tell."""
    found = _AGENT.fullmatch(request.headers.get("User-Agent", ""))
    return found[1] if found else ""


def _tell_clock(tell: Callable[[Author, int], None] | None, connection: Connection) -> None:
    """Tell what time it is by a peer that may sync; one that was withdrawn has no say in that."""
    if tell is not None and connection.peer is not None:
        tell(connection.peer.author, connection.peer_now_ms)


def _note(
    connection: Connection, event: events.Parked | events.PeerClock | events.Misbehaved
) -> str:
    """Log what is wrong with a peer, and return the code of its fault; empty where it has none."""
    name = _name(connection)
    if isinstance(event, events.PeerClock):
        log.warning("the clock of %s is %d s ahead of ours", name, event.ahead_ms // 1000)
        return ""
    if isinstance(event, events.Misbehaved):
        log.warning("%s breaks the rules (%s): %s", name, event.code, event.why)
        return event.code
    log.error(
        "%s sent something that cannot be right, in part %d of what %s wrote (%s): %s",
        name,
        event.shard,
        event.author,
        event.reason,
        event.why,
    )
    return INVALID


def _name(connection: Connection) -> str:
    author = connection.peer.author if connection.peer else "a peer"
    return f"{author} at {connection.address}"


def _who(connection: Connection) -> str:
    """The name by which somebody can do something about a peer."""
    if connection.peer is not None:
        return connection.peer.author
    return connection.certified or connection.address
