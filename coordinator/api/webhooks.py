"""Webhooks over HTTP: where the administrator wants changes to be delivered."""

from __future__ import annotations

from functools import partial
from typing import Annotated, TypedDict

import msgspec
from aiohttp import web
from msgspec import Meta

from coordinator.errors import TooManyWebhooks
from coordinator.webhooks import Webhooks, WebhookState
from sync.errors import CursorBeyond, NotFound
from sync.http.operations import Needs, Operation, read_body
from sync.http.paging import Listed, whole
from sync.model.formats import Uri


class NewWebhook(msgspec.Struct, kw_only=True):
    """An address to which changes are to be delivered."""

    url: Annotated[
        str,
        Meta(
            max_length=2000,
            description="https, or http on this computer",
            examples=["https://lims.example/changes"],
            extra_json_schema={"format": "uri"},
        ),
    ]
    after: (
        Annotated[int, Meta(ge=0, description="deliver all changes after this one too")] | None
    ) = None


class WebhookCreated(TypedDict):
    """A new webhook; the secret signs what is delivered and is shown this once."""

    id: int
    url: Uri
    secret: str


class WebhooksApi:
    """Operations on webhooks."""

    def __init__(self, webhooks: Webhooks) -> None:
        self._webhooks = webhooks

    def operations(self) -> list[Operation]:
        """Return the operations of this part."""
        operation = partial(Operation, needs=Needs.ADMINISTER, about="changes")
        return [
            operation(
                "GET",
                "/api/webhooks/",
                self.list_hooks,
                "List webhooks and how far each has been delivered",
            ),
            operation(
                "POST",
                "/api/webhooks/",
                self.add_hook,
                "Deliver changes to an address from now on",
                body=NewWebhook,
                status=201,
                errors=(TooManyWebhooks, CursorBeyond),
            ),
            operation(
                "DELETE",
                r"/api/webhooks/{id:\d{1,15}}/",
                self.remove_hook,
                "Deliver nothing more to an address",
                errors=(NotFound,),
            ),
        ]

    async def list_hooks(self, _request: web.Request) -> Listed[WebhookState]:
        """Return all webhooks, and how far each has been delivered."""
        return whole(self._webhooks.states())

    async def add_hook(self, request: web.Request) -> WebhookCreated:
        """Deliver changes to an address from now on.

        Raises:
            InvalidFields: the address cannot be used.
            TooManyWebhooks: there are enough.
            CursorBeyond: there is no change with that cursor.
        """
        given = read_body(request, NewWebhook)
        hook = await self._webhooks.add(given.url, given.after)
        return {"id": hook.id, "url": hook.url, "secret": hook.secret}

    async def remove_hook(self, request: web.Request) -> None:
        """Deliver nothing more to an address.

        Raises:
            NotFound: there is no webhook with that id.
        """
        await self._webhooks.remove(int(request.match_info["id"]))
