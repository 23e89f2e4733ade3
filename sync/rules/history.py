"""The history of one person, out of the facts: each value, when, by whom, at which desk."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Final, Literal, NamedTuple, TypedDict

from msgspec import Meta

from sync.model import bodies, facts
from sync.model.clerks.known import NOBODY, Doer, KnownBy
from sync.model.demographics import ESTIMATED
from sync.model.facts import (
    Action,
    Amendment,
    Author,
    FactId,
    PairFact,
    RecordId,
    Registration,
    Resolution,
)
from sync.model.formats import Time, Uuid, iso_utc_of_text
from sync.model.numbers import Mrn
from sync.model.person import identity, more
from sync.rules.admission import given_number

HistoryKind = Annotated[
    Literal[
        "registered",
        "amended",
        "judged",
        "resolved",
        "merged",
        "unmerged",
        "voided",
        "unvoided",
        "two_people",
        "maybe_one",
    ],
    Meta(title="HistoryKind"),
]


FieldShown = str | bool | int | dict[str, str | None] | None
"""What a field says; of identifiers and own fields an object."""


class HistoryEntry(TypedDict):
    """One thing that happened to a record.

    ``fields`` are the values that it gave, in the forms of `sync.reading.answers.PatientAnswer`,
    null for one that it emptied; ``applied`` is false for a number or a correction that the
    coordinator refused, ``reason`` says why. ``operator_known`` is how the operator's name is
    known. Of a merge ``former`` and ``survivor`` are the record ids: one of them is that of this
    record. Of two people ``other`` is that of the other one.
    """

    kind: HistoryKind
    at: Time
    by: str
    operator: str | None
    operator_known: KnownBy | None
    mrn: str | None
    fields: dict[str, FieldShown]
    applied: bool
    reason: str | None
    former: Uuid | None
    survivor: Uuid | None
    other: Uuid | None


class Judgement(NamedTuple):
    """What the verdicts say of a fact; ``at`` is when, in the form of `iso_utc`."""

    admitted: bool
    rejected: str | None
    at: str | None


class HistoryFact(NamedTuple):
    """A fact about a person: its author, bytes of its body and what verdicts say of it.

    ``at`` is when that was done as far as it is believed, an ISO 8601 time with an offset. ``id``
    and ``record`` are those of a resolution or of a decision about a pair.
    """

    kind: str
    author: Author
    body: bytes
    judged: Judgement
    at: str
    id: FactId | None = None
    record: RecordId | None = None


def history(
    record: RecordId, registration: FactId, found: Iterable[HistoryFact], claimed: Mrn | None
) -> list[HistoryEntry]:
    """The entries of one registration, the oldest first.

    Args:
        found: the registration, its amendments, the resolutions about it and about those that were
            merged into it, and the decisions about pairs of it.
        claimed: the number that it was registered or granted with.
    """
    entries: list[HistoryEntry] = []
    decided: dict[FactId | None, tuple[HistoryFact, Resolution]] = {}
    for fact in found:
        body = bodies.read_kept(fact.kind, record, 0, fact.body)
        if isinstance(body, Registration):
            entries.append(
                _entry(
                    "registered",
                    fact.at,
                    fact.author,
                    Doer(body.operator, body.known),
                )
            )
            entries[-1] |= {"mrn": claimed, "fields": _values(body.demographics)}
            if fact.judged.at is not None:
                refused = None if fact.judged.admitted else fact.judged.rejected
                entries.append(_entry("judged", fact.judged.at, facts.COORDINATOR))
                entries[-1] |= {"mrn": claimed, "applied": not refused, "reason": refused}
        elif isinstance(body, Amendment):
            refused = None if fact.judged.admitted else fact.judged.rejected
            entries.append(_entry("amended", fact.at, fact.author, Doer(body.operator, body.known)))
            entries[-1] |= {
                "fields": _values(body.fields),
                "applied": not refused,
                "reason": refused,
            }
        elif isinstance(body, Resolution):
            decided[fact.id] = (fact, body)
        elif isinstance(body, PairFact):
            kind: HistoryKind = "two_people" if body.two_people else "maybe_one"
            entries.append(_entry(kind, fact.at, fact.author, Doer(body.who, body.known)))
            other = body.other_record if registration == body.one else fact.record
            entries[-1] |= {"reason": body.why, "other": _text(other)}
    for fact, body in decided.values():
        entries += _decision(registration, fact, body, decided)
    return sorted(entries, key=lambda entry: (entry["kind"] != "registered", entry["at"]))


def _decision(
    registration: FactId,
    fact: HistoryFact,
    body: Resolution,
    decided: Mapping[FactId | None, tuple[HistoryFact, Resolution]],
) -> Iterator[HistoryEntry]:
    """The entry of a resolution; none if it concerns only somebody who was merged into this one."""
    kind = _KINDS.get(body.action)
    about, of = body, fact
    if body.action is Action.REOPEN:
        undone = [decided[one] for one in body.replaces if one in decided]
        for earlier, replaced in undone:
            if replaced.action in _UNDONE:
                kind, about, of = _UNDONE[replaced.action], replaced, earlier
    if registration not in (body.registration, about.holder):
        return
    entry = _entry(kind or "resolved", fact.at, fact.author, Doer(body.who, body.known))
    if kind is None:
        entry["mrn"] = given_number(registration, body)
        entry["reason"] = f"{body.action}: {body.why}"
    else:
        entry["reason"] = body.why
    if about.action is Action.MERGE:
        entry["former"], entry["survivor"] = _text(of.record), _text(about.holder_record)
    yield entry


_KINDS: Final[dict[Action, HistoryKind]] = {Action.MERGE: "merged", Action.VOID: "voided"}
_UNDONE: Final[dict[Action, HistoryKind]] = {Action.MERGE: "unmerged", Action.VOID: "unvoided"}


def _text(record: RecordId | None) -> str | None:
    return str(uuid.UUID(bytes=record)) if record is not None and len(record) == 16 else None


def _values(fields: Mapping[str, str]) -> dict[str, FieldShown]:
    identified = identity.shown(fields)
    found: dict[str, FieldShown] = more.shown_fields(fields)
    for name, text in fields.items():
        if more.is_more(name):
            continue
        if name == "dob_estimated":
            found[name] = text == ESTIMATED
        elif name == "name_placeholder":
            found[name] = bool(text)
        else:
            found[name] = identified.get(name, text or None)
    return found


def _entry(kind: HistoryKind, at: str, author: Author, doer: Doer = NOBODY) -> HistoryEntry:
    return {
        "kind": kind,
        "at": iso_utc_of_text(at),
        "by": author,
        "operator": doer.name,
        "operator_known": doer.known,
        "mrn": None,
        "fields": {},
        "applied": True,
        "reason": None,
        "former": None,
        "survivor": None,
        "other": None,
    }
