"""What waits for a network without holding anybody up: names that are looked up, and mail.

Nothing ends a thread that waits in the system or in a library, as for the address of a name while
no server of names answers. On the threads of `asyncio.to_thread` it would keep a daemon from
ending, and take the place of what looks after the data. So it has threads of its own, with which a
process ends.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Final, TypeVar

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

T = TypeVar("T")

LOOKUPS_MAX: Final = 32
"""More than all addresses of programs of the clinic, so that these do not hold up desks."""


class DaemonThreads:
    """Threads with which a process ends, whatever they wait for; who waits can be cancelled.

    Args:
        name: of each thread.
        at_once: so many run side by side; what is more waits until one of them is done.
    """

    def __init__(self, name: str, at_once: int) -> None:
        self._name = name
        self._at_once = at_once
        self._lock = threading.Lock()
        self._running = 0
        self._waiting: dict[Future[Any], Callable[[], Any]] = {}

    async def run(self, act: Callable[[], T]) -> T:
        """What ``act`` returns or raises on one of the threads.

        If the caller is cancelled, it goes on to its end, and nobody hears of it; unless it has not
        begun.
        """
        outcome: Future[T] = Future()
        with self._lock:
            if self._running < self._at_once:
                threading.Thread(target=self._work, name=self._name, daemon=True).start()
                self._running += 1
            self._waiting[outcome] = act
        try:
            return await asyncio.wrap_future(outcome)
        finally:
            with self._lock:
                self._waiting.pop(outcome, None)

    def _work(self) -> None:
        while True:
            with self._lock:
                outcome = next(iter(self._waiting), None)
                if outcome is None:
                    self._running -= 1
                    return
                act = self._waiting.pop(outcome)
            if outcome.set_running_or_notify_cancel():
                try:
                    outcome.set_result(act())
                except Exception as error:
                    outcome.set_exception(error)


LOOKUPS: Final = DaemonThreads("lookup", LOOKUPS_MAX)
"""For whatever asks the system about a name."""


class Resolver(AbstractResolver):
    """Looks names up as aiohttp does by itself, but on `DaemonThreads`."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of a name.

        Raises:
            OSError: it has none, or nobody can say.
        """
        return await LOOKUPS.run(lambda: addresses_of(host, port, family))

    async def close(self) -> None:
        """The threads are of the process."""


def addresses_of(host: str, port: int, family: socket.AddressFamily) -> list[ResolveResult]:
    """What the system says of a name; addresses of one interface are told with that interface.

    Raises:
        OSError: it has no address, or nobody can say.
    """
    try:
        found = socket.getaddrinfo(
            host, port, family, socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG
        )
    except socket.gaierror:
        # Windows knows no address of itself with that flag while it is in no network.
        if host != "localhost":
            raise
        found = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM)
    return [
        ResolveResult(
            hostname=host,
            host=socket.getnameinfo(address, socket.NI_NUMERICHOST | socket.NI_NUMERICSERV)[0],
            port=port,
            family=kind,
            proto=protocol,
            flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
        )
        for kind, _, protocol, _, address in found
    ]


def new_client(
    answer_s_max: float | None, headers: dict[str, str] | None = None
) -> aiohttp.ClientSession:
    """A client for HTTP and WebSockets that keeps no cookies; the only kind that daemons use.

    Args:
        answer_s_max: seconds for each call, None where the caller himself waits no longer.
        headers: sent with each call.
    """
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(resolver=Resolver()),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=answer_s_max),
        headers=headers,
    )
