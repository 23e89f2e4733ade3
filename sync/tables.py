"""The projection on disk: patients, holders, conflicts, registry. Every query on those tables.

`Tables` wraps the writing connection inside a transaction; `sync.fold` decides what to write.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

from sync import bodies, facts, numbers
from sync.admission import Conflict, Decision, Judged, Standing, Status
from sync.facts import (
    Action,
    Author,
    Envelope,
    FactId,
    Grant,
    Incarnation,
    Link,
    Reason,
    RecordId,
    Registration,
    Resolution,
    Verdict,
)
from sync.feed import Feed, FeedEntry
from sync.numbers import Mrn, NumberRange
from sync.patient import FIELDS
from sync.projection import Correction
from sync.registry import Entry

_IN_MAX = 400


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


class OldClaim(NamedTuple):
    """Who has a number that is to be imported."""

    record: RecordId
    operator: str | None
    key: bytes | None


_REGISTRATION = (
    "id, run, clock, record, fact, author, terminal, claimed, mrn, well_formed, admitted, rejected,"
    " judged_ms, resolved, status"
)

_SEGMENT = (
    "facts f JOIN patients p ON p.id = f.patient"
    " WHERE f.run = ? AND f.clock >= ? AND f.clock < ? AND f.patient IS NOT NULL"
)
_PLAIN = "(p.judged_ms IS NULL AND p.well_formed AND NOT p.resolved)"

PATIENT_COLUMNS = (
    "id, run, clock, record, fact, author, terminal, offline, claimed, mrn, status, well_formed,"
    " admitted, rejected, judged_ms, resolved, registered_at, updated_at, operator, key_hash, "
    + ", ".join(FIELDS)
)
_INSERT_PATIENT = (
    f"INSERT INTO patients ({PATIENT_COLUMNS}) VALUES"
    f" ({', '.join('?' * (PATIENT_COLUMNS.count(',') + 1))})"
)


def _registration_row(row: tuple[Any, ...]) -> RegistrationRow:
    (*head, well_formed, admitted, rejected, judged_ms, resolved, status) = row
    judged = Judged(bool(admitted), Reason(rejected) if rejected else None, judged_ms)
    return RegistrationRow._make((*head, bool(well_formed), judged, resolved, status))


class Tables:
    """Queries on the tables that can be made again from the facts."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._execute = connection.execute

    def _write_many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """One statement for many rows; for none not even that."""
        if rows:
            self._connection.executemany(sql, rows)

    # registry

    def add_registry_fact(self, fact: FactId, kind: str, hlc: int, body: bytes) -> None:
        """Keep a terminal or range fact for the next fold of the registry."""
        self._execute("INSERT OR IGNORE INTO registry VALUES (?, ?, ?, ?)", (fact, kind, hlc, body))

    def registry_entries(self) -> Iterator[Entry]:
        """All terminal and range facts."""
        for fact, kind, hlc, body in self._execute("SELECT fact, kind, hlc, body FROM registry"):
            envelope = Envelope(kind, facts.NO_RECORD, hlc, Incarnation(b""), body)
            read = bodies.read(envelope)
            if isinstance(read, facts.TerminalFact | facts.RangeFact):
                yield Entry(fact, hlc, read)

    # grants, verdicts, resolutions, amendments

    def add_grants(self, grants: Iterable[tuple[RecordId, FactId, Grant]]) -> None:
        """Keep grants."""
        self._write_many(
            "INSERT OR IGNORE INTO grants VALUES (?, ?, ?, ?, ?)",
            [
                (record, grant.serial, grant.mrn, grant.terminal, fact)
                for record, fact, grant in grants
            ],
        )

    def grants_of(self, records: Sequence[RecordId]) -> dict[RecordId, list[Grant]]:
        """The grants for each of ``records`` that has any."""
        found: dict[RecordId, list[Grant]] = {}
        for chunk, marks in _chunks(records):
            rows = self._execute(
                f"SELECT record, serial, mrn, terminal FROM grants WHERE record IN ({marks})", chunk
            )
            for record, serial, mrn, terminal in rows:
                found.setdefault(record, []).append(Grant(serial, mrn, terminal))
        return found

    def newest_serial(self) -> int:
        """The highest serial of any registry fact, grant or resolution; reads them all."""
        newest: int = self._execute("SELECT coalesce(max(serial), 0) FROM grants").fetchone()[0]
        for entry in self.registry_entries():
            newest = max(newest, entry.fact.serial)
        for hlc, record, body in self._execute("SELECT hlc, record, body FROM resolutions"):
            read = bodies.read(Envelope(facts.RESOLUTION, record, hlc, Incarnation(b""), body))
            if isinstance(read, Resolution):
                newest = max(newest, read.serial)
        return newest

    def add_verdicts(self, verdicts: Iterable[tuple[int, Verdict]]) -> None:
        """Keep (time in ms, verdict) pairs."""
        self._write_many(
            "INSERT OR IGNORE INTO verdicts VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    verdict.author,
                    verdict.shard,
                    verdict.client,
                    verdict.last,
                    verdict.first,
                    verdict.link,
                    at_ms,
                    facts.pack(sorted(verdict.rejects.items())),
                )
                for at_ms, verdict in verdicts
            ],
        )

    def verdicts_of(
        self, author: Author, shard: int, client: int, above: int
    ) -> list[tuple[int, Verdict]]:
        """(time in ms, verdict) of a run whose last clock is above ``above``."""
        rows = self._execute(
            "SELECT at_ms, first, last, link, rejects FROM verdicts"
            " WHERE author = ? AND shard = ? AND client = ? AND last > ?",
            (author, shard, client, above),
        )
        return [
            (
                at_ms,
                Verdict(
                    author,
                    shard,
                    client,
                    first,
                    last,
                    Link(link),
                    {index: Reason(why) for index, why in facts.unpack(rejects)},
                ),
            )
            for at_ms, first, last, link, rejects in rows
        ]

    def add_resolution(self, fact: FactId, envelope: Envelope, resolution: Resolution) -> None:
        """Keep a resolution."""
        self._execute(
            "INSERT OR IGNORE INTO resolutions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                fact,
                resolution.registration,
                resolution.holder,
                envelope.hlc,
                envelope.record_id,
                envelope.body,
                resolution.mrn,
                resolution.holder_record,
                resolution.holder_mrn,
            ),
        )

    def decisions_about(self, registration: FactId) -> list[Decision]:
        """The resolutions of a registration, of those that displace it, and what replaces them."""
        rows = self._execute(
            "SELECT fact, hlc, record, body FROM resolutions WHERE registration = ?1"
            " OR holder = ?1 OR registration IN"
            " (SELECT registration FROM resolutions WHERE holder = ?1)",
            (registration,),
        )
        found = []
        for fact, hlc, record, body in rows:
            read = bodies.read(Envelope(facts.RESOLUTION, record, hlc, Incarnation(b""), body))
            if isinstance(read, Resolution):
                found.append(Decision(fact, read))
        return found

    def resolution(self, fact: FactId) -> tuple[RecordId, int, Resolution] | None:
        """(record id, hybrid time, resolution) of a resolution that can be read."""
        row = self._execute(
            "SELECT record, hlc, body FROM resolutions WHERE fact = ?", (fact,)
        ).fetchone()
        if row is None:
            return None
        record, hlc, body = row
        read = bodies.read(Envelope(facts.RESOLUTION, record, hlc, Incarnation(b""), body))
        return (record, hlc, read) if isinstance(read, Resolution) else None

    def any_resolutions(self) -> bool:
        """True when an administrator has ever resolved anything."""
        return self._execute("SELECT 1 FROM resolutions LIMIT 1").fetchone() is not None

    def add_amendment(
        self,
        run: int,
        clock: int,
        correction: Correction,
        record: RecordId,
        body: bytes,
        judged: Judged,
    ) -> None:
        """Keep an amendment with what verdicts say of it."""
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

    def corrections_of(self, record: RecordId, registration: FactId) -> list[Correction]:
        """The amendments of a registration that apply: all but those that verdicts only reject.

        One fact may lie in two runs; what verdicts say of either counts for both.
        """
        rows = self._execute(
            "SELECT fact, author, hlc, body FROM amendments WHERE record = ? AND registration = ?"
            " GROUP BY fact HAVING max(admitted) OR max(rejected) IS NULL",
            (record, registration),
        )
        found = []
        for fact, author, hlc, body in rows:
            read = bodies.read(Envelope(facts.AMENDMENT, record, hlc, Incarnation(b""), body))
            if isinstance(read, facts.Amendment):
                found.append(Correction(fact, author, hlc, read))
        return found

    def amended_records(self, records: Sequence[RecordId]) -> set[RecordId]:
        """Those of ``records`` that have amendments."""
        found: set[RecordId] = set()
        for chunk, marks in _chunks(records):
            rows = self._execute(
                f"SELECT DISTINCT record FROM amendments WHERE record IN ({marks})", chunk
            )
            found.update(record for (record,) in rows)
        return found

    def judge_amendments(
        self, run: int, first: int, last: int, verdict: Verdict, at_ms: int
    ) -> list[RecordId]:
        """Apply a verdict to stored amendments of a segment; gives the records they are about."""
        rows = self._execute(
            "SELECT record, fact, clock, admitted, rejected, judged_ms FROM amendments"
            " WHERE run = ? AND clock >= ? AND clock < ?",
            (run, first, last),
        ).fetchall()
        for record, fact, clock, admitted, rejected, judged_ms in rows:
            reason = verdict.rejects.get(clock - verdict.first)
            before = Judged(bool(admitted), Reason(rejected) if rejected else None, judged_ms)
            after = before.and_also(reason is None, reason, at_ms)
            self._execute(
                "UPDATE amendments SET admitted = ?, rejected = ?, judged_ms = ?"
                " WHERE record = ? AND fact = ? AND run = ? AND clock = ?",
                (after.admitted, after.rejected, after.at_ms, record, fact, run, clock),
            )
        return [row[0] for row in rows]

    # patients

    def insert_patients(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Rows of `PATIENT_COLUMNS`."""
        self._write_many(_INSERT_PATIENT, rows)

    def registrations(self, where: str, values: Sequence[Any]) -> list[RegistrationRow]:
        """Registrations by a condition of this module's own making."""
        rows = self._execute(f"SELECT {_REGISTRATION} FROM patients WHERE {where}", values)
        return [_registration_row(row) for row in rows]

    def registration(self, patient: int) -> RegistrationRow:
        """The registration with a local id."""
        return self.registrations("id = ?", (patient,))[0]

    def registrations_by_fact(self, record: RecordId, fact: FactId) -> list[RegistrationRow]:
        """The registration with a fact id, found by its record id."""
        return self.registrations("record = ? AND fact = ?", (record, fact))

    def registrations_of_segment(
        self, run: int, first: int, last: int, where: str = "1"
    ) -> list[RegistrationRow]:
        """Registrations among the clocks ``first``..``last`` (exclusive) of a segment."""
        rows = self._execute(
            f"SELECT {', '.join('p.' + name.strip() for name in _REGISTRATION.split(','))}"
            f" FROM {_SEGMENT} AND {where}",
            (run, first, last),
        )
        return [_registration_row(row) for row in rows]

    def unlike_others(self, run: int, first: int, last: int, every: bool) -> list[RegistrationRow]:
        """Registrations of a segment that `admit_segment` passes over; or ``every`` one."""
        return self.registrations_of_segment(run, first, last, "1" if every else f"NOT {_PLAIN}")

    def admit_segment(
        self, run: int, first: int, last: int, at_ms: int
    ) -> tuple[list[Mrn], list[tuple[int, str | None]]]:
        """Admit the registrations of a segment that nothing has judged or resolved before.

        Returns:
            Those of their MRNs that other registrations claim too, and (patient, MRN) of each.
        """
        place = (run, first, last)
        shared = self._execute(
            "SELECT mrn FROM patients WHERE mrn IN"
            f" (SELECT p.mrn FROM {_SEGMENT} AND {_PLAIN}) GROUP BY mrn HAVING count(*) > 1",
            place,
        ).fetchall()
        admitted = self._execute(
            "UPDATE patients SET admitted = 1, status = ?, judged_ms = ? WHERE id IN"
            f" (SELECT p.id FROM {_SEGMENT} AND {_PLAIN}) RETURNING id, mrn",
            (Status.ADMITTED, at_ms, *place),
        ).fetchall()
        return [mrn for (mrn,) in shared], sorted(admitted)

    def registrations_of(self, records: Sequence[RecordId]) -> list[RegistrationRow]:
        """All registrations under ``records``."""
        found: list[RegistrationRow] = []
        for chunk, marks in _chunks(records):
            found += self.registrations(f"record IN ({marks})", chunk)
        return found

    def claimants(self, mrns: Sequence[Mrn]) -> list[RegistrationRow]:
        """All registrations that claim one of ``mrns`` now."""
        found: list[RegistrationRow] = []
        for chunk, marks in _chunks(mrns):
            found += self.registrations(f"mrn IN ({marks})", chunk)
        return found

    def settled_claimants(self, mrns: Sequence[Mrn]) -> dict[Mrn, int]:
        """MRN -> a registration that claims it by an admitting verdict or a resolution."""
        found: dict[Mrn, int] = {}
        for chunk, marks in _chunks(mrns):
            found.update(
                self._execute(
                    f"SELECT mrn, id FROM patients WHERE mrn IN ({marks})"
                    " AND (admitted OR resolved)",
                    chunk,
                )
            )
        return found

    def first_of_records(self, records: Sequence[RecordId]) -> dict[RecordId, int]:
        """Record id -> the registration under it that came first."""
        found: dict[RecordId, int] = {}
        for chunk, marks in _chunks(records):
            found.update(
                self._execute(
                    f"SELECT record, min(id) FROM patients WHERE record IN ({marks})"
                    " GROUP BY record",
                    chunk,
                )
            )
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
        """(run, clock) of the next registrations and amendments without a verdict, in order."""
        which = "judged_ms IS NULL AND (run, clock) > (?1, ?2)"
        rows = self._execute(
            f"SELECT run, clock FROM patients WHERE {which}"
            f" UNION ALL SELECT run, clock FROM amendments WHERE {which}"
            " ORDER BY run, clock LIMIT ?3",
            (*after, limit),
        )
        return list(rows)

    def amendments_of_segment(self, run: int, first: int, last: int) -> list[tuple[int, Judged]]:
        """(clock, judged) of the amendments among the clocks ``first``..``last`` (exclusive)."""
        rows = self._execute(
            "SELECT clock, admitted, rejected, judged_ms FROM amendments"
            " WHERE run = ? AND clock >= ? AND clock < ?",
            (run, first, last),
        )
        return [
            (clock, Judged(bool(admitted), Reason(rejected) if rejected else None, judged_ms))
            for clock, admitted, rejected, judged_ms in rows
        ]

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

    def set_fields(self, patient: int, values: dict[str, str], updated_at: str | None) -> bool:
        """Write the corrected fields of a patient; an empty text leaves a field without a value.

        Returns:
            Whether that changed anything.
        """
        names = ", ".join(FIELDS)
        marks = ", ".join("?" * len(FIELDS))
        given = [values.get(name) or None for name in FIELDS]
        changed = self._execute(
            f"UPDATE patients SET ({names}, updated_at) = ({marks}, ?)"
            f" WHERE id = ? AND ({names}, updated_at) IS NOT ({marks}, ?)",
            (*given, updated_at, patient, *given, updated_at),
        )
        return changed.rowcount > 0

    def index_again(self, patient: int, revision: int) -> None:
        """A patient's words have changed: let the search index learn the new ones too."""
        self._execute("INSERT OR REPLACE INTO search_again VALUES (?, ?)", (patient, revision))

    # what a rebuild changes

    def remember_people(self) -> None:
        """Keep how people stand now, until `changed_people` compares.

        People of whom clients were never told, for older software told of nobody, are new to them.
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

    def changed_people(self) -> list[FeedEntry]:
        """What is different about people since `remember_people`, for newer software reads more."""
        feed = Feed()
        rows = self._execute(
            "SELECT p.id, p.mrn, p.status, p.updated_at, b.id, b.mrn, b.status, b.updated_at"
            " FROM patients p LEFT JOIN temp.people_before b ON b.id = p.id"
            " WHERE (p.mrn, p.status, p.updated_at) IS NOT (b.mrn, b.status, b.updated_at)"
            " ORDER BY p.id"
        ).fetchall()
        for patient, mrn, status, updated_at, known, mrn_before, status_before, before in rows:
            if known is None:
                feed.registered(patient, Status(status), mrn)
                continue
            feed.judged(patient, status_before, Status(status), mrn)
            feed.renumbered(patient, mrn_before, mrn)
            if updated_at != before:
                feed.amended(patient, mrn)
        self._execute("DROP TABLE temp.people_before")
        return feed.entries

    # holders and conflicts

    def holders(self, mrns: Sequence[Mrn]) -> dict[Mrn, int]:
        """MRN -> the patient that holds it."""
        found: dict[Mrn, int] = {}
        for chunk, marks in _chunks(mrns):
            found.update(
                self._execute(f"SELECT mrn, patient FROM held WHERE mrn IN ({marks})", chunk)
            )
        return found

    def set_holders(self, changes: Sequence[tuple[Mrn, int | None]]) -> None:
        """Write who holds each MRN; losers leave before winners enter."""
        self._write_many("DELETE FROM held WHERE mrn = ?", [(mrn,) for mrn, _ in changes])
        self.add_holders((mrn, patient) for mrn, patient in changes if patient is not None)

    def add_holders(self, holders: Iterable[tuple[Mrn, int]]) -> None:
        """Write holders of MRNs that nobody holds; the table refuses a second one."""
        self._write_many("INSERT INTO held VALUES (?, ?)", list(holders))

    def clear_conflicts(self, patients: Iterable[int]) -> None:
        """Remove the reports on some registrations."""
        self._write_many(
            "DELETE FROM conflicts WHERE patient = ?", [(patient,) for patient in patients]
        )

    def set_conflict(self, patient: int, conflict: Conflict | None, holder: int | None) -> None:
        """Write or remove the report on a registration."""
        if conflict is None:
            self._execute("DELETE FROM conflicts WHERE patient = ?", (patient,))
            return
        ident, resolution = conflict.decision or (None, None)
        merges = resolution is not None and resolution.action is Action.MERGE
        self._execute(
            "INSERT OR REPLACE INTO conflicts VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                patient,
                conflict.mrn,
                conflict.reason,
                holder,
                ident,
                conflict.open,
                resolution.action if resolution else None,
                resolution.holder_record if resolution and merges else None,
            ),
        )

    def conflict_of(self, fact: FactId) -> tuple[int, FactId | None] | None:
        """(patient, resolution in force) of the conflict about a registration, if there is one."""
        row = self._execute(
            "SELECT c.patient, c.decision FROM conflicts c JOIN patients p ON p.id = c.patient"
            " WHERE p.fact = ? ORDER BY c.patient LIMIT 1",
            (fact,),
        ).fetchone()
        return (row[0], row[1]) if row else None

    def settled_as(self, patient: int) -> Action | None:
        """`Action.MERGE` or `Action.VOID` for a registration that was merged or is void."""
        row = self._execute(
            "SELECT action FROM conflicts WHERE patient = ? AND action IN (?, ?)",
            (patient, Action.MERGE, Action.VOID),
        ).fetchone()
        return Action(row[0]) if row else None

    def merged_into(self, fact: FactId) -> list[int]:
        """The patients that were merged into a registration."""
        rows = self._execute(
            "SELECT c.patient FROM conflicts c JOIN resolutions r ON r.fact = c.decision"
            " WHERE c.action = ? AND r.holder = ? ORDER BY c.patient",
            (Action.MERGE, fact),
        )
        return [patient for (patient,) in rows]

    def contested_mrns(self) -> list[Mrn]:
        """MRNs that someone claims without holding them."""
        rows = self._execute(
            "SELECT DISTINCT p.mrn FROM conflicts c JOIN patients p ON p.id = c.patient"
            " WHERE p.mrn IS NOT NULL"
        )
        return [mrn for (mrn,) in rows]

    # marks

    def raise_day_marks(self, marks: dict[str, int]) -> None:
        """Raise the highest counter seen of some facility days."""
        self._write_many(
            "INSERT INTO day_marks VALUES (?, ?)"
            " ON CONFLICT (day) DO UPDATE SET highest = max(highest, excluded.highest)",
            list(marks.items()),
        )

    def day_mark(self, day: str) -> int:
        """The highest counter seen of a facility day (YYYYMMDD), 0 for none."""
        row = self._execute("SELECT highest FROM day_marks WHERE day = ?", (day,)).fetchone()
        return row[0] if row else 0

    def day_marks(self) -> dict[str, int]:
        """All of them."""
        return dict(self._execute("SELECT day, highest FROM day_marks"))

    def raise_range_marks(self, marks: dict[NumberRange, int]) -> None:
        """Raise the high-water marks of some ranges."""
        self._write_many(
            'INSERT INTO range_marks VALUES (?, ?, ?) ON CONFLICT (start, "end")'
            " DO UPDATE SET highest = max(highest, excluded.highest)",
            [(range_.start, range_.end, highest) for range_, highest in marks.items()],
        )

    def range_mark(self, range_: NumberRange) -> int:
        """The highest number that this replica knows to have been used in a range, or 0."""
        row = self._execute(
            'SELECT highest FROM range_marks WHERE start = ? AND "end" = ?',
            (range_.start, range_.end),
        ).fetchone()
        return row[0] if row else 0

    def range_marks(self) -> dict[NumberRange, int]:
        """`range_mark` of all ranges that have one."""
        rows = self._execute('SELECT start, "end", highest FROM range_marks')
        return {NumberRange(start, end): highest for start, end, highest in rows}

    def highest_used(self, range_: NumberRange) -> int:
        """The highest number of a range that any registration claims, or looks like, or 0."""
        highest = self._highest(range_, "1", ())
        for digits, low, high in _by_length(range_):
            row = self._execute(
                "SELECT max(twin) FROM twins WHERE twin BETWEEN ? AND ? AND length(twin) = ?"
                " AND twin NOT GLOB '*[^0-9]*'",
                (low, high, digits),
            ).fetchone()
            highest = max(highest, int(row[0] or 0))
        return highest

    def highest_issued(self, range_: NumberRange, terminal: Author) -> int:
        """The highest that those registered with who may issue from it for a terminal, or 0."""
        issued = "well_formed AND terminal = ? AND author IN (terminal, ?)"
        return self._highest(range_, issued, (terminal, facts.COORDINATOR), decided="mrn = claimed")

    def _highest(
        self, range_: NumberRange, condition: str, values: tuple[str, ...], decided: str = "1"
    ) -> int:
        """``decided``: which of the numbers count that are not what they were registered with."""
        highest = 0
        for digits, low, high in _by_length(range_):
            for column, which in (("mrn", decided), ("claimed", "claimed IS NOT mrn")):
                row = self._execute(
                    f"SELECT max({column}) FROM patients WHERE {which} AND {column} BETWEEN ? AND ?"
                    f" AND length({column}) = ? AND {column} NOT GLOB '*[^0-9]*' AND {condition}",
                    (low, high, digits, *values),
                ).fetchone()
                highest = max(highest, int(row[0] or 0))
        return highest

    def is_used(self, mrn: Mrn) -> bool:
        """True when some registration claims or claimed ``mrn``, or one that looks like it."""
        row = self._execute(
            "SELECT 1 FROM patients WHERE mrn = ?1 UNION ALL"
            " SELECT 1 FROM patients WHERE claimed = ?1 AND claimed IS NOT mrn UNION ALL"
            " SELECT 1 FROM twins WHERE twin = ?1 LIMIT 1",
            (mrn,),
        ).fetchone()
        return row is not None

    def claims_on(self, mrns: Sequence[Mrn]) -> dict[Mrn, list[OldClaim]]:
        """MRN -> whoever claims or claimed it; those that nobody does are left out."""
        found: dict[Mrn, list[OldClaim]] = {}
        for chunk, marks in _chunks(mrns):
            rows = self._execute(
                f"SELECT mrn, record, operator, key_hash FROM patients WHERE mrn IN ({marks})"
                " UNION ALL SELECT claimed, record, operator, key_hash FROM patients"
                f" WHERE claimed IN ({marks}) AND claimed IS NOT mrn",
                chunk * 2,
            )
            for mrn, *claim in rows:
                found.setdefault(mrn, []).append(OldClaim(*claim))
        return found

    def granted_among(self, mrns: Sequence[Mrn]) -> set[Mrn]:
        """Those of ``mrns`` that were ever granted."""
        found: set[Mrn] = set()
        for chunk, marks in _chunks(mrns):
            rows = self._execute(f"SELECT mrn FROM grants WHERE mrn IN ({marks})", chunk)
            found.update(mrn for (mrn,) in rows)
        return found

    def add_twins(self, twins: Sequence[tuple[Mrn, Mrn]]) -> None:
        """Keep legacy numbers under the numbers that they could be taken for."""
        self._write_many("INSERT OR IGNORE INTO twins VALUES (?, ?)", twins)

    def twins_of(self, mrns: Sequence[Mrn]) -> dict[Mrn, list[Mrn]]:
        """MRN -> the legacy numbers in use that could be taken for it."""
        found: dict[Mrn, list[Mrn]] = {}
        for chunk, marks in _chunks(mrns):
            for twin, mrn in self._execute(
                f"SELECT twin, mrn FROM twins WHERE twin IN ({marks}) ORDER BY twin, mrn", chunk
            ):
                found.setdefault(twin, []).append(mrn)
        return found


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
) -> tuple[Any, ...]:
    """A row of `PATIENT_COLUMNS`; without ``registration`` its body was malformed."""
    head = (id_, run, clock, envelope.record_id, fact, author, terminal)
    if registration is None:
        told: tuple[Any, ...] = (None, None, None, None) + (None,) * len(FIELDS)
        offline = False
    else:
        get = registration.demographics.get
        told = (
            registration.registered_at,
            registration.registered_at,
            registration.operator,
            registration.key_hash,
            *map(get, FIELDS),
        )
        offline = registration.offline
    return (
        *head,
        offline,
        claimed,
        standing.mrn,
        standing.status,
        registration is not None,
        judged.admitted,
        judged.rejected,
        judged.at_ms,
        standing.resolved,
        *told,
    )


def note_day(mrn: Mrn, days: dict[str, int]) -> None:
    """Raise the day's mark in ``days`` for an online number, or one that looks like one."""
    parts = numbers.online_parts(numbers.twin(mrn) or mrn)
    if parts is not None and parts[1] > days.get(parts[0], 0):
        days[parts[0]] = parts[1]


def _by_length(range_: NumberRange) -> Iterator[tuple[int, str, str]]:
    """(digits, lowest, highest) for each length of number in a range.

    Numbers have no leading zeros, so those of one length are in the order of their texts.
    """
    for digits in range(len(str(range_.start)), len(str(range_.end)) + 1):
        low = max(range_.start, 10 ** (digits - 1))
        high = min(range_.end, 10**digits - 1)
        yield digits, str(low), str(high)


def _chunks(values: Sequence[Any]) -> Iterator[tuple[list[Any], str]]:
    """Pieces of ``values`` with as many question marks."""
    iterator = iter(values)
    while chunk := list(islice(iterator, _IN_MAX)):
        yield chunk, ", ".join("?" * len(chunk))
