"""A day's work of one desk: who was registered there, by whom, and whose label is not printed."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final, TypedDict

from sync.model.clerks.known import KnownBy
from sync.reading.answers import PatientAnswer
from sync.reading.people import PeopleReader

UNPRINTED_MAX: Final = 100
_OF_DAY: Final = "p.terminal = ? AND p.created_at >= ? AND p.created_at < ?"


class ByOperator(TypedDict):
    """How many people somebody has registered; ``operator`` is null where nobody was named.

    A name that was known in several ways stands there once for each.
    """

    operator: str | None
    operator_known: KnownBy | None
    count: int


class DeskDayReader:
    """The work of desks within one snapshot."""

    def __init__(self, connection: sqlite3.Connection, people: PeopleReader) -> None:
        self._execute = connection.execute
        self._people = people

    def by_operator(self, terminal: str, day: date) -> list[ByOperator]:
        """Who has registered how many people at a terminal on a day, the busiest first."""
        rows = self._execute(
            f"SELECT p.operator, p.operator_known, count(*) FROM patients p WHERE {_OF_DAY}"
            " GROUP BY p.operator, p.operator_known ORDER BY 3 DESC, 1, 2",
            (terminal, *_bounds(day, day)),
        )
        return [
            {
                "operator": operator,
                "operator_known": KnownBy(known) if known else None,
                "count": count,
            }
            for operator, known, count in rows
        ]

    def unprinted(self, terminal: str, first: date, last: date) -> list[PatientAnswer]:
        """The newest people of some days at a terminal who hold a number, and have no label yet.

        A mistake needs none, and of a person with two records the one that counts has the label.
        """
        rows: Sequence[tuple[int]] = self._execute(
            f"SELECT p.id FROM patients p JOIN held h ON h.mrn = p.mrn AND h.patient = p.id"
            f" WHERE {_OF_DAY} AND NOT EXISTS (SELECT 1 FROM reprinted r WHERE r.patient = p.id)"
            " AND NOT EXISTS (SELECT 1 FROM settled s WHERE s.patient = p.id AND s.counts)"
            " ORDER BY p.id DESC LIMIT ?",
            (terminal, *_bounds(first, last), UNPRINTED_MAX),
        ).fetchall()
        return self._people.by_ids([ident for (ident,) in rows])


def _bounds(first: date, last: date) -> tuple[str, str]:
    """What a time of these days is not below, and what it is below; times are ISO 8601 texts."""
    return first.isoformat(), (last + timedelta(1)).isoformat()
