"""A daemon at work: two addresses, its jobs, and an end in order; node and coordinator share it."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from sync.daemon.daemon_settings import DaemonSettings
from sync.daemon.jobs import Jobs
from sync.daemon.stopping import listening, until_stopped
from sync.http.address import Address
from sync.http.app import new_application
from sync.http.operations import Operation
from sync.http.server import serve


@dataclass(frozen=True, kw_only=True)
class Service:
    """What a daemon offers and does.

    Args:
        name: what its log calls it, as in ``LAB1-PC serves http://...``.
        operations: its HTTP API.
        sync: answers ``GET /sync``, where other replicas connect.
        begin: starts what goes on beside the two, once both addresses answer. What it pushes onto
            the stack is called when the daemon ends: after its jobs, and before the addresses are
            given up, because whoever is being answered then may need it.
        authority: refuses calls that do not have what their operation needs; None where every
            call comes from this computer, which is all that any operation needs.
    """

    name: str
    log: logging.Logger
    operations: Sequence[Operation]
    sync: Handler
    begin: Callable[[contextlib.AsyncExitStack, Jobs], Awaitable[None]]
    authority: Middleware | None = None


@contextlib.asynccontextmanager
async def serving(place: DaemonSettings, service: Service) -> AsyncIterator[None]:
    """Serve at the addresses of ``place`` for as long as the block lasts.

    Raises:
        CannotListen: an address is in use, or is none of this computer.
    """
    ports: list[int] = []
    api = new_application(
        lambda: ports, service.operations, service.authority, origins=place.origins
    )
    mesh = web.Application()
    mesh.add_routes([web.get("/sync", service.sync)])
    async with contextlib.AsyncExitStack() as stack:
        ports.append(await _listen(stack, api, place.listen))
        sync_port = await _listen(stack, mesh, place.sync_listen)
        jobs = Jobs()
        try:
            await service.begin(stack, jobs)
            service.log.info("%s serves http://%s:%d", service.name, place.listen.host, ports[0])
            service.log.info(
                "%s syncs at ws://%s:%d/sync", service.name, place.sync_listen.host, sync_port
            )
            yield
            service.log.info("stopping")
        finally:
            # First of all, so that no job begins anything on a part that has ended.
            await jobs.stop()


async def run_until_stopped(daemon: contextlib.AbstractAsyncContextManager[None]) -> None:
    """Run a daemon from its first file to its last until it is told to stop."""
    with listening() as stop:
        async with daemon:
            await until_stopped(stop)


async def _listen(stack: contextlib.AsyncExitStack, app: web.Application, address: Address) -> int:
    """Serve ``app`` until the stack ends, and return the port."""
    listener = await serve(app, address)
    stack.push_async_callback(listener.close)
    return listener.port
