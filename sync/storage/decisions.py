"""Facts by what they decide: registry, grants, verdicts, resolutions."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from sync.errors import StoreDamaged
from sync.model import bodies, facts
from sync.model.facts import (
    Author,
    Envelope,
    FactId,
    Grant,
    Link,
    Reason,
    RecordId,
    Resolution,
    Verdict,
)
from sync.rules.admission import Decision
from sync.rules.registry import Entry
from sync.storage.queries import chunks, write_many

DECISIONS_ABOUT: Final = (
    "SELECT fact, hlc, record, body FROM resolutions WHERE registration = ?1"
    " OR holder = ?1 OR registration IN (SELECT registration FROM resolutions WHERE holder = ?1)"
)
"""The resolutions of a registration, of those that displace it, and what replaces them."""

RESOLUTIONS_KEPT: Final = 1_000
"""Resolutions in memory: those about one registration are looked at whenever one of them comes."""

_WITHOUT_SERIAL: Final = (
    facts.SerialsFact,
    facts.AuthorityFact,
    facts.AuditHead,
    facts.SigningKeyFact,
)


_HAS_ID: Final = "typeof(fact) = 'blob' AND length(fact) = 16"
"""Which rows of a table have the id of a fact."""


class RegistryRow(NamedTuple):
    """A fact of the registry as its table has it; ``hlc`` is its hybrid time."""

    fact: FactId
    kind: str
    hlc: int
    body: bytes


class DecisionTables:
    """The facts that other facts are judged by, each kind in a table of its own."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._execute = connection.execute
        self._read: dict[FactId, Entry | None] = {}
        """Registry facts as they were read: the id of a fact says all that is in it."""

    # registry

    def add_registry_fact(self, fact: FactId, kind: str, hlc: int, body: bytes) -> bool:
        """Keep a registry fact; False for one that was kept already."""
        return (
            self._execute(
                "INSERT OR IGNORE INTO registry VALUES (?, ?, ?, ?)", (fact, kind, hlc, body)
            ).rowcount
            > 0
        )

    def has_registry(self, rows: Iterable[RegistryRow]) -> bool:
        """Whether the registry has all these rows, and none under what is no id of a fact."""
        # As bytes, because a text that is none cannot be read as one.
        held = set(
            self._execute(
                "SELECT CAST(fact AS BLOB), CAST(kind AS BLOB), CAST(hlc AS BLOB),"
                " CAST(body AS BLOB), typeof(kind) || typeof(hlc) || typeof(body) FROM registry"
                f" WHERE {_HAS_ID}"
            )
        )
        ((others,),) = self._execute(f"SELECT count(*) FROM registry WHERE NOT ({_HAS_ID})")
        return not others and held >= {
            (row.fact, row.kind.encode(), b"%d" % row.hlc, row.body, "textintegerblob")
            for row in rows
        }

    def write_registry_again(self, rows: Iterable[RegistryRow]) -> None:
        """Put these rows in the place of those with their ids, and of those that have no id."""
        self._execute(f"DELETE FROM registry WHERE NOT ({_HAS_ID})")
        for row in rows:
            self._execute("INSERT OR REPLACE INTO registry VALUES (?, ?, ?, ?)", row)
        self._read.clear()

    def registry_entries(self) -> Iterator[Entry]:
        """All facts of the registry.

        Raises:
            StoreDamaged: a fault of the disk has made another kind of value of one. Without it a
                range might be granted twice.
        """
        for fact, kind, hlc, body in self._execute("SELECT fact, kind, hlc, body FROM registry"):
            if fact not in self._read:
                if not isinstance(hlc, int) or not isinstance(body, bytes):
                    raise _damaged("what the coordinator decided")
                # The registry is asked for whenever a fact of it comes, so each is read once.
                read = bodies.read_kept(kind, facts.NO_RECORD, hlc, body)
                self._read[fact] = (
                    Entry(fact, hlc, read) if isinstance(read, facts.RegistryFact) else None
                )
            entry = self._read[fact]
            if entry is not None:
                yield entry

    # grants, verdicts, resolutions

    def add_grants(self, grants: Iterable[tuple[RecordId, FactId, Grant]]) -> None:
        """Keep grants."""
        write_many(
            self._connection,
            "INSERT OR IGNORE INTO grants VALUES (?, ?, ?, ?, ?, ?)",
            [
                (record, grant.serial, grant.mrn, grant.terminal, fact, _format(grant))
                for record, fact, grant in grants
            ],
        )

    def grants_of(self, records: Sequence[RecordId]) -> dict[RecordId, list[Grant]]:
        """The grants for each of ``records`` that has any."""
        found: dict[RecordId, list[Grant]] = {}
        for chunk, marks in chunks(records):
            rows = self._execute(
                f"SELECT record, serial, mrn, terminal FROM grants WHERE record IN ({marks})", chunk
            )
            for record, serial, mrn, terminal in rows:
                found.setdefault(record, []).append(Grant(serial, mrn, terminal))
        return found

    def newest_serial(self) -> int:
        """The highest serial that counts as given; reads all that carries one.

        Raises:
            StoreDamaged: one of them cannot be read any more, so it might be given again.
        """
        newest = self._execute("SELECT coalesce(max(serial), 0) FROM grants").fetchone()[0]
        if not isinstance(newest, int):  # texts and bytes lie above all numbers
            raise _damaged("the serial of a number that was granted")
        for entry in self.registry_entries():
            newest = max(newest, entry.fact.serial)
        return max(newest, *self._resolution_serials(), 0)

    def serials_above(self, whole: int) -> list[int]:
        """The serials above ``whole`` that facts carry, ascending."""
        found = {
            serial
            for (serial,) in self._execute("SELECT serial FROM grants WHERE serial > ?", (whole,))
        }
        found.update(
            entry.fact.serial
            for entry in self.registry_entries()
            if not isinstance(entry.fact, _WITHOUT_SERIAL)
        )
        found.update(self._resolution_serials())
        return sorted(serial for serial in found if serial > whole)

    def unused_grants(self, terminal: Author, day: str, limit: int) -> list[RecordId]:
        """Records with an online number of a day (YYYYMMDD), of which a terminal sent nobody yet.

        It reads all numbers of that day, whoever has them.
        """
        rows = self._execute(
            "SELECT record FROM grants WHERE mrn > ?1 || '-' AND mrn < ?1 || '.' AND terminal = ?2"
            " AND NOT EXISTS (SELECT 1 FROM patients WHERE patients.record = grants.record)"
            " LIMIT ?3",
            (f"PAT-{day}", terminal, limit),
        )
        return [record for (record,) in rows]

    def still_unused(self, records: Sequence[RecordId]) -> list[RecordId]:
        """Those of some records that have a number and stand for nobody yet."""
        found: list[RecordId] = []
        for chunk, marks in chunks(records):
            rows = self._execute(
                f"SELECT DISTINCT record FROM grants WHERE record IN ({marks})"
                " AND NOT EXISTS (SELECT 1 FROM patients WHERE patients.record = grants.record)",
                chunk,
            )
            found.extend(record for (record,) in rows)
        return found

    def _resolution_serials(self) -> Iterator[int]:
        for hlc, record, body in self._execute("SELECT hlc, record, body FROM resolutions"):
            read = bodies.read_kept(facts.RESOLUTION, record, hlc, body)
            if isinstance(read, Resolution):
                yield read.serial

    def add_verdicts(self, verdicts: Iterable[tuple[int, Verdict]]) -> None:
        """Keep (time in ms, verdict) pairs."""
        write_many(
            self._connection,
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
        self, author: Author, shard: int, client: int, links: Mapping[int, Link]
    ) -> list[tuple[int, Verdict]]:
        """(time in ms, verdict) of those that end at one of ``links``, clock -> link.

        Every branch of a run may have a verdict that ends at one clock, so they are found by link.
        """
        run = (author, shard, client)
        clock, last = min(links) - 1, max(links)
        found: list[tuple[int, Verdict]] = []
        while True:
            (clock,) = self._execute(
                "SELECT min(last) FROM verdicts WHERE author = ? AND shard = ? AND client = ?"
                " AND last > ? AND last <= ?",
                (*run, clock, last),
            ).fetchone()
            if clock is None:
                return found
            link = links[clock]
            rows = self._execute(
                "SELECT at_ms, first, rejects FROM verdicts WHERE author = ? AND shard = ?"
                " AND client = ? AND last = ? AND link = ?",
                (*run, clock, link),
            )
            for at_ms, first, rejects in rows:
                reasons = {index: Reason(why) for index, why in facts.unpack(rejects)}
                found.append((at_ms, Verdict(*run, first, clock, link, reasons)))

    def add_resolution(self, fact: FactId, envelope: Envelope, resolution: Resolution) -> None:
        """Keep a resolution."""
        self._execute(
            "INSERT OR IGNORE INTO resolutions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
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
                resolution.asked,
            ),
        )

    def about(self, registration: FactId) -> list[Decision]:
        """The resolutions of a registration, of those that displace it, and what replaces them."""
        rows = self._execute(DECISIONS_ABOUT, (registration,))
        found = []
        for fact, hlc, record, body in rows:
            read = _resolution(record, hlc, body)
            if read is not None:
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
        read = _resolution(record, hlc, body)
        return (record, hlc, read) if read is not None else None

    def any_resolutions(self) -> bool:
        """True when an administrator has ever resolved anything."""
        return self._execute("SELECT 1 FROM resolutions LIMIT 1").fetchone() is not None


@lru_cache(RESOLUTIONS_KEPT)
def _resolution(record: RecordId, hlc: int, body: bytes) -> Resolution | None:
    """What a resolution says, None for one that cannot be read."""
    read = bodies.read_kept(facts.RESOLUTION, record, hlc, body)
    return read if isinstance(read, Resolution) else None


def _format(grant: Grant) -> bytes | None:
    return facts.pack(grant.format) if grant.format is not None else None


def _damaged(what: str) -> StoreDamaged:
    return StoreDamaged(path="register.db", why=f"{what} cannot be read in it any more")
