"""Who may be somebody already: asked before a number is given, and of those who were registered.

What desks wrote while they were apart nobody could compare at the time, so everybody who was
registered can be compared afterwards. Nothing is refused or merged by it.
"""

from __future__ import annotations

from functools import partial
from typing import Annotated, Final, TypedDict

from aiohttp import web
from msgspec import Meta

from sync.engine.replica import Replica
from sync.errors import InvalidPatient
from sync.http.operations import Needs, Operation, read_query
from sync.http.paging import Listed, paged, whole
from sync.http.people import ABOUT, latest_day
from sync.http.requests import read_object
from sync.model import demographics
from sync.model.demographics import Demographics
from sync.model.facts import Author
from sync.reading.answers import AskedDay, PatientAnswer, PeopleQuery
from sync.reading.matching import Match
from sync.reading.pages import Page
from sync.reading.snapshot import Snapshot

LOOKED_AT: Final = 20
LOOKED_AT_MAX: Final = 50
"""People on a page, each of whom is compared: a page takes some tenths of a second at most."""


class DuplicatesQuery(Page, kw_only=True, frozen=True):
    """Which people are compared with all others, the newest first."""

    page_size: Annotated[
        int, Meta(ge=1, le=LOOKED_AT_MAX, description="how many are compared for a page")
    ] = LOOKED_AT
    created_from: AskedDay | None = None
    created_to: Annotated[AskedDay, Meta(description="this day too")] | None = None
    terminal: (
        Annotated[str, Meta(max_length=50, description="code of the origin terminal")] | None
    ) = None


class ProbableDuplicate(TypedDict):
    """Somebody, and those registered before who are certainly or probably the same person."""

    patient: PatientAnswer
    others: list[Match]


class PersonChecks:
    """Operations that compare people of one replica.

    Args:
        reading: who may ask before a number is given.
        deciding: who may see the list of those who were registered.
        own: the terminal whose people are on that list; None for all.
    """

    def __init__(
        self, replica: Replica, reading: Needs, deciding: Needs, own: Author | None = None
    ) -> None:
        self._replica = replica
        self._reading = reading
        self._deciding = deciding
        self._own = own

    def operations(self) -> list[Operation]:
        """Return the operations of this part."""
        operation = partial(Operation, about=ABOUT)
        return [
            operation(
                "POST",
                "/api/patients/check/",
                self.checked,
                "Say who may be a person already, before a number is given",
                needs=self._reading,
                body=Demographics,
                errors=(InvalidPatient,),
            ),
            operation(
                "GET",
                "/api/duplicates/",
                self.duplicates,
                "List people who were registered and are probably somebody else already",
                needs=self._deciding,
                query=DuplicatesQuery,
            ),
        ]

    async def checked(self, request: web.Request) -> Listed[Match]:
        """Return who in the register may be the person that is sent, the most probable first.

        Nothing is kept, and no field has to be there.

        Raises:
            InvalidPatient: says which fields are wrong.
        """
        given = read_object(request)
        today, latest = self._replica.today(), latest_day(self._replica)
        fields = demographics.validate(given, today, (), latest)
        return whole(await self._replica.read(lambda snapshot: snapshot.matching.matches(fields)))

    async def duplicates(self, request: web.Request) -> Listed[ProbableDuplicate]:
        """Return those on a page of people who are probably somebody registered before them.

        ``count`` and the pages are those of the people who are compared, so a page may be empty
        although another one is not.
        """
        query = read_query(request, DuplicatesQuery)
        asked = PeopleQuery(
            page=query.page,
            page_size=query.page_size,
            created_from=query.created_from,
            created_to=query.created_to,
            terminal=self._own or query.terminal,
        )

        def look(snapshot: Snapshot) -> tuple[int, list[ProbableDuplicate]]:
            found = snapshot.search.page(asked)
            pairs: list[ProbableDuplicate] = []
            for person in found.people:
                others = snapshot.matching.probable(person["id"])
                if others and not person["voided"] and person["merged_into"] is None:
                    pairs.append({"patient": person, "others": others})
            return found.total, pairs

        count, pairs = await self._replica.read(look)
        return paged(request, query, count, pairs)
