"""Registrations that are merged or void, with the survivors of merges; `sync.rules.merging`.

There is a row for each registration about which such a decision is in force. A merge of which the
registration itself has not come is in no row, and follows when it comes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from sync.model.facts import Action, FactId, RecordId
from sync.rules import merging
from sync.rules.admission import Decision
from sync.rules.merging import RecordMerge
from sync.storage.queries import chunks, write_many

Key = tuple[RecordId, FactId]
"""(record id, fact id) of a registration."""

_COLUMNS: Final = (
    "patient, fact, decision, serial, action, into_record, into_fact, taken, counts, record,"
    " survivor"
)


class SettledRecord(NamedTuple):
    """A registration (local id, fact id) that is merged or void.

    ``merge`` is the merge, None for what is void and for a merge that names nobody. ``counts`` is
    false for a merge that would close a ring. ``survivor`` is the registration that stands for
    this one, None if it stands for itself.
    """

    patient: int
    fact: FactId
    decision: FactId
    action: Action
    merge: RecordMerge | None
    counts: bool
    survivor: Key | None


def _settled(row: Any) -> SettledRecord:
    patient, fact, decision, serial, action, record, into, taken, counts, *survivor = row
    merge = None
    if into is not None:
        merge = RecordMerge(decision, serial, fact, into, record, frozenset(taken.split()))
    stands = (survivor[0], survivor[1]) if survivor[1] is not None else None
    return SettledRecord(patient, fact, decision, Action(action), merge, bool(counts), stands)


class MergeTables:
    """The tables ``settled`` and ``hidden``, over one connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._execute = connection.execute

    def of(self, patient: int) -> SettledRecord | None:
        """How a registration (its local id) is settled."""
        return self._one("patient = ?", patient)

    def of_fact(self, fact: FactId) -> SettledRecord | None:
        """How the registration with a fact id is settled."""
        return self._one("fact = ?", fact)

    def merge_from(self, fact: FactId) -> RecordMerge | None:
        """The merge in force that is about a registration."""
        found = self.of_fact(fact)
        return found.merge if found is not None else None

    def into(self, fact: FactId) -> list[SettledRecord]:
        """The registrations that are merged into another one, without those merged into them."""
        rows = self._execute(
            f"SELECT {_COLUMNS} FROM settled WHERE into_fact = ? ORDER BY patient", (fact,)
        )
        return [_settled(row) for row in rows]

    def taking_field(self, fact: FactId, field: str) -> list[FactId]:
        """The merges that take a field for a registration, the latest last."""
        merges = [one.merge for one in self.into(fact) if one.merge is not None and one.counts]
        found = [merge for merge in merges if field in merge.taken]
        return [merge.id for merge in sorted(found, key=lambda merge: merge.order)]

    def above(self, fact: FactId) -> list[FactId]:
        """The registrations from which merges lead to this one, over any number of others."""
        rows = self._execute(
            "WITH RECURSIVE above (fact) AS (SELECT fact FROM settled WHERE into_fact = ?1"
            " UNION SELECT s.fact FROM settled s JOIN above a ON s.into_fact = a.fact)"
            " SELECT fact FROM above ORDER BY fact",
            (fact,),
        )
        return [fact for (fact,) in rows]

    def taking(self, registrations: Sequence[Key]) -> set[Key]:
        """Those of some registrations that show values of others merged into them."""
        found: set[Key] = set()
        for chunk, marks in chunks([fact for _, fact in registrations]):
            rows = self._execute(
                "SELECT into_record, into_fact FROM settled"
                f" WHERE taken != '' AND into_fact IN ({marks})",
                chunk,
            )
            found.update(rows)
        return found

    def put(
        self, patient: int, fact: FactId, decision: Decision, merge: RecordMerge | None
    ) -> None:
        """Write that a registration is settled; `lead` says where it leads."""
        taken = merge.taken if merge is not None else ()
        self._execute(
            f"INSERT OR REPLACE INTO settled ({_COLUMNS})"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1, NULL, NULL)",
            (
                patient,
                fact,
                decision.id,
                decision.fact.serial,
                decision.fact.action,
                merge.record if merge is not None else None,
                merge.into if merge is not None else None,
                " ".join(merging.in_order(taken)),
            ),
        )

    def hide(self, patient: int, values: Mapping[str, str]) -> None:
        """Write which values of a registration are hidden behind those of others, by field."""
        self._execute("DELETE FROM hidden WHERE patient = ?", (patient,))
        rows = [(patient, field, text) for field, text in values.items() if text]
        write_many(self._connection, "INSERT INTO hidden VALUES (?, ?, ?)", rows)

    def remove(self, patient: int) -> None:
        """A registration is settled no more."""
        self._execute("DELETE FROM settled WHERE patient = ?", (patient,))

    def lead(self, fact: FactId, counts: bool, survivor: Key | None) -> None:
        """Write where the merge of a registration leads, and whether it counts."""
        record, registration = survivor or (None, None)
        self._execute(
            "UPDATE settled SET counts = ?, record = ?, survivor = ? WHERE fact = ?",
            (counts, record, registration, fact),
        )

    def _one(self, where: str, value: int | FactId) -> SettledRecord | None:
        row = self._execute(f"SELECT {_COLUMNS} FROM settled WHERE {where}", (value,)).fetchone()
        return _settled(row) if row is not None else None
