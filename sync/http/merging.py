"""Two records side by side, and what desks ask for: what the coordinator and nodes answer alike."""

from __future__ import annotations

import re
from typing import Annotated, Final

from aiohttp import web
from msgspec import Meta

from sync.engine.replica import Replica
from sync.errors import NotFound
from sync.http.operations import Needs, Operation, read_query
from sync.http.paging import Listed, paged
from sync.http.people import ABOUT, ID_DIGITS_MAX, ONE, named_person, person_in
from sync.model.facts import FactId
from sync.reading.merging import Comparison, RequestAnswer, compared, request_answer
from sync.reading.pages import Page
from sync.reading.snapshot import Snapshot
from sync.storage.access.looks import LookAct

COMPARE: Final = ONE + r"compare/{other:\d{1,15}|[0-9a-fA-F-]{36}}/"


REQUESTS: Final = "/api/requests/"
ONE_REQUEST: Final = REQUESTS + "{id}/"
ID_MAX: Final = 10**ID_DIGITS_MAX - 1
ID_PATTERN: Final = r"^(\d{1,15}|[0-9a-fA-F-]{36})$"
"""A person by local id or record id, in a body."""


class RequestQuery(Page, kw_only=True, frozen=True):
    """Which requests."""

    open: Annotated[bool, Meta(description="only those that nobody has answered")] = False
    patient: Annotated[
        int, Meta(ge=0, le=ID_MAX, description="only those about a person, by local id")
    ] = 0


class RequestViews:
    """Reading what desks ask for, at one replica.

    Args:
        needs: who may read it.
    """

    def __init__(self, replica: Replica, needs: Needs) -> None:
        self._replica = replica
        self._needs = needs

    def operations(self) -> list[Operation]:
        """Return the operations of this part."""
        return [
            Operation(
                "GET",
                REQUESTS,
                self.listed,
                "List what desks ask an administrator to decide about records, the newest first",
                needs=self._needs,
                query=RequestQuery,
                errors=(NotFound,),
                about=ABOUT,
                look=LookAct.LISTED,
            ),
            Operation(
                "GET",
                ONE_REQUEST,
                self.shown,
                "Show what a desk asks for",
                needs=self._needs,
                errors=(NotFound,),
                about=ABOUT,
                look=LookAct.COMPARED,
            ),
        ]

    async def shown(self, request: web.Request) -> RequestAnswer:
        """Return one request.

        Raises:
            NotFound: there is none with that id.
        """
        fact = request_in(request)
        return await self._replica.read(lambda snapshot: asked(snapshot, fact))

    async def listed(self, request: web.Request) -> Listed[RequestAnswer]:
        """Return a page of requests, the newest first.

        Raises:
            NotFound: there is nobody with that id.
        """
        query = read_query(request, RequestQuery)

        def look(snapshot: Snapshot) -> tuple[int, list[RequestAnswer]]:
            requests, record = snapshot.store.requests, None
            if query.patient:
                person_in(snapshot, query.patient)
                record = snapshot.store.people.registration(query.patient).record
            kept = requests.page(query.open, query.page_size, query.offset, record)
            return requests.count(query.open, record), [asked(snapshot, one.id) for one in kept]

        count, found = await self._replica.read(look)
        return paged(request, query, count, found)


def request_in(request: web.Request) -> FactId:
    """Return the request that the path of a call names.

    Raises:
        NotFound: there can be none with that id.
    """
    ident = request.match_info["id"]
    if re.fullmatch(r"[0-9a-fA-F]{32}", ident) is None:
        raise NotFound(what="request", key=ident)
    return FactId(bytes.fromhex(ident))


def asked(snapshot: Snapshot, fact: FactId) -> RequestAnswer:
    """Return a request.

    Raises:
        NotFound: there is none with that id.
    """
    kept = snapshot.store.requests.one(fact)
    if kept is None:
        raise NotFound(what="request", key=fact.hex())
    return request_answer(snapshot.store, snapshot.registry.times, snapshot.people.by_id, kept)


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
                look=LookAct.COMPARED,
            ),
        ]

    async def compare(self, request: web.Request) -> Comparison:
        """Return two records side by side.

        Raises:
            NotFound: one of them is not here.
        """
        one, other = request.match_info["id"], request.match_info["other"]
        return await self._replica.read(lambda snapshot: comparison(snapshot, one, other))


def comparison(snapshot: Snapshot, one: str, other: str) -> Comparison:
    """Return two records side by side, each by local id or record id.

    Raises:
        NotFound: one of them is not here.
    """
    first, second = named_person(snapshot, one), named_person(snapshot, other)
    return compared(first, second, snapshot.suggestions.two_people(first["id"], second["id"]))
