"""Amendments, and what those that apply say of each field.

One fact may lie in several runs, and what verdicts say of it in any of them counts for all. So
``amendments`` has a row for each place, ``corrections`` one for each fact.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from sync.model import bodies, facts
from sync.model.facts import FactId, Reason, RecordId, Verdict
from sync.model.person import more
from sync.rules.admission import Judged
from sync.rules.corrections import CHANGED_AT, REPLACED_MAX, Correction, FieldValue, Said
from sync.rules.times import OwnTime
from sync.storage.queries import chunks, write_many

Key = tuple[RecordId, FactId]
"""(record id, fact id), of an amendment or of a registration."""

_OF: Final = "record = ?1 AND registration = ?2 AND field = ?3"
_IS_REPLACED: Final = f"EXISTS (SELECT 1 FROM replacing WHERE {_OF} AND replaced = ?4)"
_LATEST_FIRST: Final = "ORDER BY replaced, hlc DESC, author DESC, fact DESC"


class KeptAmendment(NamedTuple):
    """An amendment, what all verdicts on it say together, and whether it is applied now.

    ``made_at`` is when it was made, as far as that is believed (ISO 8601 with an offset).
    """

    correction: Correction
    judged: Judged
    applied: bool
    made_at: str


class AmendmentTables:
    """The tables ``amendments``, ``corrections``, and what follows from those that apply.

    That are ``corrected``, ``added``, ``replacing`` and ``amended``.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._execute = connection.execute

    # amendments and verdicts on them

    def add(
        self,
        run: int,
        clock: int,
        record: RecordId,
        correction: Correction,
        body: bytes,
        judged: Judged,
        own: OwnTime,
    ) -> None:
        """Keep an amendment that lies at a place, with what verdicts say of it there."""
        self._execute(
            "INSERT OR IGNORE INTO amendments VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                record,
                correction.id,
                correction.fact.registration,
                correction.author,
                correction.hlc,
                run,
                clock,
                body,
                judged.admitted,
                judged.rejected,
                judged.at_ms,
            ),
        )
        self._execute(
            "INSERT OR IGNORE INTO corrections"
            " (record, fact, admitted, applied, amended_at, doubted_ms, zone)"
            " VALUES (?, ?, 0, 0, ?, ?, ?)",
            (record, correction.id, *own),
        )
        if judged.at_ms is not None:
            self._judge((record, correction.id), judged.admitted, judged.rejected, judged.at_ms)

    def of_segment(self, run: int, first: int, last: int) -> list[tuple[int, Judged]]:
        """(clock, judged) of the amendments among the clocks ``first``..``last`` (exclusive)."""
        rows = self._execute(
            "SELECT clock, admitted, rejected, judged_ms FROM amendments"
            " WHERE run = ? AND clock >= ? AND clock < ?",
            (run, first, last),
        )
        return [(clock, _judged(*judged)) for clock, *judged in rows]

    def judge(self, run: int, first: int, last: int, verdict: Verdict, at_ms: int) -> list[Key]:
        """Apply a verdict to stored amendments of a run; returns which they are.

        ``first`` to ``last`` (exclusive) are the clocks of the run that it judges.
        """
        rows = self._execute(
            "SELECT record, fact, clock, admitted, rejected, judged_ms FROM amendments"
            " WHERE run = ? AND clock >= ? AND clock < ?",
            (run, first, last),
        ).fetchall()
        for record, fact, clock, *before in rows:
            reason = verdict.rejects.get(clock - verdict.first)
            after = _judged(*before).and_also(reason is None, reason, at_ms)
            self._execute(
                "UPDATE amendments SET admitted = ?, rejected = ?, judged_ms = ?"
                " WHERE record = ? AND fact = ? AND run = ? AND clock = ?",
                (after.admitted, after.rejected, after.at_ms, record, fact, run, clock),
            )
            self._judge((record, fact), reason is None, reason, at_ms)
        return [(record, fact) for record, fact, *_ in rows]

    def _judge(self, key: Key, admitted: bool, rejected: Reason | None, at_ms: int) -> None:
        before = self._execute(
            "SELECT admitted, rejected, judged_ms FROM corrections WHERE record = ? AND fact = ?",
            key,
        ).fetchone()
        after = _judged(*before).and_also(admitted, rejected, at_ms)
        self._execute(
            "UPDATE corrections SET admitted = ?, rejected = ?, judged_ms = ?"
            " WHERE record = ? AND fact = ?",
            (*after, *key),
        )

    def kept(self, key: Key) -> KeptAmendment | None:
        """An amendment that can be read."""
        row = self._execute(
            "SELECT a.author, a.hlc, a.body, c.made_at, c.applied,"
            " c.admitted, c.rejected, c.judged_ms"
            " FROM corrections c JOIN amendments a ON a.record = c.record AND a.fact = c.fact"
            " WHERE c.record = ? AND c.fact = ? LIMIT 1",
            key,
        ).fetchone()
        author, hlc, body, made_at, applied, *judged = row
        record, fact = key
        read = bodies.read_kept(facts.AMENDMENT, record, hlc, body)
        if not isinstance(read, facts.Amendment):
            return None
        correction = Correction(fact, author, hlc, read)
        return KeptAmendment(correction, _judged(*judged), bool(applied), made_at)

    # what applies

    def apply(self, record: RecordId, correction: Correction, sayings: Iterable[Said]) -> None:
        """Let a correction count, in a number of steps that does not depend on the others."""
        about = (record, correction.fact.registration)
        fields = []
        for one in sayings:
            fields.append(one.field)
            of = (*about, one.field)
            self._execute(
                f"INSERT INTO corrected VALUES (?1, ?2, ?3, {_IS_REPLACED}, ?5, ?6, ?4, ?7)",
                (*of, correction.id, correction.hlc, correction.author, one.text),
            )
            replaced = [(*of, ident) for ident in one.replaces]
            write_many(
                self._connection,
                "INSERT INTO replacing VALUES (?, ?, ?, ?, ?)",
                [(*row, correction.id) for row in replaced],
            )
            write_many(
                self._connection,
                f"UPDATE corrected SET replaced = 1 WHERE {_OF} AND fact = ?4 AND NOT replaced",
                replaced,
            )
        self._keep_added(about, fields)
        self._execute(
            "INSERT INTO amended VALUES (?, ?, 1)"
            " ON CONFLICT (record, registration) DO UPDATE SET applied = applied + 1",
            about,
        )
        self._note_applied((record, correction.id), True)

    def withdraw(self, record: RecordId, correction: Correction, sayings: Iterable[Said]) -> None:
        """Let a correction count no more."""
        about = (record, correction.fact.registration)
        fields = []
        for one in sayings:
            fields.append(one.field)
            of = (*about, one.field)
            self._execute(f"DELETE FROM corrected WHERE {_OF} AND fact = ?4", (*of, correction.id))
            replaced = [(*of, ident) for ident in one.replaces]
            write_many(
                self._connection,
                f"DELETE FROM replacing WHERE {_OF} AND replaced = ?4 AND fact = ?5",
                [(*row, correction.id) for row in replaced],
            )
            write_many(
                self._connection,
                f"UPDATE corrected SET replaced = {_IS_REPLACED} WHERE {_OF} AND fact = ?4",
                replaced,
            )
        self._keep_added(about, fields)
        last = "record = ? AND registration = ? AND applied = 1"
        if not self._execute(f"DELETE FROM amended WHERE {last}", about).rowcount:
            self._execute(
                "UPDATE amended SET applied = applied - 1 WHERE record = ? AND registration = ?",
                about,
            )
        self._note_applied((record, correction.id), False)

    def date(self, record: RecordId, correction: Correction, made_at: str) -> None:
        """Let a correction that counts have another time among its rivals, and another one shown.

        Args:
            made_at: the time that is shown.
        """
        texts = {**dict.fromkeys(correction.fact.fields), CHANGED_AT: made_at}
        about = (record, correction.fact.registration)
        write_many(
            self._connection,
            f"UPDATE corrected SET hlc = ?5, text = coalesce(?6, text) WHERE {_OF} AND fact = ?4",
            [(*about, field, correction.id, correction.hlc, text) for field, text in texts.items()],
        )
        self._keep_added(about, more.folded(correction.fact.fields))

    def _keep_added(self, registration: Key, fields: Iterable[str]) -> None:
        """Write what is in force now of those of some fields that are identifiers or own fields."""
        rows = [(*registration, field) for field in fields if more.is_more(field)]
        write_many(self._connection, f"DELETE FROM added WHERE {_OF}", rows)
        write_many(
            self._connection,
            "INSERT INTO added SELECT record, registration, field, text FROM corrected"
            f" WHERE {_OF} {_LATEST_FIRST} LIMIT 1",
            rows,
        )

    def _note_applied(self, key: Key, applied: bool) -> None:
        self._execute(
            "UPDATE corrections SET applied = ? WHERE record = ? AND fact = ?", (applied, *key)
        )

    def amended(self, registrations: Sequence[Key]) -> set[Key]:
        """Those of some registrations to which corrections apply."""
        found: set[Key] = set()
        for chunk, _ in chunks(registrations):
            pairs = ", ".join(["(?, ?)"] * len(chunk))
            rows = self._execute(
                "SELECT record, registration FROM amended"
                f" WHERE (record, registration) IN (VALUES {pairs})",
                [part for pair in chunk for part in pair],
            )
            found.update(rows)
        return found

    def applied(self, registration: Key) -> int:
        """How many corrections of a registration apply."""
        row = self._execute(
            "SELECT applied FROM amended WHERE record = ? AND registration = ?", registration
        ).fetchone()
        return row[0] if row else 0

    def in_force(self, registration: Key, field: str) -> str | None:
        """What the corrections of a registration make of a field; None where none names it."""
        row = self._execute(
            f"SELECT text FROM corrected WHERE {_OF} {_LATEST_FIRST} LIMIT 1",
            (*registration, field),
        ).fetchone()
        return row[0] if row else None

    def changed_at(self, registration: Key) -> str | None:
        """When the latest correction of a registration was made; None where none applies."""
        return self.in_force(registration, CHANGED_AT)

    def source(self, registration: Key, field: str) -> FactId | None:
        """The correction whose value `in_force` is; None where none names the field."""
        row = self._execute(
            f"SELECT fact FROM corrected WHERE {_OF} {_LATEST_FIRST} LIMIT 1",
            (*registration, field),
        ).fetchone()
        return row[0] if row else None

    def added(self, registration: Key, limit: int) -> dict[str, str]:
        """Identifiers and own fields to which corrections of a registration give a value.

        The first ones by name, for any number of names may be invented.
        """
        rows = self._execute(
            # Named, because the primary key leads through all those that were emptied too.
            "SELECT field, text FROM added INDEXED BY added_given"
            " WHERE record = ? AND registration = ? AND text != '' ORDER BY field LIMIT ?",
            (*registration, limit),
        )
        return dict(rows.fetchall())

    def identifiers(self, registration: Key, limit: int) -> list[str]:
        """The first identifiers, by name, that corrections of a registration name or empty."""
        rows = self._execute(
            "SELECT field FROM added WHERE record = ? AND registration = ? AND field < ?"
            " ORDER BY field LIMIT ?",
            (*registration, more.PLAIN, limit),
        )
        return [field for (field,) in rows]

    def added_of(self, registration: Key, fields: Sequence[str]) -> set[str]:
        """Those of some identifiers and own fields that corrections of a registration name."""
        found: set[str] = set()
        for chunk, marks in chunks(fields):
            rows = self._execute(
                "SELECT field FROM added WHERE record = ? AND registration = ?"
                f" AND field IN ({marks})",
                (*registration, *chunk),
            )
            found.update(field for (field,) in rows)
        return found

    def replaces(self, registration: Key, field: str, fact: FactId) -> bool:
        """True when a correction that applies replaces a fact in a field."""
        row = self._execute(f"SELECT {_IS_REPLACED}", (*registration, field, fact)).fetchone()
        return bool(row[0])

    def value(self, registration: Key, field: str) -> FieldValue | None:
        """`in_force`, with the rivals that a new correction has to replace."""
        rows = self._execute(
            f"SELECT text, fact, replaced FROM corrected WHERE {_OF} {_LATEST_FIRST} LIMIT ?4",
            (*registration, field, REPLACED_MAX),
        ).fetchall()
        if not rows:
            return None
        first = rows[0]
        rivals = [fact for _, fact, replaced in rows if replaced == first[2]]
        return FieldValue(first[0], tuple(reversed(rivals)))


def _judged(admitted: int, rejected: str | None, at_ms: int | None) -> Judged:
    return Judged(bool(admitted), Reason(rejected) if rejected else None, at_ms)
