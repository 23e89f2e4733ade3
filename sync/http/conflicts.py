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
from sync.model.facts import as_terminal_code
from sync.reading.conflicts import ConflictAnswer, ConflictFilter, ConflictReason
from sync.reading.pages import Page
from sync.storage.access.looks import LookAct

LIST: Final = "/api/conflicts/"
ONE: Final = "/api/conflicts/{id}/"
ABOUT: Final = "conflicts"

_When = Annotated[
    str | None, msgspec.Meta(description="a day at the facility, included, or a time with zone")
]


class ConflictQuery(Page, kw_only=True, frozen=True):
    """Which conflicts; all that is given must hold."""

    open: Annotated[bool | None, msgspec.Meta(description="false: only those resolved")] = None
    reason: ConflictReason | None = None
    terminal: Annotated[str | None, msgspec.Meta(description="where the person was registered")] = (
        None
    )
    mrn: str | None = None
    since: _When = None
    until: _When = None


class ConflictViews:
    """Reading the conflicts of one replica.

    Args:
        zone: the facility's, whose days ``since`` and ``until`` name.
        needs: who may read them.
    """

    def __init__(self, replica: Replica, zone: tzinfo, needs: Needs) -> None:
        self._replica = replica
        self._zone = zone
        self._needs = needs

    def operations(self) -> list[Operation]:
        """Return the operations of this part."""
        return [
            Operation(
                "GET",
                LIST,
                self.listed,
                "List conflicts, the newest first",
                needs=self._needs,
                query=ConflictQuery,
                about=ABOUT,
                look=LookAct.LISTED,
            ),
            Operation(
                "GET",
                ONE,
                self.one,
                "Show a conflict with both people and its history",
                needs=self._needs,
                errors=(NotFound,),
                about=ABOUT,
                look=LookAct.COMPARED,
            ),
        ]

    async def listed(self, request: web.Request) -> Listed[ConflictAnswer]:
        """Return a page of conflicts, the newest first."""
        query = read_query(request, ConflictQuery)
        since = _seconds("since", query.since, self._zone, 0)
        until = _seconds("until", query.until, self._zone, 1)
        if since is not None and until is not None and until <= since:
            # An empty list would read as if there were no conflicts.
            raise InvalidFields({"until": "lies before 'since'"})
        wanted = ConflictFilter(
            query.open,
            query.reason,
            as_terminal_code(query.terminal) if query.terminal else None,
            query.mrn or None,
            since,
            until,
        )
        count, found = await self._replica.read(
            lambda snapshot: (
                snapshot.conflicts.count(wanted),
                snapshot.conflicts.page(wanted, query.page_size, query.offset),
            )
        )
        return paged(request, query, count, found)

    async def one(self, request: web.Request) -> ConflictAnswer:
        """Return one conflict by its id.

        Raises:
            NotFound: there is none with that id.
        """
        ident = request.match_info["id"]
        found = await self._replica.read(lambda snapshot: snapshot.conflicts.one(ident))
        if found is None:
            raise NotFound(what="conflict", key=ident)
        return found


def _seconds(name: str, text: str | None, zone: tzinfo, days: int) -> int | None:
    """Return what a query says of a time in seconds since 1970, None if it says nothing.

    Args:
        name: the name in the query, for the message of an error.
        days: added to a day, so that ``until`` includes the day that it names.

    Raises:
        InvalidFields: the text is neither a day nor a time.
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
