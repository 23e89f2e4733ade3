"""Registering a person over HTTP: reading what a client posts, and answering it."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, NamedTuple

from aiohttp import web
from msgspec import Meta

from sync.engine.issuing import Draft, Registered
from sync.engine.replica import Replica
from sync.errors import (
    InvalidPatient,
    KeyReused,
    MistypedNumber,
    MrnConflict,
    MrnmeshError,
    RangeExhausted,
    RegisteredUnread,
    StoreError,
)
from sync.http.callers.doing import DoerOf, as_typed
from sync.http.checks.describing import described
from sync.http.operations import Made, Needs, Operation
from sync.http.people import ABOUT, Operator, own_fields, person_in, possible_times
from sync.http.requests import Key, body_hash, idempotency_key, read_object
from sync.model import demographics
from sync.model.clerks.known import Doer
from sync.model.demographics import Demographics
from sync.model.facts import Author, RecordId, as_terminal_code
from sync.model.person import identity
from sync.model.person.more import More
from sync.model.validation import unknown
from sync.reading.answers import PatientAnswer
from sync.reading.matching import PossibleDuplicate
from sync.reading.snapshot import Snapshot
from sync.storage.access.looks import LookAct

EARLIER_FIELDS: Final = (
    *("id", "record_id", "is_offline_entry", "origin_terminal", "synced_at"),
    *("created_at", "updated_at"),
)
"""Clients of the earlier system send these, empty or as they have them; the daemon decides them."""


PAPER_AHEAD_MAX: Final = timedelta(minutes=10)
"""How far the watch of whoever wrote on a sheet may be ahead."""


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
    registered_at: (
        Annotated[
            str,
            Meta(
                max_length=40,
                description="with the number of a sheet: the time that stands on the paper, "
                "in the facility's zone if it names none",
            ),
        ]
        | None
    ) = None


class RegisteredAnswer(PatientAnswer):
    """A person who was just registered, and who else it may be."""

    possible_duplicates: list[PossibleDuplicate]


class Posted(NamedTuple):
    """A registration that was read and checked; ``request`` is a hash of what was sent."""

    demographics: dict[str, str]
    offline: bool
    terminal: str | None
    operator: Doer
    mrn: str | None
    registered_at: datetime | None
    key: Key
    request: bytes


class Registrations:
    """What the registrations at node and coordinator have in common.

    Where the number comes from is the daemon's own: its handler reads the registration (`posted`),
    has a number issued for the `draft`, and returns the `answer`.

    Args:
        required: fields that a person must have.
        known: the identifiers and own fields in the settings.
        doer: see `DoerOf`.
    """

    def __init__(
        self,
        replica: Replica,
        required: Collection[str] = demographics.REQUIRED,
        known: More = (),
        doer: DoerOf = as_typed,
    ) -> None:
        self._replica = replica
        self._required = required
        self._known = known
        self._doer = doer
        self._indexed = 0

    def operation(
        self,
        register: Callable[[web.Request], Awaitable[Made[RegisteredAnswer]]],
        needs: Needs,
        *errors: type[MrnmeshError],
    ) -> Operation:
        """Return the operation that registers a person.

        Args:
            register: the daemon's handler.
            needs: who may call it.
            errors: what can go wrong at this daemon only.
        """
        return Operation(
            "POST",
            "/api/patients/",
            register,
            "Register a person",
            needs=needs,
            body=described(NewPatient, self._known),
            status=201,
            errors=(
                InvalidPatient,
                MrnConflict,
                MistypedNumber,
                KeyReused,
                RangeExhausted,
                *errors,
            ),
            about=ABOUT,
            look=LookAct.SUGGESTED,
        )

    async def posted(self, request: web.Request, scope: str = "") -> Posted:
        """Return the registration that a call posts.

        Args:
            scope: whose idempotency keys are meant; equal keys of others are not answered alike.

        Raises:
            BadRequest: the body is no JSON object, or the key is too long.
            InvalidPatient: says which fields are wrong, those of the person included.
        """
        sent = read_object(request)
        given = await self._with_name(sent)
        key = idempotency_key(request, scope)
        values, wrong = own_fields(given, NewPatient)
        wrong |= unknown(given, NewPatient.__struct_fields__, ignored=EARLIER_FIELDS)
        entered = {}
        try:
            entered = demographics.validate(
                given,
                self._replica.today(),
                self._required,
                possible_times(self._replica),
                known=self._known,
            )
        except InvalidPatient as error:
            wrong |= error.fields
        at = values.get("registered_at")
        if at is not None and (why := self._fault_of_time(at, values)):
            wrong["registered_at"] = why
        if wrong:
            raise InvalidPatient(wrong)
        terminal = values.get("origin_terminal_code")
        return Posted(
            entered,
            values.get("offline", False),
            as_terminal_code(terminal) if terminal else None,
            self._doer(request, values.get("operator")),
            values.get("mrn"),
            self._time_on_paper(at) if at is not None else None,
            key,
            body_hash(sent),
        )

    async def _with_name(self, sent: dict[str, Any]) -> dict[str, Any]:
        """Return what was sent, for a newborn without a name with a placeholder.

        Her record may not have come to this daemon yet; then the placeholder does not name her.
        """
        record = sent.get("mother")
        if not isinstance(record, str) or sent.get("full_name"):
            return sent
        if sent.get("identity") != identity.UNCONFIRMED:
            return sent
        people = await self._replica.read(lambda snapshot: snapshot.people.of_record(record))
        if not people:
            return sent
        fields = {"mother": record}
        if sent.get("birth_order"):
            fields["birth_order"] = str(sent["birth_order"])
        stands = identity.placeholder(fields, people[0]["full_name"])
        return {**sent, "full_name": stands, "name_placeholder": True}

    def draft(self, posted: Posted, terminal: Author | None) -> Draft:
        """Return a posted registration with a new record id, ready to be given a number."""
        return Draft(
            new_record_id(self._replica.now_ms),
            terminal,
            posted.demographics,
            (posted.registered_at or self._replica.now).isoformat(timespec="seconds"),
            posted.operator.name,
            posted.key.hash,
            posted.request,
            posted.key.text,
            from_paper=posted.registered_at is not None,
            known=posted.operator.known,
            shared_key=posted.key.shared,
        )

    def _time_on_paper(self, text: str) -> datetime | None:
        """Return a time that was written on a sheet, in the facility's zone, which its days are of.

        Without a zone it is the facility's.
        """
        try:
            found = datetime.fromisoformat(text)
            if found.tzinfo is None:
                return found.replace(tzinfo=self._replica.zone)
            return found.astimezone(self._replica.zone)
        except (ValueError, OverflowError):
            return None

    def _fault_of_time(self, text: str, values: Mapping[str, Any]) -> str | None:
        """Return what is wrong with the time on a paper, None if it can be right."""
        if not (values.get("offline") and values.get("mrn")):
            return "goes with the number of a sheet only (`mrn`, and `offline`)"
        at = self._time_on_paper(text)
        if at is None:
            return "must be a time, as 2026-01-05T10:42 or 2026-01-05T10:42:00+05:00"
        # After a night with an empty battery the believed time is that of yesterday evening, and
        # the sheet is of this morning.
        if at > possible_times(self._replica).latest + PAPER_AHEAD_MAX:
            return "lies in the future"
        return None

    async def answer(self, registered: Registered) -> Made[RegisteredAnswer]:
        """Return the answer to a registration: the person, and who else it may be.

        Raises:
            RegisteredUnread: the person is registered, and the database cannot be read now.
        """

        def look(snapshot: Snapshot) -> RegisteredAnswer:
            person = person_in(snapshot, registered.patient)
            others = snapshot.matching.possible_duplicates(person["id"])
            return {**person, "possible_duplicates": others}

        try:
            return Made(await self._replica.read(look), new=registered.issued is not None)
        except StoreError as error:
            if registered.issued is None:
                raise
            # That error says that nothing was changed, which is so of the read alone.
            raise RegisteredUnread(mrn=registered.issued.mrn, why=error) from error


def new_record_id(now_ms: int) -> RecordId:
    """Return a new UUIDv7 (RFC 9562): 48 bits of milliseconds, then random bits."""
    tail = bytearray(os.urandom(10))
    tail[0] = tail[0] & 0x0F | 0x70
    tail[2] = tail[2] & 0x3F | 0x80
    return RecordId((now_ms & (1 << 48) - 1).to_bytes(6) + bytes(tail))
