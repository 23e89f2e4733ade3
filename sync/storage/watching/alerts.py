"""Alarms of a coordinator from when they were raised to when they were over, and who looked.

An alarm is computed from what is so now (`sync.model.alarms`); an alert is what is kept of it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Final, NamedTuple

WATCHING: Final = """
-- Alarms from when they were raised to when they were over, and who has looked at them.
CREATE TABLE alerts (
    id INTEGER PRIMARY KEY AUTOINCREMENT, code TEXT NOT NULL, level TEXT NOT NULL,
    about TEXT NOT NULL, text TEXT NOT NULL, advice TEXT NOT NULL, since_ms INTEGER NOT NULL,
    ended_ms INTEGER, seen_ms INTEGER, seen_by TEXT, note TEXT NOT NULL DEFAULT '');
CREATE INDEX alerts_open ON alerts (id) WHERE ended_ms IS NULL;
-- What was sent of them: that one was raised, or is over, and by which way.
CREATE TABLE alert_messages (
    alert INTEGER NOT NULL, channel TEXT NOT NULL, what TEXT NOT NULL, at_ms INTEGER NOT NULL,
    PRIMARY KEY (alert, channel, what)) WITHOUT ROWID;
-- When a desk was cut off from the coordinator.
CREATE TABLE outages (
    id INTEGER PRIMARY KEY AUTOINCREMENT, terminal TEXT NOT NULL, began_ms INTEGER NOT NULL,
    ended_ms INTEGER, cause TEXT NOT NULL);
CREATE INDEX outages_open ON outages (terminal) WHERE ended_ms IS NULL;
CREATE INDEX outages_began ON outages (began_ms);
"""

TERMS: Final = """
-- What the text of an alert says of its very case, as JSON, for pages that say it in other words.
ALTER TABLE alerts ADD COLUMN terms TEXT NOT NULL DEFAULT '{}';
"""

KEPT_MAX: Final = 5000
"""So many alerts are kept; of those that are over the oldest go."""

_COLUMNS: Final = (
    "id, code, level, about, text, advice, since_ms, ended_ms, seen_ms, seen_by, note, terms"
)


class What(StrEnum):
    """What a message says of an alert."""

    RAISED = "raised"
    OVER = "over"


class KeptAlert(NamedTuple):
    """An alarm as it is kept. ``about`` is what it is about, as in `Alarm.key`.

    ``seen_by`` is who has acknowledged it and ``note`` what they said; both are of its present
    level, because an alarm that gets worse has to be looked at again. ``terms`` is JSON.
    """

    id: int
    code: str
    level: str
    about: str
    text: str
    advice: str
    since_ms: int
    ended_ms: int | None = None
    seen_ms: int | None = None
    seen_by: str | None = None
    note: str = ""
    terms: str = "{}"


class AlertTables:
    """The tables ``alerts`` and ``alert_messages``, over one connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute = connection.execute

    def not_over(self) -> list[KeptAlert]:
        """All that are not over, the oldest first."""
        rows = self._execute(f"SELECT {_COLUMNS} FROM alerts WHERE ended_ms IS NULL ORDER BY id")
        return [KeptAlert(*row) for row in rows]

    def page(self, not_over: bool | None, limit: int, offset: int) -> tuple[int, list[KeptAlert]]:
        """How many there are, and some of them, the newest first.

        Args:
            not_over: only those that are not over, or that are; None for all.
        """
        which = {None: "1", True: "ended_ms IS NULL", False: "ended_ms IS NOT NULL"}[not_over]
        count = self._execute(f"SELECT count(*) FROM alerts WHERE {which}").fetchone()[0]
        rows = self._execute(
            f"SELECT {_COLUMNS} FROM alerts WHERE {which} ORDER BY id DESC LIMIT ? OFFSET ?",
            (limit, offset),
        )
        return count, [KeptAlert(*row) for row in rows]

    def find(self, ident: int) -> KeptAlert | None:
        """The alert with that id, None if there is none."""
        row = self._execute(f"SELECT {_COLUMNS} FROM alerts WHERE id = ?", (ident,)).fetchone()
        return KeptAlert(*row) if row else None

    def add(self, alert: KeptAlert) -> int:
        """Keep a new one, whatever its id; return the id that it gets."""
        cursor = self._execute(
            "INSERT INTO alerts (code, level, about, text, advice, since_ms, terms)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (*alert[1:7], alert.terms),
        )
        assert cursor.lastrowid is not None
        self._forget_oldest()
        return cursor.lastrowid

    def put(self, alert: KeptAlert) -> None:
        """Store what has changed of one; it stays as it is where it is not there any more."""
        self._execute(
            "UPDATE alerts SET level = ?, text = ?, advice = ?, terms = ?, ended_ms = ?,"
            " seen_ms = ?, seen_by = ?, note = ? WHERE id = ?",
            (
                *(alert.level, alert.text, alert.advice, alert.terms, alert.ended_ms),
                *(alert.seen_ms, alert.seen_by, alert.note, alert.id),
            ),
        )

    def _forget_oldest(self) -> None:
        """Keep at most `KEPT_MAX`; one that is not over always stays."""
        self._execute(
            "DELETE FROM alerts WHERE ended_ms IS NOT NULL AND id <="
            " (SELECT id FROM alerts ORDER BY id DESC LIMIT 1 OFFSET ?)",
            (KEPT_MAX,),
        )
        self._execute("DELETE FROM alert_messages WHERE alert NOT IN (SELECT id FROM alerts)")

    # messages

    def to_send(self, channel: str, what: What) -> list[KeptAlert]:
        """What was not sent yet by a channel: alerts that are not over, or that are.

        That one is over is only sent where it was sent that it was raised.
        """
        rows = self._execute(
            f"SELECT {_COLUMNS} FROM alerts a WHERE"
            + (
                " ended_ms IS NULL AND seen_ms IS NULL"
                if what is What.RAISED
                else " ended_ms IS NOT NULL AND EXISTS (SELECT 1 FROM alert_messages m"
                " WHERE m.alert = a.id AND m.channel = ?1 AND m.what = 'raised')"
            )
            + " AND NOT EXISTS (SELECT 1 FROM alert_messages m"
            " WHERE m.alert = a.id AND m.channel = ?1 AND m.what = ?2) ORDER BY id",
            (channel, what),
        )
        return [KeptAlert(*row) for row in rows]

    def note_sent(self, channel: str, what: What, idents: Iterable[int], at_ms: int) -> None:
        """Some alerts were sent."""
        for ident in idents:
            self._execute(
                "INSERT OR REPLACE INTO alert_messages VALUES (?, ?, ?, ?)",
                (ident, channel, what, at_ms),
            )

    def send_again(self, ident: int) -> None:
        """What was sent of an alert does not count any more: it has become worse."""
        self._execute("DELETE FROM alert_messages WHERE alert = ?", (ident,))

    def last_sent(self, channel: str) -> int:
        """When something was last sent by a channel, 0 for never."""
        row = self._execute(
            "SELECT coalesce(max(at_ms), 0) FROM alert_messages WHERE channel = ?", (channel,)
        ).fetchone()
        return int(row[0])

    def messages_of(self, idents: Sequence[int]) -> list[tuple[int, str, What, int]]:
        """(alert, channel, what, when) of what was sent of some alerts."""
        marks = ", ".join("?" * len(idents))
        rows = self._execute(
            "SELECT alert, channel, what, at_ms FROM alert_messages"
            f" WHERE alert IN ({marks}) ORDER BY alert, at_ms, channel",
            tuple(idents),
        )
        return [(alert, channel, What(what), at_ms) for alert, channel, what, at_ms in rows]
