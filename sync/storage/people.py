"""The projection on disk: patients, holders, conflicts; `sync.engine.fold` decides their rows."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sync.model.demographics import FIELDS
from sync.model.facts import Author, Envelope, FactId, Reason, RecordId, Registration
from sync.model.numbers import Mrn
from sync.model.person import more
from sync.rules.admission import Conflict, Judged, MrnStatus, Standing
from sync.rules.feed import Feed, FeedEntry
from sync.rules.times import OwnTime
from sync.storage.queries import chunks, write_many


class RegistrationRow(NamedTuple):
    """What admission needs of a stored registration."""

    id: int
    run: int
    clock: int
    record: RecordId
    fact: FactId
    author: Author
    terminal: Author | None
    claimed: str | None
    mrn: Mrn | None
    well_formed: bool
    judged: Judged
    resolved: int
    status: str


_REGISTRATION = (
    "id, run, clock, record, fact, author, terminal, claimed, mrn, well_formed, admitted, rejected,"
    " judged_ms, resolved, status"
)

_SEGMENT = (
    "facts f JOIN patients p ON p.id = f.patient"
    " WHERE f.run = ? AND f.clock >= ? AND f.clock < ? AND f.patient IS NOT NULL"
)
_PLACED = ", ".join(
    ("f." if name in ("run", "clock") else "p.") + name for name in _REGISTRATION.split(", ")
)
"""`_REGISTRATION` with the place in the segment: one fact may lie in several."""
_PLAIN = "(p.judged_ms IS NULL AND p.well_formed AND NOT p.resolved)"

PATIENT_COLUMNS = (
    "id, run, clock, record, fact, author, terminal, offline, claimed, numbered, mrn, status,"
    " well_formed,"
    " understood, admitted, rejected, judged_ms, resolved, registered_at, doubted_ms, zone,"
    " operator, operator_known, key_hash, " + ", ".join((*FIELDS, *more.FIELDS))
)
_INSERT_PATIENT = (
    f"INSERT INTO patients ({PATIENT_COLUMNS}) VALUES"
    f" ({', '.join('?' * (PATIENT_COLUMNS.count(',') + 1))})"
)


def _registration_row(row: tuple[Any, ...]) -> RegistrationRow:
    (*head, well_formed, admitted, rejected, judged_ms, resolved, status) = row
    judged = Judged(bool(admitted), Reason(rejected) if rejected else None, judged_ms)
    return RegistrationRow._make((*head, bool(well_formed), judged, resolved, status))


class PeopleTables:
    """The tables ``patients``, ``held`` and ``conflicts``, over one connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._execute = connection.execute

    # patients

    def insert_patients(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Rows of `PATIENT_COLUMNS`."""
        write_many(self._connection, _INSERT_PATIENT, rows)

    def join_places(self, places: Sequence[tuple[int, int, int]]) -> None:
        """Facts at places, (patient, run, clock) each, register people who are known already."""
        write_many(
            self._connection, "UPDATE facts SET patient = ? WHERE run = ? AND clock = ?", places
        )

    def registrations(self, where: str, values: Sequence[Any]) -> list[RegistrationRow]:
        """Registrations by a condition of this module's own making."""
        rows = self._execute(f"SELECT {_REGISTRATION} FROM patients WHERE {where}", values)
        return [_registration_row(row) for row in rows]

    def registration(self, patient: int) -> RegistrationRow:
        """The registration with a local id."""
        return self.registrations("id = ?", (patient,))[0]

    def registered_with(self, key: bytes, author: Author, limit: int) -> list[tuple[int, int, int]]:
        """(local id, run, clock) of the first whom an author registered with a key's hash."""
        return self._execute(
            "SELECT id, run, clock FROM patients WHERE key_hash = ? AND author = ?"
            " ORDER BY id LIMIT ?",
            (key, author, limit),
        ).fetchall()

    def registrations_of_ids(self, patients: Sequence[int]) -> list[RegistrationRow]:
        """The registrations with these local ids."""
        found: list[RegistrationRow] = []
        for chunk, marks in chunks(patients):
            found += self.registrations(f"id IN ({marks})", chunk)
        return found

    def registrations_by_fact(self, record: RecordId, fact: FactId) -> list[RegistrationRow]:
        """The registration with a fact id, found by its record id."""
        return self.registrations("record = ? AND fact = ?", (record, fact))

    def registrations_of_segment(
        self, run: int, first: int, last: int, where: str = "1"
    ) -> list[RegistrationRow]:
        """Registrations among the clocks ``first``..``last`` (exclusive) of a segment."""
        rows = self._execute(
            f"SELECT {_PLACED} FROM {_SEGMENT} AND {where}",
            (run, first, last),
        )
        return [_registration_row(row) for row in rows]

    def unlike_others(self, run: int, first: int, last: int, every: bool) -> list[RegistrationRow]:
        """Registrations of a segment that `admit_segment` passes over; or ``every`` one."""
        return self.registrations_of_segment(run, first, last, "1" if every else f"NOT {_PLAIN}")

    def admit_segment(
        self, run: int, first: int, last: int, at_ms: int
    ) -> tuple[list[int], list[tuple[int, str | None]]]:
        """Admit the registrations of a segment that nothing has judged or resolved before.

        Returns:
            Those of them (local ids) whose MRN others claim too, and (patient, MRN) of each.
        """
        place = (run, first, last)
        shared = self._execute(
            f"SELECT p.id FROM {_SEGMENT} AND {_PLAIN}"
            " AND EXISTS (SELECT 1 FROM rivals r WHERE r.patient = p.id)",
            place,
        ).fetchall()
        admitted = self._execute(
            "UPDATE patients SET admitted = 1, status = ?, judged_ms = ? WHERE id IN"
            f" (SELECT p.id FROM {_SEGMENT} AND {_PLAIN}) RETURNING id, mrn",
            (MrnStatus.ADMITTED, at_ms, *place),
        ).fetchall()
        return [patient for (patient,) in shared], sorted(admitted)

    def known(self, registrations: Sequence[tuple[RecordId, FactId]]) -> dict[Any, int]:
        """(record id, fact id) -> local id, of those of ``registrations`` that are here."""
        found: dict[Any, int] = {}
        for chunk, _ in chunks(registrations):
            rows = self._execute(
                "SELECT record, fact, id FROM patients"
                f" WHERE (record, fact) IN (VALUES {', '.join(['(?, ?)'] * len(chunk))})",
                [part for pair in chunk for part in pair],
            )
            found.update(((record, fact), ident) for record, fact, ident in rows)
        return found

    def registrations_of(self, records: Sequence[RecordId]) -> list[RegistrationRow]:
        """All registrations under ``records``."""
        found: list[RegistrationRow] = []
        for chunk, marks in chunks(records):
            found += self.registrations(f"record IN ({marks})", chunk)
        return found

    def claimants(self, mrns: Sequence[Mrn]) -> list[RegistrationRow]:
        """All registrations that claim one of ``mrns`` now."""
        found: list[RegistrationRow] = []
        for chunk, marks in chunks(mrns):
            found += self.registrations(f"mrn IN ({marks})", chunk)
        return found

    def claimed(self, mrns: Sequence[Mrn]) -> set[Mrn]:
        """Those of ``mrns`` that some registration claims now."""
        found: set[Mrn] = set()
        for chunk, _ in chunks(mrns):
            # One row a number, however many registrations claim it.
            rows = self._execute(
                f"WITH wanted (mrn) AS (VALUES {', '.join(['(?)'] * len(chunk))})"
                " SELECT mrn FROM wanted WHERE EXISTS"
                " (SELECT 1 FROM patients p WHERE p.mrn = wanted.mrn)",
                chunk,
            )
            found.update(mrn for (mrn,) in rows)
        return found

    def later_of_records(self, patients: Sequence[int]) -> set[int]:
        """Those of ``patients`` whose record id another registration had before them."""
        found: set[int] = set()
        for chunk, marks in chunks(patients):
            rows = self._execute(
                f"SELECT p.id FROM patients p WHERE p.id IN ({marks}) AND EXISTS"
                " (SELECT 1 FROM patients o WHERE o.record = p.record AND o.id < p.id)",
                chunk,
            )
            found.update(patient for (patient,) in rows)
        return found

    def count_people(
        self, authors: Sequence[Author], after: int
    ) -> list[tuple[Author, str, str | None, int]]:
        """(author, status, why it was refused, how many) of the people above a local id."""
        return self._connection.execute(
            "SELECT author, status, rejected, count(*) FROM patients WHERE id > ? AND author IN"
            f" ({', '.join('?' * len(authors))}) GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
            (after, *authors),
        ).fetchall()

    def unjudged(self, after: tuple[int, int], limit: int) -> list[tuple[int, int]]:
        """(run, clock) of the next registrations and amendments that want a verdict, in order."""
        which = "judged_ms IS NULL AND (run, clock) > (?1, ?2)"
        rows = self._execute(
            f"SELECT run, clock FROM patients WHERE {which} AND understood"
            f" UNION ALL SELECT run, clock FROM amendments WHERE {which}"
            " ORDER BY run, clock LIMIT ?3",
            (*after, limit),
        )
        return list(rows)

    def set_judged(self, patient: int, judged: Judged) -> None:
        """Write what all verdicts on a registration say together."""
        self._execute(
            "UPDATE patients SET admitted = ?, rejected = ?, judged_ms = ? WHERE id = ?",
            (judged.admitted, judged.rejected, judged.at_ms, patient),
        )

    def set_standing(self, patient: int, standing: Standing) -> None:
        """Write what a registration claims now; a malformed one keeps the text it came with."""
        self._execute(
            "UPDATE patients SET claimed = coalesce(?, claimed), mrn = ?, status = ?, resolved = ?"
            " WHERE id = ?",
            (standing.claimed, standing.mrn, standing.status, standing.resolved, patient),
        )

    def fields(self, patient: int) -> dict[str, str | None] | None:
        """The fields of a person as they are now, as facts name them.

        None where nothing can be read of them. Of identifiers and fields of a clinic only those
        are there that have a value.
        """
        row = self._execute(
            f"SELECT well_formed, {', '.join((*more.FIELDS, *FIELDS))} FROM patients WHERE id = ?",
            (patient,),
        ).fetchone()
        well_formed, identifiers, extra, *values = row
        if not well_formed:
            return None
        usual = dict(zip(FIELDS, values, strict=True))
        return usual | more.unpacked(identifiers) | more.unpacked(extra)

    def set_fields(self, patient: int, values: dict[str, str], corrected_at: str | None) -> bool:
        """Write the corrected fields of a patient; an empty text leaves a field without a value.

        Args:
            corrected_at: when the latest correction was made; None where none applies.

        Returns:
            Whether that changed anything.
        """
        names = ", ".join((*FIELDS, *more.FIELDS))
        given = _columns_of(values)
        marks = ", ".join("?" * len(given))
        changed = self._execute(
            f"UPDATE patients SET ({names}, corrected_at) = ({marks}, ?)"
            f" WHERE id = ? AND ({names}, corrected_at) IS NOT ({marks}, ?)",
            (*given, corrected_at, patient, *given, corrected_at),
        )
        return changed.rowcount > 0

    def index_again(self, patient: int, revision: int) -> None:
        """A patient's words have changed: let the search index learn the new ones too."""
        self._execute("INSERT OR REPLACE INTO search_again VALUES (?, ?)", (patient, revision))

    # what a rebuild changes

    def remember(self) -> None:
        """Keep how people stand now, until `changed` compares.

        Where the feed is empty, because older software had none, everybody is new to clients.
        """
        known = self._execute(
            "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'patients'"
            " AND EXISTS (SELECT 1 FROM changes)"
        ).fetchone()
        self._execute("DROP TABLE IF EXISTS temp.people_before")
        self._execute(
            "CREATE TEMP TABLE people_before (id INTEGER PRIMARY KEY, mrn, status, updated_at)"
        )
        if known:
            self._execute(
                "INSERT INTO temp.people_before SELECT id, mrn, status, updated_at FROM patients"
            )

    def changed(self) -> list[FeedEntry]:
        """What is different about people since `remember`, because newer software reads more."""
        feed = Feed()
        rows = self._execute(
            "SELECT p.id, p.mrn, p.status, p.updated_at, b.id, b.mrn, b.status, b.updated_at"
            " FROM patients p LEFT JOIN temp.people_before b ON b.id = p.id"
            " WHERE (p.mrn, p.status, p.updated_at) IS NOT (b.mrn, b.status, b.updated_at)"
            " ORDER BY p.id"
        ).fetchall()
        for patient, mrn, status, updated_at, known, mrn_before, status_before, before in rows:
            if known is None:
                feed.registered(patient, MrnStatus(status), mrn)
                continue
            feed.judged(patient, status_before, MrnStatus(status), mrn)
            feed.renumbered(patient, mrn_before, mrn)
            if updated_at != before:
                feed.amended(patient, mrn)
        self._execute("DROP TABLE temp.people_before")
        return feed.entries

    # holders and conflicts

    def holders(self, mrns: Sequence[Mrn]) -> dict[Mrn, int]:
        """MRN -> the patient that holds it."""
        found: dict[Mrn, int] = {}
        for chunk, marks in chunks(mrns):
            found.update(
                self._execute(f"SELECT mrn, patient FROM held WHERE mrn IN ({marks})", chunk)
            )
        return found

    def set_holders(self, changes: Sequence[tuple[Mrn, int | None]]) -> None:
        """Write who holds each MRN; losers leave before winners enter."""
        write_many(
            self._connection, "DELETE FROM held WHERE mrn = ?", [(mrn,) for mrn, _ in changes]
        )
        self.add_holders((mrn, patient) for mrn, patient in changes if patient is not None)

    def add_holders(self, holders: Iterable[tuple[Mrn, int]]) -> None:
        """Write holders of MRNs that nobody holds; the table refuses a second one."""
        write_many(self._connection, "INSERT INTO held VALUES (?, ?)", list(holders))

    def set_conflict(self, patient: int, conflict: Conflict | None) -> None:
        """Write or remove the report on a registration."""
        if conflict is None:
            self._execute("DELETE FROM conflicts WHERE patient = ?", (patient,))
            return
        decision = conflict.decision.id if conflict.decision is not None else None
        self._execute(
            "INSERT OR REPLACE INTO conflicts VALUES (?, ?, ?, ?, ?)",
            (patient, conflict.mrn, conflict.reason, decision, conflict.open),
        )

    def has_conflict(self, patient: int) -> bool:
        """True when there is a report on a registration, its local id."""
        row = self._execute("SELECT 1 FROM conflicts WHERE patient = ?", (patient,)).fetchone()
        return row is not None

    def conflict_of(self, fact: FactId) -> tuple[int, FactId | None] | None:
        """(patient, resolution in force) of the conflict about a registration, if there is one."""
        row = self._execute(
            "SELECT c.patient, c.decision FROM conflicts c JOIN patients p ON p.id = c.patient"
            " WHERE p.fact = ? ORDER BY c.patient LIMIT 1",
            (fact,),
        ).fetchone()
        return (row[0], row[1]) if row else None


def _columns_of(fields: Mapping[str, str]) -> list[str | None]:
    """The values of the columns `FIELDS` and `more.FIELDS`; an empty text is no value."""
    values = list(map(fields.get, FIELDS))
    if "" in values:
        values = [value or None for value in values]
    return [*values, *more.packed(fields)]


def patient_values(
    *,
    id_: int,
    run: int,
    clock: int,
    envelope: Envelope,
    fact: FactId,
    author: Author,
    registration: Registration | None,
    claimed: str | None,
    terminal: Author | None,
    standing: Standing,
    judged: Judged,
    own: OwnTime,
) -> tuple[Any, ...]:
    """A row of `PATIENT_COLUMNS`; without ``registration`` its body was malformed.

    Args:
        own: when it was registered, as it tells itself.
    """
    head = (id_, run, clock, envelope.record_id, fact, author, terminal)
    if registration is None:
        fields: tuple[Any, ...] = (None,) * (3 + len(FIELDS) + len(more.FIELDS))
        offline = False
    else:
        fields = (
            registration.operator,
            registration.known,
            registration.key_hash,
            *_columns_of(registration.demographics),
        )
        offline = registration.offline
    return (
        *head,
        offline,
        claimed,
        registration is not None and registration.mrn is not None,
        standing.mrn,
        standing.status,
        registration is not None,
        registration is None or registration.understood,
        judged.admitted,
        judged.rejected,
        judged.at_ms,
        standing.resolved,
        *own,
        *fields,
    )
