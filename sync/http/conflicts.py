"""Conflicts over HTTP, read-only: what the coordinator and every node answer alike."""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo
from typing import Annotated, Final

import msgspec
from aiohttp import web

from sync.engine.replica import Replica
from sync.errors import InvalidFields, NotFound
from sync.http.operations import Needs, Operation, read_query
from sync.http.paging import Listed, paged
from sync.reading.conflicts import ConflictAnswer, ConflictFilter, ConflictReason, ConflictsReader
from sync.reading.pages import Page

LIST: Final = "/api/conflicts/"
ONE: Final = "/api/conflicts/{id}/"
ABOUT: Final = "conflicts"

_When = Annotated[
    str | None, msgspec.Meta(description="a day at the facility, included, or a time with zone")
]


class ConflictQuery(Page, kw_only=True, frozen=True):
    """Which conflicts; what is left out narrows nothing down."""

    open: Annotated[bool | None, msgspec.Meta(description="false: only those resolved")] = None
    reason: ConflictReason | None = None
    terminal: Annotated[str | None, msgspec.Meta(description="where the person was registered")] = (
        None
    )
    mrn: str | None = None
    since: _When = None
    until: _When = None


class ConflictViews:
    """``GET`` of conflicts out of one replica.

    Args:
        zone: the facility's, whose days a query names.
        needs: who may see them.
    """

    def __init__(self, replica: Replica, zone: tzinfo, needs: Needs) -> None:
        self.reader = ConflictsReader(replica.reader)
        self._replica = replica
        self._zone = zone
        self._needs = needs

    def operations(self) -> list[Operation]:
        """All of them."""
        return [
            Operation(
                "GET",
                LIST,
                self.listed,
                "List conflicts, the newest first",
                needs=self._needs,
                query=ConflictQuery,
                about=ABOUT,
            ),
            Operation(
                "GET",
                ONE,
                self.one,
                "Show a conflict with both people and its history",
                needs=self._needs,
                errors=(NotFound,),
                about=ABOUT,
            ),
        ]

    async def listed(self, request: web.Request) -> Listed[ConflictAnswer]:
        """Conflicts, the newest first, in pages."""
        query = read_query(request, ConflictQuery)
        wanted = ConflictFilter(
            query.open,
            query.reason,
            query.terminal.strip().upper() if query.terminal else None,
            query.mrn,
            _seconds("since", query.since, self._zone, 0),
            _seconds("until", query.until, self._zone, 1),
        )
        found = await self.reader.page(
            self._replica.registry, wanted, query.page_size, query.offset
        )
        return paged(request, query, await self.reader.count(wanted), found)

    async def one(self, request: web.Request) -> ConflictAnswer:
        """One conflict by its id."""
        ident = request.match_info["id"]
        found = await self.reader.one(self._replica.registry, ident)
        if found is None:
            raise NotFound(what="conflict", key=ident)
        return found


def _seconds(name: str, text: str | None, zone: tzinfo, days: int) -> int | None:
    """Seconds since 1970 of a time, or of the beginning of a day and so many ``days`` later.

    Raises:
        InvalidFields: it is neither.
    """
    if text is None:
        return None
    try:
        if len(text) == len("2026-01-05"):
            day = date.fromisoformat(text) + timedelta(days)
            at = datetime(day.year, day.month, day.day, tzinfo=zone)
        else:
            at = datetime.fromisoformat(text)
            at = at if at.tzinfo is not None else at.replace(tzinfo=zone)
        return int(at.timestamp())
    except (ValueError, OverflowError) as error:
        raise InvalidFields({name: "must be a day or a time, as in 2026-01-05"}) from error
