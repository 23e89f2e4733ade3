"""Pairs of records that are probably one person: a list that administrators work through.

It is made of what a check of this replica has found, so it is no function of the facts, and each
replica has its own. What became of a pair is: its state follows the facts.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from enum import StrEnum
from typing import Any, Final, NamedTuple

from sync.storage.queries import write_many

SUGGESTIONS: Final = """
-- Pairs of records (local ids, the one that came later behind) that are probably one person.
CREATE TABLE suggestions (
    one INTEGER NOT NULL, other INTEGER NOT NULL, grade TEXT NOT NULL, score REAL NOT NULL,
    reasons TEXT NOT NULL, found_ms INTEGER NOT NULL, state TEXT NOT NULL,
    PRIMARY KEY (one, other)) WITHOUT ROWID;
CREATE INDEX suggestions_other ON suggestions (other);
CREATE INDEX suggestions_state ON suggestions (state, grade, other DESC, one);
"""

_STATE: Final = (
    "SELECT CASE WHEN EXISTS"
    " (SELECT 1 FROM settled v WHERE v.patient IN (p.id, q.id) AND v.action = 'void') THEN 'gone'"
    " WHEN coalesce(s.survivor, p.fact) = coalesce(t.survivor, q.fact) THEN 'merged'"
    " WHEN EXISTS (SELECT 1 FROM two_people d WHERE d.first = min(p.fact, q.fact)"
    " AND d.second = max(p.fact, q.fact)) THEN 'dismissed'"
    " WHEN coalesce(s.survivor, t.survivor) IS NOT NULL THEN 'gone' ELSE 'open' END"
    " FROM patients p JOIN patients q LEFT JOIN settled s ON s.patient = p.id"
    " LEFT JOIN settled t ON t.patient = q.id"
)
"""Whoever is void is nobody's second record. Where one of the two is merged into a third record,
the question is about that one, which is compared again."""


class SuggestionState(StrEnum):
    """What became of a pair; nobody is asked about one that is gone."""

    OPEN = "open"
    DISMISSED = "dismissed"
    MERGED = "merged"
    GONE = "gone"


class Suggestion(NamedTuple):
    """A pair of records (local ids, ``one`` < ``other``) with what the check found.

    ``score`` is 0 to 1, ``reasons`` JSON.
    """

    one: int
    other: int
    grade: str
    score: float
    reasons: str


class SuggestionTable:
    """The table ``suggestions``, over one connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._execute = connection.execute

    def put(self, found: Iterable[Suggestion], at_ms: int) -> None:
        """Write pairs; one that was known keeps the time at which it was found first."""
        write_many(
            self._connection,
            "INSERT INTO suggestions (one, other, grade, score, reasons, found_ms, state)"
            f" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ({_STATE} WHERE p.id = ?1 AND q.id = ?2))"
            " ON CONFLICT DO UPDATE SET grade = excluded.grade, score = excluded.score,"
            " reasons = excluded.reasons, state = excluded.state",
            [(*suggestion, at_ms) for suggestion in found],
        )

    def drop(self, pairs: Iterable[tuple[int, int]]) -> None:
        """Remove open pairs that are not alike any more."""
        write_many(
            self._connection,
            "DELETE FROM suggestions WHERE one = ? AND other = ? AND state = 'open'",
            list(pairs),
        )

    def partners(self, patient: int, limit: int, state: str | None = None) -> list[int]:
        """The records in pairs with a record, all or those of pairs in a state, newest first."""
        which = "" if state is None else " AND state = ?2"
        values: tuple[Any, ...] = (patient,) if state is None else (patient, state)
        rows = self._execute(
            f"SELECT other FROM suggestions WHERE one = ?1{which}"
            f" UNION SELECT one FROM suggestions WHERE other = ?1{which}"
            f" ORDER BY 1 DESC LIMIT {limit:d}",
            values,
        )
        return [found for (found,) in rows]

    def settle(self, patients: Iterable[int]) -> None:
        """Work out again what became of the pairs of some records."""
        write_many(
            self._connection,
            "UPDATE suggestions AS g SET state ="
            f" ({_STATE} WHERE p.id = g.one AND q.id = g.other) WHERE g.one = ?1 OR g.other = ?1",
            [(patient,) for patient in sorted(patients)],
        )

    def settle_all(self) -> None:
        """Work out again what became of all pairs."""
        self._execute(
            f"UPDATE suggestions AS g SET state = ({_STATE} WHERE p.id = g.one AND q.id = g.other)"
        )
