"""Who may be somebody already: asked before a number is given, and of those who were registered.

What desks wrote while they were apart nobody could compare at the time, so everybody who was
registered is compared afterwards, and who is probably registered twice stands on a list until an
administrator has decided. Nothing is refused or merged by it.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Annotated, Final, Literal

import msgspec
from aiohttp import web
from msgspec import Meta

from sync.engine.records.comparing import DuplicateList
from sync.engine.replica import Replica
from sync.errors import InvalidFields, InvalidPatient, NotFound
from sync.http.merging import ID_PATTERN
from sync.http.operations import Needs, Operation, read_query
from sync.http.paging import Listed, paged, whole
from sync.http.people import ABOUT, named_person, possible_times
from sync.http.requests import read_object
from sync.model import demographics
from sync.model.demographics import Demographics
from sync.model.facts import Author, as_terminal_code
from sync.model.person import more
from sync.model.person.more import More
from sync.reading.answers import AskedDay, PeopleQuery
from sync.reading.matching import Match
from sync.reading.pages import Page
from sync.reading.records.suggestions import (
    DuplicateCounts,
    ListedState,
    ProbableDuplicate,
    Wanted,
)
from sync.reading.snapshot import Snapshot
from sync.storage.access.looks import LookAct

LOOKED_AT: Final = 20
LOOKED_AT_MAX: Final = 50
"""People on a page, each of whom is compared: a page takes some tenths of a second at most."""


class CheckQuery(msgspec.Struct, kw_only=True, frozen=True):
    """Who is asked about."""

    patient: (
        Annotated[
            str,
            Meta(
                pattern=ID_PATTERN,
                title="must be the id or the record id of a person",
                description="the person themselves, by local id or record id, if they are "
                "registered: they are left out, and so is whoever was decided to be somebody else",
            ),
        ]
        | None
    ) = None


class DuplicatesQuery(Page, kw_only=True, frozen=True):
    """Which people are compared with all others, or with `state` which pairs of the list."""

    page_size: Annotated[
        int, Meta(ge=1, le=LOOKED_AT_MAX, description="how many are compared for a page")
    ] = LOOKED_AT
    state: Annotated[
        ListedState | None,
        Meta(description="read the list that was made before, the pairs in this state"),
    ] = None
    grade: Annotated[
        Literal["certain", "probable"] | None, Meta(description="with `state`: only these")
    ] = None
    created_from: AskedDay | None = None
    created_to: Annotated[AskedDay, Meta(description="this day too")] | None = None
    terminal: (
        Annotated[str, Meta(max_length=50, description="code of the origin terminal")] | None
    ) = None


class PersonChecks:
    """Operations that compare people of one replica.

    Args:
        known: keeps the list of probable duplicates.
        reading: who may ask before a number is given.
        deciding: who may see the list of those who were registered.
        own: the terminal whose people are on that list; None for all.
        fields: the identifiers and own fields in the settings.
    """

    def __init__(
        self,
        replica: Replica,
        known: DuplicateList,
        reading: Needs,
        deciding: Needs,
        own: Author | None = None,
        fields: More = (),
    ) -> None:
        self._replica = replica
        self._known = known
        self._reading = reading
        self._deciding = deciding
        self._own = own
        self._fields = fields

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
                query=CheckQuery,
                errors=(InvalidPatient, NotFound),
                look=LookAct.SUGGESTED,
            ),
            operation(
                "GET",
                "/api/duplicates/",
                self.duplicates,
                "List people who were registered and are probably somebody else already",
                needs=self._deciding,
                query=DuplicatesQuery,
                look=LookAct.SUGGESTED,
            ),
            operation(
                "GET",
                "/api/duplicates/counts/",
                self.counts,
                "Count the pairs of people who are probably one, by what became of them",
                needs=self._deciding,
            ),
        ]

    async def checked(self, request: web.Request) -> Listed[Match]:
        """Return who in the register may be the person that is sent, the most probable first.

        Nothing is kept, and no field has to be there.

        Raises:
            InvalidPatient: says which fields are wrong.
            NotFound: the person who is named is not here.
        """
        name = read_query(request, CheckQuery).patient
        given = read_object(request)
        today, possible = self._replica.today(), possible_times(self._replica)
        fields = demographics.validate(given, today, (), possible, known=self._fields)
        identifiers, _ = more.packed(fields)

        def look(snapshot: Snapshot) -> list[Match]:
            but = named_person(snapshot, name)["id"] if name is not None else 0
            return snapshot.matching.matches({**fields, "identifiers": identifiers}, but)

        return whole(await self._replica.read(look))

    async def counts(self, request: web.Request) -> DuplicateCounts:
        """Return how many pairs the list has in each state."""
        after = await self._known.cursor()
        return await self._replica.read(
            lambda snapshot: snapshot.suggestions.counts(after, self._own)
        )

    async def duplicates(self, request: web.Request) -> Listed[ProbableDuplicate]:
        """Return a page of the list, or those on a page of people who are probably others too.

        Without ``state`` people are compared while the caller waits. ``count`` and the pages are
        those of the people who are compared then, so a page may be empty although another one is
        not.

        Raises:
            InvalidFields: a grade is named and no state.
        """
        query = read_query(request, DuplicatesQuery)
        if query.state is None:
            if query.grade is not None:
                raise InvalidFields({"grade": "goes with state only"})
            return await self._compared(request, query)
        before = query.created_to + timedelta(1) if query.created_to is not None else None
        wanted = Wanted(
            query.state,
            query.grade,
            self._own or (as_terminal_code(query.terminal) if query.terminal is not None else None),
            query.created_from.isoformat() if query.created_from is not None else None,
            before.isoformat() if before is not None else None,
        )

        def look(snapshot: Snapshot) -> tuple[int, list[ProbableDuplicate]]:
            found = snapshot.suggestions.page(wanted, query.page_size, query.offset)
            return snapshot.suggestions.count(wanted), found

        count, pairs = await self._replica.read(look)
        return paged(request, query, count, pairs)

    async def _compared(
        self, request: web.Request, query: DuplicatesQuery
    ) -> Listed[ProbableDuplicate]:
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
