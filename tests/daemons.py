"""Daemons that run in the process of a test, and their HTTP APIs."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Coroutine
from typing import Any

import aiohttp

from coordinator.daemon import CoordinatorDaemon
from coordinator.judging.arbiter import Arbiter
from coordinator.judging.recovery import Recovery
from examples.clinic import until
from node.config import Config
from node.daemon import NodeDaemon
from sync.daemon.data_folder import DataFolder
from sync.engine.replica import Replica


class Api:
    """The HTTP API of a daemon, as somebody with ``token`` calls it."""

    def __init__(self, http: aiohttp.ClientSession, url: str, token: str | None = None) -> None:
        self._http = http
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}"} if token is not None else {}

    def with_token(self, token: str) -> Api:
        """The same API as somebody else calls it."""
        return Api(self._http, self._url, token)

    async def call(
        self, method: str, path: str, body: Any = None, **headers: str
    ) -> tuple[int, Any]:
        """(status, JSON)."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self._http.request(
            method, self._url + path, json=body, headers=self._headers | sent
        ) as answer:
            return answer.status, await answer.json() if answer.status != 204 else None

    async def get(self, path: str) -> Any:
        status, answer = await self.call("GET", path)
        assert status == 200, answer
        return answer

    async def post(self, path: str, body: Any, **headers: str) -> tuple[int, Any]:
        return await self.call("POST", path, body, **headers)

    async def register(self, body: Any, **headers: str) -> Any:
        status, answer = await self.post("/api/patients/", body, **headers)
        assert status == 201, answer
        return answer


@contextlib.asynccontextmanager
async def running_node(config: Config) -> AsyncIterator[None]:
    """A node at work."""
    replica = await Replica.open(
        config.folder, config.signer(), config.coordinator_key, zone=config.zone
    )
    stop = asyncio.Event()
    async with _running(replica, NodeDaemon(config, replica).run(stop), stop, config):
        yield


@contextlib.asynccontextmanager
async def running_coordinator(config: DataFolder) -> AsyncIterator[None]:
    """A coordinator at work."""
    signer = config.signer()
    arbiter = Arbiter(Recovery(os.urandom, config.zone))
    replica = await Replica.open(config.folder, signer, signer.public_key, arbiter, config.zone)
    stop = asyncio.Event()
    work = CoordinatorDaemon(config, replica, arbiter).run(stop)
    async with _running(replica, work, stop, config):
        yield


@contextlib.asynccontextmanager
async def _running(
    replica: Replica, work: Coroutine[Any, Any, None], stop: asyncio.Event, config: DataFolder
) -> AsyncIterator[None]:
    task = asyncio.create_task(work)

    async def serves() -> bool:
        with contextlib.suppress(aiohttp.ClientError):
            async with aiohttp.request("GET", f"{config.url}/api/health/") as answer:
                return answer.status == 200
        return task.done()

    try:
        await until("the daemon serves", serves)
        yield
    finally:
        stop.set()
        await task
        await replica.close()
