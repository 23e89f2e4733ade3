"""What desks ask the coordinator to decide about records, until it is carried out or refused.

A request is open while no decision names it and nothing refuses it; a decision outweighs a
refusal, for two coordinators of one backup may have answered.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Final, NamedTuple

from sync.model import bodies, facts
from sync.model.clerks.known import KnownBy
from sync.model.facts import (
    Author,
    Envelope,
    FactId,
    PairFact,
    RecordId,
    RecordRequest,
    RequestRefusal,
    Resolution,
)

_OPEN: Final = (
    "NOT EXISTS (SELECT 1 FROM resolutions d WHERE d.asked = q.fact)"
    " AND NOT EXISTS (SELECT 1 FROM pairs p WHERE p.asked = q.fact)"
    " AND NOT EXISTS (SELECT 1 FROM refusals f WHERE f.request = q.fact)"
)
_COLUMNS: Final = "q.fact, q.author, q.hlc, q.record, q.body, q.made_at"


class KeptRequest(NamedTuple):
    """A request with its fact id, the desk that asks, and the record that it is about.

    ``made_at`` is when, as `sync.rules.times.Times.iso` tells it.
    """

    id: FactId
    author: Author
    record: RecordId
    body: RecordRequest
    made_at: str


class RequestAnswered(NamedTuple):
    """What became of a request: ``done`` or refused, by whom, why, and when (hybrid time)."""

    done: bool
    who: str
    why: str
    hlc: int
    known: KnownBy | None = None


class RequestTables:
    """The tables ``requests`` and ``refusals``, over one connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute = connection.execute

    def add(
        self,
        fact: FactId,
        author: Author,
        envelope: Envelope,
        into: RecordId | None,
        made_at: str,
    ) -> None:
        """Keep a request; ``into`` is the record of the other one of two."""
        self._execute(
            "INSERT OR IGNORE INTO requests VALUES (?, ?, ?, ?, ?, ?, ?)",
            (fact, author, envelope.hlc, envelope.record_id, envelope.body, into, made_at),
        )

    def refuse(self, fact: FactId, request: FactId, envelope: Envelope) -> None:
        """Keep that a request is refused; the request may come later."""
        self._execute(
            "INSERT OR IGNORE INTO refusals VALUES (?, ?, ?, ?, ?)",
            (request, fact, envelope.hlc, envelope.record_id, envelope.body),
        )

    def one(self, fact: FactId) -> KeptRequest | None:
        """A request by its fact id."""
        return next(self._read("q.fact = ?", fact), None)

    def open_of(self, record: RecordId) -> list[KeptRequest]:
        """The open requests about a record."""
        return list(self._read(f"q.record = ? AND {_OPEN}", record))

    def count(self, only_open: bool, record: RecordId | None = None) -> int:
        """How many there are, about one record if it is named."""
        where, values = _chosen(only_open, record)
        sql = f"SELECT count(*) FROM requests q WHERE {where}"
        found: int = self._execute(sql, values).fetchone()[0]
        return found

    def page(
        self, only_open: bool, limit: int, offset: int, record: RecordId | None = None
    ) -> list[KeptRequest]:
        """Some of them, the newest first, about one record if it is named."""
        where, values = _chosen(only_open, record)
        order = "ORDER BY q.made_at DESC, q.hlc DESC, q.fact DESC LIMIT ? OFFSET ?"
        return list(self._read(f"{where} {order}", *values, limit, offset))

    def progress(self) -> int:
        """A number that grows with every request and every answer to one."""
        found: int = self._execute(
            "SELECT (SELECT count(*) FROM requests) + (SELECT count(*) FROM refusals)"
            " + (SELECT count(*) FROM resolutions WHERE asked IS NOT NULL)"
            " + (SELECT count(*) FROM pairs WHERE asked IS NOT NULL)"
        ).fetchone()[0]
        return found

    def answered(self, fact: FactId) -> RequestAnswered | None:
        """What became of a request, None while it is open; of several answers the first."""
        for kind, sql in (
            (facts.RESOLUTION, "SELECT hlc, record, body FROM resolutions WHERE asked = ?"),
            (facts.PAIR, "SELECT hlc, record, body FROM pairs WHERE asked = ?"),
            (facts.REFUSAL, "SELECT hlc, record, body FROM refusals WHERE request = ?"),
        ):
            for hlc, record, data in self._execute(f"{sql} ORDER BY hlc, fact", (fact,)):
                body = bodies.read_kept(kind, record, hlc, data)
                if isinstance(body, Resolution | PairFact | RequestRefusal):
                    done = not isinstance(body, RequestRefusal)
                    return RequestAnswered(done, body.who, body.why, hlc, body.known)
        return None

    def _read(self, where: str, *values: object) -> Iterator[KeptRequest]:
        rows = self._execute(f"SELECT {_COLUMNS} FROM requests q WHERE {where}", values)
        for fact, author, hlc, record, data, made_at in rows.fetchall():
            body = bodies.read_kept(facts.REQUEST, record, hlc, data)
            if isinstance(body, RecordRequest):
                yield KeptRequest(fact, author, record, body, made_at)


def _chosen(only_open: bool, record: RecordId | None) -> tuple[str, tuple[RecordId, ...]]:
    """Which requests are meant, as a condition and its values."""
    where = _OPEN if only_open else "1"
    if record is None:
        return where, ()
    return f"{where} AND (q.record = ? OR q.into_record = ?)", (record, record)
