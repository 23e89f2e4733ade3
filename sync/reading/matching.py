"""Who in the register may be somebody: candidates by keys, compared one by one, best first."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from math import inf
from typing import Annotated, Any, Final, Literal, NamedTuple, TypedDict

from msgspec import Meta

from sync.matching import keys, weights
from sync.matching.comparing import Share
from sync.matching.person import Person
from sync.matching.reasons import reasons
from sync.matching.scoring import FIXED, Asked, Logs, Score, grade
from sync.matching.sounds import sound
from sync.matching.weights import Grade
from sync.model.formats import Day, Uuid
from sync.reading.answers import PatientAnswer, record_text
from sync.reading.merging import standing_for
from sync.reading.people import PeopleReader
from sync.storage import search

BEST: Final = 5
"""So many are shown: the right one is among them, or a clerk has to search."""

COMPARED_MAX: Final = 40
"""Candidates that are compared, those with most and rarest keys in common."""

UNINDEXED_MAX: Final = 256
"""The newest people who are not in the index yet are candidates too. In daily work it lags behind
by less than 100."""

UNINDEXED_LETTERS: Final = 100_000
"""Letters of all their texts, twice as many as so many people have."""

_UNINDEXED: Final = (
    f"SELECT id, {', '.join(search.COMPARED)} FROM patients WHERE id IN"
    " (SELECT id FROM (SELECT id FROM patients WHERE id >"
    " coalesce((SELECT value FROM meta WHERE key = 'indexed'), 0) ORDER BY id DESC LIMIT ?1)"
    " UNION SELECT patient FROM (SELECT patient FROM search_again ORDER BY patient DESC LIMIT ?1))"
    " ORDER BY id DESC"
)
_VALID: Final = "NOT EXISTS (SELECT 1 FROM settled s WHERE s.patient = p.id AND s.action = 'void')"
"""A registration that was decided to be a mistake is nobody's."""

_OTHERS: Final = (
    "SELECT o.id FROM patients p JOIN pairs d ON d.first = p.fact OR d.second = p.fact"
    " JOIN two_people t ON t.decision = d.fact AND t.first = d.first AND t.second = d.second"
    " JOIN patients o ON o.record IN (d.record, d.other_record) AND o.fact IN (d.first, d.second)"
    " WHERE p.id = ? AND o.id <> p.id"
)
"""Through the decision, because it names the records, by which people are found."""

DuplicateReason = Annotated[
    Literal["identifier", "cnic", "name_and_dob", "name", "dob", "phone", "father_name", "address"],
    Meta(title="DuplicateReason"),
]


class PossibleDuplicate(TypedDict):
    """Somebody who may be the same person, and why."""

    id: int
    record_id: Uuid
    mrn: str | None
    full_name: str | None
    dob: Day | None
    reasons: list[DuplicateReason]


class MatchReason(TypedDict):
    """One reason: a code for programs, whether it speaks for one person, and words for clerks."""

    code: str
    speaks_for: bool
    en: str
    ur: str


class Match(TypedDict):
    """Somebody in the register who may be the person that was asked for; ``score`` is 0 to 1."""

    grade: Grade
    score: float
    reasons: list[MatchReason]
    patient: PatientAnswer


class Found(NamedTuple):
    """Somebody in the register, by local id."""

    patient: int
    grade: Grade
    score: Score


class Near(NamedTuple):
    """A person, and those who are compared with them.

    Attributes:
        others: by local id.
        share: how frequent the words of their names are.
        people: how many there are in the index.
    """

    person: Person
    others: dict[int, Person]
    share: Share
    people: int


class MatchingReader:
    """Matching within one snapshot. It is a part of each registration, so it takes few ms."""

    def __init__(self, connection: sqlite3.Connection, people: PeopleReader) -> None:
        self._connection = connection
        self._people = people

    def best(
        self,
        fields: Mapping[str, str | None],
        but: int = 0,
        dismissed: bool = False,
        table: Logs = FIXED,
    ) -> list[Found]:
        """The `BEST` who may be the person with these demographics, the most probable first.

        Where a record is like the person that another one counts for, it is the other one.

        Args:
            but: the local id of the person themselves, 0 if they are not registered.
            dismissed: also those who are somebody else, as an administrator has decided.
            table: other weights than those of every desk, to see what they would do.
        """
        near = self._near(fields, but)
        asked = Asked(near.person, near.people, near.share, weights.GRADES[-1][1], table)
        found = []
        for patient, other in near.others.items():
            score = asked.score(other)
            name = grade(score)
            if name is not None:
                found.append(Found(patient, name, score))
        found.sort(key=lambda one: _order(near, one))
        return self._without_formers(found, but, dismissed)[:BEST]

    def near(self, patient: int) -> Near:
        """Those who are compared with a registered person."""
        return self._near(self._fields(patient), patient)

    def shares(self, people: Iterable[Person]) -> tuple[Share, int]:
        """How frequent the words of these people's names are, and of how many people."""
        words = {word for one in people for word in one.name + one.father}
        sounds = {sound(word) for word in words} | {search.EVERYBODY}
        counts = search.having(self._connection, sorted(sounds))
        counted = counts.get(search.EVERYBODY, 0)

        @cache
        def share(of: str) -> float:
            return weights.share(of, counts.get(of, 0), counted)

        return share, counted

    def _near(self, fields: Mapping[str, str | None], but: int) -> Near:
        someone = self._telling(search.compared(*(fields.get(name) for name in search.COMPARED)))
        others = self._candidates(someone, but)
        return Near(someone, others, *self.shares([someone, *others.values()]))

    def _without_formers(self, found: Sequence[Found], but: int, dismissed: bool) -> list[Found]:
        """Those who were found, each merged record as the one that counts for it, once."""
        if not found:
            return []
        stands = standing_for(self._connection, [but, *(one.patient for one in found)])
        me = stands.get(but, but)
        others = set() if dismissed else self._two_people((but, me))
        known: dict[int, Found] = {}
        for one in found:
            patient = stands.get(one.patient, one.patient)
            # A record that counts for one that was dismissed has to be like this person itself.
            if others.isdisjoint((one.patient, patient)):
                known.setdefault(patient, one._replace(patient=patient))
        known.pop(me, None)
        return list(known.values())

    def _two_people(self, records: Iterable[int]) -> set[int]:
        """Who is somebody else than a person with these records, as was decided (local ids)."""
        found: set[int] = set()
        for patient in {record for record in records if record}:
            found.update(other for (other,) in self._connection.execute(_OTHERS, (patient,)))
        return found

    def matches(self, fields: Mapping[str, str | None], but: int = 0) -> list[Match]:
        """The best who may be the person with these demographics, with grade and reasons.

        Args:
            but: the local id of the person themselves, 0 if they are not registered.
        """
        return self._as_matches(self.best(fields, but))

    def alike(self, patient: int) -> list[Found]:
        """Who is certainly or probably the same person as a registered one, dismissed or not."""
        found = self.best(self._fields(patient), patient, dismissed=True)
        return [one for one in found if one.grade != "possible"]

    def probable(self, patient: int) -> list[Match]:
        """Who was registered before somebody, and is certainly or probably the same person."""
        return self._as_matches(
            [
                one
                for one in self.best(self._fields(patient), patient)
                if one.grade != "possible" and one.patient < patient
            ]
        )

    def _as_matches(self, found: Sequence[Found]) -> list[Match]:
        people = {one["id"]: one for one in self._people.by_ids([one.patient for one in found])}
        return [
            {
                "grade": one.grade,
                "score": round(one.score.same, 4),
                "reasons": in_words(one.score),
                "patient": people[one.patient],
            }
            for one in found
        ]

    def _fields(self, patient: int) -> dict[str, str | None]:
        """The demographics of a registered person."""
        (own,) = self._rows([patient], ("id",))
        return dict(zip(search.COMPARED, own[1:], strict=True))

    def possible_duplicates(self, patient: int) -> list[PossibleDuplicate]:
        """Who else may be a registered person, the most probable first."""
        found = self.best(self._fields(patient), patient)
        wanted = ("id", "record", "coalesce(p.mrn, p.claimed)")
        rows = {row[0]: row for row in self._rows([one.patient for one in found], wanted)}
        return [
            {
                "id": one.patient,
                "record_id": record_text(rows[one.patient][1]),
                "mrn": self._people.numbers.text(rows[one.patient][2]),
                "full_name": rows[one.patient][3],
                "dob": rows[one.patient][7],
                "reasons": in_short(one.score),
            }
            for one in found
        ]

    def _telling(self, someone: Person) -> Person:
        """A person without those of their numbers that very many have."""
        if self._is_nobodys(someone.phone):
            someone = someone.without("phone")
        if self._is_nobodys(someone.cnic):
            someone = someone.without("cnic")
        return someone

    def _is_nobodys(self, number: str) -> bool:
        return bool(number) and search.is_shared(self._connection, number, weights.SHARING_MAX)

    def _candidates(self, someone: Person, but: int) -> dict[int, Person]:
        """Those who share keys with somebody: local id -> the person."""
        asked = keys.asked(someone)
        shared: dict[int, float] = {}
        for block in search.under(self._connection, asked):
            weight = 1 / (1 + len(block) ** 0.5)
            for patient in block:
                shared[patient] = shared.get(patient, 0.0) + weight
        wanted = frozenset(asked)
        unindexed = self._connection.execute(_UNINDEXED, (UNINDEXED_MAX,))
        for patient, *values in search.within(unindexed, UNINDEXED_LETTERS)[0]:
            common = len(wanted.intersection(search.keys_of(*values)))
            if common:
                shared[patient] = shared.get(patient, 0.0) + common
        shared.pop(but, None)
        ranked = sorted(zip(shared.values(), shared, strict=True), reverse=True)
        first = [patient for _, patient in ranked[:COMPARED_MAX]]
        rows = self._rows(first, ("id",), f" AND {_VALID}")
        return {row[0]: search.compared(*row[1:]) for row in rows}

    def _rows(
        self, patients: Sequence[int], first: Sequence[str], more: str = ""
    ) -> list[tuple[Any, ...]]:
        """Some columns of people, and those by which they are compared."""
        columns = ", ".join([*first, *(f"p.{name}" for name in search.COMPARED)])
        marks = ", ".join("?" * len(patients))
        return self._connection.execute(
            f"SELECT {columns} FROM patients p WHERE p.id IN ({marks}){more}", patients
        ).fetchall()


def _order(near: Near, one: Found) -> tuple[float, float, int]:
    """The most probable first; of those who are equally so, who was born nearest, then the newest.

    Ages are compared in whole years, so of many namesakes several may be equally probable.
    """
    ours, its = near.person.born, near.others[one.patient].born
    days = abs(ours.day - its.day) if ours and its else inf
    return -one.score.odds, days, -one.patient


def in_words(score: Score) -> list[MatchReason]:
    """The reasons as programs and clerks read them."""
    return [
        {"code": why.code, "speaks_for": why.speaks_for, "en": why.en, "ur": why.ur}
        for why in reasons(score)
    ]


def in_short(score: Score) -> list[DuplicateReason]:
    """The reasons in the form that clients know since the first version.

    It has two words; the others stand there only where neither fits.
    """
    levels = {one.field: one.level for one in score.findings}
    named = levels.get("name") in ("same", "part")
    born = levels.get("dob") == "exact" or levels.get("age") == "1"
    first: list[DuplicateReason] = []
    if levels.get("cnic") == "same":
        first.append("cnic")
    if named and born:
        first.append("name_and_dob")
    if first:
        return first
    fields: dict[str, DuplicateReason] = {
        "name": "name",
        "dob": "dob",
        "age": "dob",
        "phone": "phone",
        "father": "father_name",
        "address": "address",
        "identifier": "identifier",
    }
    return [fields[one.field] for one in score.findings if one.bits > 0 and one.field in fields]
