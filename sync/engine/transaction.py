"""One write transaction: own facts appended, others' facts placed, all of them folded and signed.

Nothing is written before something has to be, so a merge that brings nothing costs no commit. What
a transaction changed in memory is only taken over by `sync.engine.writer` after its commit.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from typing import NamedTuple

from sync.engine.documents import Documents
from sync.engine.fold import Effects, Fold
from sync.engine.sorting import Placed, is_person
from sync.errors import DocumentBroken
from sync.model import facts, runs
from sync.model.facts import COORDINATOR, REGISTRY, Allocator, Author, FactId, Incarnation, RecordId
from sync.model.numbers import NumberRange
from sync.model.runs import Batch, End
from sync.rules.gate import Accepted, NewFact
from sync.rules.registry import Registry
from sync.storage.people import Tables
from sync.storage.shards import RunRow, ShardRow, Store


class ReplicaIdentity(NamedTuple):
    """Who writes: a node its terminal's facts, a coordinator those of its two names."""

    author: Author
    incarnation: Incarnation
    is_coordinator: bool

    @property
    def names(self) -> tuple[Author, ...]:
        """The names under which this replica writes and signs."""
        return (REGISTRY, COORDINATOR) if self.is_coordinator else (self.author,)


class Arrived(NamedTuple):
    """A stretch of facts that this transaction brought into the tables."""

    shard: ShardRow
    run: int
    first: int
    last: int


class Transaction:
    """Use within `sync.writer.Writer`; it begins by itself with the first write."""

    def __init__(
        self,
        store: Store,
        tables: Tables,
        documents: Documents,
        registry: Registry,
        self_: ReplicaIdentity,
        tick: Callable[[], int],
        now_ms: int,
        serial: int,
    ) -> None:
        self.store = store
        self.tables = tables
        self.identity = self_
        self.now_ms = now_ms
        self.begun = False
        self.patients: dict[FactId, int] = {}
        self.met_own_past = False
        self.has_new_incarnation = False
        self.newest_change: int | None = None
        self.announced: set[str] = set()
        self.touched: set[tuple[Author, int]] = set()
        self.forward: list[Batch] = []
        self.arrived: list[Arrived] = []
        self._documents = documents
        self._tick = tick
        self._serial = serial
        self._fold = Fold(store, tables, registry)
        self._queued: dict[Author, list[bytes]] = {}
        self._pending: dict[int, Placed] = {}
        self._next_patient = 0
        self._closed_shard = False

    @property
    def connection(self) -> sqlite3.Connection:
        """The writing connection, with this transaction begun."""
        self.begin()
        return self.store.connection

    @property
    def registry(self) -> Registry:
        """The registry with all that was folded so far."""
        return self._fold.registry

    @property
    def effects(self) -> Effects:
        """What has been folded so far."""
        return self._fold.effects

    @property
    def incarnation(self) -> Incarnation:
        """That of this database, until the transaction ends."""
        return self.identity.incarnation

    def announce(self, topic: str) -> None:
        """What somebody keeps in memory under this name has changed, see `Replica.follow`."""
        self.announced.add(topic)

    def begin(self) -> None:
        """Begin, if nothing was written yet."""
        if not self.begun:
            self.store.connection.execute("BEGIN IMMEDIATE")
            self.begun = True

    def begin_incarnation(self, incarnation: bytes) -> None:
        """From the next transaction on this replica's database has another incarnation."""
        self.begin()
        self.store.set_meta("incarnation", incarnation)
        self.has_new_incarnation = True

    @property
    def serial(self) -> int:
        """The highest serial that is in use now."""
        return max(self._serial, self.effects.serial)

    def new_serial(self) -> int:
        """The next serial of a coordinator's facts."""
        self._serial = self.serial + 1
        return self._serial

    def skip_serials(self, used: int) -> None:
        """Serials up to ``used`` were given before this database was set back."""
        if used > self.serial:
            self.begin()
            self.store.set_meta("serial_floor", used)
            self._serial = used

    # own facts

    def append(self, author: Author, kind: str, record_id: RecordId, body: bytes) -> FactId:
        """Write a fact of our own; `flush` stores what was written.

        Raises:
            BadFact: it is larger than a fact may be.
        """
        envelope = facts.Envelope(kind, record_id, self._tick(), self.identity.incarnation, body)
        data = facts.encode(envelope)
        self._queued.setdefault(author, []).append(data)
        return facts.fact_id(author, data)

    def flush(self) -> None:
        """Store what `append` took and fold it."""
        for author in sorted(self._queued):
            queue = self._queued.pop(author)
            while queue:
                shard, run = self._own_run(author, len(queue[0]))
                piece = _fitting(shard, queue)
                self._append_to(shard, run, piece)
                del queue[: len(piece)]
        self.fold_pending()

    def _own_run(self, author: Author, size: int) -> tuple[ShardRow, RunRow]:
        """Our run in our newest shard, or in the next one if a fact of ``size`` would not fit."""
        self.begin()
        shard = self.store.newest_shard(author)
        if shard is None:
            shard = self.store.add_shard(author, 0)
        elif shard.facts >= runs.RUN_FACTS_MAX or shard.size + size > runs.RUN_BYTES_MAX:
            shard = self.store.add_shard(author, shard.number + 1)
            self._closed_shard = True
        client = self._documents.client
        for run in self.store.runs_of(shard.id, client):
            if run.yjs_client == client:
                return shard, run
        link = runs.first_link(author, shard.number, client)
        run = self.store.add_run(shard.id, client, client, None, 0, link)
        if run.yjs_client != client:
            raise DocumentBroken(why="another run has the id of this process")
        return shard, run

    def _append_to(self, shard: ShardRow, run: RunRow, piece: list[bytes]) -> None:
        self._documents.append(shard.id, run.length, piece)
        new: list[NewFact] = []
        link = run.link
        for clock, data in enumerate(piece, run.length):
            ident = facts.fact_id(shard.author, data)
            link = runs.next_link(link, ident)
            new.append(NewFact(clock, data, ident, facts.decode(data), link))
        self._store_facts(shard, run, new)

    # facts of others

    def place(self, accepted: Accepted) -> None:
        """Store what the gate accepted; `fold_pending` folds it."""
        batch = accepted.batch
        if not accepted.facts and accepted.segment is not None:
            run = self.store.run(accepted.segment.id)
            if batch.length <= run.signed:
                return
        self.begin()
        shard = self.store.shard(batch.author, batch.shard)
        if shard is None:
            shard = self.store.add_shard(batch.author, batch.shard)
        run = self._run_for(accepted, shard)
        if accepted.facts:
            first = accepted.facts[0].clock - run.base
            data = [fact.data for fact in accepted.facts]
            self._documents.apply(shard.id, run.yjs_client, first, data)
            self._store_facts(shard, run, accepted.facts)
            self._notice_own_past(batch.author, accepted.facts)
        if batch.length > run.signed or run.signed_link is None:
            self.store.sign_run(run.id, accepted.end, batch.key, batch.signature)
            self.touched.add((batch.author, batch.shard))
            self.forward.append(batch)

    def _run_for(self, accepted: Accepted, shard: ShardRow) -> RunRow:
        batch, segment, new = accepted.batch, accepted.segment, accepted.facts
        if segment is None:
            return self.store.add_run(shard.id, batch.client, batch.client, None, 0, batch.link)
        run = self.store.run(segment.id)
        if not accepted.branch:
            return run
        self.fold_pending()
        base = new[0].clock
        link = self.store.link_at(batch.author, batch.shard, run, base)
        client = runs.branch_client(link, new[0].id)
        return self.store.add_run(shard.id, batch.client, client, run, base, link)

    def _notice_own_past(self, author: Author, new: Iterable[NewFact]) -> None:
        """Facts of our own name from outside: a copy of us wrote them, or we were set back."""
        if author not in self.identity.names:
            return
        if self.identity.is_coordinator or any(
            fact.envelope.incarnation == self.identity.incarnation for fact in new
        ):
            self.met_own_past = True

    # storing and folding

    def _store_facts(self, shard: ShardRow, run: RunRow, new: list[NewFact]) -> None:
        patients = [self._patient_id() if is_person(shard.author, fact) else None for fact in new]
        self.patients.update(
            (fact.id, patient)
            for fact, patient in zip(new, patients, strict=True)
            if patient is not None
        )
        placed = Placed(shard, self.store.append_facts(run, new, patients), new, patients)
        before = self._pending.get(run.id)
        if before is not None:
            placed = placed._replace(
                facts=[*before.facts, *new], patients=[*before.patients, *patients]
            )
        self._pending[run.id] = placed

    def _patient_id(self) -> int:
        if not self._next_patient:
            self._next_patient = self.store.next_patient_id()
        self._next_patient += 1
        return self._next_patient - 1

    def fold_pending(self) -> None:
        """Bring what was stored into the tables."""
        if not self._pending:
            return
        placed = list(self._pending.values())
        self._pending.clear()
        self._fold.apply(placed)
        self.arrived += [
            Arrived(place.shard, place.run.id, place.facts[0].clock, place.facts[-1].clock + 1)
            for place in placed
        ]
        self._account_for_ranges()

    def _account_for_ranges(self) -> None:
        """Begin a cursor for each range that a node of ours was given, and close what is closed."""
        for fact in self.effects.ranges:
            if fact.terminal != self.identity.author or fact.allocator is not Allocator.NODE:
                continue
            if fact.incarnation == self.identity.incarnation:
                self.store.add_cursor(
                    NumberRange(fact.start, fact.end),
                    self.identity.incarnation,
                    max(fact.mark, fact.start - 1),
                    None,
                )
            if fact.closed:
                why = f": {fact.why}" if fact.why else ""
                self.store.close_cursor(fact.start, f"closed by the coordinator{why}")
        self.effects.ranges.clear()

    # signing

    def sign(self, everything: bool, key: bytes, signer: Callable[[bytes], bytes]) -> None:
        """Sign our unsigned tails: all of them, or only those in shards that were just closed."""
        if not everything and not self._closed_shard:
            return
        for author in self.identity.names:
            newest = self.store.newest_shard(author)
            for run, number in self.store.unsigned_runs(author):
                if everything or (newest is not None and number < newest.number):
                    self._sign_run(author, number, run, key, signer)

    def _sign_run(
        self, author: Author, number: int, run: RunRow, key: bytes, signer: Callable[[bytes], bytes]
    ) -> None:
        self.begin()
        first = max(run.signed, run.base)
        end = End(run.client, run.length, run.link)
        signature = signer(runs.signed_bytes(author, number, end))
        link = self.store.link_at(author, number, run, first)
        update = runs.encode_update(run.client, first, self.store.stretch(run, first, run.length))
        self.store.sign_run(run.id, end, runs.key_id(key), signature)
        self.touched.add((author, number))
        self.forward.append(
            Batch(
                author,
                number,
                run.client,
                first,
                link,
                run.length,
                update,
                runs.key_id(key),
                signature,
            )
        )


def _fitting(shard: ShardRow, queue: list[bytes]) -> list[bytes]:
    """The facts of ``queue`` that a shard may still take; at least one."""
    room = runs.RUN_BYTES_MAX - shard.size
    piece: list[bytes] = []
    for data in queue[: max(1, runs.RUN_FACTS_MAX - shard.facts)]:
        room -= len(data)
        if room < 0 and piece:
            break
        piece.append(data)
    return piece
