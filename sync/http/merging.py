"""Two records side by side over HTTP: what the coordinator and every node answer alike."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from sync.engine.replica import Replica
from sync.errors import NotFound
from sync.http.operations import Needs, Operation
from sync.http.people import ABOUT, ONE, named_person
from sync.reading.merging import Comparison, compared

COMPARE: Final = ONE + r"compare/{other:\d{1,15}|[0-9a-fA-F-]{36}}/"


class Comparing:
    """Comparing the people of one replica.

    Args:
        needs: who may do it.
    """

    def __init__(self, replica: Replica, needs: Needs) -> None:
        self._replica = replica
        self._needs = needs

    def operations(self) -> list[Operation]:
        """Return the operations of this part."""
        return [
            Operation(
                "GET",
                COMPARE,
                self.compare,
                "Show two records side by side, before they are merged",
                needs=self._needs,
                errors=(NotFound,),
                about=ABOUT,
            ),
        ]

    async def compare(self, request: web.Request) -> Comparison:
        """Return two records side by side.

        Raises:
            NotFound: one of them is not here.
        """
        one, other = request.match_info["id"], request.match_info["other"]
        return await self._replica.read(
            lambda snapshot: compared(named_person(snapshot, one), named_person(snapshot, other))
        )
