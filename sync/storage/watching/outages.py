"""When desks were cut off from the coordinator, as the coordinator saw it."""

from __future__ import annotations

import sqlite3
from enum import StrEnum
from typing import NamedTuple


class OutageCause(StrEnum):
    """Who was away."""

    DESK = "desk"
    """The connection with the desk ended: the network, or the desk's computer."""
    COORDINATOR = "coordinator"
    """The coordinator itself did not run."""


class Outage(NamedTuple):
    """A stretch of time, in milliseconds since 1970, in which a desk had no coordinator."""

    id: int
    terminal: str
    began_ms: int
    ended_ms: int | None
    cause: OutageCause


class OutageTable:
    """The table ``outages``, over one connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute = connection.execute

    def going_on(self) -> dict[str, int]:
        """Terminal -> when its outage began, of those that are cut off now."""
        rows = self._execute("SELECT terminal, began_ms FROM outages WHERE ended_ms IS NULL")
        return dict(rows.fetchall())

    def begin(self, terminal: str, at_ms: int, cause: OutageCause) -> None:
        """A desk is cut off since then, or since before, if that is noted already."""
        self._execute(
            "INSERT INTO outages (terminal, began_ms, cause) SELECT ?1, ?2, ?3 WHERE NOT EXISTS"
            " (SELECT 1 FROM outages WHERE terminal = ?1 AND ended_ms IS NULL)",
            (terminal, at_ms, cause),
        )

    def end(self, terminal: str, at_ms: int, lasted_ms: int | None = None) -> None:
        """A desk is back.

        Args:
            lasted_ms: for how long it was away, where somebody has counted: the clock may have been
                set meanwhile. In any case an outage does not begin after it has ended.
        """
        self._execute(
            "UPDATE outages SET ended_ms = ?1, began_ms = coalesce(?1 - ?2, min(began_ms, ?1))"
            " WHERE terminal = ?3 AND ended_ms IS NULL",
            (at_ms, lasted_ms, terminal),
        )

    def within(
        self, first_ms: int, last_ms: int, limit: int, offset: int
    ) -> tuple[int, list[Outage]]:
        """How many were going on at any time between two times, and some, the newest first."""
        which = "began_ms < ?2 AND (ended_ms IS NULL OR ended_ms >= ?1)"
        bounds = (first_ms, last_ms)
        count = self._execute(f"SELECT count(*) FROM outages WHERE {which}", bounds).fetchone()[0]
        rows = self._execute(
            f"SELECT id, terminal, began_ms, ended_ms, cause FROM outages WHERE {which}"
            " ORDER BY began_ms DESC, id DESC LIMIT ?3 OFFSET ?4",
            (*bounds, limit, offset),
        )
        return count, [Outage(*row)._replace(cause=OutageCause(row[4])) for row in rows]
