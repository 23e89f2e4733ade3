"""Conflicts at the coordinator."""

from __future__ import annotations

from aiohttp import web

from coordinator.access import require_administrator
from sync import paging
from sync.errors import NotFound
from sync.operations import Operation
from sync.replica import Replica


class ConflictsApi:
    """Numbers that two people claim, and what was refused."""

    def __init__(self, replica: Replica) -> None:
        self._replica = replica

    def operations(self) -> list[Operation]:
        """All of them."""
        return [
            Operation("GET", "/api/conflicts/", self.list_conflicts, "List conflicts"),
            Operation("GET", "/api/conflicts/{id}/", self.show_conflict, "Show one conflict"),
        ]

    async def list_conflicts(self, request: web.Request) -> web.Response:
        """Conflicts, the newest first; ``?open=1`` leaves out what is resolved."""
        require_administrator(request)
        found = await self._replica.reader.conflicts(
            self._replica.registry, include_closed=request.query.get("open") != "1"
        )
        return web.json_response(paging.whole(found))

    async def show_conflict(self, request: web.Request) -> web.Response:
        """One conflict by its id."""
        require_administrator(request)
        ident = request.match_info["id"]
        found = await self._replica.reader.conflicts(self._replica.registry, ident=ident)
        if not found:
            raise NotFound(what="conflict", key=ident)
        return web.json_response(found[0])
