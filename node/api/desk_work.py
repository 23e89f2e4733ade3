"""What the clerks of a desk do: forms that they have begun, and what was done on a day."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from functools import partial
from typing import Annotated, Final, TypedDict

import msgspec
from aiohttp import web
from msgspec import Meta

from node.config import NodeSettings
from node.drafts import DRAFTS_MAX, Drafts, FormDraft
from sync.engine.replica import Replica
from sync.http.operations import Needs, Operation, read_body, read_query
from sync.http.paging import Listed, whole
from sync.model.formats import Day
from sync.reading.answers import PatientAnswer
from sync.reading.desk_day import ByOperator
from sync.reading.snapshot import Snapshot
from sync.storage.access.looks import LookAct

ABOUT: Final = "desk"
UNPRINTED_DAYS: Final = 2
"""Labels that were not printed for longer are not missed any more."""


class DraftsQuery(msgspec.Struct, kw_only=True, frozen=True):
    """Whose forms."""

    operator: Annotated[str, Meta(max_length=100)] = ""
    limit: Annotated[int, Meta(ge=1, le=DRAFTS_MAX)] = DRAFTS_MAX


class DeskDay(TypedDict):
    """A day's work of a desk: who has registered how many, and whose label is not printed yet."""

    day: Day
    count: int
    by: list[ByOperator]
    unprinted: list[PatientAnswer]


class DeskWorkApi:
    """Operations on the work of a desk's clerks."""

    def __init__(self, config: NodeSettings, replica: Replica, drafts: Drafts) -> None:
        self._code = config.code
        self._replica = replica
        self._drafts = drafts

    def operations(self) -> list[Operation]:
        """Return the operations of this part."""
        operation = partial(Operation, needs=Needs.THIS_COMPUTER, about=ABOUT)
        return [
            operation(
                "GET",
                "/api/drafts/",
                self.drafts,
                "List the forms that somebody has begun and not sent",
                query=DraftsQuery,
            ),
            operation("POST", "/api/drafts/", self.keep, "Keep a form for a day", body=FormDraft),
            operation("DELETE", "/api/drafts/{key}/", self.drop, "Forget a form"),
            operation(
                "GET",
                "/api/day/",
                self.day,
                "Show the work of today at this desk",
                look=LookAct.LISTED,
            ),
        ]

    async def drafts(self, request: web.Request) -> Listed[FormDraft]:
        """Return the forms that somebody has begun, the newest first.

        Those of others are forgotten if a name is given: another clerk sits at the desk now.
        """
        query = read_query(request, DraftsQuery)
        found = await asyncio.to_thread(self._drafts.of, query.operator)
        return whole(found[: query.limit])

    async def keep(self, request: web.Request) -> None:
        """Keep a form, in place of what was kept under its key."""
        await asyncio.to_thread(self._drafts.keep, read_body(request, FormDraft))

    async def drop(self, request: web.Request) -> None:
        """Forget a form, if it is kept."""
        await asyncio.to_thread(self._drafts.drop, request.match_info["key"])

    async def day(self, _request: web.Request) -> DeskDay:
        """Return what was done at this desk today."""
        today = self._replica.today()

        def look(snapshot: Snapshot) -> DeskDay:
            by = snapshot.desk_day.by_operator(self._code, today)
            first = today - timedelta(UNPRINTED_DAYS - 1)
            return {
                "day": today.isoformat(),
                "count": sum(one["count"] for one in by),
                "by": by,
                "unprinted": snapshot.desk_day.unprinted(self._code, first, today),
            }

        return await self._replica.read(look)
