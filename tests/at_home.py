"""A coordinator and one desk in this process: tests reach into them and call their APIs."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from coordinator import config as hub_config
from coordinator.daemon import CoordinatorDaemon
from coordinator.judging.arbiter import Arbiter
from coordinator.judging.recovery import Recovery
from examples.clinic import free_ports
from node import config as desk_config
from node.daemon import NodeDaemon
from sync.daemon.data_folder import DataFolder
from sync.engine.replica import Replica
from sync.model.facts import COORDINATOR, Author

LAB = Author("LAB1-PC")
FRONT = Author("FRONT")
"""A terminal without a node: the coordinator issues from its range."""

RANGES = {LAB: (710000, 719999), FRONT: (720000, 729999)}


class Served:
    """One daemon that serves, and a client of its API."""

    def __init__(self, replica: Replica, daemon: Any, http: aiohttp.ClientSession) -> None:
        self.replica = replica
        self.daemon = daemon
        self.http = http

    async def call(self, method: str, path: str, **how: Any) -> tuple[int, str]:
        """Status and text of an answer."""
        async with self.http.request(method, path, **how) as answer:
            return answer.status, await answer.text()

    async def json(self, method: str, path: str, **how: Any) -> Any:
        """The answer of a call that works."""
        async with self.http.request(method, path, **how) as answer:
            assert answer.status < 300, await answer.text()
            return await answer.json()


class Block:
    """Something on another thread that waits until the test lets it go on."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.go_on = threading.Event()

    def __call__(self, *_: object) -> None:
        self.begun.set()
        self.go_on.wait()

    async def reached(self) -> None:
        """Wait until it waits."""
        assert await asyncio.to_thread(self.begun.wait, 20)


@asynccontextmanager
async def clinic_at_home(folder: Path) -> AsyncIterator[tuple[Served, Served]]:
    """The coordinator and the desk LAB1-PC, in step with each other.

    In a folder in which they were before they go on with the data that they had.
    """
    is_new = not (folder / "hub").exists()
    if is_new:
        _make(folder)
    async with AsyncExitStack() as stack:
        token = (folder / "token").read_text(encoding="utf-8")
        hub = await _hub(stack, hub_config.load(folder / "hub"), token)
        config = desk_config.load(folder / "lab")
        replica = await Replica.open(
            config.folder, config.signer(), config.coordinator_key, zone=config.zone
        )
        stack.push_async_callback(replica.close)
        if is_new:
            await _join(hub, config, replica)
        daemon = NodeDaemon(config, replica)
        desk = await _serve(stack, replica, daemon, config, "mrnmesh.node")
        await daemon._peering.wait_live(COORDINATOR)
        yield hub, desk


def _make(folder: Path) -> None:
    listen = [f"127.0.0.1:{port}" for port in free_ports(4)]
    _, token = hub_config.init(
        folder / "hub", listen=listen[0], sync_listen=listen[1], witness=folder / "hub.witness"
    )
    desk_config.init(
        folder / "lab",
        LAB,
        folder / "hub" / hub_config.PUBLIC_FILE,
        listen=listen[2],
        sync_listen=listen[3],
        witness=folder / "lab.witness",
    )
    (folder / "token").write_text(token, encoding="utf-8")


async def _join(hub: Served, config: DataFolder, replica: Replica) -> None:
    joining = {
        "public_key": config.signer().public_key.hex(),
        "incarnation": replica.identity.incarnation.hex(),
    }
    for code, more in ((LAB, joining), (FRONT, {})):
        start, end = RANGES[code]
        body = {"code": code, "offline_range_start": start, "offline_range_end": end, **more}
        await hub.json("POST", "/api/terminals/", json=body)


async def _hub(stack: AsyncExitStack, config: DataFolder, token: str) -> Served:
    arbiter = Arbiter(Recovery(os.urandom, config.zone))
    signer = config.signer()
    replica = await Replica.open(config.folder, signer, signer.public_key, arbiter, config.zone)
    stack.push_async_callback(replica.close)
    daemon = CoordinatorDaemon(config, replica, arbiter)
    headers = {"Authorization": f"Bearer {token}"}
    return await _serve(stack, replica, daemon, config, "mrnmesh.coordinator", headers)


async def _serve(
    stack: AsyncExitStack,
    replica: Replica,
    daemon: Any,
    config: DataFolder,
    logger: str,
    headers: dict[str, str] | None = None,
) -> Served:
    """Run a daemon until the stack is left; it serves when this returns."""
    stop, serves = asyncio.Event(), asyncio.Event()
    with _listening(logger, serves.set):
        running = asyncio.create_task(daemon.run(stop))

        async def end() -> None:
            stop.set()
            await running

        stack.push_async_callback(end)
        waiting = asyncio.create_task(serves.wait())
        await asyncio.wait((running, waiting), return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            await running
    http = aiohttp.ClientSession(config.url, headers=headers)
    await stack.enter_async_context(http)
    return Served(replica, daemon, http)


class _listening(logging.Handler):
    """Calls back when a daemon's log says that all its ports are open."""

    def __init__(self, logger: str, serves: Callable[[], None]) -> None:
        super().__init__(logging.INFO)
        self._logger = logging.getLogger(logger)
        self._serves = serves

    def emit(self, record: logging.LogRecord) -> None:
        if "syncs at" in record.getMessage():
            self._serves()

    def __enter__(self) -> None:
        self._level = self._logger.level
        self._logger.setLevel(logging.INFO)
        self._logger.addHandler(self)

    def __exit__(self, *_: object) -> None:
        self._logger.removeHandler(self)
        self._logger.setLevel(self._level)
