"""The truth on disk: shards, runs, facts, cursors, answers. Every query on those tables is here.

A `Store` wraps the one writing connection and is used from one thread. It never opens or ends a
transaction; `sync.engine.writer` does.
"""

from __future__ import annotations

import sqlite3
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from sync.model import runs, yjs
from sync.model.facts import Author, Incarnation, Link, fact_id
from sync.model.numbers import Mrn, NumberRange
from sync.model.runs import Batch, End
from sync.rules import gate
from sync.rules.feed import FeedEntry
from sync.rules.gate import NewFact, Segment
from sync.storage import schema

LINKS_KEPT: Final = 64
"""Runs whose links are kept in memory, at most some 100 kB each."""


class ShardRow(NamedTuple):
    """A shard under its local id."""

    id: int
    author: Author
    number: int
    facts: int
    size: int


IDS_SKIPPED: Final = 1_000_000
"""So many ids may have been told to clients before a database was set back; see `skip_ids`."""


class RunRow(NamedTuple):
    """A run or branch under its local id; see the schema for base, parent and signed."""

    id: int
    shard: int
    client: int
    yjs_client: int
    parent: int | None
    base: int
    length: int
    link: Link
    size: int
    signed: int
    signed_link: Link | None
    key: bytes | None
    signature: bytes | None
    hlc: int

    @property
    def segment(self) -> Segment:
        """The run as the gate sees it."""
        return Segment(
            self.id, self.client, self.parent, self.base, self.length, self.link, self.size
        )


class Webhook(NamedTuple):
    """Where changes are delivered, and up to which cursor that has been done."""

    id: int
    url: str
    secret: str
    delivered: int


class Cursor(NamedTuple):
    """How far a range of ours has been used. ``closed`` says why it issues no more."""

    range: NumberRange
    incarnation: Incarnation
    cursor: int
    closed: str | None


_RUN = (
    "id, shard, client, yjs_client, parent, base, count, link, bytes, signed, signed_link, key,"
    " signature, hlc"
)


class Store:
    """Queries on the tables that hold the truth."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self._execute = connection.execute
        self._links: OrderedDict[tuple[Link, int], list[Link]] = OrderedDict()

    @classmethod
    def open(cls, path: Path) -> Store:
        """The store in the file at ``path``, made if it is not there.

        Raises:
            StoreFromFuture, StoreUnsafe: see `sync.schema.open_for_writing`.
        """
        return cls(schema.open_for_writing(path))

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()

    # meta

    def meta(self, key: str) -> Any:
        """A value of the small key-value table, or None."""
        row = self._execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return row[0] if row else None

    def set_meta(self, key: str, value: str | bytes | int | None) -> None:
        """Write a value of the small key-value table."""
        self._execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    # shards and runs

    def shard(self, author: Author, number: int) -> ShardRow | None:
        """A shard, if this replica holds anything of it."""
        row = self._execute(
            "SELECT id, author, number, facts, bytes FROM shards WHERE author = ? AND number = ?",
            (author, number),
        ).fetchone()
        return ShardRow(*row) if row else None

    def shard_by_id(self, shard: int) -> ShardRow:
        """The shard with a local id."""
        row = self._execute(
            "SELECT id, author, number, facts, bytes FROM shards WHERE id = ?", (shard,)
        ).fetchone()
        return ShardRow(*row)

    def newest_shard(self, author: Author) -> ShardRow | None:
        """The open shard of an author."""
        row = self._execute(
            "SELECT id, author, number, facts, bytes FROM shards WHERE author = ?"
            " ORDER BY number DESC LIMIT 1",
            (author,),
        ).fetchone()
        return ShardRow(*row) if row else None

    def add_shard(self, author: Author, number: int) -> ShardRow:
        """A new, empty shard."""
        cursor = self._execute(
            "INSERT INTO shards (author, number) VALUES (?, ?)", (author, number)
        )
        assert cursor.lastrowid is not None
        return ShardRow(cursor.lastrowid, author, number, 0, 0)

    def authors(self) -> list[Author]:
        """All authors of whom this replica holds anything, sorted."""
        return [
            author
            for (author,) in self._execute("SELECT DISTINCT author FROM shards ORDER BY author")
        ]

    def shard_ends(self, author: Author) -> list[tuple[int, list[End]]]:
        """(number, signed ends) of each shard of an author that takes part in sync, ascending."""
        rows = self._execute(
            "SELECT s.number, r.client, r.signed, r.signed_link FROM shards s"
            " JOIN runs r ON r.shard = s.id"
            " WHERE s.author = ? AND r.signed > r.base AND s.facts <= ? AND s.bytes <= ?"
            " ORDER BY s.number",
            (author, gate.SHARD_FACTS_MAX, gate.SHARD_BYTES_MAX),
        )
        shards: list[tuple[int, list[End]]] = []
        for number, client, signed, link in rows:
            if not shards or shards[-1][0] != number:
                shards.append((number, []))
            shards[-1][1].append(End(client, signed, link))
        return shards

    def ends_of(self, author: Author, number: int) -> list[End]:
        """The signed ends of one shard, as `shard_ends` has them."""
        rows = self._execute(
            "SELECT r.client, r.signed, r.signed_link FROM shards s JOIN runs r ON r.shard = s.id"
            " WHERE s.author = ? AND s.number = ? AND r.signed > r.base"
            " AND s.facts <= ? AND s.bytes <= ?",
            (author, number, gate.SHARD_FACTS_MAX, gate.SHARD_BYTES_MAX),
        )
        return [End(client, signed, link) for client, signed, link in rows]

    def oversized_shards(self) -> list[ShardRow]:
        """Shards that are kept out of the sync because of their size."""
        rows = self._execute(
            "SELECT id, author, number, facts, bytes FROM shards WHERE facts > ? OR bytes > ?",
            (gate.SHARD_FACTS_MAX, gate.SHARD_BYTES_MAX),
        )
        return [ShardRow(*row) for row in rows]

    def runs_of(self, shard: int, client: int | None = None) -> list[RunRow]:
        """All runs of a shard, or those of one client, parents before their branches."""
        if client is None:
            rows = self._execute(f"SELECT {_RUN} FROM runs WHERE shard = ? ORDER BY id", (shard,))
        else:
            rows = self._execute(
                f"SELECT {_RUN} FROM runs WHERE shard = ? AND client = ? ORDER BY id",
                (shard, client),
            )
        return [RunRow(*row) for row in rows]

    def run(self, run: int) -> RunRow:
        """The run with a local id."""
        row = self._execute(f"SELECT {_RUN} FROM runs WHERE id = ?", (run,)).fetchone()
        return RunRow(*row)

    def add_run(
        self, shard: int, client: int, yjs_client: int, parent: RunRow | None, base: int, link: Link
    ) -> RunRow:
        """A new run, or a branch that leaves ``parent`` at clock ``base``; still empty.

        ``yjs_client`` is wished for; one that the shard has already gives way to the next free.
        """
        taken = {run.yjs_client for run in self.runs_of(shard)}
        while yjs_client in taken:
            yjs_client = (yjs_client + 1) & runs.CLIENT_MAX
        size = 0
        if parent is not None:
            size = parent.size - sum(map(len, self.facts_of(parent.id, base)))
        cursor = self._execute(
            "INSERT INTO runs (shard, client, yjs_client, parent, base, count, link, bytes)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (shard, client, yjs_client, parent.id if parent else None, base, base, link, size),
        )
        assert cursor.lastrowid is not None
        return self.run(cursor.lastrowid)

    def sign_run(self, run: int, end: End, key: bytes, signature: bytes) -> None:
        """Keep a newer signature of a run."""
        self._execute(
            "UPDATE runs SET signed = ?, signed_link = ?, key = ?, signature = ? WHERE id = ?",
            (end.length, end.link, key, signature, run),
        )

    def unsigned_runs(self, author: Author) -> list[tuple[RunRow, int]]:
        """Our runs with a tail that no signature covers, with their shard numbers.

        Facts of others enter with a signature, so a tail was written over this very database.
        """
        columns = ", ".join(f"r.{name.strip()}" for name in _RUN.split(","))
        rows = self._execute(
            f"SELECT {columns}, s.number FROM shards s JOIN runs r ON r.shard = s.id"
            " WHERE s.author = ? AND r.signed < r.count ORDER BY s.number, r.id",
            (author,),
        )
        return [(RunRow(*row[:-1]), row[-1]) for row in rows]

    def newest_hlc(self, own: Sequence[Author], believable: int) -> int:
        """The highest hybrid time of what ``own`` names wrote, and of what others believably did.

        Of others the runs with a time above ``believable`` are left out.
        """
        newest: int = self._execute(
            "SELECT coalesce(max(r.hlc), 0) FROM runs r JOIN shards s ON s.id = r.shard"
            f" WHERE r.hlc <= ? OR s.author IN ({', '.join('?' * len(own))})",
            (believable, *own),
        ).fetchone()[0]
        return newest

    # facts

    def append_facts(
        self,
        run: RunRow,
        new: Sequence[NewFact],
        patients: Sequence[int | None],
    ) -> RunRow:
        """Append facts to the end of a run; ``patients`` are the local ids they got, if any."""
        self.connection.executemany(
            "INSERT INTO facts VALUES (?, ?, ?, ?)",
            [
                (run.id, fact.clock, patient, fact.data)
                for fact, patient in zip(new, patients, strict=True)
            ],
        )
        size = sum(len(fact.data) for fact in new)
        run = run._replace(
            length=new[-1].clock + 1,
            link=new[-1].link,
            size=run.size + size,
            hlc=max(run.hlc, *(fact.envelope.hlc for fact in new)),
        )
        self._execute(
            "UPDATE runs SET count = ?, link = ?, bytes = ?, hlc = ? WHERE id = ?",
            (run.length, run.link, run.size, run.hlc, run.id),
        )
        self._execute(
            "UPDATE shards SET facts = facts + ?, bytes = bytes + ? WHERE id = ?",
            (len(new), size, run.shard),
        )
        return run

    def facts_of(self, run: int, first: int) -> list[bytes]:
        """Facts of a segment from clock ``first`` on."""
        rows = self._execute(
            "SELECT data FROM facts WHERE run = ? AND clock >= ? ORDER BY clock", (run, first)
        )
        return [data for (data,) in rows]

    def fact_at(self, run: int, clock: int) -> bytes:
        """One fact."""
        row = self._execute(
            "SELECT data FROM facts WHERE run = ? AND clock = ?", (run, clock)
        ).fetchone()
        data: bytes = row[0]
        return data

    def stretch(self, run: RunRow, first: int, last: int) -> list[bytes]:
        """The facts ``first``..``last`` (exclusive) of a run, through the parents of a branch."""
        pieces: list[list[bytes]] = []
        while True:  # a loop, for a run may be the branch of a branch a thousand times over
            start = max(first, run.base)
            if start < last:
                pieces.append(self.facts_of(run.id, start)[: last - start])
            if first >= run.base:
                return [data for piece in reversed(pieces) for data in piece]
            assert run.parent is not None
            last = min(last, run.base)
            run = self.run(run.parent)

    def link_at(self, author: Author, number: int, run: RunRow, clock: int) -> Link:
        """The link of a run at ``clock``, computed from its facts unless it is known."""
        if clock == run.length:
            return run.link
        if clock == run.signed and run.signed_link is not None:
            return run.signed_link
        if clock == 0:
            return runs.first_link(author, number, run.client)
        return self._all_links(author, number, run)[clock]

    def _all_links(self, author: Author, number: int, run: RunRow) -> list[Link]:
        """All links of a run from clock 0 on; those of the runs asked for last are kept.

        The link at its end names a run's whole content, so what is kept is never wrong.
        """
        key = (run.link, run.length)
        links = self._links.get(key)
        if links is None:
            links = [runs.first_link(author, number, run.client)]
            for data in self.stretch(run, 0, run.length):
                links.append(runs.next_link(links[-1], fact_id(author, data)))
            self._links[key] = links
            if len(self._links) > LINKS_KEPT:
                self._links.popitem(last=False)
        self._links.move_to_end(key)
        return links

    def documents(self, shard: int) -> Iterator[tuple[int, list[bytes]]]:
        """(Yjs client id, facts) of each segment of a shard, to load its Y.Doc from."""
        for run in self.runs_of(shard):
            yield run.yjs_client, self.facts_of(run.id, run.base)

    def all_facts(self) -> Iterator[tuple[ShardRow, RunRow]]:
        """Every run with its shard, in an order that does not depend on their arrival."""
        rows = self._execute(
            "SELECT s.id, s.author, s.number, s.facts, s.bytes, r.id FROM shards s"
            " JOIN runs r ON r.shard = s.id ORDER BY s.author, s.number, r.client, r.base, r.link"
        ).fetchall()
        for *shard, run in rows:
            yield ShardRow(*shard), self.run(run)

    def patient_ids(self, run: int) -> list[int | None]:
        """The local patient ids of a segment's facts, in order of their clocks."""
        rows = self._execute("SELECT patient FROM facts WHERE run = ? ORDER BY clock", (run,))
        return [patient for (patient,) in rows]

    def next_patient_id(self) -> int:
        """The first local id that was never used here."""
        newest = self._execute("SELECT max(id) FROM patients").fetchone()[0]
        return max(newest or 0, self.meta("patient_floor") or 0) + 1

    def skip_ids(self, count: int) -> None:
        """Leave out ids of patients and of changes that clients may have been told already."""
        self.set_meta("patient_floor", self.next_patient_id() - 1 + count)
        newest = self._execute("SELECT seq FROM sqlite_sequence WHERE name = 'changes'").fetchone()
        self._execute("DELETE FROM sqlite_sequence WHERE name = 'changes'")
        skipped = (newest[0] if newest else 0) + count
        self._execute("INSERT INTO sqlite_sequence VALUES ('changes', ?)", (skipped,))

    # batches

    def batch(self, run: RunRow, first: int) -> Batch:
        """What travels of a run from clock ``first`` up to its newest signature."""
        shard = self.shard_by_id(run.shard)
        assert run.key is not None
        assert run.signature is not None
        return Batch(
            shard.author,
            shard.number,
            run.client,
            first,
            self.link_at(shard.author, shard.number, run, first),
            run.signed,
            yjs.encode_update(run.client, first, self.stretch(run, first, run.signed)),
            run.key,
            run.signature,
        )

    # cursors

    def cursors(self) -> list[Cursor]:
        """How far each of our ranges has been used."""
        rows = self._execute(
            'SELECT start, "end", incarnation, cursor, closed FROM cursors ORDER BY start'
        )
        return [
            Cursor(NumberRange(start, end), Incarnation(incarnation), cursor, closed)
            for start, end, incarnation, cursor, closed in rows
        ]

    def add_cursor(
        self, range_: NumberRange, incarnation: Incarnation, cursor: int, closed: str | None
    ) -> None:
        """Begin to account for a range of ours; one that is there stays as it is."""
        self._execute(
            "INSERT OR IGNORE INTO cursors VALUES (?, ?, ?, ?, ?)",
            (range_.start, range_.end, incarnation, cursor, closed),
        )

    def move_cursor(self, start: int, cursor: int) -> None:
        """A number of a range was issued."""
        self._execute("UPDATE cursors SET cursor = ? WHERE start = ?", (cursor, start))

    def close_cursor(self, start: int, why: str) -> None:
        """A range of ours issues no more; the first reason stays."""
        self._execute(
            "UPDATE cursors SET closed = ? WHERE start = ? AND closed IS NULL", (why, start)
        )

    # answers, changes

    def answer(self, key: bytes) -> tuple[bytes, int] | None:
        """(hash of the request, patient) answered to an idempotency key before."""
        row = self._execute("SELECT request, patient FROM answers WHERE key = ?", (key,)).fetchone()
        return (row[0], row[1]) if row else None

    def keep_answer(self, key: bytes, request: bytes, patient: int) -> None:
        """Remember what was answered to an idempotency key."""
        self._execute("INSERT INTO answers VALUES (?, ?, ?)", (key, request, patient))

    def log_changes(self, at_ms: int, entries: Iterable[FeedEntry]) -> None:
        """Write what clients are told of, see `sync.rules.feed`."""
        self.connection.executemany(
            "INSERT INTO changes (at_ms, patient, change, mrn, former_mrn) VALUES (?, ?, ?, ?, ?)",
            [
                (at_ms, entry.patient, entry.change, entry.mrn, entry.former_mrn)
                for entry in entries
            ],
        )

    def skip_changes(self) -> None:
        """Let a database that was set back go on above every cursor that it told before.

        Whoever follows the feed would else miss what is told under a cursor that they have passed.
        The milliseconds since 1970 lie above all that was counted one by one.
        """
        self._execute("DELETE FROM sqlite_sequence WHERE name = 'changes'")
        self._execute(
            "INSERT INTO sqlite_sequence (name, seq)"
            " SELECT 'changes', max(unixepoch() * 1000, coalesce(max(id), 0)) FROM changes"
        )

    def newest_change(self) -> int:
        """The cursor of the newest entry that `log_changes` wrote, 0 when there is none."""
        newest: int = self._execute("SELECT coalesce(max(id), 0) FROM changes").fetchone()[0]
        return newest

    def card_of(self, patient: int) -> Mrn | None:
        """The number that a person's card was last printed with again, None if it never was."""
        row = self._execute(
            "SELECT mrn FROM reprinted WHERE patient = ? ORDER BY at_ms DESC LIMIT 1",
            (patient,),
        ).fetchone()
        return row[0] if row else None

    def note_reprinted(self, patient: int, mrn: Mrn, at_ms: int) -> None:
        """A person's card shows ``mrn`` from now on."""
        self._execute(
            "INSERT OR REPLACE INTO reprinted VALUES (?1, ?2, max(?3, 1 +"
            " coalesce((SELECT max(at_ms) FROM reprinted WHERE patient = ?1), 0)))",
            (patient, mrn, at_ms),
        )

    # webhooks

    def webhooks(self) -> list[Webhook]:
        """All of them, the oldest first."""
        rows = self._execute("SELECT id, url, secret, delivered FROM webhooks ORDER BY id")
        return [Webhook(*row) for row in rows]

    def add_webhook(self, url: str, secret: str, delivered: int, at_ms: int) -> Webhook:
        """A new one."""
        cursor = self._execute(
            "INSERT INTO webhooks (url, secret, delivered, created_ms) VALUES (?, ?, ?, ?)",
            (url, secret, delivered, at_ms),
        )
        assert cursor.lastrowid is not None
        return Webhook(cursor.lastrowid, url, secret, delivered)

    def advance_webhook(self, ident: int, delivered: int) -> None:
        """Changes up to this cursor have been delivered."""
        self._execute("UPDATE webhooks SET delivered = ? WHERE id = ?", (delivered, ident))

    def remove_webhook(self, ident: int) -> None:
        """Nothing is delivered there any more."""
        self._execute("DELETE FROM webhooks WHERE id = ?", (ident,))

    def log_holders(
        self, at_ms: int, changes: Iterable[tuple[Mrn, int | None, int | None]]
    ) -> None:
        """Log (MRN, former holder, holder) as this replica saw it change."""
        rows = [(at_ms, *change) for change in changes]
        if rows:
            self.connection.executemany(
                "INSERT INTO holder_changes (at_ms, mrn, former, holder) VALUES (?, ?, ?, ?)", rows
            )


class StoredShard:
    """A shard on disk as `sync.rules.gate` asks for it."""

    def __init__(self, store: Store, author: Author, number: int) -> None:
        self._store = store
        self._author = author
        self._number = number
        self.row = store.shard(author, number)
        self.facts = self.row.facts if self.row else 0
        self.size = self.row.size if self.row else 0
        self.previous_held = number == 0 or store.shard(author, number - 1) is not None
        self._runs: dict[int, RunRow] = {}

    def segments(self, client: int) -> list[Segment]:
        """Run and branches of a client, the run first."""
        if self.row is None:
            return []
        found = self._store.runs_of(self.row.id, client)
        self._runs.update({run.id: run for run in found})
        return [run.segment for run in found]

    def link_at(self, segment: Segment, clock: int) -> Link:
        """The link of a segment at a clock."""
        return self._store.link_at(self._author, self._number, self._runs[segment.id], clock)

    def facts_of(self, segment: Segment, first: int) -> list[bytes]:
        """The facts of a segment from a clock on."""
        return self._store.facts_of(segment.id, first)
