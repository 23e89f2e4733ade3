"""What a replica's tables say, in words that do not depend on local ids."""

from __future__ import annotations

from collections import Counter
from collections.abc import Set as AbstractSet
from typing import Any

from sync.engine.fold import fold_all
from sync.model import bodies, facts
from sync.model.facts import Author, FactId
from sync.storage import schema
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
    "replacing",
    "amended",
    "day_marks",
    "range_marks",
    "strays",
    "twins",
)


def projection(desk: Desk) -> Tables:
    """All tables that are folded from the facts, sorted; patients are named by their facts."""
    tables: Tables = {name: desk.query(f"SELECT * FROM {name}") for name in _PLAIN}
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
    writer = desk.writer
    connection = writer.store.connection
    connection.execute("BEGIN IMMEDIATE")
    schema.recreate_projection(connection)
    for _ in fold_all(writer.store):
        pass
    tables = projection(desk)
    connection.execute("ROLLBACK")
    return tables


def difference(one: Tables, other: Tables) -> dict[str, tuple[list[Any], list[Any]]]:
    """Table -> rows that only the one has, and only the other; empty when they agree."""
    found = {}
    for name in one:
        if one[name] != other[name]:
            ones, others = Counter(one[name]), Counter(other[name])
            found[name] = (list((ones - others).elements()), list((others - ones).elements()))
    return found


class FactsRead:
    """The facts that a replica has on disk, read as they come: a fact is never changed.

    How many each run has is asked every time, so one that has vanished is noticed. Whoever opens
    the database again begins anew, see `tests.clinic.Desk.facts_read`.

    ``ids`` are all facts; ``registered`` maps each registration to (MRN as registered, record id);
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
        self.keys: dict[bytes, set[bytes]] = {}
        self.sheets: dict[FactId, tuple[str, tuple[int, ...]]] = {}
        self.verdicts: dict[tuple[str, int, int], list[tuple[int, int, FactId]]] = {}
        self._counts: dict[int, int] = {}

    def follow(self, desk: Desk) -> None:
        """Read what has come since."""
        counts = dict(desk.query("SELECT run, count(*) FROM facts GROUP BY run"))
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


def facts_read(desk: Desk) -> FactsRead:
    """All facts that a replica has on disk now; it changes when more come."""
    if desk.facts_read is None:
        desk.facts_read = FactsRead()
    read: FactsRead = desk.facts_read
    read.follow(desk)
    return read


def fact_ids(desk: Desk) -> AbstractSet[bytes]:
    """The ids of all facts that a replica has on disk."""
    return facts_read(desk).ids
