"""Listening for other replicas: nothing is read from anybody without a certificate that counts.

A handshake that is begun and left holds one of a few slots for some seconds and nothing else. What
is sent over a connection reaches HTTP only when its certificate has been looked at.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from sync.errors import BadCertificate, BadConfig
from sync.trust import tls
from sync.trust.credentials import Peer
from sync.trust.slots import Crowd, HandshakeSlots

HANDSHAKE_S_MAX: Final = 10.0
GOODBYE_S_MAX: Final = 2.0
"""How long the end of an encrypted connection may take."""
CROWD: Final = "crowd"
"""The code of a fault: more connections at once than `sync.trust.slots.OF_ONE_MAX`."""
_TLS_RECORD: Final = b"\x16"
"""The first byte of every TLS connection, and of none of HTTP."""
_LOOK_AGAIN_S: Final = 0.01

log = logging.getLogger("mrnmesh.web")


class Guard(Protocol):
    """Who may come in; `sync.trust.credentials.Credentials` is one."""

    @property
    def server(self) -> ssl.SSLContext:
        """The context for the next handshake."""
        ...

    def peer(self, connection: ssl.SSLObject | None) -> Peer | None:
        """Pass a connection whose certificate counts, and return whose it is; None for anybody.

        Raises:
            BadCertificate: it does not.
        """
        ...


@dataclass(frozen=True)
class Entrance:
    """How others get in at one address.

    Args:
        guard: None where connections are not encrypted, which only this computer may use.
        plain: whether programs of this computer may connect without a certificate now; desks that
            joined with a file do.
        slots: for the handshakes that are under way.
        on_fault: called with who has too many connections, and `CROWD`.
        on_cut_off: called with the address of somebody who began and showed nothing that lets in.
    """

    guard: Guard | None
    plain: Callable[[], bool]
    slots: HandshakeSlots
    crowd: Crowd = field(default_factory=Crowd)
    on_fault: Callable[[str, str], None] = lambda _who, _code: None
    on_cut_off: Callable[[str], None] = lambda _address: None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def take(
        self, accepted: socket.socket, address: str, factory: Callable[[], asyncio.Protocol]
    ) -> None:
        """Begin with a connection that was just accepted, or close it at once."""
        slot = self.slots.take(address)
        if slot is None:
            accepted.close()
            return

        async def serve() -> None:
            try:
                async with asyncio.timeout(HANDSHAKE_S_MAX):
                    await self._begin(accepted, address, factory)
            except OSError as error:  # TimeoutError and ssl.SSLError are such
                # The daemon itself looks whether somebody listens here; that is no news.
                level = logging.INFO if isinstance(error, ssl.SSLError) else logging.DEBUG
                if isinstance(error, (ssl.SSLError, TimeoutError)):
                    self.on_cut_off(address)
                log.log(level, "%s was not let in: %s", address, _why(error))
            except BadConfig as error:
                log.error("nobody can be let in: %s", error)

        def ended(task: asyncio.Task[None]) -> None:
            self._tasks.discard(task)
            self.slots.give_back(slot)
            if task.cancelled():  # perhaps before it could begin
                accepted.close()

        task = asyncio.get_running_loop().create_task(serve())
        self._tasks.add(task)
        task.add_done_callback(ended)

    async def close(self) -> None:
        """Give up all handshakes that are under way."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def admits(self, transport: Any, address: str) -> bool:
        """True for a connection that HTTP may read, once its handshake has ended."""
        encrypted = transport.get_extra_info("ssl_object")
        if self.guard is None or encrypted is None:
            return True  # `_begin` has let it in without a handshake
        try:
            known = self.guard.peer(encrypted)
        except BadCertificate as error:
            log.warning("%s was not let in: its certificate is refused: %s", address, error)
            self.on_cut_off(address)
            return False
        if known is None:
            return True
        self.slots.remember(address)
        if not self.crowd.enter(known.subject.author, transport):
            log.warning("%s at %s has too many connections", known.subject.author, address)
            self.on_fault(known.subject.author, CROWD)
            return False
        return True

    def left(self, transport: Any) -> None:
        """A connection that was let in has ended."""
        self.crowd.leave(transport)

    async def _begin(
        self, accepted: socket.socket, address: str, factory: Callable[[], asyncio.Protocol]
    ) -> None:
        loop = asyncio.get_running_loop()
        how: dict[str, Any] = {}
        try:
            if self.guard is not None and not await self._is_plain(accepted, address):
                how = {
                    "ssl": self.guard.server,
                    "ssl_handshake_timeout": HANDSHAKE_S_MAX,
                    "ssl_shutdown_timeout": GOODBYE_S_MAX,
                }
        except BaseException:
            accepted.close()
            raise
        # From here on the event loop closes it, whatever happens.
        await loop.connect_accepted_socket(factory, accepted, **how)

    async def _is_plain(self, accepted: socket.socket, address: str) -> bool:
        """True for a program of this computer that speaks HTTP, where that is allowed."""
        if not is_loopback(address) or not self.plain():
            return False
        while True:
            with contextlib.suppress(BlockingIOError):
                return accepted.recv(1, socket.MSG_PEEK) != _TLS_RECORD
            # Only the event loop of Unix can say when there is something to look at.
            await asyncio.sleep(_LOOK_AGAIN_S)


def begin() -> None:
    """Prepare this process for encrypted connections, before the first one."""
    tls.limit_buffers()


def is_loopback(address: str) -> bool:
    """True for an IP address of this computer that no other computer reaches."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return (mapped or found).is_loopback


def _why(error: BaseException) -> str:
    if isinstance(error, ssl.SSLError):
        return "it shows no certificate that counts here, or does not speak TLS 1.3"
    return "it did not go on, or broke off"
