"""The one writer of a replica's store: every transaction, and what it leaves in memory.

Plain functions on one thread; `sync.engine.replica` owns that thread, and the simulation calls
them directly. Two invariants hold whenever none of them is at work:

- No transaction is open, and what is in memory (registry, identity, serial, digests, Y.Docs) is
  what the database says. Memory follows a commit and never leads it.
- After a failed transaction nothing of it remains in memory: documents, digests and client id are
  dropped together, and the store, which is the truth, is read again. Where it cannot be read then,
  nothing is written before it can.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple, Protocol, TypeVar

from sync.engine import fold
from sync.engine.digests import Digests
from sync.engine.documents import Documents
from sync.engine.records import registry_rows
from sync.engine.transaction import Arrived, Transaction
from sync.errors import StoreDamaged, StoreUncertain
from sync.model import reasons
from sync.model.believed import LATEST_MS, BelievedClock, Clocks
from sync.model.clock import HybridClock, believable, pack, unpack
from sync.model.facts import (
    COORDINATOR,
    COORDINATOR_NAMES,
    INCARNATION_BYTES,
    REGISTRY,
    Author,
    Incarnation,
)
from sync.model.runs import CLIENT_MAX
from sync.protocol.questions import Commit, Roots
from sync.reading.view import StoredView
from sync.storage import schema
from sync.storage.queries import roll_back
from sync.storage.shards import is_whole, newest_hlc
from sync.storage.store import Store
from sync.storage.times import written
from sync.witness.disclosure import Disclosure
from sync.witness.memory import Witness

REPLICA_BYTES: Final = 16

_LATEST: Final = pack(LATEST_MS, 0)

T = TypeVar("T")

log = logging.getLogger("mrnmesh.writer")


class BatchSigner(Protocol):
    """What the writer needs of `sync.engine.keys.Signer`."""

    public_key: bytes

    def sign(self, data: bytes) -> bytes:
        """64-byte signature."""
        ...


class Judge(Protocol):
    """The coordinator's judgement, taken in the very transaction that brings the facts."""

    def judge(self, tx: Transaction, arrived: Sequence[Arrived], in_step: bool) -> None:
        """Append verdicts on what arrived.

        Args:
            in_step: whoever brought it has the same facts of the coordinator as we have.
        """
        ...

    def met_own_past(self, tx: Transaction) -> None:
        """Facts of the coordinator's own names came in from outside."""
        ...


class Shell(NamedTuple):
    """What a writer needs of the world outside.

    ``now_ms`` is what the clock of the computer shows; ``steady_ms`` only counts what passes, also
    while the computer sleeps.
    """

    now_ms: Callable[[], int]
    random: Callable[[int], bytes]
    steady_ms: Callable[[], int]


class _Doubt(NamedTuple):
    """A transaction that failed, and of which it is not known yet what became of it.

    ``before`` is the number of the commit before it, ``source`` is who brought it.
    """

    before: int
    tx: Transaction
    source: object


class Writer:
    """Owns the writing connection of one replica.

    ``commits`` grows with every transaction that signed something; whoever publishes them clears
    it. While ``live`` is true a session is open somewhere, and every transaction signs what it
    wrote; otherwise one signature covers all that was written alone, see `sign_tails`.

    Args:
        store: one that `Writer.init` has made a replica; its projection is made again if other
            software made it.
        judge: the coordinator's judgement; None for a node.
        witness: is told of every number before it is committed; None for a replica whose numbers
            nobody is shown.

    Raises:
        StoreMissing: the store is nobody's replica.
    """

    def __init__(
        self,
        store: Store,
        signer: BatchSigner,
        shell: Shell,
        judge: Judge | None = None,
        witness: Witness | None = None,
    ) -> None:
        self.store = store
        self.commits: list[Commit] = []
        self.announced: set[str] = set()
        self.live = False
        self.digests = Digests(store.shards)
        self._signer = signer
        self._shell = shell
        self._judge = judge
        self.disclosure = Disclosure(shell.random, witness)
        self._doubt: _Doubt | None = None
        self._documents = Documents(store.shards.document, self._random_client())
        self._kept_time = self._noting = store.meta.kept_time
        self.believed = BelievedClock(
            store.meta.author or Author(""),
            Clocks(shell.now_ms, shell.steady_ms),
            self._kept_time,
            lambda: unpack(written.newest_of(store.connection, COORDINATOR_NAMES, _LATEST))[0],
        )
        if store.meta.projection_version != schema.PROJECTION_VERSION:
            self.rebuild()
        else:
            registry_rows.mend(store)
        self._load()
        self.clock = _hybrid_clock(self.store, self.now_ms)

    @staticmethod
    def init(store: Store, author: Author, random: Callable[[int], bytes]) -> None:
        """Make an empty store the replica of ``author``."""
        connection = store.connection
        connection.execute("BEGIN IMMEDIATE")
        store.meta.author = author
        store.meta.replica = random(REPLICA_BYTES)
        store.meta.incarnation = Incarnation(random(INCARNATION_BYTES))
        connection.execute("COMMIT")

    @staticmethod
    def renew(store: Store, random: Callable[[int], bytes], now_ms: int) -> Incarnation:
        """Begin a new incarnation of a replica that is not running; its ranges issue no more."""
        incarnation = Incarnation(random(INCARNATION_BYTES))
        connection = store.connection
        connection.execute("BEGIN IMMEDIATE")
        for cursor in store.cursors.all():
            store.cursors.close(cursor.range.start, reasons.COPY_OF_DATABASE)
        store.meta.incarnation = incarnation
        store.meta.set_back = None
        store.local.go_on_above(random, now_ms)
        connection.execute("COMMIT")
        return incarnation

    def _load(self) -> None:
        """Take into memory what is on disk."""
        _, self.registry, self.identity = StoredView.of(self.store)
        meta = self.store.meta
        self.replica = meta.replica
        self.serial = max(self.store.decisions.newest_serial(), meta.serial_floor)
        self._newest_change = self.store.local.newest_change()
        self.commit_number = meta.commits

    def close(self) -> None:
        """Drop everything and close the connection."""
        self._documents.drop(self._random_client())
        self.store.close()

    # time

    @property
    def now_ms(self) -> int:
        """Trusted now: the time that this replica believes."""
        return self.believed.now_ms

    @property
    def newest_change(self) -> int:
        """The cursor of the newest change in the feed."""
        return self._newest_change

    @property
    def public_key(self) -> bytes:
        """The key that this replica signs with."""
        return self._signer.public_key

    # transactions

    def write(
        self, act: Callable[[Transaction], T], source: object = None, peer: Roots | None = None
    ) -> T:
        """Run ``act`` in one transaction, with what it appends folded, judged and signed.

        Whatever it raises but `StoreUncertain`, nothing of it remains on disk or in memory.

        Args:
            source: who brought what ``act`` merges, for the commit; None for what is our own.
            peer: the newest roots that they sent; None for what is our own.

        Returns:
            What ``act`` returns, after the commit.

        Raises:
            WitnessBehind: it is committed, and nobody is to hear of it yet.
        """
        self._make_certain()
        self.store.require_in_place()
        tx = self._transaction()
        self._noting = self._kept_time
        before = self.commit_number
        self.store.shards.remember()
        try:
            result = act(tx)
            self._finish(tx, peer)
            if tx.begun:
                self._commit(tx)
            self._take_over(tx, source)
            if tx.begun:
                self.store.note_wal(before)
        except BaseException:
            # Before it has begun nothing was changed, neither on disk nor in memory. So a refusal
            # costs no fresh client id, and with it a run of its own.
            if tx.begun:
                self._doubt = _Doubt(before, tx, source)
                # Where the disk is gone, the next transaction does this first.
                with contextlib.suppress(sqlite3.Error):
                    self._make_certain()
            raise
        finally:
            self.store.shards.remember_no_more()
            roll_back(self.store.connection)  # what was reserved, and never begun
        if tx.intents.in_use_at_once:
            self.disclosure.require()
        return result

    def _make_certain(self) -> None:
        """Learn what became of the last transaction, if it failed; memory follows that.

        Until then memory may lack what was committed, and would let it be given again.

        Raises:
            sqlite3.Error: it cannot be known yet, and nothing may be written.
        """
        doubt = self._doubt
        if doubt is None:
            return
        self._abandon()
        # What the database says now, and not the error, tells whether it was committed.
        if self.commit_number != doubt.before:
            self.disclosure.committed(doubt.tx)
            self._tell(doubt.tx, doubt.source)
            self.store.note_wal(doubt.before)
        else:
            self.disclosure.failed()
        self._doubt = None

    def sign_tails(self) -> None:
        """Sign all our unsigned tails: at start and when a session opens."""
        key, sign = self._signer.public_key, self._signer.sign
        self.write(lambda tx: tx.sign(True, key, sign))

    def _transaction(self) -> Transaction:
        now_ms = self.believed.look(self.registry.replicas)
        if self.clock.last > believable(now_ms):
            self.clock = _hybrid_clock(self.store, self.now_ms)
        return Transaction(
            self.store,
            self._documents,
            self.registry,
            self.identity,
            lambda: self.clock.tick(now_ms),
            now_ms,
            self.serial,
            self.believed.is_agreed,
        )

    def _finish(self, tx: Transaction, peer: Roots | None) -> None:
        """All that belongs into the transaction after what its caller wanted."""
        tx.flush()
        if self._judge is not None:
            # First, because it stops all judging until the coordinator knows its past again.
            if tx.met_own_past:
                self._judge.met_own_past(tx)
            self._judge.judge(tx, tx.arrived, _in_step(self.digests, peer))
            tx.flush()
        now = self.believed.kept(tx.now_ms)
        if is_old := self._kept_time.is_old(now):
            tx.begin()
        if not tx.begun:
            return
        if tx.effects.disbelief:
            _fold_disbelief(tx)
        if tx.met_own_past and not self.identity.is_coordinator:
            _begin_incarnation(tx, self._shell.random)
        if is_old:
            self.store.meta.kept_time = self._noting = now
        self.store.local.log_holders(tx.now_ms, tx.effects.holders)
        if tx.effects.feed.entries:
            tx.newest_change = self.store.local.log_changes(tx.now_ms, tx.effects.feed.entries)
        tx.sign(self.live, self._signer.public_key, self._signer.sign)
        _number(tx, self.commit_number)

    def _commit(self, tx: Transaction) -> None:
        """Commit, after the witness knows of every number that this makes visible.

        Raises:
            WitnessFull, WitnessUnwritable, WitnessShared: the witness cannot be told.
            StoreUncertain: it may be committed, or not.
            sqlite3.Error: it is not committed.
        """
        known = self.serial if self.identity.is_coordinator else None
        self.disclosure.intend(tx, self.store.meta, known, for_desks=tx.effects.registry)
        try:
            self.store.connection.execute("COMMIT")
        except sqlite3.Error as error:
            # SQLite moves the log into the database after the commit, and where that fails (the
            # disk is full) it reports an error in the same way as if nothing had been committed.
            if self.store.connection.in_transaction or not _is_committed(self.store, tx, error):
                raise
            log.error("committed, but the log could not be moved into the database: %s", error)
        self.disclosure.committed(tx)

    def _take_over(self, tx: Transaction, source: object) -> None:
        """The commit has happened: memory follows."""
        if not tx.begun:
            return
        self.commit_number = tx.commit_number
        self.registry = tx.registry
        self.serial = tx.serial
        self._newest_change = tx.newest_change or self._newest_change
        for author, number in tx.touched:
            self.digests.touch(author, number)
        if tx.has_new_incarnation:
            # The copy goes on under our client id, so that one is its own from now on.
            self._load()
            self._documents.drop(self._random_client())
        self._tell(tx, source)

    def _tell(self, tx: Transaction, source: object) -> None:
        """What was committed says how late it is, and is for others to hear."""
        self._kept_time = self._noting
        if tx.effects.disbelief:
            self.believed.take_back(lambda ms: self.registry.times.believes(REGISTRY, pack(ms, 0)))
        self.believed.reach(tx.effects.coordinator_ms)
        self.announced |= tx.announced
        if tx.forward:
            self.commits.append(Commit(tuple(tx.forward), source, tx.effects.registry))

    def _abandon(self) -> None:
        """Nothing has happened: forget what memory may hold of the transaction."""
        roll_back(self.store.connection)
        self._documents.drop(self._random_client())
        self.store.shards.forget()
        self.digests.forget()
        self._load()

    def _random_client(self) -> int:
        return int.from_bytes(self._shell.random(8)) & CLIENT_MAX

    def rebuild(self, progress: Callable[[int], None] = lambda done: None) -> int:
        """Make the projection again from the facts, in one transaction.

        Args:
            progress: called again and again with how many facts are done.

        Returns:
            How many facts there are.
        """
        connection = self.store.connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            done = _fold_again(self.store, self.now_ms, progress)
            connection.execute("COMMIT")
        except BaseException:
            self._abandon()
            raise
        self._load()
        return done


def _is_committed(store: Store, tx: Transaction, error: sqlite3.Error) -> bool:
    """Whether a transaction is in the database, although SQLite reported an error.

    Raises:
        StoreUncertain: the database cannot be read either.
    """
    try:
        return store.meta.commits == tx.commit_number
    except sqlite3.Error:
        raise StoreUncertain(why=error) from error


def _number(tx: Transaction, known: int) -> None:
    """By it readers know the commit; a database that was set back goes on far above.

    Args:
        known: the number of the commit before it, as far as memory knows.
    """
    tx.commit_number = max(known, tx.store.meta.commits) + 1
    tx.store.meta.commits = tx.commit_number
    if tx.effects.registry:
        tx.store.meta.registry_changed_by = tx.commit_number


def _in_step(digests: Digests, peer: Roots | None) -> bool:
    """False when the peer has facts of the coordinator that we lack, or lacks some of ours.

    A grant of ours that we have forgotten may then be on its way back, so nothing is refused
    for the lack of one.
    """
    if peer is None:
        return True
    mine = digests.roots()
    return (mine.registry, mine.coordinator) == (peer.registry, peer.coordinator)


def _begin_incarnation(tx: Transaction, random: Callable[[int], bytes]) -> None:
    """A copy of this machine wrote under our name: issue nothing that it may have issued."""
    for cursor in tx.store.cursors.all():
        tx.store.cursors.close(cursor.range.start, reasons.COPY_OF_MACHINE)
    tx.store.local.go_on_above(random, tx.now_ms)
    tx.begin_incarnation(Incarnation(random(INCARNATION_BYTES)))
    tx.store.meta.own_pasts_met += 1


def _hybrid_clock(store: Store, now_ms: int) -> HybridClock:
    """One that goes on above all times in the database that can be right.

    Times that lie ahead are left out, our own too: our clock may have been wrong. A coordinator
    takes no time of a desk.
    """
    authors = COORDINATOR_NAMES if store.meta.author == COORDINATOR else ()
    return HybridClock(newest_hlc(store.connection, believable(now_ms), authors))


def _fold_disbelief(tx: Transaction) -> None:
    """Make the projection again because other times are believed than before.

    Where a fault of the disk has changed a record or taken it away, only the projection still knows
    what was written. Then it stays as it is, and what came together with the disbelief gets in.
    """
    store = tx.store
    try:
        is_sound = all(is_whole(store.shards, *found) for found in store.shards.all_runs())
    except StoreDamaged:
        is_sound = False
    if is_sound:
        _fold_again(store, tx.now_ms)
        tx.newest_change = store.local.newest_change()  # what is different is logged
    else:
        store.unreadable = True


def _fold_again(
    store: Store, now_ms: int, progress: Callable[[int], None] = lambda done: None
) -> int:
    """Make the projection again inside a transaction; returns how many facts there are."""
    store.people.remember()
    schema.recreate_projection(store.connection)
    store.meta.indexed = 0
    done = 0
    for count in fold.fold_all(store):
        done += count
        progress(done)
    store.suggestions.settle_all()
    # Newer software may read more out of the same facts, which is news to clients.
    store.local.log_changes(now_ms, store.people.changed())
    return done
