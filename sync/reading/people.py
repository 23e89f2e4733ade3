"""Reading people from the projection, on read-only connections.

What these functions give is what the HTTP APIs of node and coordinator answer.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

import aiosqlite

from sync.model import clock, demographics, facts
from sync.model.demographics import FIELDS
from sync.model.facts import Author, FactId, RecordId
from sync.model.numbers import Mrn
from sync.reading.answers import (
    ChangeAnswer,
    PatientAnswer,
    PeopleQuery,
    PossibleDuplicate,
    RegisterCounts,
    iso_utc,
    record_text,
)
from sync.reading.pages import Page
from sync.rules import duplicates
from sync.rules.admission import MrnStatus
from sync.rules.feed import FeedChange
from sync.rules.history import HistoryEntry, HistoryFact, Judgement, history
from sync.rules.registry import Registry
from sync.storage import search

CHANGES_MAX: Final = 500
CANDIDATES_MAX: Final = 200
NOT_INDEXED_MAX: Final = 200


class FoundPeople(NamedTuple):
    """A page of people, and how many there are in all."""

    total: int
    people: list[PatientAnswer]


_PATIENT: Final = (
    "p.id, p.record, p.mrn, p.claimed, p.status, p.terminal, p.offline, p.judged_ms,"
    " p.registered_at, p.updated_at, p.operator, p.author,"
    " (SELECT c.action = 'void' FROM conflicts c WHERE c.patient = p.id),"
    " (SELECT c.merged_into FROM conflicts c WHERE c.patient = p.id), "
    + ", ".join(f"p.{n}" for n in FIELDS)
)
_GIVEN: Final = (
    "p.id IN (SELECT g.id FROM resolutions r"
    " JOIN patients g ON g.record = r.record AND g.fact = r.registration WHERE r.mrn = ?1"
    " UNION ALL SELECT g.id FROM resolutions r"
    " JOIN patients g ON g.record = r.holder_record AND g.fact = r.holder WHERE r.holder_mrn = ?1)"
)
"""A resolution gave the number ``?1``, be it taken back since: it is on a card."""
_MATCHED: Final = (
    f"SELECT DISTINCT rowid >> {search.REVISION_BITS} AS id FROM search WHERE search MATCH ?"
)
_MATCHING: Final = f"p.id IN ({_MATCHED})"

_RELATIVE: Final = (
    "p.id, p.record, coalesce(p.mrn, p.claimed), p.cnic, p.full_name, p.dob, p.dob_estimated"
)
_CANDIDATES: Final = (
    f"SELECT * FROM (SELECT rowid >> {search.REVISION_BITS} FROM search"
    " WHERE search MATCH ? ORDER BY rowid DESC LIMIT ?)"
)
_NEAR: Final = "(dob BETWEEN ?2 AND ?3 OR replace(cnic, '-', '') = ?1)"
_NOT_FOUND_YET: Final = (
    f"SELECT * FROM (SELECT id FROM patients WHERE {{which}} AND {_NEAR} ORDER BY id DESC LIMIT ?4)"
)
_UNINDEXED: Final = (
    _NOT_FOUND_YET.format(which="id > coalesce((SELECT value FROM meta WHERE key = 'indexed'), 0)"),
    _NOT_FOUND_YET.format(which="id IN (SELECT patient FROM search_again)"),
)


class OfflineCount(NamedTuple):
    """A terminal's offline registrations; ``first_day`` is that of the first one, YYYY-MM-DD."""

    confirmed: int
    unconfirmed: int
    refused: int
    recent: int
    first_day: str | None


class Reader:
    """One read-only connection to a replica's database.

    Args:
        today: the facility's day, for ages.
    """

    def __init__(self, connection: aiosqlite.Connection, today: Callable[[], date]) -> None:
        self._connection = connection
        self._today = today

    @classmethod
    async def open(cls, path: Path, today: Callable[[], date]) -> Reader:
        """A reader of the database at ``path``, which must exist."""
        connection = await aiosqlite.connect(f"{path.as_uri()}?mode=ro", uri=True)
        await connection.execute("PRAGMA query_only = ON")
        await connection.create_function("e164", 1, _e164, deterministic=True)
        return cls(connection, today)

    async def close(self) -> None:
        """Close the connection."""
        await self._connection.close()

    async def patient(self, patient: int, registry: Registry) -> PatientAnswer | None:
        """A person by local id."""
        found = await self._patients("p.id = ?", (patient,), registry)
        return found[0] if found else None

    async def patients_of_record(self, record: str, registry: Registry) -> list[PatientAnswer]:
        """The registrations under a record id, given as the text of a UUID."""
        try:
            key = uuid.UUID(record).bytes
        except ValueError:
            return []
        return await self._patients("p.record = ? ORDER BY p.id", (key,), registry)

    async def patients_of_mrn(self, mrn: str, registry: Registry) -> list[PatientAnswer]:
        """All who claim or once had an MRN, its holder first."""
        return await self._patients(
            f"p.mrn = ?1 OR (p.claimed = ?1 AND p.claimed IS NOT p.mrn) OR {_GIVEN} ORDER BY"
            " NOT EXISTS (SELECT 1 FROM held h WHERE h.mrn = ?1 AND h.patient = p.id), p.id",
            (mrn,),
            registry,
        )

    async def people(self, query: PeopleQuery, registry: Registry) -> FoundPeople:
        """A page of the people that a query names, the newest first.

        The search index must have been caught up, see `sync.replica.Replica.catch_up_search`.
        """
        terms, values = _conditions(query)
        if terms is None:
            return FoundPeople(0, [])
        if _MATCHING in terms:
            return await self._matching(terms, values, query, registry)
        where = " AND ".join(terms) or "1"
        (count,) = await self._one(f"SELECT count(*) FROM patients p WHERE {where}", values)
        size = min(query.page_size, count - query.offset)
        if size <= 0:
            return FoundPeople(count, [])
        behind = count - query.offset - size  # SQLite counts its way to a page: from the nearer end
        order, offset = ("DESC", query.offset) if query.offset <= behind else ("ASC", behind)
        rows = await self._all(
            f"SELECT p.id FROM patients p WHERE {where} ORDER BY p.id {order} LIMIT ? OFFSET ?",
            (*values, size, offset),
        )
        return FoundPeople(count, await self._by_id([ident for (ident,) in rows], registry))

    async def _matching(
        self, terms: list[str], values: list[Any], page: Page, registry: Registry
    ) -> FoundPeople:
        """A page of those whom the search index finds; it is asked once, for it takes the time."""
        found = f"SELECT p.id FROM patients p WHERE {' AND '.join(terms)}"
        if terms == [_MATCHING]:
            found = _MATCHED
        rows = await self._all(
            f"WITH found AS MATERIALIZED ({found}) SELECT (SELECT count(*) FROM found), id FROM"
            " (SELECT 1) LEFT JOIN (SELECT id FROM found ORDER BY id DESC LIMIT ? OFFSET ?)",
            (*values, page.page_size, page.offset),
        )
        ids = [ident for _, ident in rows if ident is not None]
        return FoundPeople(rows[0][0], await self._by_id(ids, registry))

    async def not_indexed(self) -> int:
        """How many people the search index does not know yet."""
        row = await self._one(
            "SELECT count(*) FROM patients WHERE id >"
            " coalesce((SELECT value FROM meta WHERE key = 'indexed'), 0)"
        )
        return int(row[0])

    async def possible_duplicates(
        self, person: PatientAnswer, registry: Registry
    ) -> list[PossibleDuplicate]:
        """Who else may be this person, the newest first; see `sync.rules.duplicates`.

        Looks at the newest of those whom the search index finds, and at those whom it does not know
        yet. One query, for this is a part of each registration.
        """
        parts = list(_UNINDEXED)
        born = duplicates.born_between(person["dob"])
        values: list[Any] = [person["cnic_digits"], *born, CANDIDATES_MAX, person["id"]]
        for query in search.relatives(person["cnic"], person["dob"], person["full_name"]):
            parts.append(_CANDIDATES)
            values += [query, CANDIDATES_MAX]
        rows = await self._all(
            f"SELECT {_RELATIVE} FROM patients p WHERE p.id != ?5 AND {_NEAR} AND p.id IN"
            f" ({' UNION '.join(parts)}) ORDER BY p.id DESC",
            values,
        )
        found: list[PossibleDuplicate] = []
        for ident, record, mrn, cnic, name, dob, estimated in rows:
            other = {"cnic": cnic, "full_name": name, "dob": dob, "dob_estimated": estimated}
            if reasons := duplicates.alike(person, other):
                found.append(
                    {
                        "id": ident,
                        "record_id": record_text(record),
                        "mrn": mrn,
                        "full_name": name,
                        "dob": dob,
                        "reasons": reasons,
                    }
                )
        return found

    async def history(self, ident: int) -> list[HistoryEntry] | None:
        """What happened to the record of a local id, the oldest first; None if there is none."""
        row = await self._one(
            "SELECT p.record, p.fact, p.author, p.claimed, p.admitted, p.rejected, p.judged_ms,"
            " f.data FROM patients p JOIN facts f ON f.run = p.run AND f.clock = p.clock"
            " WHERE p.id = ?",
            (ident,),
        )
        if row is None:
            return None
        record, fact, author, claimed, admitted, rejected, judged_ms, data = row
        told = [
            HistoryFact(
                facts.REGISTRATION,
                Author(author),
                facts.decode(data).body,
                _judgement(admitted, rejected, judged_ms),
            )
        ]
        for author_, body, admitted, rejected, judged_ms in await self._all(
            "SELECT author, body, max(admitted), max(rejected), min(judged_ms) FROM amendments"
            " WHERE record = ? AND registration = ? GROUP BY fact ORDER BY hlc",
            (record, fact),
        ):
            judged = _judgement(admitted, rejected, judged_ms)
            told.append(HistoryFact(facts.AMENDMENT, Author(author_), body, judged))
        for body, hlc in await self._all(
            "SELECT body, hlc FROM resolutions WHERE registration = ?1 OR holder = ?1 ORDER BY hlc",
            (fact,),
        ):
            at = iso_utc(clock.unpack(hlc)[0])
            told.append(
                HistoryFact(
                    facts.RESOLUTION, facts.COORDINATOR, body, Judgement(True, None, None), at
                )
            )
        number = Mrn(claimed) if claimed else None
        return history(RecordId(record), FactId(fact), told, number)

    async def changes(self, after: int, limit: int, registry: Registry) -> list[ChangeAnswer]:
        """The entries of the feed behind a cursor, in order."""
        rows = await self._all(
            "SELECT id, at_ms, patient, change, mrn, former_mrn FROM changes WHERE id > ?"
            " ORDER BY id LIMIT ?",
            (after, min(limit, CHANGES_MAX)),
        )
        people = await self._by_id([row[2] for row in rows], registry)
        known = {person["id"]: person for person in people}
        return [
            {
                "cursor": ident,
                "at": iso_utc(at_ms),
                "change": FeedChange(change),
                "mrn": mrn,
                "former_mrn": former,
                "patient": known.get(patient_),
            }
            for ident, at_ms, patient_, change, mrn, former in rows
        ]

    async def newest_change(self) -> int:
        """The cursor of the newest entry of the feed, 0 when there is none."""
        row = await self._one("SELECT coalesce(max(id), 0) FROM changes")
        return int(row[0])

    async def counts(self) -> RegisterCounts:
        """How many people, conflicts still open, and waiting for a verdict."""
        patients, conflicts, pending = await self._one(
            "SELECT (SELECT count(*) FROM patients), (SELECT count(*) FROM conflicts WHERE open),"
            " (SELECT count(*) FROM patients WHERE judged_ms IS NULL)"
        )
        return {"patients": patients, "open_conflicts": conflicts, "pending": pending}

    async def newest_id(self) -> int:
        """The local id of whom was registered here or arrived last, 0 if there is nobody."""
        row = await self._one("SELECT max(id) FROM patients")
        return row[0] or 0

    async def stretch(
        self, author: Author, after: int, upto: int
    ) -> list[tuple[str | None, bool, str]]:
        """(number, offline, status) of those whom ``author`` registered, by local id.

        Args:
            after: the id before the first that counts.
            upto: the last that counts.
        """
        rows = await self._all(
            "SELECT coalesce(claimed, mrn), offline, status FROM patients"
            " WHERE id > ? AND id <= ? AND author = ? ORDER BY id",
            (after, upto, author),
        )
        return [(mrn, bool(offline), status) for mrn, offline, status in rows]

    async def offline_counts(self, since: str) -> dict[str, OfflineCount]:
        """Terminal code -> its offline registrations, those from the day ``since`` on as recent."""
        rows = await self._all(
            "SELECT terminal, sum(status = ?), sum(status = ?), sum(status = ?),"
            " sum(substr(registered_at, 1, 10) >= ?), min(substr(registered_at, 1, 10))"
            " FROM patients WHERE offline AND terminal IS NOT NULL GROUP BY terminal",
            (MrnStatus.ADMITTED, MrnStatus.PENDING, MrnStatus.REJECTED, since),
        )
        return {code: OfflineCount(*counts) for code, *counts in rows}

    async def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        """What a query of this package answers."""
        return await self._all(sql, values)

    async def _by_id(self, ids: Sequence[int], registry: Registry) -> list[PatientAnswer]:
        """The people with some local ids, the newest first."""
        marks = ", ".join("?" * len(ids))
        return await self._patients(f"p.id IN ({marks}) ORDER BY p.id DESC", ids, registry)

    async def _patients(
        self, where: str, values: Sequence[Any], registry: Registry
    ) -> list[PatientAnswer]:
        rows = await self._all(f"SELECT {_PATIENT} FROM patients p WHERE {where}", values)
        today = self._today()
        return [_patient(row, registry, today) for row in rows]

    async def _all(self, sql: str, values: Any = ()) -> list[Any]:
        async with self._connection.execute(sql, values) as cursor:
            return list(await cursor.fetchall())

    async def _one(self, sql: str, values: Sequence[Any] = ()) -> Any:
        async with self._connection.execute(sql, values) as cursor:
            return await cursor.fetchone()


def _conditions(query: PeopleQuery) -> tuple[list[str] | None, list[Any]]:
    """The conditions of a query with their values; None when nothing can fit."""
    terms: list[str] = []
    values: list[Any] = []

    def need(term: str, *given: Any) -> None:
        terms.append(term)
        values.extend(given)

    if query.query is not None:
        words = search.match(query.query)
        if words is None:
            return None, []
        need(_MATCHING, words)
    if query.mrn is not None:
        mrn = query.mrn.strip()
        need("(p.mrn = ? OR (p.claimed = ? AND p.claimed IS NOT p.mrn))", mrn, mrn)
    if query.cnic is not None:
        digits = demographics.normal_cnic(query.cnic.strip())
        need(_MATCHING, search.exactly(digits) or '""')
        need("replace(p.cnic, '-', '') = ?", digits)
    if query.phone is not None:
        phone = demographics.normal_phone(query.phone)
        need(_MATCHING, search.exactly(phone.lstrip("+")) or '""')
        need("e164(p.phone) = ?", phone)
    if query.mrn_status is not None:
        need("p.status = ?", query.mrn_status)
    if query.terminal is not None:
        need("p.terminal = ?", query.terminal.strip().upper())
    if query.created_from is not None:
        need("p.registered_at >= ?", query.created_from)
    if query.created_to is not None:
        need("p.registered_at < ?", _day_after(query.created_to))
    return terms, values


def _day_after(day: str) -> str:
    try:
        return (date.fromisoformat(day) + timedelta(1)).isoformat()
    except (ValueError, OverflowError):
        return f"{day}~"  # no such day: whatever sorts behind its times


def _e164(phone: str | None) -> str | None:
    return demographics.normal_phone(phone) if phone else None


def _judgement(admitted: int, rejected: str | None, judged_ms: int | None) -> Judgement:
    return Judgement(bool(admitted), rejected, None if judged_ms is None else iso_utc(judged_ms))


def _patient(row: Any, registry: Registry, today: date) -> PatientAnswer:
    (
        ident,
        record,
        mrn,
        claimed,
        status,
        terminal,
        offline,
        judged_ms,
        registered_at,
        updated_at,
        operator,
        author,
        voided,
        merged_into,
        *values,
    ) = row
    known = registry.terminals.get(terminal) if terminal else None
    fields = dict(zip(FIELDS, values, strict=True))
    age = demographics.age_on(today, fields["dob"]) if fields["dob"] else None
    years, months, days = age or (None, None, None)
    return {
        "id": ident,
        "record_id": record_text(record),
        "mrn": mrn if mrn is not None else claimed,
        "mrn_status": MrnStatus(status),
        "full_name": fields["full_name"],
        "father_name": fields["father_name"],
        "dob": fields["dob"],
        "dob_estimated": fields["dob_estimated"] == demographics.ESTIMATED,
        "age_years": years,
        "age_months": months,
        "age_days": days,
        "sex": fields["sex"],
        "phone": fields["phone"],
        "phone_e164": _e164(fields["phone"]),
        "cnic": fields["cnic"],
        "cnic_digits": demographics.normal_cnic(fields["cnic"]) if fields["cnic"] else None,
        "address": fields["address"],
        "is_offline_entry": bool(offline),
        "origin_terminal": known.serial if known else None,
        "origin_terminal_code": terminal,
        "synced_at": iso_utc(judged_ms) if offline and judged_ms is not None else None,
        "created_at": registered_at,
        "updated_at": updated_at,
        "operator": operator,
        "former_mrn": claimed if mrn is not None and claimed != mrn else None,
        "merged_into": record_text(merged_into) if merged_into is not None else None,
        "voided": bool(voided),
        "registered_by": author,
    }
