"""The HTTP API of a node, for the programs of one desk: registering, finding, status."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from node.allocator import NodeAllocator
from node.config import Config
from sync.errors import TerminalNotFound
from sync.facts import Allocator
from sync.issuing import Registered
from sync.peering import Peering
from sync.people import People
from sync.queries import Roots, RootsQuery
from sync.registry import Block
from sync.replica import Replica
from sync.web import read_registration


class Api:
    """Routes over one replica, its allocator and its connections."""

    def __init__(
        self, config: Config, replica: Replica, allocator: NodeAllocator, peering: Peering
    ) -> None:
        self._config = config
        self._replica = replica
        self._allocator = allocator
        self._peering = peering
        self._people = People(replica, config.zone)

    def routes(self) -> list[web.RouteDef]:
        """All of them."""
        return [
            web.post("/api/patients/", self.register),
            *self._people.routes(),
            web.get("/api/status/", self.status, allow_head=False),
        ]

    async def register(self, request: web.Request) -> web.Response:
        """Register a person; 201, or 200 when this very request was answered before."""
        posted = await read_registration(request)
        if posted.terminal not in (None, self._config.code):
            raise TerminalNotFound(terminal=posted.terminal)
        draft = self._people.draft(posted, self._config.code)
        registered: Registered = await self._allocator.register(
            self._replica, draft, posted.offline
        )
        answer = await self._people.answer(registered.patient)
        return web.json_response(answer, status=201 if registered.issued else 200)

    async def status(self, _request: web.Request) -> web.Response:
        """What this desk can do now, and how its ranges, connections and copy stand."""
        roots = await self._replica.answer(RootsQuery())
        assert isinstance(roots, Roots)
        registry = self._replica.registry
        terminal = registry.terminals.get(self._config.code)
        answer: dict[str, Any] = {
            "terminal": self._config.code,
            "state": terminal.state if terminal else "unknown",
            "numbers": "online" if self._allocator.online else "offline",
            "coordinator_live": self._peering.coordinator_live,
            "sessions": [session._asdict() for session in self._peering.sessions()],
            "ranges": await self._ranges(),
            "digests": {name: value.hex() for name, value in roots._asdict().items()},
            "incarnation": self._replica.identity.incarnation.hex(),
            "copies_noticed": await self._replica.meta("own_pasts_met") or 0,
            "held_batches": self._replica.held_batches,
            "clock_behind_s": self._replica.clock_behind_ms // 1000,
            "alarms": registry.alarms(),
            **await self._replica.reader.counts(),
        }
        return web.json_response(answer)

    async def _ranges(self) -> list[dict[str, Any]]:
        cursors = {cursor.range: cursor for cursor in await self._replica.cursors()}
        return [
            _range(block, cursors.get(block.range))
            for block in self._replica.registry.blocks_of(self._config.code)
            if block.allocator is Allocator.NODE
        ]


def _range(block: Block, cursor: Any) -> dict[str, Any]:
    first = max(block.mark, block.range.start - 1)
    used = max(cursor.cursor, first) if cursor else None
    closed = cursor.closed if cursor else "how far it was used is not known here"
    return {
        "range": block.range.text,
        "last_issued": used if used is not None and used > first else None,
        "remaining": block.range.end - used if used is not None and closed is None else 0,
        "closed": "closed by the coordinator" if block.closed else closed,
    }
