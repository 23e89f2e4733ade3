"""Conflicts as the HTTP APIs answer them: both people, who holds the number, what was decided."""

from __future__ import annotations

import sqlite3
from typing import Annotated, Any, Final, Literal, NamedTuple, TypedDict

from msgspec import Meta

from sync.model import bodies, facts
from sync.model.clerks.known import KnownBy
from sync.model.facts import COORDINATOR, Action, Author, FactId, RecordId, Resolution
from sync.model.formats import Time, Uuid
from sync.reading.answers import PatientAnswer, record_text
from sync.reading.merging import compared
from sync.reading.people import PeopleReader
from sync.rules import admission
from sync.rules.admission import Decision
from sync.rules.times import Times
from sync.storage.decisions import DECISIONS_ABOUT

HERE_MAX: Final = 20
"""How many conflicts or cards a desk's status names."""

_ROWS: Final = "FROM conflicts c JOIN patients p ON p.id = c.patient"
_AT: Final = "CAST(strftime('%s', p.created_at) AS INTEGER)"
_HERE: Final = "(p.author = ?1 OR (p.author = ?2 AND p.terminal = ?1))"
"""Registered at a desk: by its node, or by the coordinator for it."""
_CONCERNING: Final = (
    f"{_ROWS} LEFT JOIN held k ON k.mrn = p.mrn AND k.patient != p.id"
    " LEFT JOIN patients h ON h.id = k.patient"
    f" WHERE c.open AND ({_HERE} OR {_HERE.replace('p.', 'h.')})"
)
_CARD: Final = (
    "coalesce((SELECT r.mrn FROM reprinted r WHERE r.patient = p.id"
    " ORDER BY r.at_ms DESC LIMIT 1), p.claimed)"
)
"""What the card shows: the number that it was last printed with, else the first one."""
_TO_REPRINT: Final = (
    "FROM (SELECT id FROM patients WHERE claimed IS NOT mrn UNION SELECT patient FROM reprinted) k"
    " JOIN patients p ON p.id = k.id JOIN held h ON h.mrn = p.mrn AND h.patient = p.id"
    f" WHERE {_HERE} AND p.mrn IS NOT {_CARD}"
    " AND NOT EXISTS (SELECT 1 FROM settled s WHERE s.patient = p.id AND s.counts)"
)


ConflictReason = Annotated[
    Literal[
        "duplicate_mrn",
        "outside_range",
        "duplicate_record",
        "revoked",
        "malformed",
        "double_verdict",
    ],
    Meta(title="ConflictReason"),
]
HeldBy = Annotated[Literal["resolution", "verdict", "provisional"], Meta(title="HeldBy")]


class ConflictFilter(NamedTuple):
    """Which conflicts; None leaves a condition out. ``since`` and ``until`` in seconds, exclusive.

    They look at the time of the registration. ``terminal`` is the desk where the refused person was
    registered.
    """

    open: bool | None = None
    reason: str | None = None
    terminal: str | None = None
    mrn: str | None = None
    since: int | None = None
    until: int | None = None


class DecisionAnswer(TypedDict):
    """One decision in the history of a conflict.

    ``about`` is the conflict that it was made in, ``displaced`` the record id of a former holder.
    """

    id: str
    action: Action
    who: str
    who_known: KnownBy | None
    why: str
    at: Time
    about: str
    mrn: str | None
    into: Uuid | None
    displaced: Uuid | None
    displaced_mrn: str | None
    replaced: bool
    in_force: bool


class ConflictAnswer(TypedDict):
    """A conflict as the APIs answer it.

    ``other`` is the person to compare with, ``held_by`` why the holder has the number. ``seen``
    names what both of them say, for whoever merges them.
    """

    id: str
    mrn: str | None
    reason: ConflictReason
    open: bool
    resolution: str | None
    patient: PatientAnswer | None
    holder: PatientAnswer | None
    held_by: HeldBy | None
    other: PatientAnswer | None
    differs: list[str]
    seen: str | None
    history: list[DecisionAnswer]


class CardToReprint(PatientAnswer):
    """A person whose card shows another number than the one that they hold."""

    card_shows: str | None


class ConflictsReader:
    """Conflicts within one snapshot."""

    def __init__(self, connection: sqlite3.Connection, people: PeopleReader) -> None:
        self._execute = connection.execute
        self._people = people
        self._text = people.numbers.text

    def count(self, wanted: ConflictFilter) -> int:
        """How many conflicts a filter lets through.

        Raises:
            MistypedNumber: see `sync.rules.number_texts.NumberTexts.number`.
        """
        where, values = self._condition(wanted)
        (found,) = self._execute(f"SELECT count(*) {_ROWS} WHERE {where}", values).fetchone()
        return int(found)

    def page(self, wanted: ConflictFilter, limit: int, offset: int = 0) -> list[ConflictAnswer]:
        """Conflicts, the newest first.

        Raises:
            MistypedNumber: see `count`.
        """
        where, values = self._condition(wanted)
        rows = self._execute(
            f"SELECT c.patient {_ROWS} WHERE {where} ORDER BY c.patient DESC LIMIT ? OFFSET ?",
            (*values, limit, offset),
        )
        return [self._conflict(patient) for (patient,) in rows]

    def one(self, ident: str) -> ConflictAnswer | None:
        """The conflict with an id: the fact id of its registration in hexadecimal."""
        row = self._execute(
            f"SELECT c.patient {_ROWS} WHERE hex(p.fact) = ? ORDER BY c.patient LIMIT 1",
            (ident.upper(),),
        ).fetchone()
        return self._conflict(row[0]) if row else None

    def concerning(self, desk: Author) -> list[ConflictAnswer]:
        """Open conflicts about people of a desk: their number was refused, or is claimed by others.

        At most `HERE_MAX`, the newest first.
        """
        rows = self._execute(
            f"SELECT c.patient {_CONCERNING} ORDER BY c.patient DESC LIMIT ?3",
            (desk, COORDINATOR, HERE_MAX),
        )
        return [self._conflict(patient) for (patient,) in rows]

    def count_concerning(self, desk: Author) -> int:
        """How many open conflicts there are about people of a desk."""
        (found,) = self._execute(f"SELECT count(*) {_CONCERNING}", (desk, COORDINATOR)).fetchone()
        return int(found)

    def to_reprint(self, desk: Author) -> list[CardToReprint]:
        """People of a desk whose card shows another number than the one that they hold.

        At most `HERE_MAX`; ``card_shows`` is the number on the card.
        """
        rows = self._execute(
            f"SELECT p.id, {_CARD} {_TO_REPRINT} ORDER BY p.id LIMIT ?3",
            (desk, COORDINATOR, HERE_MAX),
        )
        found: list[CardToReprint] = []
        for patient, shows in rows:
            person = self._people.by_id(patient)
            if person is not None:
                found.append({**person, "card_shows": self._text(shows)})
        return found

    def count_to_reprint(self, desk: Author) -> int:
        """How many cards of a desk are to be printed again."""
        (found,) = self._execute(f"SELECT count(*) {_TO_REPRINT}", (desk, COORDINATOR)).fetchone()
        return int(found)

    def _conflict(self, patient: int) -> ConflictAnswer:
        ((fact, record, mrn, reason, is_open, ident),) = self._execute(
            "SELECT p.fact, p.record, c.mrn, c.reason, c.open, c.decision"
            f" {_ROWS} WHERE c.patient = ?",
            (patient,),
        )
        decisions = self._decisions(fact)
        person = self._people.by_id(patient)
        holder, held_by = self._holder(mrn)
        force = next((one for one in decisions if one.decision.id == ident), None)
        other = self._other(patient, fact, record, reason, force, holder)
        both = compared(person, other) if person is not None and other is not None else None
        return {
            "id": fact.hex(),
            "mrn": self._text(mrn),
            "reason": reason,
            "open": bool(is_open),
            "resolution": ident.hex() if ident is not None else None,
            "patient": person,
            "holder": holder,
            "held_by": held_by,
            "other": other,
            "differs": both["differs"] if both is not None else [],
            "seen": both["seen"] if both is not None else None,
            "history": [
                {
                    **step,
                    "mrn": self._text(step["mrn"]),
                    "displaced_mrn": self._text(step["displaced_mrn"]),
                }
                for step in _history(fact, decisions, self._people.times)
            ],
        }

    def _condition(self, wanted: ConflictFilter) -> tuple[str, list[Any]]:
        where = ["1"]
        values: list[Any] = []
        if wanted.open is not None:
            where.append("c.open = ?")
            values.append(wanted.open)
        if wanted.reason is not None:
            where.append("c.reason = ?")
            values.append(wanted.reason)
        if wanted.terminal is not None:
            where.append("(p.terminal = ? OR p.author = ?)")
            values += [wanted.terminal] * 2
        if wanted.mrn is not None:
            where.append("(c.mrn = ? OR p.mrn = ? OR p.claimed = ?)")
            values += [self._people.numbers.number(wanted.mrn)] * 3
        if wanted.since is not None:
            where.append(f"{_AT} >= ?")
            values.append(wanted.since)
        if wanted.until is not None:
            where.append(f"{_AT} < ?")
            values.append(wanted.until)
        return " AND ".join(where), values

    def _holder(self, mrn: str | None) -> tuple[PatientAnswer | None, HeldBy | None]:
        """Who holds a number, and by what: a resolution, a verdict, or until there is one."""
        row = self._execute(
            "SELECT p.id, p.resolved, p.admitted FROM held h JOIN patients p ON p.id = h.patient"
            " WHERE h.mrn = ?",
            (mrn,),
        ).fetchone()
        if row is None:
            return None, None
        patient, resolved, admitted = row
        by: HeldBy = "resolution" if resolved else "verdict" if admitted else "provisional"
        return self._people.by_id(patient), by

    def _other(
        self,
        patient: int,
        fact: FactId,
        record: RecordId,
        reason: str,
        force: _DatedDecision | None,
        holder: PatientAnswer | None,
    ) -> PatientAnswer | None:
        """The second person: of the decision in force, else who holds the number or the record."""
        ident = None
        if force is not None and force.decision.fact.registration == fact:
            body = force.decision.fact
            ident = self._patient_of(body.holder_record, body.holder)
        elif force is not None:
            ident = self._patient_of(force.record, force.decision.fact.registration)
        if ident is None and holder is not None and holder["id"] != patient:
            return holder
        if ident is None and reason == facts.Reason.DUPLICATE_RECORD:
            row = self._execute(
                "SELECT id FROM patients WHERE record = ? AND id != ? ORDER BY id LIMIT 1",
                (record, patient),
            ).fetchone()
            ident = row[0] if row else None
        return self._people.by_id(ident) if ident is not None else None

    def _patient_of(self, record: RecordId | None, fact: FactId | None) -> int | None:
        row = self._execute(
            "SELECT id FROM patients WHERE record = ? AND fact = ? ORDER BY id LIMIT 1",
            (record, fact),
        ).fetchone()
        return row[0] if row else None

    def _decisions(self, fact: FactId) -> list[_DatedDecision]:
        """The resolutions of a registration, of those that displace it, and what replaces them."""
        rows = self._execute(DECISIONS_ABOUT, (fact,))
        found = []
        for ident, hlc, record, packed in rows:
            body = bodies.read_kept(facts.RESOLUTION, record, hlc, packed)
            if isinstance(body, Resolution):
                found.append(_DatedDecision(Decision(FactId(ident), body), hlc, RecordId(record)))
        return sorted(found, key=lambda one: (one.decision.fact.serial, one.decision.id))


class _DatedDecision(NamedTuple):
    """A resolution with its hybrid time and the record of the registration that it is about."""

    decision: Decision
    hlc: int
    record: RecordId


def _history(fact: FactId, dated: list[_DatedDecision], times: Times) -> list[DecisionAnswer]:
    """What was decided about a registration, the first first."""
    decisions = [one.decision for one in dated]
    about = {
        one.id
        for one in decisions
        if one.fact.registration == fact or admission.given_number(fact, one.fact) is not None
    }
    replaced = {ident for one in decisions for ident in one.fact.replaces}
    force, giving = admission.in_force(fact, decisions)
    return [
        _step(one, times, replaced, {each.id for each in (force, giving) if each is not None})
        for one in dated
        if one.decision.id in about or about.intersection(one.decision.fact.replaces)
    ]


def _step(
    dated: _DatedDecision, times: Times, replaced: set[FactId], force: set[FactId]
) -> DecisionAnswer:
    ident, body = dated.decision
    merges = body.action is Action.MERGE
    other = record_text(body.holder_record) if body.holder_record is not None else None
    return {
        "id": ident.hex(),
        "action": body.action,
        "who": body.who,
        "who_known": body.known,
        "why": body.why,
        "at": times.iso(COORDINATOR, dated.hlc),
        "about": body.registration.hex(),
        "mrn": body.mrn,
        "into": other if merges else None,
        "displaced": None if merges else other,
        "displaced_mrn": body.holder_mrn,
        "replaced": ident in replaced,
        "in_force": ident in force,
    }
