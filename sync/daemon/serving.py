"""A daemon at work: two addresses, its jobs, and an end in order; node and coordinator share it."""

from __future__ import annotations

import contextlib
import gc
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from sync.daemon.daemon_settings import DaemonSettings
from sync.daemon.jobs import Jobs
from sync.daemon.stopping import listening, until_stopped
from sync.errors import CannotListen
from sync.http.address import Address
from sync.http.app import new_application, only_under
from sync.http.operations import Observer, Operation
from sync.http.server import Listener, serve
from sync.model.alarms import Alarm, AlarmLevel, Alarms
from sync.trust.entrance import Entrance, begin

D = TypeVar("D")

LISTENING_S: Final = 30.0
ANSWER_S: Final = 5.0
"""How long one's own address may take to accept a connection."""


@dataclass(frozen=True, kw_only=True)
class Service:
    """What a daemon offers and does.

    Args:
        name: what its log calls it, as in ``LAB1-PC serves http://...``.
        operations: its HTTP API.
        sync: answers ``GET /sync``, where other replicas connect.
        entrance: how they get in there.
        beside_sync: what else is answered there, to whoever was let in.
        begin: starts what goes on beside the two, once both addresses answer. What it pushes onto
            the stack is called when the daemon ends: after its jobs, and before the addresses are
            given up, because whoever is being answered then may need it.
        alarms: where it is said that an address does not answer.
        hints: makes the commands that a text names such that they can be pasted.
        authority: refuses calls that do not have what their operation needs; None where every
            call comes from this computer, which is all that any operation needs.
        network: None where no other computer may call.
        observer: told of each answer that shows people.
    """

    name: str
    log: logging.Logger
    operations: Sequence[Operation]
    sync: Handler
    entrance: Entrance
    beside_sync: Sequence[web.RouteDef] = ()
    begin: Callable[[contextlib.AsyncExitStack, Jobs], Awaitable[None]]
    alarms: Alarms
    hints: Callable[[str], str] = str
    authority: Middleware | None = None
    network: Network | None = None
    observer: Observer | None = None


@dataclass(frozen=True, kw_only=True)
class Network:
    """How the operations are offered to other computers too, over HTTPS.

    Args:
        address: where.
        entrance: whose guard has the certificate.
        names: returns the host names and addresses, as a ``Host`` header has them, under which the
            daemon may be called.
        authority: as that of the `Service`.
    """

    address: Address
    entrance: Entrance
    names: Callable[[], Iterable[str]]
    authority: Middleware


@contextlib.asynccontextmanager
async def serving(place: DaemonSettings, service: Service) -> AsyncIterator[None]:
    """Serve at the addresses of ``place`` for as long as the block lasts.

    Raises:
        CannotListen: an address is in use, or is none of this computer.
    """
    begin()
    ports: list[int] = []
    api = new_application(
        lambda: ports,
        service.operations,
        service.authority,
        origins=place.origins,
        hints=service.hints,
        observer=service.observer,
    )
    mesh = web.Application()
    mesh.add_routes([web.get("/sync", service.sync), *service.beside_sync])
    async with contextlib.AsyncExitStack() as stack:
        pages = await _listen(stack, api, place.listen)
        desks = await _listen(stack, mesh, place.sync_listen, service.entrance)
        ports.append(pages.port)
        sync_port = desks.port
        listeners = [pages, desks]
        if service.network is not None:
            listeners.append(await _listen_on_network(stack, place, service, service.network))
        watch = ListenerWatch(service.log, *listeners)
        service.alarms.add(watch.alarms)
        jobs = Jobs()
        try:
            await service.begin(stack, jobs)
            jobs.every(LISTENING_S, "trying the own addresses", watch.look)
            service.log.info("%s serves http://%s:%d", service.name, place.listen.host, ports[0])
            scheme = "ws" if service.entrance.guard is None else "wss"
            host = place.sync_listen.host
            service.log.info("%s syncs at %s://%s:%d/sync", service.name, scheme, host, sync_port)
            yield
            service.log.info("stopping")
        finally:
            # First of all, so that no job begins anything on a part that has ended.
            await jobs.stop()


async def _listen_on_network(
    stack: contextlib.AsyncExitStack, place: DaemonSettings, service: Service, network: Network
) -> Listener:
    """Serve the operations over HTTPS until the stack ends."""
    port = 0

    def names() -> frozenset[str]:
        return frozenset(f"{name}:{port}" for name in network.names())

    api = new_application(
        list,
        service.operations,
        network.authority,
        origins=place.origins,
        hints=service.hints,
        observer=service.observer,
        guard=only_under(names, place.origins, "https"),
    )
    listener = await _listen(stack, api, network.address, network.entrance)
    port = listener.port
    service.log.info("%s serves https://%s:%d", service.name, network.address.host, port)
    return listener


async def run_until_stopped(
    opened: contextlib.AbstractAsyncContextManager[D],
    served: Callable[[D], contextlib.AbstractAsyncContextManager[None]],
    folder: Path,
) -> None:
    """Run the daemon of a data folder from its first file to its last, until it is told to stop.

    Args:
        opened: the daemon while its files are open.
        served: has it serve; one that was told to stop before that serves nobody.
    """
    with listening() as stop:
        async with opened as daemon:
            if stop.is_set():
                return
            async with served(daemon):
                with short_collections():
                    await until_stopped(stop, folder)


@contextlib.contextmanager
def short_collections() -> Iterator[None]:
    """Let the garbage collector leave alone what was made until now, while the block lasts.

    Nobody is served while it looks at everything, which took some 60 ms after the start alone.
    """
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


class ListenerWatch:
    """Connects to the daemon's own addresses, and opens one anew that does not answer any more.

    On Windows a burst of connections that are reset at once ends a listening socket for good,
    without a word (CPython gh-93821). Whatever else may end one, this notices it.
    """

    def __init__(self, log: logging.Logger, *listeners: Listener) -> None:
        self._log = log
        self._listeners = listeners
        self._dead: list[Listener] = []

    async def look(self) -> None:
        """Try each address, and mend what does not answer."""
        dead = []
        for listener in self._listeners:
            if await listener.answers(ANSWER_S):
                continue
            self._log.warning("%s does not answer any more; it is opened anew", listener.address)
            try:
                await listener.reopen()
            except CannotListen as error:
                self._log.warning("%s", error)
            if not await listener.answers(ANSWER_S):
                dead.append(listener)
        self._dead = dead

    def alarms(self) -> list[Alarm]:
        """An alarm for each address that does not answer."""
        return [silent(listener.address) for listener in self._dead]


def silent(address: str) -> Alarm:
    """The alarm for an address that does not answer."""
    return Alarm(
        "address_silent",
        AlarmLevel.ALERT,
        f"Nobody can connect to this daemon at {address}.",
        "Restart the daemon. If that does not help, look for a program that blocks the address: a "
        "firewall, or another daemon.",
        terms={"address": address},
    )


async def _listen(
    stack: contextlib.AsyncExitStack,
    app: web.Application,
    address: Address,
    entrance: Entrance | None = None,
) -> Listener:
    """Serve ``app`` until the stack ends."""
    listener = await serve(app, address, entrance=entrance)
    stack.push_async_callback(listener.close)
    return listener
