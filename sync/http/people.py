"""The patient part of the HTTP APIs: reading people, correcting them, and what has changed."""

from __future__ import annotations

import asyncio
import os
import unicodedata
from collections.abc import Collection
from typing import Annotated, Any, Final, NamedTuple, NotRequired, TypedDict

import msgspec
from aiohttp import web
from msgspec import Meta

from sync.engine.amending import CorrectionRequest, amend
from sync.engine.issuing import Draft
from sync.engine.replica import Replica
from sync.errors import (
    Busy,
    InvalidPatient,
    KeyReused,
    MrnConflict,
    MrnmeshError,
    NotCorrectable,
    NotFound,
    RangeExhausted,
)
from sync.http.app import Handler, Key, body_hash, idempotency_key, read_object
from sync.http.operations import Operation, read_query
from sync.http.paging import paged, whole
from sync.model import demographics
from sync.model.demographics import Demographics
from sync.model.facts import Author, RecordId, as_terminal_code
from sync.model.validation import sort_out
from sync.reading.answers import ChangeAnswer, Duplicate, Patient, PeopleQuery
from sync.reading.changes import CHANGES_MAX
from sync.reading.snapshot import Snapshot
from sync.rules.history import HistoryEntry

WAIT_S_MAX: Final = 60
WAITING_MAX: Final = 64
ID_DIGITS_MAX: Final = 15
NOT_CORRECTABLE: Final = ("mrn", "offline", "is_offline_entry", "origin_terminal_code")

Operator = Annotated[
    str,
    Meta(
        max_length=100,
        pattern=r"^[^\x00-\x1f\x7f-\x9f]*$",
        title="control characters are not allowed",
        description="who does it, as the desk's program names people",
    ),
]


class NewPatient(Demographics, kw_only=True):
    """A registration, as a client sends it."""

    offline: Annotated[
        bool, Meta(description="take a number of the terminal's own range, also when online")
    ] = False
    origin_terminal_code: (
        Annotated[
            str, Meta(max_length=100, description="code of the terminal", examples=["LAB1-PC"])
        ]
        | None
    ) = None
    operator: Operator | None = None
    mrn: (
        Annotated[str, Meta(max_length=100, description="with offline: the number it has already")]
        | None
    ) = None


class PatientChange(Demographics, kw_only=True):
    """Fields to correct; null empties one, what is left out stays. Numbers never change."""

    operator: Operator | None = None


class RegisteredAnswer(Patient):
    """A person who was just registered, and who else it may be."""

    possible_duplicates: list[Duplicate]


class PatientPage(TypedDict):
    """A page of people, the newest first.

    A search, by ``query``, ``cnic`` or ``phone``, tells besides how many people it could not look
    at, because the search index does not know them yet: 0 but for some time after many came at
    once.
    """

    count: int
    next: str | None
    previous: str | None
    results: list[Patient]
    not_searched: NotRequired[int]


class History(TypedDict):
    """What happened to a record, the oldest first."""

    count: int
    next: str | None
    previous: str | None
    results: list[HistoryEntry]


class ChangesQuery(msgspec.Struct, kw_only=True, frozen=True):
    """Which changes."""

    after: Annotated[int, Meta(ge=0, description="the cursor of the last change that you have")] = 0
    limit: Annotated[int, Meta(ge=1, le=CHANGES_MAX)] = 100
    wait: Annotated[
        int, Meta(ge=0, le=WAIT_S_MAX, description="seconds to wait for a change if there is none")
    ] = 0


class ChangeList(TypedDict):
    """Changes in the order in which they became durable; ask again with ``after`` = ``cursor``."""

    cursor: int
    more: bool
    results: list[ChangeAnswer]


class Posted(NamedTuple):
    """A registration as a client posts it, checked; ``request`` is a hash of what was sent."""

    demographics: dict[str, str]
    offline: bool
    terminal: str | None
    operator: str | None
    mrn: str | None
    key: Key
    request: bytes


class People:
    """Operations on the people of one replica.

    Args:
        author: under whose name corrections are written.
        required: fields that a person must have.
    """

    def __init__(
        self, replica: Replica, author: Author, required: Collection[str] = demographics.REQUIRED
    ) -> None:
        self._replica = replica
        self._author = author
        self._required = required
        self._waiting = 0
        self._stopping = asyncio.Event()

    def operations(self, register: Handler, *errors: type[MrnmeshError]) -> list[Operation]:
        """Registering, reading, searching and correcting people, and the feed of changes.

        Args:
            register: registers a person; where the number comes from is the daemon's own.
            errors: what can go wrong with that, besides what can at every daemon.
        """
        one = r"/api/patients/{id:\d{1,15}|[0-9a-fA-F-]{36}}/"
        about = "patients"
        return [
            Operation(
                "POST",
                "/api/patients/",
                register,
                "Register a person",
                body=NewPatient,
                answer=RegisteredAnswer,
                status=201,
                errors=(InvalidPatient, MrnConflict, KeyReused, RangeExhausted, *errors),
                about=about,
                repeatable=True,
            ),
            Operation(
                "GET",
                "/api/patients/",
                self.listed,
                "List and search people, the newest first",
                query=PeopleQuery,
                answer=PatientPage,
                about=about,
            ),
            Operation(
                "GET",
                "/api/patients/mrn/{mrn}/",
                self.by_mrn,
                "List who has or had a number, its holder first",
                answer=PatientPage,
                errors=(NotFound,),
                about=about,
            ),
            Operation(
                "GET",
                one,
                self.shown,
                "Show one person, by local id or record id",
                answer=Patient,
                errors=(NotFound,),
                about=about,
            ),
            Operation(
                "PATCH",
                one,
                self.corrected,
                "Correct a person's fields",
                body=PatientChange,
                answer=Patient,
                errors=(NotFound, InvalidPatient, NotCorrectable),
                about=about,
            ),
            Operation(
                "GET",
                one + "history/",
                self.history,
                "Show each value of a person, when, by whom and at which desk",
                answer=History,
                errors=(NotFound,),
                about=about,
            ),
            Operation(
                "GET",
                "/api/changes/",
                self.changes,
                "List what has changed behind a cursor, or wait for it",
                query=ChangesQuery,
                answer=ChangeList,
                errors=(Busy,),
                about="changes",
            ),
        ]

    async def listed(self, request: web.Request) -> web.Response:
        """People, the newest first."""
        query = read_query(request, PeopleQuery)
        found = await self._replica.read(lambda snapshot: snapshot.search.page(query))
        answer = paged(request, query, found.total, found.people)
        if found.not_searched is not None:
            answer["not_searched"] = found.not_searched
        return web.json_response(answer)

    async def by_mrn(self, request: web.Request) -> web.Response:
        """Who has or had a number, its holder first."""
        mrn = request.match_info["mrn"]
        found = await self._replica.read(lambda snapshot: snapshot.people.of_mrn(mrn))
        if not found:
            raise NotFound(what="patient with the number", key=mrn)
        return web.json_response(whole(found))

    async def shown(self, request: web.Request) -> web.Response:
        """One person."""
        return web.json_response(await self._named(request))

    async def corrected(self, request: web.Request) -> web.Response:
        """One person with some fields corrected."""
        person = await self._named(request)
        correction = self._correction(await read_object(request), person)
        await self._replica.write(lambda tx: amend(tx, self._author, person["id"], correction))
        after = await self._replica.read(lambda snapshot: _person(snapshot, person["id"]))
        return web.json_response(after)

    def _correction(self, given: dict[str, Any], person: Patient) -> CorrectionRequest:
        """What a client wants corrected; the writer looks at it again, for others may be quicker.

        Raises:
            InvalidPatient: says which fields are wrong, those included that nobody can correct.
        """
        values, wrong = _own_fields(given, PatientChange)
        for name in NOT_CORRECTABLE:
            if name in given and not _same(name, given[name], person):
                wrong[name] = "cannot be corrected: a number and its origin are for life"
        today = self._replica.today()
        try:
            demographics.corrections(given, _stored(person), today, self._required)
        except InvalidPatient as error:
            wrong |= error.fields
        if wrong:
            raise InvalidPatient(wrong)
        now = self._replica.now.isoformat(timespec="seconds")
        return CorrectionRequest(given, values.get("operator"), now, today, self._required)

    async def history(self, request: web.Request) -> web.Response:
        """What happened to one person's record."""
        name = request.match_info["id"]
        found = await self._replica.read(
            lambda snapshot: snapshot.people.history(_named(snapshot, name)["id"])
        )
        return web.json_response(whole(found or []))

    async def changes(self, request: web.Request) -> web.Response:
        """Changes after a cursor; with ``wait`` the answer waits for the first one."""
        query = read_query(request, ChangesQuery)
        if query.wait and self._replica.changed.newest <= query.after:
            await self._wait(query)
        found, newest = await self._replica.read(
            lambda snapshot: (
                snapshot.changes.after(query.after, query.limit),
                snapshot.changes.newest(),
            )
        )
        cursor = found[-1]["cursor"] if found else query.after
        return web.json_response({"cursor": cursor, "more": newest > cursor, "results": found})

    def stop(self) -> None:
        """Answer those who wait for changes now."""
        self._stopping.set()

    async def _wait(self, query: ChangesQuery) -> None:
        if self._waiting >= WAITING_MAX:
            raise Busy()
        self._waiting += 1
        tasks = [
            asyncio.create_task(self._replica.changed.beyond(query.after)),
            asyncio.create_task(self._stopping.wait()),
        ]
        try:
            await asyncio.wait(tasks, timeout=query.wait, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            self._waiting -= 1

    async def registered(self, ident: int) -> dict[str, Any]:
        """The answer to a registration: the person, and who else it may be."""

        def look(snapshot: Snapshot) -> dict[str, Any]:
            person = _person(snapshot, ident)
            others = snapshot.search.possible_duplicates(person)
            return person | {"possible_duplicates": others}

        return await self._replica.read(look)

    async def posted(self, request: web.Request, scope: str = "") -> Posted:
        """A registration that is posted, with its idempotency key, which counts within ``scope``.

        Raises:
            BadRequest: it is no JSON object, or the key is too long.
            InvalidPatient: says which fields are wrong, those of the person included.
        """
        given = await read_object(request)
        key = idempotency_key(request, scope)
        values, wrong = _own_fields(given, NewPatient)
        entered = {}
        try:
            entered = demographics.validate(given, self._replica.today(), self._required)
        except InvalidPatient as error:
            wrong |= error.fields
        if wrong:
            raise InvalidPatient(wrong)
        terminal = values.get("origin_terminal_code")
        return Posted(
            entered,
            values.get("offline", False),
            as_terminal_code(terminal) if terminal else None,
            values.get("operator"),
            values.get("mrn"),
            key,
            body_hash(given),
        )

    def draft(self, posted: Posted, terminal: Author | None) -> Draft:
        """A posted registration with a fresh record id."""
        return Draft(
            new_record_id(self._replica.now_ms),
            terminal,
            posted.demographics,
            self._replica.now.isoformat(timespec="seconds"),
            posted.operator,
            posted.key.hash,
            posted.request,
            posted.key.text,
        )

    async def _named(self, request: web.Request) -> Patient:
        """The person whom the path of a call names."""
        name = request.match_info["id"]
        return await self._replica.read(lambda snapshot: _named(snapshot, name))


def _named(snapshot: Snapshot, name: str) -> Patient:
    """The person with a local id or a record id; of several under a record id the first.

    Raises:
        NotFound: there is none.
    """
    if len(name) <= ID_DIGITS_MAX:
        return _person(snapshot, int(name))
    found = snapshot.people.of_record(name)
    if not found:
        raise NotFound(what="patient with the record id", key=name)
    return found[0]


def _person(snapshot: Snapshot, ident: int) -> Patient:
    """A person by local id.

    Raises:
        NotFound: there is none.
    """
    found = snapshot.people.by_id(ident)
    if found is None:
        raise NotFound(what="patient", key=ident)
    return found


def _own_fields(
    given: dict[str, Any], kind: type[Demographics]
) -> tuple[dict[str, Any], dict[str, str]]:
    """What a call says besides the fields of the person, and what is wrong with that."""
    cleaned = {name: _trimmed(value) for name, value in given.items()}
    return sort_out(cleaned, kind, without=Demographics.__struct_fields__)


def _stored(person: Patient) -> dict[str, str]:
    """The fields of a person as facts carry them, without the empty ones."""
    shown: dict[str, Any] = {**person}
    fields = {name: shown[name] for name in demographics.FIELDS if shown[name]}
    if "dob_estimated" in fields:
        fields["dob_estimated"] = demographics.ESTIMATED
    return fields


def _trimmed(value: object) -> object:
    return unicodedata.normalize("NFC", value.strip()) if isinstance(value, str) else value


def _same(name: str, value: object, person: Patient) -> bool:
    """True when a client only says again what is so."""
    current = {**person}
    told = current["is_offline_entry"] if name == "offline" else current[name]
    return value == told or (name == "mrn" and value == person["former_mrn"])


def new_record_id(now_ms: int) -> RecordId:
    """A UUIDv7 (RFC 9562): 48 bits of milliseconds, then random."""
    tail = bytearray(os.urandom(10))
    tail[0] = tail[0] & 0x0F | 0x70
    tail[2] = tail[2] & 0x3F | 0x80
    return RecordId((now_ms & (1 << 48) - 1).to_bytes(6) + bytes(tail))
