"""What administrators decided about pairs of registrations, and which are two people now.

The rules are `sync.rules.pairs`'s. A pair may come before the registrations that it is about.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Final, NamedTuple

from sync.model import bodies, facts
from sync.model.facts import Envelope, FactId, PairFact, RecordId
from sync.rules.pairs import DecidedPair, PairKey, pair_of

PAIRS: Final = """
CREATE TABLE pairs (
    fact BLOB PRIMARY KEY, first BLOB NOT NULL, second BLOB NOT NULL, hlc INTEGER NOT NULL,
    record BLOB NOT NULL, other_record BLOB NOT NULL, body BLOB NOT NULL, asked BLOB
) WITHOUT ROWID;
CREATE INDEX pairs_about ON pairs (first, second);
CREATE INDEX pairs_second ON pairs (second);
CREATE INDEX pairs_asked ON pairs (asked) WHERE asked IS NOT NULL;
-- Pairs that are two people as long as both say what they said then, with the fact that says so.
CREATE TABLE two_people (
    first BLOB NOT NULL, second BLOB NOT NULL, decision BLOB NOT NULL, PRIMARY KEY (first, second)
) WITHOUT ROWID;
CREATE INDEX two_people_second ON two_people (second);
"""

_ABOUT: Final = "SELECT fact, hlc, record, body FROM pairs WHERE"
PAIRS_OF: Final = f"{_ABOUT} (first = ?1 OR second = ?1)"
"""All decisions about pairs of a registration."""


class KeptPair(NamedTuple):
    """A decision about a pair; ``record`` is that of its first-named registration."""

    hlc: int
    record: RecordId
    decision: DecidedPair


class PairTables:
    """The tables ``pairs`` and ``two_people``, over one connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute = connection.execute

    def add(self, fact: FactId, envelope: Envelope, body: PairFact) -> None:
        """Keep a decision about a pair."""
        self._execute(
            "INSERT OR IGNORE INTO pairs VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                fact,
                *pair_of(body.one, body.other),
                envelope.hlc,
                envelope.record_id,
                body.other_record,
                envelope.body,
                body.asked,
            ),
        )

    def any(self) -> bool:
        """True when somebody has ever decided about a pair."""
        return self._execute("SELECT 1 FROM pairs LIMIT 1").fetchone() is not None

    def about(self, pair: PairKey) -> list[KeptPair]:
        """All decisions about a pair, the oldest first."""
        return self._read("first = ? AND second = ? ORDER BY hlc, fact", *pair)

    def decision(self, fact: FactId) -> KeptPair | None:
        """A decision by its fact id."""
        return next(iter(self._read("fact = ?", fact)), None)

    def with_any(self, registrations: Iterable[FactId]) -> set[PairKey]:
        """The pairs of some registrations about which something was ever decided."""
        found: set[PairKey] = set()
        for one in registrations:
            rows = self._execute(
                "SELECT first, second FROM pairs WHERE first = ?1 OR second = ?1", (one,)
            )
            found.update(PairKey(*row) for row in rows)
        return found

    def decided(self, pair: PairKey) -> FactId | None:
        """The decision by which a pair is two people now, None if none holds."""
        row = self._execute(
            "SELECT decision FROM two_people WHERE first = ? AND second = ?", pair
        ).fetchone()
        return row[0] if row else None

    def apart_from(self, registration: FactId) -> set[FactId]:
        """The registrations that are another person than this one, as was decided."""
        rows = self._execute(
            "SELECT second FROM two_people WHERE first = ?1"
            " UNION SELECT first FROM two_people WHERE second = ?1",
            (registration,),
        )
        return {other for (other,) in rows}

    def decide(self, pair: PairKey, decision: FactId | None) -> None:
        """Write by which decision a pair is two people now, or that it is not."""
        if decision is None:
            self._execute("DELETE FROM two_people WHERE first = ? AND second = ?", pair)
        else:
            self._execute("INSERT OR REPLACE INTO two_people VALUES (?, ?, ?)", (*pair, decision))

    def _read(self, where: str, *values: object) -> list[KeptPair]:
        found = []
        for fact, hlc, record, data in self._execute(f"{_ABOUT} {where}", values).fetchall():
            body = bodies.read_kept(facts.PAIR, record, hlc, data)
            if isinstance(body, PairFact):
                found.append(KeptPair(hlc, record, DecidedPair(fact, body)))
        return found
