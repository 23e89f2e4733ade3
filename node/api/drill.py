"""Drills over HTTP: begin one, ask how it goes, end it before its time."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import msgspec
from aiohttp import web

from node.drill import MINUTES_MAX, Drill, DrillReport
from node.errors import DrillOn
from sync.errors import InvalidFields
from sync.http.operations import Needs, Operation, read_body


class DrillStart(msgspec.Struct):
    """How long to hold this node offline."""

    minutes: Annotated[float, msgspec.Meta(gt=0, le=MINUTES_MAX)]


class DrillApi:
    """Operations on the drills of a node."""

    def __init__(self, drill: Drill) -> None:
        self._drill = drill

    def operations(self) -> list[Operation]:
        """Return the operations of this part."""
        path, operation = "/api/drill/", partial(Operation, needs=Needs.THIS_COMPUTER)
        return [
            operation(
                "GET",
                path,
                self.show,
                "Show the drill that is on, or the last one",
            ),
            operation(
                "POST",
                path,
                self.begin,
                "Hold this node offline for a while",
                body=DrillStart,
                status=201,
                errors=(DrillOn, InvalidFields),
            ),
            operation("DELETE", path, self.end, "End the drill before its time"),
        ]

    async def show(self, _request: web.Request) -> DrillReport:
        """Return how the drill goes that is on, or how the last one went."""
        return await self._drill.report()

    async def begin(self, request: web.Request) -> DrillReport:
        """Hold this node offline for some minutes; return how the drill goes.

        Raises:
            DrillOn: one is on already.
        """
        await self._drill.begin(read_body(request, DrillStart).minutes)
        return await self._drill.report()

    async def end(self, _request: web.Request) -> DrillReport:
        """End the drill, if one is on; return how it went."""
        await self._drill.end()
        return await self._drill.report()
