"""One write transaction: own facts appended, others' facts placed, all of them folded and signed.

Nothing is written before something has to be, so a merge that brings nothing costs no commit. What
a transaction changed in memory is only taken over by `sync.engine.writer` after its commit.

Three invariants hold at the end of `Transaction.flush`:

- Every fact that was stored is folded.
- Own facts lie in the author's newest shard, in a run whose Yjs client is this process's own.
- The Y.Doc of each shard that was written to holds what the store holds of it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from typing import NamedTuple

from sync.engine.documents import Documents
from sync.engine.effects import Effects
from sync.engine.fold import Fold
from sync.engine.sorting import Placed, is_person
from sync.errors import DocumentBroken
from sync.model import bodies, facts, reasons, runs, yjs
from sync.model.facts import (
    Allocator,
    Author,
    Cause,
    FactId,
    Incarnation,
    RangeFact,
    RecordId,
    SerialsFact,
)
from sync.model.numbers import NumberRange
from sync.model.runs import Batch, End
from sync.reading.view import ReplicaIdentity
from sync.rules import serials
from sync.rules.gate import Accepted, NewFact
from sync.rules.registry import Registry
from sync.storage.shards import RunRow, ShardRow, newest_with, unsigned_runs
from sync.storage.store import Store
from sync.witness.memory import Intents


class Arrived(NamedTuple):
    """A stretch of facts that this transaction brought into the tables.

    ``first`` to ``last`` (exclusive) are clocks of the run with the local id ``run``.
    """

    shard: ShardRow
    run: int
    first: int
    last: int


class Transaction:
    """Use within `sync.engine.writer.Writer`; it begins by itself with the first write.

    What `Writer` and callers read of it when it is done: ``patients`` has the local id of each
    registration that it stored, ``arrived`` all stretches of facts. ``forward`` are the batches to
    send to others, ``touched`` the shards, as (author, number), whose signed ends have changed.
    ``met_own_past``: facts of our own names came in from outside. ``intents``: what it issues.

    Args:
        registry: the registry before the transaction.
        tick: returns the hybrid time for one more own fact.
        now_ms: trusted now.
        serial: the highest serial that is in use before the transaction.
        is_time_agreed: most of the others have confirmed the time since the start.
    """

    def __init__(
        self,
        store: Store,
        documents: Documents,
        registry: Registry,
        identity: ReplicaIdentity,
        tick: Callable[[], int],
        now_ms: int,
        serial: int,
        is_time_agreed: bool,
    ) -> None:
        self.store = store
        self.identity = identity
        self.now_ms = now_ms
        self.is_time_agreed = is_time_agreed
        self.begun = self.met_own_past = self.has_new_incarnation = False
        self.patients: dict[FactId, int] = {}
        self.newest_change: int | None = None
        self.commit_number = 0  # it gets one when all that it does is done
        self.announced: set[str] = set()
        self.touched: set[tuple[Author, int]] = set()
        self.forward: list[Batch] = []
        self.intents = Intents()
        self.arrived: list[Arrived] = []
        self._shards = store.shards
        self._documents = documents
        self._tick = tick
        self._serial = serial
        self._accounted = self._closed_shard = False
        self._fold = Fold(store, registry)
        self._queued: dict[Author, list[bytes]] = {}
        self._written: dict[int, list[bytes]] = {}  # own run -> the facts that were added to it
        self._pending: dict[int, Placed] = {}
        self._next_patient = 0

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

    def reserve(self) -> None:
        """Take the lock for writing, which each look before the first write would take and free."""
        if not self.store.connection.in_transaction:
            # Immediate, so that no statement in the middle can fail for the lack of the lock.
            self.store.connection.execute("BEGIN IMMEDIATE")

    def begin(self) -> None:
        """Begin, if nothing was written yet; call it before any write to the store."""
        if not self.begun:
            self.reserve()
            self.begun = True

    def begin_incarnation(self, incarnation: Incarnation) -> None:
        """From the next transaction on this replica's database has another incarnation.

        Facts of this transaction still carry the one that it began with.
        """
        self.begin()
        self.store.meta.incarnation = incarnation
        self.has_new_incarnation = True

    @property
    def serial(self) -> int:
        """The highest serial that is in use now."""
        return max(self._serial, self.effects.serial)

    def new_serial(self) -> int:
        """The next serial of a coordinator's facts."""
        if not self._accounted and not serials.is_begun(self.registry.accounts):
            why = "serials are accounted for from here on"
            last = serials.before_accounts(self.registry.accounts, self.serial)
            self.account_for(SerialsFact(0, last, Cause.BEGIN, why))
        self._serial = self.serial + 1
        return self._serial

    def account_for(self, fact: SerialsFact) -> None:
        """Write down why serials are missing; the next one lies above them."""
        self._accounted = True
        self.append(facts.REGISTRY, facts.SERIALS, facts.NO_RECORD, bodies.write(fact))
        self._serial = max(self.serial, fact.last)

    # own facts

    def append(self, author: Author, kind: str, record_id: RecordId, body: bytes) -> FactId:
        """Write a fact of our own; `flush` stores what was written.

        Raises:
            BadFact: it is larger than a fact may be.
        """
        self.intents.gives |= kind != facts.VERDICT
        data = facts.encode(facts.Envelope(kind, record_id, self._tick(), self.incarnation, body))
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
        client = self._documents.client
        # Where the memory of this machine was copied, branches bear our client id too. Ours is the
        # run that this process appends to in the Y.Doc.
        shard, run = newest_with(self.store.connection, author, client)
        if shard is None:
            shard = self._shards.add(author, 0)
        # A run may be as large as one message takes. All runs of a shard count, because a copy of
        # this machine, or an earlier process, has runs of its own in it.
        elif shard.facts >= runs.RUN_FACTS_MAX or shard.size + size > runs.RUN_BYTES_MAX:
            shard, run = self._shards.add(author, shard.number + 1), None
            self._closed_shard = True
        if run is not None:
            return shard, run
        link = runs.first_link(author, shard.number, client)
        run = self._shards.add_run(shard.id, client, client, None, 0, link)
        if run.yjs_client != client:
            # A branch of another run has it. The next attempt draws another id.
            raise DocumentBroken(why="another run has the id of this process")
        return shard, run

    def _append_to(self, shard: ShardRow, run: RunRow, piece: list[bytes]) -> None:
        # First, because it raises if Yrs does not take exactly these facts, as everybody else's
        # would not, and then nothing may be stored.
        self._documents.apply(shard.id, run.yjs_client, run.length, piece)
        self._written.setdefault(run.id, []).extend(piece)
        new: list[NewFact] = []
        link = run.link
        for clock, data in enumerate(piece, run.length):
            ident = facts.fact_id(shard.author, data)
            link = runs.next_link(link, ident)
            new.append(NewFact(clock, data, ident, facts.decode(data), link))
        self._store_facts(shard, run, new, own=True)

    # facts of others

    def place(self, accepted: Accepted) -> None:
        """Store what the gate accepted; `fold_pending` folds it."""
        batch = accepted.batch
        if not accepted.facts and accepted.segment is not None:
            run = self._shards.run(accepted.segment.id)
            if batch.length <= run.signed:
                return  # neither facts nor a newer signature, so there is nothing to begin for
        self.begin()
        shard = self._shards.find(batch.author, batch.shard)
        if shard is None:
            shard = self._shards.add(batch.author, batch.shard)
        run = self._run_for(accepted, shard)
        if accepted.facts:
            first = accepted.facts[0].clock - run.base
            data = [fact.data for fact in accepted.facts]
            # A Y.Doc of any size would take ever longer to load and to merge into.
            if not self._shards.is_crowded(shard):
                self._documents.apply(shard.id, run.yjs_client, first, data)
            self._store_facts(shard, run, accepted.facts, own=False)
            self._notice_own_past(batch.author, accepted.facts)
        # Only the newest signature of a run is kept, because it covers every fact before it.
        if batch.length > run.signed or run.signed_link is None:
            self._shards.sign_run(run.id, accepted.end, batch.key, batch.signature)
            self.touched.add((batch.author, batch.shard))
            self.forward.append(batch)

    def _run_for(self, accepted: Accepted, shard: ShardRow) -> RunRow:
        batch, segment, new = accepted.batch, accepted.segment, accepted.facts
        if segment is None:
            return self._shards.add_run(shard.id, batch.client, batch.client, None, 0, batch.link)
        run = self._shards.run(segment.id)
        if not accepted.branch:
            return run
        # A verdict on the branch judges the facts of its parent below ``base`` too, so these must
        # be in the tables before the branch is folded.
        self.fold_pending()
        base = new[0].clock
        client = runs.branch_client(accepted.link, new[0].id)
        return self._shards.add_run(shard.id, batch.client, client, run, base, accepted.link)

    def _notice_own_past(self, author: Author, new: Iterable[NewFact]) -> None:
        """Facts of our own name from outside: a copy of us wrote them, or we were set back."""
        if author not in self.identity.names:
            return
        # Facts of another incarnation of a node are its past, and it issues from no range of that
        # one. Whatever a coordinator has forgotten puts all its counters in doubt.
        if self.identity.is_coordinator or any(
            fact.envelope.incarnation == self.identity.incarnation for fact in new
        ):
            self.met_own_past = True

    # storing and folding

    def _store_facts(self, shard: ShardRow, run: RunRow, new: list[NewFact], own: bool) -> None:
        patients = [self._patient_id() if is_person(shard.author, fact) else None for fact in new]
        for fact, patient in zip(new, patients, strict=True):
            if patient is not None:
                self.patients[fact.id] = patient
        placed = Placed(shard, self._shards.append_facts(run, new, patients), new, patients, own)
        # Queued batches of one run are folded as one, which is what makes a large merge fast.
        before = self._pending.get(run.id)
        if before is not None:
            both, people = [*before.facts, *new], [*before.patients, *patients]
            placed = placed._replace(facts=both, patients=people, own=own and before.own)
        self._pending[run.id] = placed

    def _patient_id(self) -> int:
        """The next free local id, counted in memory because the rows are not there yet."""
        if not self._next_patient:
            self._next_patient = self.store.local.next_patient_id()
        self._next_patient += 1
        return self._next_patient - 1

    def fold_pending(self) -> None:
        """Bring what was stored into the tables."""
        if not self._pending:
            return
        placed, self._pending = list(self._pending.values()), {}
        self._fold.apply(placed)
        self.arrived += [
            Arrived(place.shard, place.run.id, place.facts[0].clock, place.facts[-1].clock + 1)
            for place in placed
        ]
        _account_for_ranges(self.store, self.identity, self.effects.ranges)
        self.effects.ranges.clear()

    # signing

    def sign(self, everything: bool, key: bytes, signer: Callable[[bytes], bytes]) -> None:
        """Sign our unsigned tails.

        Args:
            everything: all of them, because a session is open. Otherwise only those in shards that
                this transaction has closed, so that no more than one shard waits for a session.
            key: the public key of ``signer``.
        """
        for author in self.identity.names if everything or self._closed_shard else ():
            newest = None if everything else self._shards.newest(author)
            for run, number in unsigned_runs(self.store.connection, author):
                if everything or (newest is not None and number < newest.number):
                    self._sign_run(author, number, run, key, signer)

    def _sign_run(
        self, author: Author, number: int, run: RunRow, key: bytes, signer: Callable[[bytes], bytes]
    ) -> None:
        self.begin()
        # Below its base a branch is its parent, which has a signature of its own.
        first = max(run.signed, run.base)
        end = End(run.client, run.length, run.link)
        signature = signer(runs.signed_bytes(author, number, end))
        link = self._shards.link_at(author, number, run, first)
        data = self._written.get(run.id, [])[first - run.length :]
        if len(data) < run.length - first:  # some of it is of an earlier transaction
            data = self._shards.stretch(run, first, run.length)
        update = yjs.encode_update(run.client, first, data)
        key_id = runs.key_id(key)
        self._shards.sign_run(run.id, end, key_id, signature)
        self.touched.add((author, number))
        self.forward.append(
            Batch(author, number, run.client, first, link, run.length, update, key_id, signature)
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


def _account_for_ranges(
    store: Store, identity: ReplicaIdentity, ranges: Iterable[RangeFact]
) -> None:
    """Begin a cursor for each range that this node was given, and close what is closed.

    The coordinator accounts for its own ranges where it writes the facts about them.
    """
    for fact in ranges:
        if fact.terminal != identity.author or fact.allocator is not Allocator.NODE:
            continue
        # How far a range of another incarnation was used, nobody here knows.
        if fact.incarnation == identity.incarnation:
            range_ = NumberRange(fact.start, fact.end)
            store.cursors.add(range_, identity.incarnation, max(fact.mark, fact.start - 1), None)
        if fact.closed:
            why = f": {fact.why}" if fact.why else ""
            store.cursors.close(fact.start, f"{reasons.BY_COORDINATOR}{why}")
