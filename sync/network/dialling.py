"""Dialling: keep a connection to an address, whatever happens to one of them."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, NamedTuple

import aiohttp

from sync.errors import BadCertificate, BadConfig
from sync.model import causes
from sync.network.connection import CLOSE_S_MAX, HEARTBEAT_S, Connection, WebSocket, close
from sync.network.copies import DUPLICATE
from sync.network.waiting import new_client
from sync.protocol import limits
from sync.trust.credentials import Credentials, Peer
from sync.version import version

CONNECT_S_MAX: Final = 10.0
BACK_OFF_S: Final = 0.5
BACK_OFF_S_MAX: Final = 60.0
_DOUBLINGS_MAX: Final = 8

log = logging.getLogger("mrnmesh.peering")


def require_loopback(host: str, path: object = "") -> None:
    """Refuse a host that is not this computer: the connections are not encrypted.

    Args:
        path: the configuration that an error names.

    Raises:
        BadConfig: not a loopback address, nor a name that has only such addresses.
    """
    try:
        found = {str(info[4][0]) for info in socket.getaddrinfo(host, None)}
        # Without a name some systems answer with addresses of this computer.
        loopback = bool(host) and all(
            ipaddress.ip_address(address).is_loopback for address in found
        )
    except (OSError, ValueError):
        loopback = False
    if not loopback:
        raise BadConfig(path=path, why=f"'{host}' is not an address of this computer (loopback)")


def is_encrypted(url: str) -> bool:
    """True for ``wss://``."""
    return url.startswith("wss:")


def why_unreachable(error: aiohttp.ClientError | OSError) -> str:
    """Why an address could not be reached, in words, without what libraries put around it."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return "the computer there belongs to another facility"
    if isinstance(error, OSError):
        return causes.why(error)
    if isinstance(error, aiohttp.WSServerHandshakeError):
        return f"what answers there does not sync (HTTP status {error.status})"
    return "the connection broke, or another kind of program answers there"


def back_off_s(attempt: int, random: Callable[[], float]) -> float:
    """Seconds to wait before an attempt to connect: full jitter under a ceiling that doubles.

    Args:
        attempt: counted from 0.
        random: a number from 0 to 1.
    """
    ceiling = min(BACK_OFF_S_MAX, BACK_OFF_S * 2.0 ** min(attempt, _DOUBLINGS_MAX))
    return random() * ceiling


class Target(NamedTuple):
    """Somebody to whom a connection is kept.

    ``name`` is what he is called in the log, and names him in `Dialling`; ``addresses`` returns the
    URLs at which he may be, the likeliest first, and is asked before each attempt; ``key`` is that
    of his facts (Ed25519), which his certificate must name, None for whoever answers there.
    """

    name: str
    addresses: Callable[[], Sequence[str]]
    key: bytes | None = None


class _Sought:
    """A target, and how it stands with it.

    ``attempts`` counts those since the last welcome, ``unreached`` those in a row in vain;
    ``hint`` is where to try first, once.
    """

    def __init__(self, target: Target) -> None:
        self.target = target
        self.attempts = 0
        self.unreached = 0
        self.hint = ""
        self.left = False
        self.soon = asyncio.Event()
        self.connection = False

    def next_address(self) -> str:
        """Where to try now: each address in its turn; empty when none is known."""
        hint, self.hint = self.hint, ""
        known = self.target.addresses()
        if hint or not known:
            return hint
        return known[self.attempts % len(known)]


class Dialling:
    """Those to whom a replica keeps a connection, one task for each.

    Args:
        run: runs a connection on a WebSocket to an address until it ends, and returns it.
        kept_instead_of: the connection that was kept when this one was closed as a duplicate.
        online: cleared while nothing may be dialled.
        random: a number from 0 to 1, for the time between two attempts.
        credentials: what is shown to addresses that are encrypted, and who is trusted there.
        stranger: called with an address of the settings at which another facility answers.
        connected_with: the connection with the replica that has this key, if there is one.
    """

    def __init__(
        self,
        run: Callable[[WebSocket, str, Peer | None], Awaitable[Connection]],
        kept_instead_of: Callable[[Connection], Connection | None],
        online: asyncio.Event,
        random: Callable[[], float],
        credentials: Credentials | None = None,
        stranger: Callable[[str], None] = lambda _url: None,
        connected_with: Callable[[bytes], Connection | None] = lambda _key: None,
    ) -> None:
        self._credentials = credentials
        self._stranger = stranger
        self._run = run
        self._kept_instead_of = kept_instead_of
        self._online = online
        self._random = random
        self._connected_with = connected_with
        self._sought: dict[str, _Sought] = {}
        self._tasks: dict[_Sought, asyncio.Task[None]] = {}
        self._client: aiohttp.ClientSession | None = None
        self._stopping = False

    def keep(self, target: Target) -> None:
        """Dial, and go on dialling whatever happens to one connection."""
        sought = self._sought.get(target.name)
        if sought is None and not self._stopping:
            sought = self._sought[target.name] = _Sought(target)
            self._begin(sought)

    def leave(self, name: str) -> None:
        """Dial somebody no more; a connection with him that is up goes on until it ends."""
        sought = self._sought.pop(name, None)
        if sought is not None:
            sought.left = True
            task = self._tasks.get(sought)  # none while it waits to begin again after a fault
            if task is not None and not sought.connection:
                task.cancel()

    def hurry(self, name: str, url: str = "") -> None:
        """Dial somebody at once if he is waited for, and first at ``url`` if that is given."""
        sought = self._sought.get(name)
        if sought is not None:
            sought.hint = url
            sought.soon.set()

    def hurry_all(self) -> None:
        """Dial at once all who are waited for: this computer has another address."""
        for sought in self._sought.values():
            sought.attempts = 0
            sought.soon.set()

    def failures(self, name: str) -> int:
        """How many attempts in a row to reach somebody led to nobody."""
        sought = self._sought.get(name)
        return sought.unreached if sought is not None else 0

    def dial_no_more(self) -> None:
        """Begin no connection any more; those that are up go on."""
        self._stopping = True

    async def close(self) -> None:
        """End what still waits to dial; the connections must have ended."""
        self.dial_no_more()
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._client is not None:
            await self._client.close()

    def _begin(self, sought: _Sought) -> None:
        def again() -> None:
            if not (sought.left or self._stopping):
                self._begin(sought)

        def ended(task: asyncio.Task[None]) -> None:
            del self._tasks[sought]
            if not task.cancelled() and (error := task.exception()) is not None:
                log.critical("a connection with %s failed", sought.target.name, exc_info=error)
            elif not (sought.left or self._stopping):  # something that it waited for was given up
                log.critical("a connection with %s was cancelled", sought.target.name)
            # A fault in the code must not keep him away until the next restart.
            if not (sought.left or self._stopping):
                asyncio.get_running_loop().call_later(BACK_OFF_S_MAX, again)

        task = self._tasks[sought] = asyncio.create_task(self._keep(sought))
        task.add_done_callback(ended)

    async def _keep(self, sought: _Sought) -> None:
        key = sought.target.key
        while not (self._stopping or sought.left):
            if not self._online.is_set():
                await self._online.wait()
                sought.attempts = 0  # whoever goes online wants a connection now
            if key is not None and (up := self._connected_with(key)) is not None:
                await asyncio.wait([up.ended])  # he has dialled
                sought.attempts = 0
            else:
                await self._attempt(sought)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(back_off_s(sought.attempts, self._random)):
                    await sought.soon.wait()
            sought.soon.clear()
            sought.attempts += 1

    async def _attempt(self, sought: _Sought) -> None:
        """One connection from its beginning to its end, if there is one."""
        url = sought.next_address()
        opened = await self._dial(url, sought.target) if url else None
        if opened is None:
            sought.unreached += 1
            return
        sought.unreached = 0
        sought.connection = True
        try:
            connection = await self._run(*opened)
        finally:
            sought.connection = False
        if connection.welcomed:  # the next failure is the first one again
            sought.attempts = 0
        if connection.reason == DUPLICATE:
            await self._other_ends(connection)

    async def _dial(self, url: str, target: Target) -> tuple[WebSocket, str, Peer | None] | None:
        """A connection that is open, with its address and who is there; None when there is none."""
        if self._client is None:
            # By this name the other side knows which version is here.
            self._client = new_client(None, {"User-Agent": f"mrnmesh/{version()}"})
        try:
            async with asyncio.timeout(CONNECT_S_MAX):
                websocket = await self._client.ws_connect(
                    url,
                    timeout=aiohttp.ClientWSTimeout(ws_close=CLOSE_S_MAX),
                    compress=0,
                    heartbeat=HEARTBEAT_S,
                    autoping=False,
                    max_msg_size=limits.FRAME_BYTES_MAX + 1,
                    ssl=self._credentials.client if self._credentials is not None else True,
                )
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            log.info("%s cannot be reached: %s", url, why_unreachable(error))
            if isinstance(error, aiohttp.ClientConnectorCertificateError) and url == target.name:
                self._stranger(url)
            return None
        peer = None
        if is_encrypted(url) and self._credentials is not None:
            try:
                peer = self._credentials.peer(websocket.get_extra_info("ssl_object"))
            except BadCertificate as error:
                log.warning("%s is not dialled again for now: %s", url, error)
                await close(websocket)
                if url == target.name:
                    self._stranger(url)
                return None
            if target.key is not None and peer.subject.key != target.key:
                log.info("%s is at %s, where another one was looked for", peer.subject.author, url)
                await close(websocket)
                return None
        return websocket, url, peer

    async def _other_ends(self, lost: Connection) -> None:
        """Wait until the connection that was kept instead of ``lost`` is gone.

        Dialled before, the address would only make a duplicate again.
        """
        kept = self._kept_instead_of(lost)
        if kept is not None:
            await asyncio.wait([kept.ended])
