"""Registrations by day, terminal and source, and how long offline ones waited to be confirmed.

Days are those of `created_at`: of the facility's time zone, by the desk's clock as far as it is
believed. The queries go through all people once and return a row for each day and terminal, however
many people there are.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final, NamedTuple

from sync.rules.admission import MrnStatus

NO_TERMINAL: Final = ""
"""Stands for the terminal of a registration that names none."""

_IN_DAYS: Final = "created_at >= ? AND created_at < ?"


class DayCount(NamedTuple):
    """The registrations of one day (YYYY-MM-DD) at one terminal.

    ``refused`` and ``waiting`` count those of them whose number was refused, or has no verdict.
    """

    day: str
    terminal: str
    online: int
    offline: int
    refused: int
    waiting: int


class ConfirmationTimes(NamedTuple):
    """How long the offline registrations of a day waited for their verdict, in seconds.

    Half of them had it after ``median_s``, nine in ten after ``ninety_s``.
    """

    day: str
    people: int
    median_s: int
    ninety_s: int
    longest_s: int


class RegistrationsReader:
    """Registrations within one snapshot."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute = connection.execute

    def came_after(self, ident: int) -> tuple[int, dict[tuple[str, bool], int]]:
        """How many came after a local id, by (terminal, offline); and the newest id."""
        rows = self._execute(
            "SELECT coalesce(terminal, ?), offline, count(*), max(id) FROM patients WHERE id > ?"
            " GROUP BY terminal, offline",
            (NO_TERMINAL, ident),
        ).fetchall()
        newest = max((row[3] for row in rows), default=ident)
        return newest, {(terminal, bool(offline)): n for terminal, offline, n, _ in rows}

    def by_day(self, first: date, last: date) -> list[DayCount]:
        """The registrations of some days, by day and terminal; days without any are left out."""
        rows = self._execute(
            "SELECT substr(created_at, 1, 10), coalesce(terminal, ?), sum(NOT offline),"
            " sum(offline), sum(status = ?), sum(judged_ms IS NULL) FROM patients"
            f" WHERE {_IN_DAYS} GROUP BY 1, 2 ORDER BY 1, 2",
            (NO_TERMINAL, MrnStatus.REJECTED, *_bounds(first, last)),
        )
        return [DayCount(*row) for row in rows]

    def confirmation_times(self, first: date, last: date) -> list[ConfirmationTimes]:
        """How long offline registrations waited for a verdict, by the day of registration.

        Where the clock of a desk was ahead, the wait is not below 0. It is 0 where nobody is to
        believe that clock, because the verdict's time stands for its own.
        """
        rows = self._execute(
            "SELECT day, n, max(CASE WHEN place = (n + 1) / 2 THEN waited END),"
            " max(CASE WHEN place = (9 * n + 9) / 10 THEN waited END), max(waited) FROM ("
            " SELECT day, waited, count(*) OVER (PARTITION BY day) AS n,"
            " row_number() OVER (PARTITION BY day ORDER BY waited) AS place FROM ("
            " SELECT substr(created_at, 1, 10) AS day,"
            " max(0, judged_ms / 1000 - CAST(strftime('%s', created_at) AS INTEGER)) AS waited"
            f" FROM patients WHERE offline AND judged_ms IS NOT NULL AND {_IN_DAYS}))"
            " WHERE waited IS NOT NULL GROUP BY day ORDER BY day",
            _bounds(first, last),
        )
        return [ConfirmationTimes(*row) for row in rows]

    def conflicts(self, first: date, last: date) -> list[tuple[str, str, int, int]]:
        """(day, reason, how many, how many open) of the conflicts of some days' registrations."""
        return self._execute(
            "SELECT substr(p.created_at, 1, 10), c.reason, count(*), sum(c.open)"
            " FROM conflicts c CROSS JOIN patients p ON p.id = c.patient"
            f" WHERE {_IN_DAYS} GROUP BY 1, 2 ORDER BY 1, 2",
            _bounds(first, last),
        ).fetchall()

    def offline_times(self, first: date, last: date) -> Iterator[tuple[str, int]]:
        """(terminal, seconds since 1970) of each offline registration of some days, one by one."""
        yield from self._execute(
            "SELECT terminal, CAST(strftime('%s', created_at) AS INTEGER) FROM patients"
            f" WHERE offline AND terminal IS NOT NULL AND {_IN_DAYS}"
            " AND strftime('%s', created_at) IS NOT NULL",
            _bounds(first, last),
        )


def _bounds(first: date, last: date) -> tuple[str, str]:
    """What a time of these days is not below, and what it is below; times are ISO 8601 texts."""
    return first.isoformat(), (last + timedelta(1)).isoformat()
