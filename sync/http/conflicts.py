"""Conflicts over HTTP, read-only: what the coordinator and every node answer alike."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta, tzinfo
from typing import Annotated, Final, Literal, TypedDict

import msgspec
from aiohttp import web

from sync.engine.replica import Replica
from sync.errors import InvalidFields, NotFound
from sync.http.operations import Operation, read_query
from sync.http.paging import paged
from sync.reading.conflicts import ConflictAnswer, ConflictFilter
from sync.reading.pages import Page

LIST: Final = "/api/conflicts/"
ONE: Final = "/api/conflicts/{id}/"
ABOUT: Final = "conflicts"

Reasons = Literal[
    "duplicate_mrn", "outside_range", "duplicate_record", "revoked", "malformed", "double_verdict"
]
_When = Annotated[
    str | None, msgspec.Meta(description="a day at the facility, included, or a time with zone")
]


class ConflictQuery(Page, kw_only=True, frozen=True):
    """Which conflicts; what is left out narrows nothing down."""

    open: Annotated[bool | None, msgspec.Meta(description="false: only those resolved")] = None
    reason: Reasons | None = None
    terminal: Annotated[str | None, msgspec.Meta(description="where the person was registered")] = (
        None
    )
    mrn: str | None = None
    since: _When = None
    until: _When = None


class ConflictPage(TypedDict):
    """Conflicts, the newest first."""

    count: int
    next: str | None
    previous: str | None
    results: list[ConflictAnswer]


class ConflictViews:
    """``GET`` of conflicts out of one replica; ``zone`` is the facility's.

    ``guard`` raises for a call that may not see them.
    """

    def __init__(
        self,
        replica: Replica,
        zone: tzinfo,
        guard: Callable[[web.Request], None] = lambda _request: None,
    ) -> None:
        self._replica = replica
        self._zone = zone
        self._guard = guard

    def operations(self) -> list[Operation]:
        """All of them."""
        return [
            Operation(
                "GET",
                LIST,
                self.listed,
                "List conflicts, the newest first",
                query=ConflictQuery,
                answer=ConflictPage,
                about=ABOUT,
            ),
            Operation(
                "GET",
                ONE,
                self.one,
                "Show a conflict with both people and its history",
                answer=ConflictAnswer,
                errors=(NotFound,),
                about=ABOUT,
            ),
        ]

    async def listed(self, request: web.Request) -> web.Response:
        """Conflicts, the newest first, in pages."""
        self._guard(request)
        query = read_query(request, ConflictQuery)
        wanted = ConflictFilter(
            query.open,
            query.reason,
            query.terminal.strip().upper() if query.terminal else None,
            query.mrn,
            _seconds("since", query.since, self._zone, 0),
            _seconds("until", query.until, self._zone, 1),
        )
        count, found = await self._replica.read(
            lambda snapshot: (
                snapshot.conflicts.count(wanted),
                snapshot.conflicts.page(wanted, query.page_size, query.offset),
            )
        )
        return web.json_response(paged(request, query, count, found))

    async def one(self, request: web.Request) -> web.Response:
        """One conflict by its id."""
        self._guard(request)
        ident = request.match_info["id"]
        found = await self._replica.read(lambda snapshot: snapshot.conflicts.one(ident))
        if found is None:
            raise NotFound(what="conflict", key=ident)
        return web.json_response(found)


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
