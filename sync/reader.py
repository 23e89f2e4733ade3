"""Reading people and conflicts from the projection, on read-only connections.

What these functions give is what the HTTP APIs of node and coordinator answer.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import aiosqlite

from sync import search
from sync.facts import Author, RecordId
from sync.patient import FIELDS
from sync.registry import Registry

PAGE_MAX: Final = 200

_PATIENT: Final = (
    "p.id, p.record, p.mrn, p.claimed, p.status, p.terminal, p.offline, p.judged_ms,"
    " p.registered_at, p.updated_at, p.operator, p.author, " + ", ".join(f"p.{n}" for n in FIELDS)
)


class Reader:
    """One read-only connection to a replica's database."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection

    @classmethod
    async def open(cls, path: Path) -> Reader:
        """A reader of the database at ``path``, which must exist."""
        connection = await aiosqlite.connect(f"{path.as_uri()}?mode=ro", uri=True)
        await connection.execute("PRAGMA query_only = ON")
        return cls(connection)

    async def close(self) -> None:
        """Close the connection."""
        await self._connection.close()

    async def patient(self, patient: int, registry: Registry) -> dict[str, Any] | None:
        """A person by local id."""
        found = await self._patients("p.id = ?", (patient,), registry)
        return found[0] if found else None

    async def patients_of_record(self, record: str, registry: Registry) -> list[dict[str, Any]]:
        """The registrations under a record id, given as the text of a UUID."""
        try:
            key = uuid.UUID(record).bytes
        except ValueError:
            return []
        return await self._patients("p.record = ? ORDER BY p.id", (key,), registry)

    async def patients_of_mrn(self, mrn: str, registry: Registry) -> list[dict[str, Any]]:
        """All who claim or once had an MRN, its holder first."""
        return await self._patients(
            "p.mrn = ?1 OR (p.claimed = ?1 AND p.claimed IS NOT p.mrn) ORDER BY"
            " NOT EXISTS (SELECT 1 FROM held h WHERE h.mrn = ?1 AND h.patient = p.id), p.id",
            (mrn,),
            registry,
        )

    async def newest(
        self, registry: Registry, before: int | None = None, limit: int = 50
    ) -> list[dict[str, Any]]:
        """People by local id, the newest first, those below ``before``."""
        return await self._patients(
            "p.id < ? ORDER BY p.id DESC LIMIT ?",
            (before if before is not None else 1 << 62, min(limit, PAGE_MAX)),
            registry,
        )

    async def found(self, words: str, registry: Registry, limit: int = 50) -> list[dict[str, Any]]:
        """People whose names or numbers begin with all of ``words``, the newest first."""
        query = search.match(words)
        if query is None:
            return []
        return await self._patients(
            f"p.id IN (SELECT rowid >> {search.REVISION_BITS} FROM search WHERE search MATCH ?)"
            " ORDER BY p.id DESC LIMIT ?",
            (query, min(limit, PAGE_MAX)),
            registry,
        )

    async def counts(self) -> dict[str, int]:
        """How many people, conflicts still open, and waiting for a verdict."""
        row = await self._one(
            "SELECT (SELECT count(*) FROM patients), (SELECT count(*) FROM conflicts WHERE open),"
            " (SELECT count(*) FROM patients WHERE judged_ms IS NULL)"
        )
        return dict(zip(("patients", "open_conflicts", "pending"), row, strict=True))

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

    async def conflicts(
        self, registry: Registry, *, include_closed: bool = True, ident: str | None = None
    ) -> list[dict[str, Any]]:
        """Conflicts, the newest first: both people, what differs, who holds the number and why.

        Args:
            ident: only the one with this id (the registration's fact id in hexadecimal).
        """
        where, values = "1", []
        if not include_closed:
            where = "c.open"
        if ident is not None:
            where += " AND hex(p.fact) = ?"
            values.append(ident.upper())
        rows = await self._all(
            "SELECT lower(hex(p.fact)), c.patient, c.mrn, c.reason, c.holder, c.open,"
            " lower(hex(c.decision)) FROM conflicts c JOIN patients p ON p.id = c.patient"
            f" WHERE {where} ORDER BY c.patient DESC",
            values,
        )
        found = []
        for fact, patient, mrn, reason, holder, is_open, decision in rows:
            refused = await self.patient(patient, registry)
            keeper = await self.patient(holder, registry) if holder is not None else None
            found.append(
                {
                    "id": fact,
                    "mrn": mrn,
                    "reason": reason,
                    "open": bool(is_open),
                    "resolution": decision or None,
                    "patient": refused,
                    "holder": keeper,
                    "differs": _differences(refused, keeper),
                }
            )
        return found

    async def _patients(
        self, where: str, values: tuple[Any, ...], registry: Registry
    ) -> list[dict[str, Any]]:
        rows = await self._all(f"SELECT {_PATIENT} FROM patients p WHERE {where}", values)
        return [_patient(row, registry) for row in rows]

    async def _all(self, sql: str, values: Any = ()) -> list[Any]:
        async with self._connection.execute(sql, values) as cursor:
            return list(await cursor.fetchall())

    async def _one(self, sql: str) -> Any:
        async with self._connection.execute(sql) as cursor:
            return await cursor.fetchone()


def record_text(record: RecordId) -> str:
    """A record id as the text of a UUID."""
    return str(uuid.UUID(bytes=record)) if len(record) == 16 else record.hex()


def iso_utc(ms: int) -> str:
    """A time in milliseconds since 1970 as ISO 8601 in UTC."""
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _patient(row: Any, registry: Registry) -> dict[str, Any]:
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
        *fields,
    ) = row
    known = registry.terminals.get(terminal) if terminal else None
    return {
        "id": ident,
        "record_id": record_text(record),
        "mrn": mrn if mrn is not None else claimed,
        "mrn_status": status,
        **dict(zip(FIELDS, fields, strict=True)),
        "is_offline_entry": bool(offline),
        "origin_terminal": known.serial if known else None,
        "origin_terminal_code": terminal,
        "synced_at": iso_utc(judged_ms) if offline and judged_ms is not None else None,
        "created_at": registered_at,
        "updated_at": updated_at,
        "operator": operator,
        "former_mrn": claimed if mrn is not None and claimed != mrn else None,
        "registered_by": author,
    }


def _differences(one: dict[str, Any] | None, other: dict[str, Any] | None) -> list[str]:
    """Demographic fields in which two people differ."""
    if one is None or other is None:
        return []
    return [name for name in FIELDS if one[name] != other[name]]
