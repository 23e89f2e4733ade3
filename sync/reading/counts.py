"""How many there are: people, conflicts, offline registrations."""

from __future__ import annotations

import sqlite3
from typing import Final, NamedTuple

from sync.model.facts import Author
from sync.model.runs import RUN_BYTES_MAX, RUN_FACTS_MAX
from sync.reading.answers import RegisterCounts
from sync.rules.admission import MrnStatus
from sync.storage.records.requests import RequestTables
from sync.storage.times.days import WrittenDays

_WAITING: Final = (
    "(SELECT count(*) FROM patients WHERE judged_ms IS NULL AND understood)"
    " + (SELECT count(*) FROM patients WHERE judged_ms IS NULL AND NOT understood)"
)


IS_UNCONFIRMED: Final = (
    "p.identity IS NOT NULL AND NOT EXISTS (SELECT 1 FROM settled s WHERE s.patient = p.id"
    " AND (s.action = 'void' OR s.survivor IS NOT NULL))"
)
"""Nobody has confirmed yet who a patient ``p`` is, and the record counts."""


class OfflineCount(NamedTuple):
    """A terminal's offline registrations; ``first_day`` is that of the first one, YYYY-MM-DD."""

    confirmed: int
    unconfirmed: int
    refused: int
    recent: int
    first_day: str | None


class CountsReader:
    """Counts within one snapshot."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute = connection.execute
        self._requests = RequestTables(connection)
        self._written = WrittenDays(connection)

    def register(self) -> RegisterCounts:
        """How many people, conflicts and requests still open, and waiting for a verdict."""
        patients, conflicts, pending = self._execute(
            "SELECT (SELECT count(*) FROM patients), (SELECT count(*) FROM conflicts WHERE open),"
            f" {_WAITING}"
        ).fetchone()
        return {
            "patients": patients,
            "open_conflicts": conflicts,
            "pending": pending,
            "open_requests": self._requests.count(True),
        }

    def waiting(self) -> int:
        """How many people wait for a verdict; two indexes have nobody else."""
        count: int = self._execute(f"SELECT {_WAITING}").fetchone()[0]
        return count

    def waiting_of_terminals(self) -> dict[str, int]:
        """Terminal code -> how many of its people wait for a verdict, where there are any."""
        return dict(
            self._execute(
                "SELECT terminal, count(*) FROM patients WHERE judged_ms IS NULL AND understood"
                " AND terminal IS NOT NULL GROUP BY terminal"
            )
        )

    def unconfirmed(self) -> int:
        """Of how many people nobody has confirmed yet who they are."""
        sql = f"SELECT count(*) FROM patients p WHERE {IS_UNCONFIRMED}"
        count: int = self._execute(sql).fetchone()[0]
        return count

    def newest_id(self) -> int:
        """The local id of the person who came last, here or from elsewhere; 0 if there is none."""
        newest: int = self._execute("SELECT coalesce(max(id), 0) FROM patients").fetchone()[0]
        return newest

    def stretch(self, author: Author, after: int, upto: int) -> list[tuple[str | None, bool, str]]:
        """(number, offline, status) of the people that ``author`` registered, by local id.

        Args:
            after: the id before the first that counts.
            upto: the last that counts.
        """
        rows = self._execute(
            "SELECT coalesce(claimed, mrn), offline, status FROM patients"
            " WHERE id > ? AND id <= ? AND author = ? ORDER BY id",
            (after, upto, author),
        )
        return [(mrn, bool(offline), status) for mrn, offline, status in rows]

    def parts_with_room(self, many: int) -> list[tuple[Author, int]]:
        """Authors with more than ``many`` shards that hold less than half of what one takes."""
        rows = self._execute(
            "SELECT author, count(*) FROM shards WHERE facts < ? AND bytes < ?"
            " GROUP BY author HAVING count(*) > ? ORDER BY author",
            (RUN_FACTS_MAX // 2, RUN_BYTES_MAX // 2, many),
        )
        return [(author, count) for author, count in rows]

    def newest_times(self, above: int) -> list[tuple[Author, int]]:
        """(author, newest hybrid time) of those who wrote something at a time above ``above``."""
        return self._written.newest(above)

    def offline(self, since: str) -> dict[str, OfflineCount]:
        """Terminal code -> its offline registrations, those from the day ``since`` on as recent."""
        rows = self._execute(
            "SELECT terminal, sum(status = ?), sum(status = ?), sum(status = ?),"
            " sum(substr(created_at, 1, 10) >= ?), min(substr(created_at, 1, 10))"
            " FROM patients WHERE offline AND terminal IS NOT NULL GROUP BY terminal",
            (MrnStatus.ADMITTED, MrnStatus.PENDING, MrnStatus.REJECTED, since),
        )
        return {code: OfflineCount(*counts) for code, *counts in rows}
