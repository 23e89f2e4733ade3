"""Dialling: keep a connection to an address, whatever happens to one of them."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import socket
from collections.abc import Awaitable, Callable
from typing import Final

import aiohttp

from sync.errors import BadCertificate, BadConfig
from sync.model import causes
from sync.network.connection import CLOSE_S_MAX, HEARTBEAT_S, Connection, WebSocket
from sync.network.copies import DUPLICATE
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


class Dialling:
    """The addresses to which a replica keeps a connection, one task for each.

    Args:
        run: runs a connection on a WebSocket to an address until it ends, and returns it.
        kept_instead_of: the connection that was kept when this one was closed as a duplicate.
        online: cleared while nothing may be dialled.
        random: a number from 0 to 1, for the time between two attempts.
        credentials: what is shown to addresses that are encrypted, and who is trusted there.
        stranger: called with an address at which somebody of another facility answers.
    """

    def __init__(
        self,
        run: Callable[[WebSocket, str, Peer | None], Awaitable[Connection]],
        kept_instead_of: Callable[[Connection], Connection | None],
        online: asyncio.Event,
        random: Callable[[], float],
        credentials: Credentials | None = None,
        stranger: Callable[[str], None] = lambda _url: None,
    ) -> None:
        self._credentials = credentials
        self._stranger = stranger
        self._run = run
        self._kept_instead_of = kept_instead_of
        self._online = online
        self._random = random
        self._tasks: set[asyncio.Task[None]] = set()
        self._client: aiohttp.ClientSession | None = None
        self._stopping = False

    def keep(self, url: str) -> None:
        """Dial, and go on dialling whatever happens to one connection."""

        def ended(task: asyncio.Task[None]) -> None:
            self._tasks.remove(task)
            if not task.cancelled() and (error := task.exception()) is not None:
                # A fault in the code must not keep this address away until the next restart.
                log.critical("a connection with %s failed", url, exc_info=error)
                asyncio.get_running_loop().call_later(BACK_OFF_S_MAX, self.keep, url)

        if not self._stopping:
            task = asyncio.create_task(self._keep(url))
            self._tasks.add(task)
            task.add_done_callback(ended)

    def dial_no_more(self) -> None:
        """Begin no connection any more; those that are up go on."""
        self._stopping = True

    async def close(self) -> None:
        """End what still waits to dial; the connections must have ended."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._client is not None:
            await self._client.close()

    async def _keep(self, url: str) -> None:
        attempt = 0
        while not self._stopping:
            if not self._online.is_set():
                await self._online.wait()
                attempt = 0  # whoever goes online wants a connection now
            connection = await self._dial(url)
            if connection is not None:
                if connection.welcomed:  # the next failure is the first one again
                    attempt = 0
                if connection.reason == DUPLICATE:
                    await self._other_ends(connection)
            await asyncio.sleep(back_off_s(attempt, self._random))
            attempt += 1

    async def _dial(self, url: str) -> Connection | None:
        """One connection from its beginning to its end; None when there was none."""
        if self._client is None:
            # By this name the other side knows which version is here.
            self._client = aiohttp.ClientSession(headers={"User-Agent": f"mrnmesh/{version()}"})
        try:
            async with asyncio.timeout(CONNECT_S_MAX):
                websocket = await self._client.ws_connect(
                    url,
                    timeout=aiohttp.ClientWSTimeout(ws_close=CLOSE_S_MAX),
                    compress=0,
                    heartbeat=HEARTBEAT_S,
                    max_msg_size=limits.FRAME_BYTES_MAX + 1,
                    ssl=self._credentials.client if self._credentials is not None else True,
                )
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            log.info("%s cannot be reached: %s", url, why_unreachable(error))
            if isinstance(error, aiohttp.ClientConnectorCertificateError):
                self._stranger(url)
            return None
        peer = None
        if is_encrypted(url) and self._credentials is not None:
            try:
                peer = self._credentials.peer(websocket.get_extra_info("ssl_object"))
            except BadCertificate as error:
                log.warning("%s is not dialled again for now: %s", url, error)
                await websocket.close()
                self._stranger(url)
                return None
        return await self._run(websocket, url, peer)

    async def _other_ends(self, lost: Connection) -> None:
        """Wait until the connection that was kept instead of ``lost`` is gone.

        Dialled before, the address would only make a duplicate again.
        """
        kept = self._kept_instead_of(lost)
        if kept is not None:
            await asyncio.wait([kept.ended])
