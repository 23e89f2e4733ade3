"""The types of what the APIs answer about people, and of what may be asked for."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Annotated, Literal, TypedDict

from msgspec import Meta

from sync.model.clerks.known import KnownBy
from sync.model.demographics import Sex
from sync.model.facts import RecordId
from sync.model.formats import Day, Time, Uuid
from sync.model.person.identity import Identity
from sync.reading.pages import Page
from sync.rules.admission import MrnStatus
from sync.rules.feed import FeedChange

AskedDay = Annotated[
    date,
    Meta(title="must be a day as YYYY-MM-DD", description="a day of the facility's calendar"),
]


class PeopleQuery(Page, kw_only=True, frozen=True):
    """Which people; all that is given must hold."""

    query: (
        Annotated[
            str,
            Meta(
                max_length=200,
                description="names in any script and spelling, a number or its last digits, "
                "a date of birth; with a name a year, an age or a place",
            ),
        ]
        | None
    ) = None
    mrn: Annotated[str, Meta(max_length=32, description="their number now or before")] | None = None
    cnic: Annotated[str, Meta(max_length=15)] | None = None
    phone: Annotated[str, Meta(max_length=30)] | None = None
    mrn_status: MrnStatus | None = None
    terminal: (
        Annotated[str, Meta(max_length=50, description="code of the origin terminal")] | None
    ) = None
    created_from: AskedDay | None = None
    created_to: Annotated[AskedDay, Meta(description="this day too")] | None = None
    identity: (
        Annotated[
            Identity,
            Meta(
                description="`unconfirmed`: of whom nobody has confirmed yet who it is, without "
                "records that are void or merged into another one"
            ),
        ]
        | None
    ) = None
    mother: (
        Annotated[str, Meta(max_length=36, description="record id of the mother: her newborns")]
        | None
    ) = None


class PatientLink(TypedDict):
    """Another record of the same person, as FHIR's ``Patient.link`` names it.

    ``replaced-by`` is the record that stands for this one, ``replaces`` one for which this one
    stands. ``id`` and ``mrn`` are null for a record that has not come to this daemon yet.
    """

    type: Annotated[Literal["replaced-by", "replaces"], Meta(title="PatientLinkType")]
    id: int | None
    record_id: Uuid
    mrn: str | None


class PatientAnswer(TypedDict):
    """A person as the APIs answer with one; ``id`` counts at this daemon only.

    ``merged_into`` is the record that stands for this one, at the end of all merges. ``identity``
    is ``unconfirmed`` as long as nobody has confirmed who a person is; with ``name_placeholder``
    the name only stands for one. ``mother`` is the record id of a newborn's mother.
    ``identifiers`` and ``extra`` have all values that anybody gave, whatever the settings here are.
    ``operator_known`` is how the name of the operator is known, null for registrations of before.
    """

    id: int
    record_id: Uuid
    mrn: str | None
    mrn_status: MrnStatus
    full_name: str | None
    father_name: str | None
    dob: Day | None
    dob_estimated: bool
    age_years: int | None
    age_months: int | None
    age_days: int | None
    sex: Sex | None
    phone: str | None
    phone_e164: str | None
    cnic: str | None
    cnic_digits: str | None
    address: str | None
    identity: Identity
    name_placeholder: bool
    mother: Uuid | None
    birth_order: int | None
    identifiers: dict[str, str]
    extra: dict[str, str]
    is_offline_entry: bool
    origin_terminal: int | None
    origin_terminal_code: str | None
    synced_at: Time | None
    created_at: Time
    updated_at: Time
    operator: str | None
    operator_known: KnownBy | None
    former_mrn: str | None
    merged_into: Uuid | None
    links: list[PatientLink]
    voided: bool
    registered_by: str


class RegisterCounts(TypedDict):
    """How many people there are, conflicts still open, and people waiting for a verdict.

    ``open_requests`` is what desks ask for and nobody has answered.
    """

    patients: int
    open_conflicts: int
    pending: int
    open_requests: int


class ChangeAnswer(TypedDict):
    """An entry of the feed; ``patient`` is as it is now, the rest as it was then."""

    cursor: int
    at: Time
    change: FeedChange
    mrn: str | None
    former_mrn: str | None
    patient: PatientAnswer | None


def record_text(record: RecordId) -> str:
    """A record id as the text of a UUID."""
    return str(uuid.UUID(bytes=record)) if len(record) == 16 else record.hex()
