"""The audit over HTTP: what was done, and whether the chain of its entries is whole."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Final, TypedDict

from aiohttp import web
from msgspec import Meta

from coordinator.audit import heads
from coordinator.audit.heads import ChainComparison
from sync.engine.replica import Replica
from sync.http.operations import Needs, Operation, read_query
from sync.http.paging import Listed, paged
from sync.http.requests import ms_of
from sync.model.formats import Time, iso_utc_of_ms
from sync.reading.pages import Page
from sync.reading.snapshot import Snapshot
from sync.rules import chains
from sync.rules.chains import ChainEntry, Checked
from sync.storage.access.audit import AuditEvent, AuditFilter

ABOUT: Final = "audit"
_TEXT: Final = Meta(max_length=200)
_AT: Final = Meta(max_length=40, extra_json_schema={"format": "date-time"})


class AuditQuery(Page, kw_only=True, frozen=True):
    """Which entries are wanted; ``act`` may be the first part of several."""

    who: Annotated[str, _TEXT] | None = None
    act: Annotated[str, _TEXT] | None = None
    about: Annotated[str, _TEXT] | None = None
    outcome: Annotated[str, _TEXT] | None = None
    since: Annotated[str, _AT] | None = None
    until: Annotated[str, _AT] | None = None


class AuditEntry(TypedDict):
    """Something that was done, or refused; ``hash`` stands for this entry and all before it."""

    number: int
    at: Time
    who: str
    address: str
    act: str
    about: str
    outcome: str
    hash: str


class AuditCheck(TypedDict):
    """Whether the chain is whole up to its newest entry, and the first entry that does not fit.

    Desks keep hashes of the chain, as far as they were connected since. ``known_to_desks`` is the
    newest entry that they know as it is here, ``unlike_desks`` the first one that they know
    otherwise though nothing was restored, ``lost`` the newest one that a restore has lost.
    """

    entries: int
    hash: str
    is_whole: bool
    first_wrong: int | None
    known_to_desks: int
    unlike_desks: int | None
    lost: int


class AuditApi:
    """Operations on the audit."""

    def __init__(self, replica: Replica) -> None:
        self._replica = replica

    def operations(self) -> list[Operation]:
        """Return the operations of this part."""
        operation = partial(Operation, needs=Needs.ADMINISTER, about=ABOUT)
        return [
            operation(
                "GET",
                "/api/audit/",
                self.list_entries,
                "List what was done with the coordinator, the newest first",
                query=AuditQuery,
            ),
            operation(
                "GET", "/api/audit/check/", self.check, "Check that no entry was changed or removed"
            ),
        ]

    async def list_entries(self, request: web.Request) -> Listed[AuditEntry]:
        """Return a page of entries, the newest first."""
        query = read_query(request, AuditQuery)
        wanted = AuditFilter(
            query.who,
            query.act,
            query.about,
            query.outcome,
            ms_of(query.since, "since"),
            ms_of(query.until, "until"),
        )
        count, found = await self._replica.read(
            lambda snapshot: snapshot.store.audit.newest(wanted, query.offset, query.page_size)
        )
        return paged(request, query, count, [_answer(entry) for entry in found])

    async def check(self, _request: web.Request) -> AuditCheck:
        """Return whether the chain is whole."""
        signed = self._replica.registry.audit_heads

        def look(snapshot: Snapshot) -> tuple[Checked, ChainComparison]:
            return (
                chains.check(snapshot.store.audit.from_oldest()),
                heads.compare_store(snapshot.store, signed),
            )

        found, compared = await self._replica.read(look)
        return {
            "entries": found.head.number,
            "hash": found.head.hash.hex(),
            "is_whole": found.wrong is None and compared.unlike is None,
            "first_wrong": found.wrong,
            "known_to_desks": compared.agree,
            "unlike_desks": compared.unlike,
            "lost": compared.lost,
        }


def _answer(entry: ChainEntry[AuditEvent]) -> AuditEntry:
    said = entry.said
    return {
        "number": entry.number,
        "at": iso_utc_of_ms(said.at_ms),
        "who": said.who,
        "address": said.address,
        "act": said.act,
        "about": said.about,
        "outcome": said.outcome,
        "hash": entry.hash.hex(),
    }
