"""A coordinator and one desk in this process: tests reach into them and call their APIs."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from coordinator import config as hub_config
from coordinator import daemon as hub_daemon
from examples.clinic import free_ports
from node import config as desk_config
from node import daemon as desk_daemon
from sync.daemon.daemon_settings import DaemonSettings
from sync.daemon.serving import serving
from sync.engine.replica import Replica
from sync.model.facts import COORDINATOR, Author
from sync.witness.memory import Witness

LAB = Author("LAB1-PC")
FRONT = Author("FRONT")
"""A terminal without a node: the coordinator issues from its range."""

RANGES = {LAB: (710000, 719999), FRONT: (720000, 729999)}


class Served:
    """One daemon that serves, and a client of its API."""

    def __init__(self, replica: Replica, witness: Witness, http: aiohttp.ClientSession) -> None:
        self.replica = replica
        self.witness = witness
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
        config = hub_config.load(folder / "hub")
        daemon = await stack.enter_async_context(hub_daemon.opened(config))
        headers = {"Authorization": f"Bearer {token}"}
        hub = await _serve(stack, daemon, daemon._witness, config, headers)
        config = desk_config.load(folder / "lab")
        daemon = await stack.enter_async_context(desk_daemon.opened(config))
        if is_new:
            await _join(hub, config, daemon._replica)
        desk = await _serve(stack, daemon, daemon._allocator._witness, config)
        await daemon._peering.wait_live(COORDINATOR)
        yield hub, desk


def _make(folder: Path) -> None:
    listen = [f"127.0.0.1:{port}" for port in free_ports(4)]
    public, token = hub_config.init(
        folder / "hub", listen=listen[0], sync_listen=listen[1], witness=folder / "hub.witness"
    )
    desk_config.init(
        folder / "lab",
        LAB,
        public,
        listen=listen[2],
        sync_listen=listen[3],
        witness=folder / "lab.witness",
    )
    (folder / "token").write_text(token, encoding="utf-8")


async def _join(hub: Served, config: DaemonSettings, replica: Replica) -> None:
    joining = {
        "public_key": config.signer().public_key.hex(),
        "incarnation": replica.identity.incarnation.hex(),
    }
    for code, more in ((LAB, joining), (FRONT, {})):
        start, end = RANGES[code]
        body = {"code": code, "offline_range_start": start, "offline_range_end": end, **more}
        await hub.json("POST", "/api/terminals/", json=body)


async def _serve(
    stack: AsyncExitStack,
    daemon: Any,
    witness: Witness,
    config: DaemonSettings,
    headers: dict[str, str] | None = None,
) -> Served:
    """Let a daemon serve until the stack is left."""
    await stack.enter_async_context(serving(config, daemon.service()))
    http = aiohttp.ClientSession(config.url, headers=headers)
    await stack.enter_async_context(http)
    return Served(daemon._replica, witness, http)
