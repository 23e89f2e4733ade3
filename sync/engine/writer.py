"""The one writer of a replica's store: every transaction, every answer to a session's query.

Plain functions on one thread; `sync.engine.replica` gives them that thread, and the simulation
calls them directly. After a failed transaction nothing of it remains in memory: documents, digests
and client id are dropped together, and the store, which is the truth, is read again.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple, Protocol, TypeVar

from sync.engine import rebuilding
from sync.engine.digests import Digests
from sync.engine.documents import Documents
from sync.engine.transaction import Arrived, ReplicaIdentity, Transaction
from sync.errors import StoreMissing
from sync.model.clock import HybridClock, believable, trusted_now
from sync.model.facts import COORDINATOR, INCARNATION_BYTES, REGISTRY, Author, Incarnation
from sync.model.runs import CLIENT_MAX, Batch, End
from sync.protocol.questions import (
    Admittance,
    Allowed,
    Alone,
    BatchesQuery,
    Commit,
    EndsQuery,
    IdentityQuery,
    Merge,
    Merged,
    Outcome,
    PeerIdentity,
    Query,
    Roots,
    RootsQuery,
    ShardsQuery,
    SignTails,
    StandingQuery,
    SummaryQuery,
    Wish,
    WishesQuery,
)
from sync.rules import gate, registry
from sync.rules.gate import Accepted, Invalid, NotYet
from sync.rules.registry import Registry
from sync.storage import schema
from sync.storage.people import Tables
from sync.storage.shards import RunRow, Store, StoredShard

WAITING_MAX: Final = 256
WAITING_BYTES_MAX: Final = 8 * 1024 * 1024
REPLICA_BYTES: Final = 16

T = TypeVar("T")


class BatchSigner(Protocol):
    """What the writer needs of `sync.trust.Signer`."""

    public_key: bytes

    def sign(self, data: bytes) -> bytes:
        """64-byte signature."""
        ...


class Judge(Protocol):
    """The coordinator's judgement, taken in the very transaction that brings the facts."""

    def judge(self, tx: Transaction, arrived: Sequence[Arrived], in_step: bool) -> None:
        """Append verdicts on what arrived; ``in_step``: its bringer knows all that we decided."""
        ...

    def met_own_past(self, tx: Transaction) -> None:
        """Facts of the coordinator's own names came in from outside."""
        ...


class Shell(NamedTuple):
    """What a writer needs of the world outside."""

    now_ms: Callable[[], int]
    random: Callable[[int], bytes]
    verify: gate.Verify


class Writer:
    """Owns the writing connection of one replica."""

    def __init__(
        self,
        store: Store,
        signer: BatchSigner,
        coordinator_key: bytes,
        shell: Shell,
        arbiter: Judge | None = None,
    ) -> None:
        self.store = store
        self.tables = Tables(store.connection)
        self.commits: list[Commit] = []
        self.announced: set[str] = set()
        self.live = False
        self._signer = signer
        self._coordinator_key = coordinator_key
        self._shell = shell
        self._arbiter = arbiter
        self._digests = Digests(store)
        self._documents = Documents(store.documents, self._random_client())
        self._waiting: OrderedDict[tuple[Any, ...], Batch] = OrderedDict()
        if store.meta(schema.PROJECTION_KEY) != schema.PROJECTION_VERSION:
            self.rebuild()
        self._load()
        self._clock = HybridClock(store.newest_hlc(self.identity.names, believable(self.now_ms)))

    @staticmethod
    def init(store: Store, author: Author, random: Callable[[int], bytes]) -> None:
        """Make an empty store the replica of ``author``."""
        connection = store.connection
        connection.execute("BEGIN IMMEDIATE")
        store.set_meta("author", author)
        store.set_meta("replica", random(REPLICA_BYTES))
        store.set_meta("incarnation", random(INCARNATION_BYTES))
        connection.execute("COMMIT")

    @staticmethod
    def renew(store: Store, random: Callable[[int], bytes]) -> Incarnation:
        """Begin a new life of a replica that is not running; its ranges issue no more."""
        incarnation = Incarnation(random(INCARNATION_BYTES))
        connection = store.connection
        connection.execute("BEGIN IMMEDIATE")
        for cursor in store.cursors():
            store.close_cursor(cursor.range.start, "an earlier life of this database used it")
        store.set_meta("incarnation", incarnation)
        store.skip_changes()
        connection.execute("COMMIT")
        return incarnation

    def _load(self) -> None:
        author = self.store.meta("author")
        if author is None:
            raise StoreMissing(path="the database", command="init")
        self.identity = ReplicaIdentity(
            Author(author),
            Incarnation(self.store.meta("incarnation")),
            author == COORDINATOR,
        )
        self.replica: bytes = self.store.meta("replica")
        self.registry: Registry = registry.fold(self.tables.registry_entries())
        self.serial = max(self.tables.newest_serial(), self.store.meta("serial_floor") or 0)
        self._coordinator_ms: int = self.store.meta("coordinator_ms") or 0
        self._newest_change = self.store.newest_change()
        self.commit_number: int = self.store.meta("commits") or 0

    def close(self) -> None:
        """Drop everything and close the connection."""
        self._documents.drop(self._random_client())
        self.store.close()

    # time

    @property
    def now_ms(self) -> int:
        """Trusted now: the later of the local clock and the newest coordinator time known."""
        return trusted_now(self._shell.now_ms(), self._coordinator_ms)

    @property
    def clock_behind_ms(self) -> int:
        """How far the local clock lies behind what the coordinator was seen to say."""
        return max(0, self._coordinator_ms - self._shell.now_ms())

    @property
    def waiting_batches(self) -> int:
        """How many batches wait for something that is missing."""
        return len(self._waiting)

    @property
    def newest_change(self) -> int:
        """The cursor of the newest change that clients are told of."""
        return self._newest_change

    @property
    def public_key(self) -> bytes:
        """The key that this replica signs with."""
        return self._signer.public_key

    # transactions

    def write(self, act: Callable[[Transaction], T], source: object = None) -> T:
        """Run ``act`` in one transaction, with what it appends folded, judged and signed.

        Whatever it raises, nothing of it remains on disk or in memory.
        """
        result, tx = self._write(act, None, source)
        if tx.effects.registry and self._waiting:
            self.merge(Merge(()))
        return result

    def _write(
        self, act: Callable[[Transaction], T], merge: Merge | None, source: object
    ) -> tuple[T, Transaction]:
        tx = self._transaction()
        try:
            result = act(tx)
            self._finish(tx, merge)
            if tx.begun:
                self.store.connection.execute("COMMIT")
            self._take_over(tx, source)
        except BaseException:
            if tx.begun:  # before that nothing was changed, in memory neither
                self._abandon()
            raise
        return result, tx

    def _transaction(self) -> Transaction:
        now_ms = self.now_ms
        return Transaction(
            self.store,
            self.tables,
            self._documents,
            self.registry,
            self.identity,
            lambda: self._clock.tick(now_ms),
            now_ms,
            self.serial,
        )

    def _finish(self, tx: Transaction, merge: Merge | None) -> None:
        tx.flush()
        if self._arbiter is not None:
            if tx.met_own_past:
                self._arbiter.met_own_past(tx)
            self._arbiter.judge(tx, tx.arrived, self._in_step(merge))
            tx.flush()
        if not tx.begun:
            return
        if tx.met_own_past and not self.identity.is_coordinator:
            self._begin_incarnation(tx)
        if tx.effects.coordinator_ms > self._coordinator_ms:
            self.store.set_meta("coordinator_ms", tx.effects.coordinator_ms)
        self.store.log_holders(tx.now_ms, tx.effects.holders)
        if tx.effects.feed.entries:
            self.store.log_changes(tx.now_ms, tx.effects.feed.entries)
            tx.newest_change = self.store.newest_change()
        tx.sign(self.live, self._signer.public_key, self._signer.sign)
        self._number(tx)

    def _number(self, tx: Transaction) -> None:
        """By their number readers know which commit they see, and whether the registry changed."""
        self.store.set_meta("commits", self.commit_number + 1)
        if tx.effects.registry:
            self.store.set_meta("registry_changed_by", self.commit_number + 1)

    def _in_step(self, merge: Merge | None) -> bool:
        """False when the peer has facts of the coordinator that we lack, or lacks some of ours."""
        if merge is None or merge.peer is None:
            return True
        mine = self._digests.roots()
        return (mine.registry, mine.coordinator) == (merge.peer.registry, merge.peer.coordinator)

    def _begin_incarnation(self, tx: Transaction) -> None:
        """A copy of this machine wrote under our name: issue nothing that it may have issued."""
        for cursor in self.store.cursors():
            self.store.close_cursor(cursor.range.start, "a copy of this machine has used it")
        self.store.skip_changes()
        tx.begin_incarnation(self._shell.random(INCARNATION_BYTES))
        self.store.set_meta("own_pasts_met", (self.store.meta("own_pasts_met") or 0) + 1)

    def _take_over(self, tx: Transaction, source: object) -> None:
        """The commit has happened: memory follows."""
        if not tx.begun:
            return
        self.commit_number += 1
        self.announced |= tx.announced
        self.registry = tx.registry
        self.serial = tx.serial
        self._newest_change = tx.newest_change or self._newest_change
        for author, number in tx.touched:
            self._digests.touch(author, number)
        self._coordinator_ms = max(self._coordinator_ms, tx.effects.coordinator_ms)
        if tx.has_new_incarnation:
            self._load()
            self._documents.drop(self._random_client())
        if tx.forward:
            self.commits.append(Commit(tuple(tx.forward), source, tx.effects.registry))

    def _abandon(self) -> None:
        if self.store.connection.in_transaction:
            self.store.connection.execute("ROLLBACK")
        self._documents.drop(self._random_client())
        self._digests.forget()
        self._load()

    def _random_client(self) -> int:
        return int.from_bytes(self._shell.random(8)) & CLIENT_MAX

    def rebuild(self, told: Callable[[int], None] = lambda facts: None) -> int:
        """Make the projection again from the facts, in one transaction; gives how many facts.

        Args:
            told: called again and again with how many facts are done.
        """
        connection = self.store.connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            self.tables.remember_people()
            schema.recreate_projection(connection)
            self.store.set_meta("indexed", 0)
            facts = 0
            for count in rebuilding.rebuild(self.store, self.tables):
                facts += count
                told(facts)
            self.store.log_changes(self._shell.now_ms(), self.tables.changed_people())
            connection.execute("COMMIT")
        except BaseException:
            self._abandon()
            raise
        self._load()
        return facts

    # sync

    def answer(self, query: Query) -> object:
        """The reply that `sync.protocol.questions` names for a query; `Merge` goes to `merge`."""
        match query:
            case IdentityQuery():
                self_ = self.identity
                return PeerIdentity(
                    self_.author, self.replica, self_.incarnation, self._signer.public_key
                )
            case RootsQuery():
                return self._digests.roots()
            case SignTails():
                return self.open_session()
            case Alone():
                self.live = False
                return None
            case SummaryQuery(author):
                return self._digests.summary(author)
            case ShardsQuery(author):
                return self._digests.shards(author)
            case EndsQuery(shards):
                return tuple(tuple(self.store.ends_of(*shard)) for shard in shards)
            case WishesQuery(ends):
                return tuple(
                    wish
                    for author, number, theirs in ends
                    for wish in self._wishes(author, number, theirs)
                )
            case BatchesQuery(wishes):
                return tuple(self._granting(wish) for wish in wishes)
            case StandingQuery(author, key):
                return self._standing(author, key)
        raise TypeError(f"not a query for a writer: {query!r}")

    def open_session(self) -> Roots:
        """Sign what was written alone, and from now on sign at once."""
        self.live = True
        self.sign_tails()
        return self._digests.roots()

    def sign_tails(self) -> None:
        """Sign all our unsigned tails: at start and when a session opens."""
        key, sign = self._signer.public_key, self._signer.sign
        self.write(lambda tx: tx.sign(True, key, sign))

    def merge(self, query: Merge, source: object = None) -> Merged:
        """Merge batches, and those that waited for what they bring, in one transaction."""
        count = len(query.batches)
        batches = list(enumerate((*query.batches, *self._waiting.values())))
        outcomes = {index: Outcome(Admittance.NOT_YET) for index, _ in batches}
        merged, tx = self._write(
            lambda tx: self._merge_all(tx, batches[:count], batches[count:], outcomes),
            query,
            source,
        )
        self._keep_waiting(
            [batch for index, batch in batches if outcomes[index].entry is Admittance.NOT_YET]
        )
        self._absorb(tx)
        return Merged(tuple(outcomes[index] for index in range(count)), merged)

    def _merge_all(
        self,
        tx: Transaction,
        fresh: list[tuple[int, Batch]],
        held: list[tuple[int, Batch]],
        outcomes: dict[int, Outcome],
    ) -> int:
        """Place whatever may enter, again and again while that lets more enter.

        What waits is looked at again only when its author's facts or the registry have changed.
        """
        facts = 0
        now, later = (fresh, held) if fresh else (held, [])
        while now:
            changed: set[Author] = set()
            rest: list[tuple[int, Batch]] = []
            for index, batch in now:
                shard = StoredShard(self.store, batch.author, batch.shard)
                answer = gate.examine(
                    batch, shard, self._keys_of(tx, batch.author), self._shell.verify
                )
                if isinstance(answer, Accepted):
                    tx.place(answer)
                    changed.add(batch.author)
                    facts += len(answer.facts)
                    outcomes[index] = Outcome(Admittance.ACCEPTED)
                    if batch.author == REGISTRY:
                        tx.fold_pending()
                elif isinstance(answer, NotYet):
                    outcomes[index] = Outcome(Admittance.NOT_YET, answer.missing)
                    rest.append((index, batch))
                else:
                    outcomes[index] = _invalid(answer)
            waiting = rest + later
            now = [item for item in waiting if REGISTRY in changed or item[1].author in changed]
            again = {index for index, _ in now}
            later = [item for item in waiting if item[0] not in again]
        return facts

    def _keys_of(self, tx: Transaction, author: Author) -> frozenset[bytes]:
        if author in (REGISTRY, COORDINATOR):
            return frozenset({self._coordinator_key})
        return tx.registry.keys_of(author)

    def _keep_waiting(self, batches: list[Batch]) -> None:
        """Keep what came too early, the newest of it, within bounds; the newest comes first."""
        self._waiting.clear()
        size = 0
        for batch in batches:
            size += len(batch.update)
            if len(self._waiting) >= WAITING_MAX or size > WAITING_BYTES_MAX:
                break
            key = (batch.author, batch.shard, batch.client, batch.first, batch.signature)
            self._waiting[key] = batch

    def _absorb(self, tx: Transaction) -> None:
        """Go on after the times that came in; a coordinator does not, for all trust its clock."""
        if self.identity.is_coordinator:
            return
        if tx.begun and tx.arrived:
            for arrived in tx.arrived:
                self._clock.absorb(self.store.run(arrived.run).hlc, tx.now_ms)

    def _standing(self, author: Author, key: bytes) -> Allowed:
        if author == COORDINATOR:
            return Allowed(key == self._coordinator_key, None)
        terminal = self.registry.terminals.get(author)
        if terminal is None:
            return Allowed(False, None)
        withdrawn = key in terminal.withdrawn
        return Allowed(self.registry.may_sync(author, key), terminal.state, withdrawn)

    def _wishes(self, author: Author, number: int, theirs: Sequence[End]) -> list[Wish]:
        """Which of a peer's ends lie beyond what is signed here."""
        shard = self.store.shard(author, number)
        found = []
        for end in theirs:
            held = self.store.runs_of(shard.id, end.client) if shard else []
            if not any(self._leads_to(author, number, run, end) for run in held):
                mine = tuple(
                    End(run.client, run.signed, run.signed_link)
                    for run in held
                    if run.signed_link is not None
                )
                found.append(Wish(author, number, end, mine))
        return found

    def _leads_to(self, author: Author, number: int, run: RunRow, end: End) -> bool:
        """True when the signed part of a run passes through ``end``."""
        return (
            run.client == end.client
            and run.base < end.length <= run.signed
            and self.store.link_at(author, number, run, end.length) == end.link
        )

    def _granting(self, wish: Wish) -> Batch | None:
        """What the wisher lacks of the run that leads to its target, if that is held here."""
        shard = self.store.shard(wish.author, wish.shard)
        if shard is None:
            return None
        for run in self.store.runs_of(shard.id, wish.target.client):
            if not self._leads_to(wish.author, wish.shard, run, wish.target):
                continue
            common = [
                end.length
                for end in wish.mine
                if end.length <= run.signed
                and self.store.link_at(wish.author, wish.shard, run, end.length) == end.link
            ]
            first = max(common, default=0)
            return self.store.batch(run, first) if first < run.signed else None
        return None


def _invalid(answer: Invalid) -> Outcome:
    return Outcome(Admittance.INVALID, answer.fault, answer.why)
