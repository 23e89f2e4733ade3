"""A coordinator with an administrator, and browsers that sign in to it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import aiohttp
import pytest_asyncio

from tests.daemons import Hub, open_hub

SADIA = {"name": "Sadia Malik", "role": "administrator", "password": "correct horse battery"}


class Browser:
    """Calls as a page of the coordinator does: with its cookies, and no key."""

    def __init__(self, hub: Hub, http: aiohttp.ClientSession) -> None:
        self._hub = hub
        self._http = http

    async def send(
        self, method: str, path: str, body: object = None, **how: Any
    ) -> tuple[int, Any]:
        """Status and answer of a call."""
        async with self._http.request(method, path, json=body, **how) as response:
            answer = await response.json()
            self._hub.described.check(method, path, response.status, answer)
            return response.status, answer

    async def sign_in(self, name: str, password: str, **how: Any) -> tuple[int, Any]:
        """Status and answer of signing in."""
        return await self.send("POST", "/api/sign-in/", {"name": name, "password": password}, **how)


@pytest_asyncio.fixture
async def hub(tmp_path) -> AsyncIterator[Hub]:
    async with open_hub(tmp_path) as hub:
        yield hub


@pytest_asyncio.fixture
async def sadia(hub: Hub) -> dict[str, str]:
    """The first administrator."""
    await hub.call("POST", "/api/users/", SADIA)
    return SADIA


@pytest_asyncio.fixture
async def browser(hub: Hub) -> AsyncIterator[Callable[[], Any]]:
    """Opens a browser of its own each time."""
    async with AsyncExitStack() as stack:

        async def opened() -> Browser:
            jar = aiohttp.CookieJar(unsafe=True)
            http = await stack.enter_async_context(aiohttp.ClientSession(hub.url, cookie_jar=jar))
            return Browser(hub, http)

        yield opened
