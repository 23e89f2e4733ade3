"""Webhooks over HTTP: an administrator names where changes are delivered."""

from __future__ import annotations

from typing import Annotated, TypedDict

import msgspec
from aiohttp import web
from msgspec import Meta

from coordinator.api.access import require_administrator
from coordinator.errors import TooManyWebhooks
from coordinator.webhooks import HookState, Webhooks
from sync.errors import NotFound
from sync.http import paging
from sync.http.operations import Operation, read_body


class NewHook(msgspec.Struct, kw_only=True):
    """Where changes are to be delivered."""

    url: Annotated[
        str,
        Meta(
            max_length=2000,
            description="https, or http on this computer",
            examples=["https://lims.example/changes"],
        ),
    ]
    after: (
        Annotated[int, Meta(ge=0, description="deliver all changes after this one too")] | None
    ) = None


class HookMade(TypedDict):
    """A new hook; the secret signs what is delivered and is shown this once."""

    id: int
    url: str
    secret: str


class HookPage(TypedDict):
    """All hooks."""

    count: int
    next: str | None
    previous: str | None
    results: list[HookState]


class WebhooksApi:
    """Where changes are delivered."""

    def __init__(self, webhooks: Webhooks) -> None:
        self._webhooks = webhooks

    def operations(self) -> list[Operation]:
        """All of them."""
        about = "changes"
        return [
            Operation(
                "GET",
                "/api/webhooks/",
                self.list_hooks,
                "List webhooks and how far each has been delivered",
                answer=HookPage,
                about=about,
            ),
            Operation(
                "POST",
                "/api/webhooks/",
                self.add_hook,
                "Deliver changes to an address from now on",
                body=NewHook,
                answer=HookMade,
                status=201,
                errors=(TooManyWebhooks,),
                about=about,
            ),
            Operation(
                "DELETE",
                r"/api/webhooks/{id:\d{1,15}}/",
                self.remove_hook,
                "Deliver nothing more to an address",
                status=204,
                errors=(NotFound,),
                about=about,
            ),
        ]

    async def list_hooks(self, request: web.Request) -> web.Response:
        """All hooks."""
        require_administrator(request)
        return web.json_response(paging.whole(self._webhooks.states()))

    async def add_hook(self, request: web.Request) -> web.Response:
        """A new hook."""
        require_administrator(request)
        given = await read_body(request, NewHook)
        hook = await self._webhooks.add(given.url, given.after)
        return web.json_response(
            {"id": hook.id, "url": hook.url, "secret": hook.secret}, status=201
        )

    async def remove_hook(self, request: web.Request) -> web.Response:
        """A hook is not wanted any more."""
        require_administrator(request)
        await self._webhooks.remove(int(request.match_info["id"]))
        return web.Response(status=204)
