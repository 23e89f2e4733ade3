"""Registering people at a desk, with a number from wherever one comes from now."""

from __future__ import annotations

from aiohttp import web

from node.allocator import NodeAllocator
from node.config import NodeSettings
from node.drill import Drill
from node.errors import OtherTerminal
from sync.engine.replica import Replica
from sync.errors import NumberError
from sync.http.operations import Operation
from sync.http.people import People
from sync.model.numbers import parse_mrn


class NodePatientsApi:
    """People, as a desk serves them."""

    def __init__(
        self,
        config: NodeSettings,
        replica: Replica,
        allocator: NodeAllocator,
        people: People,
        drill: Drill,
    ) -> None:
        self._config = config
        self._replica = replica
        self._allocator = allocator
        self._people = people
        self._drill = drill

    def operations(self) -> list[Operation]:
        """All of them."""
        return self._people.operations(self.register, OtherTerminal)

    async def register(self, request: web.Request) -> web.Response:
        """Register a person; 201, or 200 when this very request was answered before."""
        posted = await self._people.posted(request)
        if posted.terminal not in (None, self._config.code):
            raise OtherTerminal(terminal=posted.terminal, here=self._config.code)
        supplied = parse_mrn(posted.mrn) if posted.offline and posted.mrn is not None else None
        draft = self._people.draft(posted, self._config.code)
        try:
            registered = await self._allocator.register(
                self._replica, draft, posted.offline, supplied
            )
        except NumberError as error:
            self._drill.failed(error.code)
            raise
        answer = await self._people.registered(registered.patient)
        return web.json_response(answer, status=201 if registered.issued else 200)
