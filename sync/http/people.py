"""People over HTTP: reading, searching and correcting them."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from hashlib import blake2b
from typing import Annotated, Any, Final, NotRequired, TypedDict

import msgspec
from aiohttp import web
from msgspec import Meta

from sync.engine.amending import CorrectionRequest, amend
from sync.engine.replica import Replica
from sync.engine.transaction import Transaction
from sync.errors import (
    ChangedMeanwhile,
    InvalidPatient,
    MergedIntoAnother,
    MistypedNumber,
    NotCorrectable,
    NotFound,
)
from sync.http.callers.doing import DoerOf, as_typed
from sync.http.checks.describing import described
from sync.http.operations import Needs, Operation, Tagged, names, read_query
from sync.http.paging import Listed, paged, whole
from sync.http.requests import SHOWN, read_object
from sync.model import demographics, typed
from sync.model.demographics import Demographics, PossibleTimes
from sync.model.facts import Author
from sync.model.formats import Uri, time_of_ms
from sync.model.person import identity, more
from sync.model.person.more import More
from sync.model.validation import sort_out, unknown
from sync.reading.answers import PatientAnswer, PeopleQuery
from sync.reading.people import PeopleReader
from sync.reading.snapshot import Snapshot
from sync.rules.history import HistoryEntry
from sync.storage.access.looks import LookAct

ID_DIGITS_MAX: Final = 15
ABOUT: Final = "patients"
ONE: Final = r"/api/patients/{id:\d{1,15}|[0-9a-fA-F-]{36}}/"
DUPLICATES: Final = "possible_duplicates"
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


class PatientChange(Demographics, kw_only=True):
    """Fields to correct; null empties one, what is left out stays. Numbers never change."""

    operator: Operator | None = None


class PatientPage(TypedDict):
    """A page of people, the newest first; of a ``query`` the best first.

    A search, by ``query``, ``cnic`` or ``phone``, tells besides how many people it could not look
    at, because the search index does not know them yet: 0 except for some time after many came at
    once.
    """

    count: int
    next: Uri | None
    previous: Uri | None
    results: list[PatientAnswer]
    not_searched: NotRequired[int]


class People:
    """Operations on the people of one replica.

    Args:
        author: under whose name corrections are written.
        reading, writing: who may call the operations of either kind.
        required: fields that a person must have.
        known: the identifiers and own fields in the settings.
        doer: see `DoerOf`.
    """

    def __init__(
        self,
        replica: Replica,
        author: Author,
        reading: Needs,
        writing: Needs,
        required: Collection[str] = demographics.REQUIRED,
        known: More = (),
        doer: DoerOf = as_typed,
    ) -> None:
        self._replica = replica
        self._author = author
        self._reading, self._writing = reading, writing
        self._required = required
        self._doer = doer
        self._known = known

    def operations(self) -> list[Operation]:
        """Return the operations of this part."""
        operation = partial(Operation, needs=self._reading, about=ABOUT)
        return [
            operation(
                "GET",
                "/api/patients/",
                self.listed,
                "List people, the newest first, or search them, the best first",
                query=PeopleQuery,
                look=LookAct.LISTED,
            ),
            operation(
                "GET",
                "/api/patients/mrn/{mrn}/",
                self.by_mrn,
                "List who has or had a number, its holder first",
                errors=(NotFound, MistypedNumber),
                look=LookAct.OPENED,
            ),
            operation(
                "GET",
                ONE,
                self.shown,
                "Show one person, by local id or record id",
                errors=(NotFound,),
                look=LookAct.OPENED,
            ),
            Operation(
                "PATCH",
                ONE,
                self.corrected,
                "Correct a person's fields",
                needs=self._writing,
                body=described(PatientChange, self._known),
                errors=(
                    NotFound,
                    InvalidPatient,
                    NotCorrectable,
                    MergedIntoAnother,
                    ChangedMeanwhile,
                ),
                about=ABOUT,
                look=LookAct.OPENED,
            ),
            operation(
                "GET",
                ONE + "history/",
                self.history,
                "Show each value of a person, when, by whom and at which desk",
                errors=(NotFound,),
                look=LookAct.HISTORY,
            ),
        ]

    async def listed(self, request: web.Request) -> PatientPage:
        """Return a page of people, the newest first, or of a ``query`` the best first."""
        query = read_query(request, PeopleQuery)
        found = await self._replica.read(lambda snapshot: snapshot.search.page(query))
        page = paged(request, query, found.total, found.people)
        answer = PatientPage(
            count=page["count"],
            next=page["next"],
            previous=page["previous"],
            results=page["results"],
        )
        if found.not_searched is not None:
            answer["not_searched"] = found.not_searched
        return answer

    async def by_mrn(self, request: web.Request) -> Listed[PatientAnswer]:
        """Return all people who have or had a number, its holder first.

        Raises:
            NotFound: nobody ever had it.
            MistypedNumber: a digit is wrong.
        """
        mrn = request.match_info["mrn"]
        found = await self._replica.read(lambda snapshot: snapshot.people.of_mrn(mrn))
        if not found:
            raise NotFound(what="patient with the number", key=typed.code(mrn))
        return whole(found)

    async def shown(self, request: web.Request) -> Tagged[PatientAnswer]:
        """Return one person."""
        return _tagged(await self._named(request))

    async def corrected(self, request: web.Request) -> Tagged[PatientAnswer]:
        """Correct some fields of a person; return the person as they are then.

        Raises:
            ChangedMeanwhile: the client names another version of the person; nothing was changed.
            NotFound, InvalidPatient, NotCorrectable, MergedIntoAnother: nothing was changed.
        """
        person = await self._named(request)
        correction = self._correction(request, person)
        wanted = request.headers.get("If-Match")

        def act(tx: Transaction) -> None:
            if wanted is not None:
                now = self._in(tx).by_id(person["id"])
                if now is None or not names(wanted, version_of(now)):
                    raise ChangedMeanwhile()
            amend(tx, self._author, person["id"], correction)

        await self._replica.write(act)
        return _tagged(await person_by_id(self._replica, person["id"]))

    def _in(self, tx: Transaction) -> PeopleReader:
        """Return the people as a transaction sees them, so that nobody changes them in between."""
        replica = self._replica
        return PeopleReader(tx.store.connection, tx.registry, replica.today(), replica.region)

    def _correction(self, request: web.Request, person: PatientAnswer) -> CorrectionRequest:
        """Return the correction that a client wants.

        The writer checks it again, because somebody else may correct the person in between.

        Raises:
            InvalidPatient: says which fields are wrong, including those that nobody can correct.
        """
        given = read_object(request)
        values, wrong = own_fields(given, PatientChange)
        for name in NOT_CORRECTABLE:
            if name in given and not _same(name, given[name], person):
                wrong[name] = "cannot be corrected: a number and its origin are for life"
        known = (*PatientChange.__struct_fields__, *NOT_CORRECTABLE)
        wrong |= unknown(given, known, {**person, DUPLICATES: given.get(DUPLICATES)})
        today, possible = self._replica.today(), possible_times(self._replica)
        try:
            demographics.corrections(
                given, _stored(person), today, self._required, possible, self._known
            )
        except InvalidPatient as error:
            wrong |= error.fields
        if str(given.get("mother") or "").lower() == person["record_id"]:
            wrong["mother"] = "nobody is their own mother"
        if wrong:
            raise InvalidPatient(wrong)
        now = self._replica.now.isoformat(timespec="seconds")
        who, how = self._doer(request, values.get("operator"))
        return CorrectionRequest(given, who, now, today, self._required, possible, self._known, how)

    async def history(self, request: web.Request) -> Listed[HistoryEntry]:
        """Return what happened to the record of one person."""
        name = request.match_info["id"]

        def look(snapshot: Snapshot) -> tuple[str, list[HistoryEntry] | None]:
            person = named_person(snapshot, name)
            return person["record_id"], snapshot.people.history(person["id"])

        record, found = await self._replica.read(look)
        request[SHOWN] = [record]
        return whole(found or [])

    async def _named(self, request: web.Request) -> PatientAnswer:
        """Return the person that the path of a call names."""
        name = request.match_info["id"]
        return await self._replica.read(lambda snapshot: named_person(snapshot, name))


def possible_times(replica: Replica) -> PossibleTimes:
    """Return what time it may be by whatever clock is known."""
    believed = replica.believed
    earliest, latest = (
        time_of_ms(ms, replica.zone) for ms in (believed.earliest_ms, believed.latest_ms)
    )
    return PossibleTimes(earliest, latest)


def named_person(snapshot: Snapshot, name: str) -> PatientAnswer:
    """Return the person that a local id or a record id names.

    Of several people under one record id (a conflict) it is the first.

    Raises:
        NotFound: there is nobody.
    """
    if len(name) <= ID_DIGITS_MAX:
        return person_in(snapshot, int(name))
    found = snapshot.people.of_record(name)
    if not found:
        raise NotFound(what="patient with the record id", key=name)
    return found[0]


def person_in(snapshot: Snapshot, ident: int) -> PatientAnswer:
    """Return a person by local id.

    Raises:
        NotFound: there is none.
    """
    found = snapshot.people.by_id(ident)
    if found is None:
        raise NotFound(what="patient", key=ident)
    return found


async def person_by_id(replica: Replica, ident: int) -> PatientAnswer:
    """Return a person by local id.

    Raises:
        NotFound: there is none.
    """
    return await replica.read(lambda snapshot: person_in(snapshot, ident))


def own_fields(
    given: dict[str, Any], kind: type[Demographics]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the fields of a body that are not the person's, and what is wrong with them."""
    cleaned = {name: _cleaned(name, value) for name, value in given.items()}
    return sort_out(cleaned, kind, without=Demographics.__struct_fields__)


def version_of(person: PatientAnswer) -> str:
    """Return what changes whenever something of a person does, except that they grow older."""
    shown = {name: value for name, value in person.items() if name not in demographics.AGES}
    return blake2b(msgspec.json.encode(shown, order="sorted"), digest_size=12).hexdigest()


def _tagged(person: PatientAnswer) -> Tagged[PatientAnswer]:
    return Tagged(person, version_of(person))


def _stored(person: PatientAnswer) -> dict[str, str]:
    """Return the fields of a person in the form that facts have, without the empty ones."""
    shown: dict[str, Any] = {**person}
    fields = {name: shown[name] for name in demographics.FIELDS if shown[name]}
    if "dob_estimated" in fields:
        fields["dob_estimated"] = demographics.ESTIMATED
    held = more.of_groups(person["identifiers"], person["extra"])
    return identity.stored(fields, person["full_name"]) | held


def _cleaned(name: str, value: object) -> object:
    """Return what was typed without what nobody sees, anything else as it is."""
    if not isinstance(value, str):
        return value
    return typed.entered(value) if name == "operator" else typed.code(value)


def _same(name: str, value: object, person: PatientAnswer) -> bool:
    """Return True when a client only sends back what a field says already."""
    current = {**person}
    now = current["is_offline_entry"] if name == "offline" else current[name]
    return value == now or (name == "mrn" and value == person["former_mrn"])
