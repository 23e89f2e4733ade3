"""The list of probable duplicates within one snapshot, and who has yet to be compared for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, NamedTuple, NotRequired, TypedDict

import msgspec
from msgspec import Meta

from sync.model.facts import COORDINATOR, FactId, PairFact, Resolution
from sync.model.formats import Time, iso_utc_of_ms
from sync.reading.answers import PatientAnswer
from sync.reading.matching import Match
from sync.reading.merging import Decided
from sync.reading.people import PeopleReader
from sync.rules.feed import FeedChange
from sync.rules.pairs import pair_of
from sync.storage.records.suggestions import SuggestionState
from sync.storage.store import Store

CHANGES_LOOKED_AT: Final = 500
PARTNERS_MAX: Final = 20
"""Of records in pairs with somebody who was merged, those that are compared again."""
BEHIND_MAX: Final = 10_000
"""More need not be counted."""

_LATER: Final = frozenset(
    {
        FeedChange.REGISTERED,
        FeedChange.AMENDED,
        FeedChange.MERGED,
        FeedChange.UNMERGED,
        FeedChange.UNVOIDED,
    }
)
"""After these a person may be like others than before."""

_BEHIND: Final = f"SELECT count(*) FROM (SELECT 1 FROM changes WHERE id > ? LIMIT {BEHIND_MAX})"

ListedState = Annotated[
    Literal["open", "dismissed", "merged"],
    Meta(title="ListedState"),
]


class ProbableDuplicate(TypedDict):
    """Somebody, and those registered before who are certainly or probably the same person.

    In the list that is worked through there is one of them, and the pair has a state;
    ``decided`` says who dismissed or merged it.
    """

    patient: PatientAnswer
    others: list[Match]
    state: NotRequired[ListedState]
    found_at: NotRequired[Time]
    decided: NotRequired[Decided | None]


class DuplicateCounts(TypedDict):
    """How many pairs there are in each state.

    ``behind`` is how many changes of the register were not looked at yet, up to `BEHIND_MAX`.
    """

    open: int
    dismissed: int
    merged: int
    behind: int


class Wanted(NamedTuple):
    """Which pairs are asked for; times and terminal are those of the record that came later."""

    state: str
    grade: str | None = None
    terminal: str | None = None
    created_from: str | None = None
    created_before: str | None = None


class ToCompare(NamedTuple):
    """Whom to compare next (local ids), and the cursor of the change up to which that is all."""

    patients: tuple[int, ...]
    cursor: int


class SuggestionsReader:
    """The list within one snapshot."""

    def __init__(self, store: Store, people: PeopleReader) -> None:
        self._execute = store.connection.execute
        self._store = store
        self._people = people

    def counts(self, after: int, terminal: str | None = None) -> DuplicateCounts:
        """How many pairs there are in each state.

        Args:
            after: the cursor of the last change that was looked at.
            terminal: of the record that came later; None for all.
        """
        return {
            "open": self.count(Wanted("open", terminal=terminal)),
            "dismissed": self.count(Wanted("dismissed", terminal=terminal)),
            "merged": self.count(Wanted("merged", terminal=terminal)),
            "behind": self._execute(_BEHIND, (after,)).fetchone()[0],
        }

    def count(self, wanted: Wanted) -> int:
        """How many pairs are as wanted."""
        where, values = _where(wanted)
        found: int = self._execute(f"SELECT count(*) FROM {where}", values).fetchone()[0]
        return found

    def page(self, wanted: Wanted, limit: int, offset: int) -> list[ProbableDuplicate]:
        """Some of the pairs, the most certain first, and of these the newest."""
        where, values = _where(wanted)
        rows = self._execute(
            f"SELECT g.one, g.other, g.grade, g.score, g.reasons, g.found_ms, g.state FROM {where}"
            " ORDER BY g.grade, g.other DESC, g.one LIMIT :limit OFFSET :offset",
            values | {"limit": limit, "offset": offset},
        ).fetchall()
        ids = sorted({patient for row in rows for patient in row[:2]})
        people = {one["id"]: one for one in self._people.by_ids(ids)}
        return [self._answer(row, people) for row in rows]

    def _answer(self, row: Any, people: Mapping[int, PatientAnswer]) -> ProbableDuplicate:
        one, other, grade, score, reasons, found_ms, state = row
        return {
            "patient": people[other],
            "others": [
                {
                    "grade": grade,
                    "score": score,
                    "reasons": msgspec.json.decode(reasons),
                    "patient": people[one],
                }
            ],
            "state": state,
            "found_at": iso_utc_of_ms(found_ms),
            "decided": self._decided(one, other, state),
        }

    def _decided(self, one: int, other: int, state: str) -> Decided | None:
        if state == SuggestionState.DISMISSED:
            return self.two_people(one, other)
        if state == SuggestionState.MERGED:
            for patient in (other, one):
                settled = self._store.merges.of(patient)
                if settled is not None and settled.survivor is not None:
                    return self._merged(settled.decision)
        return None

    def two_people(self, one: int, other: int) -> Decided | None:
        """Who has decided that two records (local ids) are two people, None if nobody has."""
        rows = self._store.people.registrations_of_ids([one, other])
        if len(rows) != 2:
            return None
        ident = self._store.pairs.decided(pair_of(rows[0].fact, rows[1].fact))
        kept = self._store.pairs.decision(ident) if ident is not None else None
        if kept is None:
            return None
        return self._said(kept.decision.fact, kept.hlc)

    def _merged(self, decision: FactId) -> Decided | None:
        found = self._store.decisions.resolution(decision)
        if found is None:
            return None
        _, hlc, resolution = found
        return self._said(resolution, hlc)

    def _said(self, fact: PairFact | Resolution, hlc: int) -> Decided:
        at = self._people.times.iso(COORDINATOR, hlc)
        return {"who": fact.who, "who_known": fact.known, "why": fact.why, "at": at}

    # who is compared next

    def to_compare(self, after: int, most: int) -> ToCompare:
        """Whom the changes behind a cursor concern, as far as they are in the search index.

        Args:
            most: so many people are enough; those of the last change may be some more.
        """
        indexed = self._store.meta.indexed
        found: dict[int, None] = {}
        cursor = after
        rows = self._execute(
            "SELECT id, patient, change FROM changes WHERE id > ? ORDER BY id LIMIT ?",
            (after, CHANGES_LOOKED_AT),
        )
        for ident, patient, change in rows.fetchall():
            if change in _LATER:
                concerned = self._concerned(patient, change)
                if max(concerned, default=0) > indexed or len(found) >= most:
                    break
                found |= dict.fromkeys(concerned)
            cursor = ident
        return ToCompare(tuple(found), cursor)

    def _concerned(self, patient: int, change: str) -> list[int]:
        """Who may be like others than before after a change of a person, those who count."""
        found = [patient]
        if change in (FeedChange.MERGED, FeedChange.UNMERGED):
            found += self._store.suggestions.partners(patient, PARTNERS_MAX)
        return list(dict.fromkeys(one for one in map(self._counting, found) if one is not None))

    def _counting(self, patient: int) -> int | None:
        """The record that counts for one; None for a void one, or where it has not come."""
        settled = self._store.merges.of(patient)
        if settled is None:
            return patient if self._store.people.registrations_of_ids([patient]) else None
        if settled.survivor is None:
            return patient if settled.merge is not None else None
        rows = self._store.people.registrations_by_fact(*settled.survivor)
        return rows[0].id if rows else None


def _where(wanted: Wanted) -> tuple[str, dict[str, Any]]:
    """What the pairs are taken from, and how they are told from others."""
    parts = ["g.state = :state"]
    if wanted.grade is not None:
        parts.append("g.grade = :grade")
    later = [
        part
        for value, part in (
            (wanted.terminal, "p.terminal = :terminal"),
            (wanted.created_from, "p.created_at >= :created_from"),
            (wanted.created_before, "p.created_at < :created_before"),
        )
        if value is not None
    ]
    tables = "suggestions g JOIN patients p ON p.id = g.other" if later else "suggestions g"
    return f"{tables} WHERE {' AND '.join(parts + later)}", wanted._asdict()
