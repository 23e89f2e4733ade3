"""People who were probably sent twice, over HTTP."""

from __future__ import annotations

from aiohttp import web

from sync.engine.replica import Replica
from sync.http.operations import Needs, Operation, read_query
from sync.http.paging import Listed, paged
from sync.reading.pages import Page
from sync.reading.repeats import SentTwice
from sync.storage.access.looks import LookAct


class SentTwiceApi:
    """The operation that lists them."""

    def __init__(self, replica: Replica) -> None:
        self._replica = replica

    def operations(self) -> list[Operation]:
        """Return the operations of this part."""
        return [
            Operation(
                "GET",
                "/api/sent-twice/",
                self.listed,
                "List people who carry one Idempotency-Key and are probably one person",
                needs=Needs.DUPLICATES,
                query=Page,
                about="conflicts",
                look=LookAct.LISTED,
            )
        ]

    async def listed(self, request: web.Request) -> Listed[SentTwice]:
        """Return a page of them, the newest first."""
        query = read_query(request, Page)
        count, found = await self._replica.read(lambda snapshot: snapshot.repeats.page(query))
        return paged(request, query, count, found)
