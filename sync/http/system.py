"""Operations that every API has: whether the daemon is well, and the description of the API."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, partial
from importlib import resources
from typing import Final, TypedDict

from aiohttp import web

from sync.engine.replica import Replica
from sync.http.openapi import ApiDescription, describe
from sync.http.operations import HtmlPage, Needs, Operation
from sync.storage import schema
from sync.version import version

DESCRIPTION: Final = "/openapi.json"
PAGE: Final = "/api/docs/"
HEALTH: Final = "/api/health/"


class HealthAnswer(TypedDict):
    """A daemon that answers, and can read its database; ``schema`` is that of the database.

    ``author`` and ``public_key``, in hexadecimal, say which daemon it is: a command that works on a
    data folder compares the key with that in the folder before it acts.
    """

    status: str
    version: str
    schema: int
    author: str
    public_key: str


class SystemOperations:
    """Operations that every API has; they say nothing of any person, so none needs a key.

    Args:
        others: the other operations of the API, which are described too.
        needs: who may call them.
    """

    def __init__(
        self,
        replica: Replica,
        title: str,
        others: Sequence[Operation],
        needs: Needs = Needs.THIS_COMPUTER,
    ) -> None:
        self._replica = replica
        self._needs = needs
        self._title = title
        self._others = others
        self._page = resources.files("sync.http").joinpath("pages", "api.html").read_text("utf-8")

    def operations(self) -> list[Operation]:
        """Return the operations of this part."""
        operation = partial(Operation, needs=self._needs)
        return [
            operation("GET", HEALTH, self.health, "Ask whether the daemon is well"),
            operation("GET", DESCRIPTION, self.description, "Describe this API (OpenAPI 3.1)"),
            operation("GET", PAGE, self.page, "Show the description as a page"),
        ]

    async def health(self, _request: web.Request) -> HealthAnswer:
        """Answer, which the daemon can only while it runs and can read its database."""
        await self._replica.read(lambda snapshot: snapshot.changes.newest())
        return {
            "status": "ok",
            "version": version(),
            "schema": schema.VERSION,
            "author": self._replica.identity.author,
            "public_key": self._replica.public_key.hex(),
        }

    async def description(self, _request: web.Request) -> ApiDescription:
        """Return the description for programs."""
        return self._document

    @cached_property
    def _document(self) -> ApiDescription:
        # It takes as long as all the rest of a daemon's start, and only programmers ask for it.
        return describe([*self._others, *self.operations()], self._title)

    async def page(self, _request: web.Request) -> HtmlPage:
        """Return the description for people."""
        return HtmlPage(self._page)
