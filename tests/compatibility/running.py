"""What version 0.1.0 kept, opened by the daemons of this version, in the process of the test."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping
from typing import Any

import aiohttp

from coordinator import config as coordinator_config
from coordinator import daemon as coordinator_daemon
from examples.clinic import free_ports
from node import config as node_config
from node import daemon as node_daemon
from tests.at_work import Api
from tests.compatibility.kept import CLINIC, Kept

NO_FLAGS: Mapping[str, Any] = {}


def flags(kept: Kept) -> dict[str, str]:
    """Where a daemon is in a test; all else is as its settings have it."""
    port, sync_port = free_ports(2)
    return {
        "listen": f"127.0.0.1:{port}",
        "sync_listen": f"127.0.0.1:{sync_port}",
        "witness": str(kept.witness),
    }


@contextlib.asynccontextmanager
async def coordinator_of(
    kept: Kept, http: aiohttp.ClientSession, where: Mapping[str, Any] | None = None
) -> AsyncIterator[Api]:
    """The coordinator at work on its old folder, as its administrator calls it."""
    config = coordinator_config.load(kept.folder, where or flags(kept))
    async with coordinator_daemon.running(config):
        yield Api(http, config.url, CLINIC["token"])


@contextlib.asynccontextmanager
async def desk_of(
    kept: Kept, http: aiohttp.ClientSession, coordinator: Mapping[str, Any] = NO_FLAGS
) -> AsyncIterator[Api]:
    """The desk at work on its old folder.

    Args:
        coordinator: the flags of a coordinator that it is to meet; without it, it is alone.
    """
    where = flags(kept)
    where["coordinator"] = f"ws://{coordinator.get('sync_listen', nobody())}/sync"
    config = node_config.load(kept.folder, where)
    async with node_daemon.running(config):
        yield Api(http, config.url)


def nobody() -> str:
    """An address at which nobody listens."""
    (port,) = free_ports(1)
    return f"127.0.0.1:{port}"
