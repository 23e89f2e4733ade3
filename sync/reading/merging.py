"""Which record counts for which, within one snapshot; two side by side; what desks ask for."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import Annotated, Any, Literal, TypedDict

import msgspec
from msgspec import Meta

from sync.model.clerks.known import KnownBy
from sync.model.demographics import FIELDS
from sync.model.facts import COORDINATOR, FactId, RecordAct, RecordId
from sync.model.formats import Time
from sync.model.person import more
from sync.reading.answers import PatientAnswer
from sync.rules.merging import as_chosen
from sync.rules.times import Times
from sync.storage.queries import chunks
from sync.storage.records.requests import KeptRequest
from sync.storage.store import Store

RequestState = Annotated[Literal["waiting", "done", "refused"], Meta(title="RequestState")]


class Comparison(TypedDict):
    """Two records side by side; ``seen`` names what both say, for whoever decides about them.

    ``differs`` names fields, among them ``identifiers.NAME`` and ``extra.NAME``.

    ``two_people`` says who has decided that they are two people, null if nobody has.
    """

    one: PatientAnswer
    other: PatientAnswer
    differs: list[str]
    seen: str
    two_people: Decided | None


class Decided(TypedDict):
    """Who has decided something, why and when, and how that name is known."""

    who: str
    who_known: KnownBy | None
    why: str
    at: Time


def compared(
    one: PatientAnswer, other: PatientAnswer, two_people: Decided | None = None
) -> Comparison:
    """Two records side by side."""
    left: dict[str, Any] = {**one}
    right: dict[str, Any] = {**other}
    differs = [name for name in FIELDS if left[name] != right[name]]
    for group in more.FIELDS:
        names = sorted(left[group].keys() | right[group].keys())
        differs += [f"{group}.{n}" for n in names if left[group].get(n) != right[group].get(n)]
    return {
        "one": one,
        "other": other,
        "differs": differs,
        "seen": _seen(left, right),
        "two_people": two_people,
    }


def _seen(*people: dict[str, Any]) -> str:
    """The same at every daemon, and in either order, while both records say the same."""
    names = ("record_id", "mrn", "merged_into", "voided", *FIELDS, *more.FIELDS)
    said = sorted([str(person[name]) for name in names] for person in people)
    return blake2b(msgspec.json.encode(said), digest_size=12).hexdigest()


class RequestAnswer(TypedDict):
    """What a desk asks an administrator to decide about a record; ``answer`` is null meanwhile.

    ``into`` is the record to merge it into, or the other one of two; ``take`` are the fields that
    this one takes from it.
    """

    id: str
    act: RecordAct
    state: RequestState
    desk: str
    operator: str | None
    operator_known: KnownBy | None
    why: str
    at: Time
    patient: PatientAnswer | None
    into: PatientAnswer | None
    take: list[str]
    answer: Decided | None


def request_answer(
    store: Store, times: Times, person: Callable[[int], PatientAnswer | None], kept: KeptRequest
) -> RequestAnswer:
    """A request as the APIs answer it.

    Args:
        times: says which times are believed.
        person: a person by local id.
    """
    body = kept.body

    def found(record: RecordId | None, fact: FactId | None) -> PatientAnswer | None:
        if record is None or fact is None:
            return None
        rows = store.people.registrations_by_fact(record, fact)
        return person(rows[0].id) if rows else None

    answered = store.requests.answered(kept.id)
    answer: Decided | None = None
    state: RequestState = "waiting"
    if answered is not None:
        state = "done" if answered.done else "refused"
        at = times.iso(COORDINATOR, answered.hlc)
        answer = {"who": answered.who, "who_known": answered.known, "why": answered.why, "at": at}
    return {
        "id": kept.id.hex(),
        "act": body.act,
        "state": state,
        "desk": kept.author,
        "operator": body.operator,
        "operator_known": body.known,
        "why": body.why,
        "at": kept.made_at,
        "patient": found(kept.record, body.registration),
        "into": found(body.into_record, body.into),
        "take": as_chosen(body.taken),
        "answer": answer,
    }


def standing_for(connection: sqlite3.Connection, patients: Sequence[int]) -> dict[int, int]:
    """Former record -> the one that counts (local ids), of those of ``patients`` that are merged.

    A record whose survivor has not come yet is left out.
    """
    found: dict[int, int] = {}
    for chunk, marks in chunks(patients):
        found.update(
            connection.execute(
                "SELECT s.patient, g.id FROM settled s"
                " JOIN patients g ON g.record = s.record AND g.fact = s.survivor"
                f" WHERE s.patient IN ({marks})",
                chunk,
            )
        )
    return found
