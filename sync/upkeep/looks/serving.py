"""Who looked at whom, over HTTP: for administrators."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection
from functools import partial
from typing import Annotated, Final, TypedDict

from aiohttp import web
from msgspec import Meta

from sync.engine.replica import Replica
from sync.http.operations import Needs, Operation, read_query
from sync.http.paging import paged
from sync.http.requests import ms_of
from sync.model.clerks.known import KnownBy
from sync.model.facts import RecordId
from sync.model.formats import Time, Uri, Uuid, iso_utc_of_ms
from sync.reading.answers import record_text
from sync.reading.pages import Page
from sync.reading.snapshot import Snapshot
from sync.rules.chains import ChainEntry
from sync.storage.access.looks import Look, LookAct, LookFilter, Way
from sync.upkeep.looks import keeping

LOOKS: Final = "/api/looks/"
ABOUT: Final = "audit"
_TEXT: Final = Meta(max_length=200)
_AT: Final = Meta(max_length=40, extra_json_schema={"format": "date-time"})


class LooksQuery(Page, kw_only=True, frozen=True):
    """Which entries are wanted."""

    record: (
        Annotated[
            str,
            Meta(
                pattern="^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$",
                title="must be a record id",
                description="record id of the person who was looked at",
            ),
        ]
        | None
    ) = None
    who: Annotated[str, _TEXT] | None = None
    act: LookAct | None = None
    since: Annotated[str, _AT] | None = None
    until: Annotated[str, _AT] | None = None


class LookEntry(TypedDict):
    """Somebody has looked at people; ``hash`` stands for this entry and all before it.

    ``records`` are the record ids of those who were shown; empty if they were too many to name,
    ``people`` says how many. An entry about the record itself has ``about``, and neither.
    """

    number: int
    at: Time
    act: Annotated[str, Meta(title="LookOrLookAct")]
    who: str
    known: KnownBy | None
    way: Way | None
    address: str
    people: int
    records: list[Uuid]
    about: str
    hash: str


class LookPage(TypedDict):
    """A page of entries, the newest first.

    ``unnamed`` counts the entries that fit otherwise and name nobody, for these people may have
    been among them: long lists, and where something of the record itself is missing.
    """

    count: int
    next: Uri | None
    previous: Uri | None
    results: list[LookEntry]
    unnamed: int


class LooksCheck(TypedDict):
    """Whether the entries are whole from ``first`` to ``last``.

    ``first_wrong`` is the first entry that does not fit. What was before ``first`` was removed at
    ``removed_at``, because it was old; ``is_signed`` says whether this daemon has signed that.
    """

    first: int
    last: int
    hash: str
    is_whole: bool
    first_wrong: int | None
    removed_at: Time | None
    is_signed: bool


class LooksApi:
    """Operations on who looked at whom.

    Args:
        needs: who may see it.
        own_keys: returns the public keys that this replica signs with, or has signed with.
    """

    def __init__(
        self, replica: Replica, needs: Needs, own_keys: Callable[[], Collection[bytes]]
    ) -> None:
        self._replica = replica
        self._needs = needs
        self._own_keys = own_keys

    def operations(self) -> list[Operation]:
        """Return the operations of this part."""
        operation = partial(Operation, needs=self._needs, about=ABOUT)
        return [
            operation(
                "GET",
                LOOKS,
                self.listed,
                "List who looked at whom at this daemon, the newest first",
                query=LooksQuery,
            ),
            operation(
                "GET",
                f"{LOOKS}check/",
                self.check,
                "Check that no entry of who looked at whom was changed or removed",
            ),
        ]

    async def listed(self, request: web.Request) -> LookPage:
        """Return a page of entries, the newest first."""
        query = read_query(request, LooksQuery)
        record = RecordId(uuid.UUID(query.record).bytes) if query.record is not None else None
        wanted = LookFilter(
            record,
            query.who,
            query.act,
            ms_of(query.since, "since"),
            ms_of(query.until, "until"),
        )

        def look(snapshot: Snapshot) -> tuple[int, list[ChainEntry[Look]], int]:
            looks = snapshot.store.looks
            count, found = looks.newest(wanted, query.offset, query.page_size)
            return count, found, looks.unnamed(wanted) if record is not None else 0

        count, found, unnamed = await self._replica.read(look)
        page = paged(request, query, count, [_answer(entry) for entry in found])
        return LookPage(
            count=page["count"],
            next=page["next"],
            previous=page["previous"],
            results=page["results"],
            unnamed=unnamed,
        )

    async def check(self, _request: web.Request) -> LooksCheck:
        """Return whether the entries are whole."""
        found = await keeping.check(self._replica, self._own_keys())
        checked, checkpoint = found.checked, found.checkpoint
        return {
            "first": found.first,
            "last": checked.head.number,
            "hash": checked.head.hash.hex(),
            "is_whole": found.is_whole,
            "first_wrong": checked.wrong,
            "removed_at": iso_utc_of_ms(checkpoint.at_ms) if checkpoint is not None else None,
            "is_signed": found.is_signed,
        }


def _answer(entry: ChainEntry[Look]) -> LookEntry:
    said = entry.said
    return {
        "number": entry.number,
        "at": iso_utc_of_ms(said.at_ms),
        "act": LookAct(said.act),
        "who": said.who,
        "known": KnownBy(said.known) if said.known else None,
        "way": Way(said.way) if said.way else None,
        "address": said.address,
        "people": said.people,
        "records": [record_text(record) for record in said.named],
        "about": said.about,
        "hash": entry.hash.hex(),
    }
