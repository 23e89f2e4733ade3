"""Whole daemons in the process of a test, at addresses of this computer, and their HTTP APIs."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp

from coordinator import config as coordinator_config
from examples.clinic import free_ports, hold_the_same
from node import config as node_config
from node.config import NodeSettings
from sync.daemon.daemon_settings import DaemonSettings
from sync.http.address import Address

SOMEBODY = {"full_name": "Usman Tariq", "sex": "M", "dob": "1985-06-01", "phone": "03001234567"}
OFFLINE = SOMEBODY | {"offline": True}


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


class NewHub:
    """A coordinator in a new folder, not yet at work."""

    def __init__(self, folder: Path, http: aiohttp.ClientSession) -> None:
        self.file, self.token = coordinator_config.init(
            folder / "hub", witness=folder / "hub.witness"
        )
        self.config = somewhere(coordinator_config.load(folder / "hub"))
        self.api = Api(http, self.config.url, self.token)
        self._http = http
        self._folder = folder

    async def new_desk(self, code: str, numbers: str | None = None) -> NewDesk:
        """A node that joins the coordinator, which is at work; it is not at work itself."""
        witness = self._folder / f"{code}.witness"
        join = node_config.init(self._folder / code, code, self.file, witness=witness)
        body = json.loads(join.read_text(encoding="utf-8"))
        status, answer = await self.api.post("/api/terminals/", body)
        assert status == 201, answer
        if numbers is not None:
            status, answer = await self.api.post(
                f"/api/terminals/{code}/ranges/", {"range": numbers}
            )
            assert status == 201, answer
        config = somewhere(node_config.load(self._folder / code))
        sync = f"ws://127.0.0.1:{self.config.sync_listen.port}/sync"
        return NewDesk(replace(config, coordinator=sync), self._http)


class NewDesk:
    """A node in a new folder, not yet at work."""

    def __init__(self, config: NodeSettings, http: aiohttp.ClientSession) -> None:
        self.config = config
        self.api = Api(http, config.url)


def somewhere(config: Any) -> Any:
    """The same settings with addresses that nobody uses."""
    assert isinstance(config, DaemonSettings)
    port, sync_port = free_ports(2)
    return replace(
        config, listen=Address("127.0.0.1", port), sync_listen=Address("127.0.0.1", sync_port)
    )


def settled(hub: Api, *desks: Api) -> Callable[[], Awaitable[bool]]:
    """True when all hold the same and nobody waits for a verdict."""

    async def holds() -> bool:
        statuses = [await one.get("/api/status/") for one in (hub, *desks)]
        return hold_the_same(statuses) and not statuses[0]["pending"]

    return holds


def online(desk: Api) -> Callable[[], Awaitable[bool]]:
    """True when the desk takes numbers from the coordinator."""

    async def holds() -> bool:
        return bool((await desk.get("/api/status/"))["numbers"] == "online")

    return holds
