"""What a replica's tables say, in words that do not depend on local ids."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Set as AbstractSet
from functools import cache
from typing import Any, Protocol

from sync.engine.fold import fold_all
from sync.model import bodies, facts
from sync.model.facts import Author, FactId
from sync.storage import schema
from sync.storage.store import Store
from tests.clinic import Desk

Tables = dict[str, list[tuple[Any, ...]]]

_PLAIN = (
    "registry",
    "grants",
    "verdicts",
    "resolutions",
    "requests",
    "refusals",
    "pairs",
    "two_people",
    "sheets",
    "sheet_numbers",
    "corrections",
    "corrected",
    "added",
    "replacing",
    "amended",
    "day_marks",
    "range_marks",
    "strays",
    "number_sets",
    "twins",
)

_FOLDED = ("meta", "shards", "runs", "facts")
"""The tables of which the projection is made."""


class Asked(Protocol):
    """Whatever answers a query with rows, as `Desk` does."""

    def query(self, sql: str, *values: Any) -> Any: ...


class Scratch:
    """An empty database in memory, in which the facts of one replica after the other are folded.

    To make the tables again in the database of a replica itself costs more than the fold: all of
    its statements are compiled anew after that, even if it is rolled back.
    """

    def __init__(self) -> None:
        self.connection = sqlite3.connect(
            ":memory:", isolation_level=None, cached_statements=schema.STATEMENTS_KEPT
        )
        for script in schema.MIGRATIONS:
            self.connection.executescript(script)
        schema.recreate_projection(self.connection)
        self.connection.execute("DELETE FROM meta")

    def query(self, sql: str, *values: Any) -> list[Any]:
        return self.connection.execute(sql, values).fetchall()

    def folded(self, desk: Desk) -> Tables:
        """What the tables say of the facts of ``desk``."""
        self.connection.execute("BEGIN")
        try:
            for table in _FOLDED:
                rows = desk.query(f"SELECT * FROM {table}")
                if rows:
                    places = ", ".join("?" * len(rows[0]))
                    self.connection.executemany(f"INSERT INTO {table} VALUES ({places})", rows)
            for _ in fold_all(Store(self.connection)):
                pass
            return projection(self)
        finally:
            self.connection.execute("ROLLBACK")


@cache
def _scratch() -> Scratch:
    return Scratch()


def projection(desk: Asked) -> Tables:
    """All tables that are folded from the facts, sorted; patients are named by their facts."""
    tables: Tables = {name: desk.query(f"SELECT * FROM {name}") for name in _PLAIN}
    # Of the registry some tests compare replicas that know more and less.
    tables["written"] = desk.query("SELECT * FROM written WHERE author != ?", facts.REGISTRY)
    tables["patients"] = [row[3:] for row in desk.query("SELECT * FROM patients")]
    tables["amendments"] = [row[:5] + row[6:] for row in desk.query("SELECT * FROM amendments")]
    tables["held"] = desk.query(
        "SELECT h.mrn, p.fact FROM held h LEFT JOIN patients p ON p.id = h.patient"
    )
    tables["conflicts"] = desk.query(
        "SELECT p.fact, c.mrn, c.reason, h.fact, c.decision, c.open FROM conflicts c"
        " LEFT JOIN patients p ON p.id = c.patient"
        " LEFT JOIN held k ON k.mrn = p.mrn AND k.patient != p.id"
        " LEFT JOIN patients h ON h.id = k.patient"
    )
    tables["settled"] = [row[1:] for row in desk.query("SELECT * FROM settled")]
    tables["hidden"] = desk.query(
        "SELECT p.fact, h.field, h.text FROM hidden h JOIN patients p ON p.id = h.patient"
    )
    tables["rivals"] = [row[1:] for row in desk.query("SELECT * FROM rivals")]
    return {name: sorted(rows, key=repr) for name, rows in tables.items()}


def folded_from_nothing(desk: Desk) -> Tables:
    """What the tables of a replica would say if they were made again from its sorted facts."""
    return _scratch().folded(desk)


def difference(one: Tables, other: Tables) -> dict[str, tuple[list[Any], list[Any]]]:
    """Table -> rows that only the one has, and only the other; empty when they agree."""
    found = {}
    for name in one:
        if one[name] != other[name]:
            ones, others = Counter(one[name]), Counter(other[name])
            found[name] = (list((ones - others).elements()), list((others - ones).elements()))
    return found


_ENDS = (
    "SELECT id, 1 + (SELECT max(clock) FROM facts WHERE run = runs.id)"
    " - (SELECT min(clock) FROM facts WHERE run = runs.id) FROM runs"
)
_COUNTS = "SELECT run, count(*) FROM facts GROUP BY run"


class FactsRead:
    """The facts that a replica has on disk, read as they come: a fact is never changed.

    Where each run begins and ends is asked every time, so an end that has vanished is noticed; in
    the middle only facts that are counted are missed. Whoever opens the database again begins anew,
    see `tests.clinic.Desk.facts_read`.

    ``ids`` are all facts; ``registered`` maps each registration to (MRN as registered, record id),
    and ``claimed`` are all these MRNs;
    ``sheets`` maps each sheet to (desk, numbers);
    ``keys`` maps the hash of an idempotency key to the records under it;
    ``verdicts`` maps (author, shard, client) to (first, last, fact id) of each of those of the
    coordinator.
    """

    def __init__(self) -> None:
        self._forget()

    def _forget(self) -> None:
        self.ids: set[bytes] = set()
        self.registered: dict[FactId, tuple[str | None, bytes]] = {}
        self.claimed: set[str] = set()
        self.keys: dict[bytes, set[bytes]] = {}
        self.sheets: dict[FactId, tuple[str, tuple[int, ...]]] = {}
        self.verdicts: dict[tuple[str, int, int], list[tuple[int, int, FactId]]] = {}
        self._counts: dict[int, int] = {}

    def follow(self, desk: Desk, counts_all: bool) -> None:
        """Read what has come since."""
        rows = desk.query(_COUNTS if counts_all else _ENDS)
        counts = {run: count for run, count in rows if count is not None}
        if any(counts.get(run, 0) < count for run, count in self._counts.items()):
            self._forget()
        for run, count in counts.items():
            if (known := self._counts.get(run, 0)) < count:
                self._read(desk, run, known)
        self._counts = counts

    def _read(self, desk: Desk, run: int, known: int) -> None:
        ((author,),) = desk.query(
            "SELECT s.author FROM runs r JOIN shards s ON s.id = r.shard WHERE r.id = ?", run
        )
        for (data,) in desk.query(
            "SELECT data FROM facts WHERE run = ? ORDER BY clock LIMIT -1 OFFSET ?", run, known
        ):
            fact = facts.fact_id(Author(author), data)
            self.ids.add(fact)
            envelope = facts.decode(data)
            if envelope.kind == facts.REGISTRATION:
                body = bodies.read(envelope)
                mrn: str | None = body.mrn if isinstance(body, facts.Registration) else None
                self.registered[fact] = mrn, bytes(envelope.record_id)
                if mrn is not None:
                    self.claimed.add(mrn)
                if isinstance(body, facts.Registration) and body.key_hash is not None:
                    records = self.keys.setdefault(bytes(body.key_hash), set())
                    records.add(bytes(envelope.record_id))
            elif envelope.kind == facts.SHEET:
                self.sheets[fact] = author, tuple(facts.unpack(envelope.body)[1])
            elif envelope.kind == facts.VERDICT and author == facts.COORDINATOR:
                verdict = bodies.read(envelope)
                if isinstance(verdict, facts.Verdict):
                    run_of = verdict.author, verdict.shard, verdict.client
                    span = verdict.first, verdict.last, fact
                    self.verdicts.setdefault(run_of, []).append(span)


def facts_read(desk: Desk, counts_all: bool = False) -> FactsRead:
    """All facts that a replica has on disk now; it changes when more come.

    Args:
        counts_all: the facts are counted one by one, which takes longer the more there are.
    """
    if desk.facts_read is None:
        desk.facts_read = FactsRead()
    read: FactsRead = desk.facts_read
    read.follow(desk, counts_all)
    return read


def fact_ids(desk: Desk) -> AbstractSet[bytes]:
    """The ids of all facts that a replica has on disk."""
    return facts_read(desk).ids
