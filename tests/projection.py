"""What a replica's tables say, in words that do not depend on local ids."""

from __future__ import annotations

from collections import Counter
from typing import Any

from sync.engine.fold import fold_all
from sync.model.facts import Author, fact_id
from sync.storage import schema
from tests.clinic import Desk

Tables = dict[str, list[tuple[Any, ...]]]

_PLAIN = (
    "registry",
    "grants",
    "verdicts",
    "resolutions",
    "corrections",
    "corrected",
    "replacing",
    "amended",
    "day_marks",
    "range_marks",
    "twins",
)


def projection(desk: Desk) -> Tables:
    """All tables that are folded from the facts, sorted; patients are named by their facts."""
    told: Tables = {name: desk.query(f"SELECT * FROM {name}") for name in _PLAIN}
    told["patients"] = [row[3:] for row in desk.query("SELECT * FROM patients")]
    told["amendments"] = [row[:5] + row[6:] for row in desk.query("SELECT * FROM amendments")]
    told["held"] = desk.query(
        "SELECT h.mrn, p.fact FROM held h LEFT JOIN patients p ON p.id = h.patient"
    )
    told["conflicts"] = desk.query(
        "SELECT p.fact, c.mrn, c.reason, h.fact, c.decision, c.open, c.action, c.merged_into"
        " FROM conflicts c"
        " LEFT JOIN patients p ON p.id = c.patient"
        " LEFT JOIN held k ON k.mrn = p.mrn AND k.patient != p.id"
        " LEFT JOIN patients h ON h.id = k.patient"
    )
    told["rivals"] = [row[1:] for row in desk.query("SELECT * FROM rivals")]
    return {name: sorted(rows, key=repr) for name, rows in told.items()}


def folded_from_nothing(desk: Desk) -> Tables:
    """What the tables of a replica would say if they were made again from its sorted facts."""
    writer = desk.writer
    connection = writer.store.connection
    connection.execute("BEGIN IMMEDIATE")
    schema.recreate_projection(connection)
    for _ in fold_all(writer.store):
        pass
    told = projection(desk)
    connection.execute("ROLLBACK")
    return told


def difference(one: Tables, other: Tables) -> dict[str, tuple[list[Any], list[Any]]]:
    """Table -> rows that only the one has, and only the other; empty when they agree."""
    found = {}
    for name in one:
        if one[name] != other[name]:
            ones, others = Counter(one[name]), Counter(other[name])
            found[name] = (list((ones - others).elements()), list((others - ones).elements()))
    return found


def fact_ids(desk: Desk) -> set[bytes]:
    """The ids of all facts that a replica has on disk."""
    rows = desk.query(
        "SELECT s.author, f.data FROM facts f JOIN runs r ON r.id = f.run"
        " JOIN shards s ON s.id = r.shard"
    )
    return {fact_id(Author(author), data) for author, data in rows}
