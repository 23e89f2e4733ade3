"""The history of one person, out of the facts: each value, when, by whom, at which desk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Literal, NamedTuple, TypedDict

from msgspec import Meta

from sync.model import bodies, facts
from sync.model.demographics import ESTIMATED
from sync.model.facts import Amendment, Author, FactId, RecordId, Registration, Resolution
from sync.model.formats import Time, iso_utc_of_text
from sync.model.numbers import Mrn
from sync.rules.admission import given_number

HistoryKind = Annotated[
    Literal["registered", "amended", "judged", "resolved"], Meta(title="HistoryKind")
]


class HistoryEntry(TypedDict):
    """One thing that happened to a record.

    ``fields`` are the values that it gave, in the forms of `sync.reading.answers.PatientAnswer`,
    null for one that it emptied; ``applied`` is false for a number or a correction that the
    coordinator refused, ``reason`` says why.
    """

    kind: HistoryKind
    at: Time
    by: str
    operator: str | None
    mrn: str | None
    fields: dict[str, str | bool | None]
    applied: bool
    reason: str | None


class Judgement(NamedTuple):
    """What the verdicts say of a fact; ``at`` is when, in the form of `iso_utc`."""

    admitted: bool
    rejected: str | None
    at: str | None


class HistoryFact(NamedTuple):
    """A fact about a person: its author, bytes of its body and what verdicts say of it.

    ``at`` is when it was written, in the form of `sync.model.formats.iso_utc`; it stands where the
    body does not say when, as that of a registration of a later version.
    """

    kind: str
    author: Author
    body: bytes
    judged: Judgement
    at: str = ""


def history(
    record: RecordId, registration: FactId, found: Iterable[HistoryFact], claimed: Mrn | None
) -> list[HistoryEntry]:
    """The entries of one registration, the oldest first.

    Args:
        found: the registration, its amendments, its resolutions.
        claimed: the number that it was registered or granted with.
    """
    entries: list[HistoryEntry] = []
    for fact in found:
        body = bodies.read_kept(fact.kind, record, 0, fact.body)
        if isinstance(body, Registration):
            entries.append(
                _entry("registered", body.registered_at or fact.at, fact.author, body.operator)
            )
            entries[-1] |= {"mrn": claimed, "fields": _values(body.demographics)}
            if fact.judged.at is not None:
                refused = None if fact.judged.admitted else fact.judged.rejected
                entries.append(_entry("judged", fact.judged.at, facts.COORDINATOR, None))
                entries[-1] |= {"mrn": claimed, "applied": not refused, "reason": refused}
        elif isinstance(body, Amendment):
            refused = None if fact.judged.admitted else fact.judged.rejected
            entries.append(_entry("amended", body.amended_at, fact.author, body.operator))
            entries[-1] |= {
                "fields": _values(body.fields),
                "applied": not refused,
                "reason": refused,
            }
        elif isinstance(body, Resolution):
            entries.append(_entry("resolved", fact.at, fact.author, body.who))
            number = given_number(registration, body)
            entries[-1] |= {"mrn": number, "reason": f"{body.action}: {body.why}"}
    return sorted(entries, key=lambda entry: (entry["kind"] != "registered", entry["at"]))


def _values(fields: Mapping[str, str]) -> dict[str, str | bool | None]:
    return {
        name: text == ESTIMATED if name == "dob_estimated" else text or None
        for name, text in fields.items()
    }


def _entry(kind: HistoryKind, at: str, author: Author, operator: str | None) -> HistoryEntry:
    return {
        "kind": kind,
        "at": iso_utc_of_text(at),
        "by": author,
        "operator": operator,
        "mrn": None,
        "fields": {},
        "applied": True,
        "reason": None,
    }
