"""A replica for the event loop: one writing thread, shielded commits, and who hears of them.

Every change goes through here: one function on the writer's thread, one transaction with the
witness told before its commit, then publish. A caller that is cancelled while it waits changes
nothing about that. Reads run on threads of their own and wait for no write.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, tzinfo
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeVar

from sync.engine import issuing, keys
from sync.engine.exchange import Exchange, Granter, PinChanger, slices
from sync.engine.issuing import Draft, Issue, Registered
from sync.engine.transaction import Transaction
from sync.engine.writer import Judge, Shell, Writer
from sync.errors import StoreMissing
from sync.model import telephones
from sync.model.believed import BelievedClock
from sync.model.facts import Author, Incarnation
from sync.model.formats import time_of_ms
from sync.protocol.questions import (
    Commit,
    Merge,
    Merged,
    NumberQuery,
    Outcome,
    PinChangeQuery,
    Query,
)
from sync.reading.faults import Health
from sync.reading.readers import Readers
from sync.reading.snapshot import Snapshot
from sync.reading.view import ReplicaIdentity
from sync.rules.registry import Registry
from sync.storage import search
from sync.storage.lock import FolderLock
from sync.storage.store import Store
from sync.witness.memory import Witness, number_for

T = TypeVar("T")

DATABASE = "register.db"

log = logging.getLogger("mrnmesh.replica")


def shell() -> Shell:
    """The real world: its clocks and the operating system's randomness."""
    return Shell(lambda: time.time_ns() // 1_000_000, os.urandom, _steady_ms)


def _steady_ms() -> int:
    """Milliseconds of a clock that nobody sets, and that goes on while the computer sleeps."""
    # `time.monotonic` stands still in sleep on Linux, and on macOS, whose CLOCK_MONOTONIC does not.
    steady: int | None = getattr(time, "CLOCK_BOOTTIME", getattr(time, "CLOCK_MONOTONIC", None))
    if sys.platform != "win32" and steady is not None:
        return time.clock_gettime_ns(steady) // 1_000_000
    return time.monotonic_ns() // 1_000_000  # on Windows it goes on


class NewReplica(NamedTuple):
    """The id of an empty replica, its incarnation, and the number of its witness to be."""

    replica: bytes
    incarnation: Incarnation
    witness: int


def init(folder: Path, author: Author, wanted: NewReplica | None = None) -> NewReplica:
    """Make an empty replica in a folder that has none.

    Args:
        wanted: what it is to have, None for something random.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    store = Store.create(folder / DATABASE)
    try:
        Writer.init(store, author, os.urandom)
        if wanted is not None:
            store.meta.replica, store.meta.incarnation, store.meta.witness = wanted
            return wanted
        number = number_for(store.meta, os.urandom)
        return NewReplica(store.meta.replica, store.meta.incarnation, number)
    finally:
        store.close()


class Signal:
    """The cursor of the newest change in the feed, to be waited for."""

    def __init__(self) -> None:
        self.newest = 0
        self._waiting: list[asyncio.Future[None]] = []

    def set_to(self, newest: int) -> None:
        """There are changes up to this one."""
        if newest > self.newest:
            self.newest = newest
            waiting, self._waiting = self._waiting, []
            for future in waiting:
                if not future.done():
                    future.set_result(None)

    async def beyond(self, cursor: int) -> None:
        """Wait until there is a change behind ``cursor``."""
        while self.newest <= cursor:
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(future)
            try:
                await future
            finally:
                if future in self._waiting:
                    self._waiting.remove(future)


class Replica:
    """Open with `Replica.open`; all methods are called on the event loop that opened it."""

    def __init__(
        self,
        folder: Path,
        zone: tzinfo,
        region: str,
    ) -> None:
        self.folder = folder
        self.zone = zone
        self.region = region
        self.changed = Signal()
        self.health = Health(folder)
        self._newest_change = 0
        self._writer: Writer
        self._exchange: Exchange
        self.readers: Readers
        self._lock = FolderLock(folder)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="writer")
        self._subscribers: list[Callable[[Commit], None]] = []
        self._followers: dict[str, Callable[[Store], None]] = {}
        self._noting: Callable[[], Callable[[Transaction], None] | None] = lambda: None

    @classmethod
    async def open(
        cls,
        folder: Path,
        signer: keys.Signer,
        coordinator_key: bytes,
        judge: Judge | None = None,
        zone: tzinfo = UTC,
        *,
        region: str = telephones.REGION,
        granter: Granter | None = None,
        pin_changer: PinChanger | None = None,
        witness: Witness | None = None,
    ) -> Replica:
        """The replica in ``folder``, with its unsigned tails signed.

        What is handed in is called on the writer's thread. No number is committed before the
        witness knows it, so none can leave this process earlier.

        Args:
            judge: the coordinator's judgement; None for a node.
            zone: the facility's, whose day it is `today`.
            region: where telephone numbers without a country code are from.
            granter: see `sync.engine.exchange.Exchange`, and so for ``pin_changer``.
            witness: see `sync.witness.memory`; None for a replica whose numbers nobody is shown.

        Raises:
            StoreMissing, StoreLocked, StoreFromFuture, StoreUnsafe: it cannot be used.
        """
        path = folder / DATABASE
        if not path.exists():
            raise StoreMissing(path=folder, command="init")
        replica = cls(folder, zone, region)

        try:
            replica._writer = await replica._in_thread(
                lambda: _started(path, signer, judge, witness, region)
            )
            replica._exchange = Exchange(
                replica._writer,
                coordinator_key,
                keys.verify,
                granter=granter,
                pin_changer=pin_changer,
            )
            replica.changed.set_to(replica._writer.newest_change)
            replica.readers = Readers(path.absolute(), replica.today, region)
        except BaseException:
            replica._thread.shutdown()
            replica._lock.release()
            raise
        return replica

    async def close(self) -> None:
        """Finish what was begun and close; nothing is lost if this never happens."""
        await self.readers.close()
        await self._in_thread(self._writer.close)
        self._thread.shutdown()
        self._lock.release()

    # reading

    async def read(self, act: Callable[[Snapshot], T]) -> T:
        """What ``act`` finds in one snapshot, on a reader's thread: no write makes it wait.

        Raises:
            MrnmeshError: whatever ``act`` raises, and a `StoreError` if it cannot be read.
        """
        with self.health.watching(writing=False):
            found = await self.readers.read(act)
        self.health.reading = None
        return found

    @property
    def registry(self) -> Registry:
        """The registry as of the last commit."""
        return self._writer.registry

    @property
    def identity(self) -> ReplicaIdentity:
        """Author and incarnation as of the last commit."""
        return self._writer.identity

    @property
    def replica_id(self) -> bytes:
        """16 bytes that name this replica's database."""
        return self._writer.replica

    @property
    def public_key(self) -> bytes:
        """32 bytes by which all others know who wrote what this replica writes."""
        return self._writer.public_key

    @property
    def now_ms(self) -> int:
        """Trusted now: the time that this replica believes."""
        return self._writer.now_ms

    def steady_s(self) -> float:
        """Seconds that only count what passes: whatever expires, or waits, goes by them."""
        return self._writer.believed.steady_ms / 1000

    @property
    def now(self) -> datetime:
        """Trusted now, in the facility's zone."""
        return time_of_ms(self.now_ms, self.zone)

    def today(self) -> date:
        """The facility's day."""
        return self.now.date()

    @property
    def believed(self) -> BelievedClock:
        """What this replica takes the time to be, and why."""
        return self._writer.believed

    # writing

    async def write(self, act: Callable[[Transaction], T]) -> T:
        """Run ``act`` in one transaction and publish its commit.

        Raises:
            MrnmeshError: whatever ``act`` raises, and a `StoreError`; then nothing was changed.
        """
        note = self._noting()
        if note is None:
            return await self._run(lambda: self._writer.write(act))

        def noted(tx: Transaction) -> T:
            done = act(tx)
            if tx.begun:
                note(tx)
            return done

        return await self._run(lambda: self._writer.write(noted))

    def note_with(self, noting: Callable[[], Callable[[Transaction], None] | None]) -> None:
        """At each `write` that changes something, do what ``noting`` returns there, if anything."""
        self._noting = noting

    async def register(self, author: Author, draft: Draft, issue: Issue) -> Registered:
        """Register a person; the number is on disk, and witnessed, when this returns.

        Raises:
            KeyReused, NumberError, TerminalError: see `sync.engine.issuing.register`.
            WitnessUnwritable, WitnessShared: nobody was registered.
        """
        return await self._run(
            lambda: self._writer.write(lambda tx: issuing.register(tx, author, draft, issue))
        )

    async def was_answered(self, key: bytes | None) -> bool:
        """True when an idempotency key (its hash) was answered before, as far as is known here."""
        if key is None:
            return False

        def look(snapshot: Snapshot) -> bool:
            return (
                snapshot.store.local.answer(key) is not None
                or issuing.came_back(snapshot, self.identity.author, key) != []
            )

        return await self.read(look)

    @property
    def commit_number(self) -> int:
        """How many transactions there were."""
        return self._writer.commit_number

    async def index_some(self) -> int | None:
        """Bring a piece of the people who are not in the search index into it.

        Returns the commit as of which nobody is missing; None if somebody may be.
        """
        writer, region = self._writer, self.region
        done, number = await self._run(
            lambda: (search.index_some(writer.store.connection, region), writer.commit_number)
        )
        return None if done else number

    # what sessions need

    async def answer(self, query: Query) -> object:
        """The reply to a session's query."""
        if isinstance(query, NumberQuery | PinChangeQuery):
            return await self._run(lambda: self._exchange.decide(query))
        return await self._run(lambda: self._exchange.answer(query))

    async def merge(self, merge: Merge, source: object) -> Merged:
        """Merge batches, a part at a time; their commits are published before this returns."""
        outcomes: dict[int, Outcome] = {}
        facts = 0
        for indices, part in slices(merge):
            merged = await self._run(partial(self._exchange.merge, part, source))
            outcomes.update(zip(indices, merged.outcomes, strict=True))
            facts += merged.facts
        return Merged(tuple(outcomes[index] for index in range(len(outcomes))), facts)

    async def follow(self, topic: str, load: Callable[[Store], None]) -> None:
        """Call ``load`` now, and after each commit that announces ``topic`` before it is answered.

        It runs on the writer's thread, and keeps in memory what it finds; see
        `sync.engine.transaction.Transaction.announce`.
        """
        self._followers[topic] = load
        await self._run(lambda: load(self._writer.store))

    def subscribe(self, callback: Callable[[Commit], None]) -> Callable[[], None]:
        """Call back on the event loop for each commit, in order; returns what ends that."""
        self._subscribers.append(callback)
        return lambda: self._subscribers.remove(callback)

    # the thread

    async def _run(self, job: Callable[[], T]) -> T:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        commits: list[Commit] = []

        def run() -> T:
            before = self._writer.commit_number
            with self.health.watching(writing=True):
                self._conclude(commits)  # what could not be concluded after an earlier job
                try:
                    result = job()
                finally:
                    self._conclude(commits)
            if self._writer.commit_number > before:
                self.health.writing = None
            self.health.doubted |= self._writer.store.unreadable
            self._writer.store.unreadable = False
            return result

        def done(job: concurrent.futures.Future[T]) -> None:
            self._publish(commits)
            if answer.done():
                return  # whoever waited was cancelled; the job never is
            error = job.exception()
            if error is None:
                answer.set_result(job.result())
            else:
                answer.set_exception(error)

        self._thread.submit(run).add_done_callback(lambda job: loop.call_soon_threadsafe(done, job))
        return await answer

    def _conclude(self, commits: list[Commit]) -> None:
        """What was committed enters memory; only then do sessions and the caller hear of it.

        Where that fails, the next job tries it again, and before that nobody hears of it.

        Args:
            commits: gets those that may be published.
        """
        for topic in sorted(self._writer.announced):
            if topic in self._followers:
                self._followers[topic](self._writer.store)
            self._writer.announced.discard(topic)
        self._newest_change = self._writer.newest_change
        if self._writer.disclosure.may_be_heard():
            commits.extend(self._writer.commits)
            self._writer.commits.clear()

    def _publish(self, commits: list[Commit]) -> None:
        """Call each subscriber in a turn of its own, so that one that fails stops no other.

        These turns come before that of the caller who waits for the commit.
        """
        self.changed.set_to(self._newest_change)
        for commit in commits:
            for callback in list(self._subscribers):
                asyncio.get_running_loop().call_soon(callback, commit)

    async def _in_thread(self, job: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, job)


def _started(
    path: Path, signer: keys.Signer, judge: Judge | None, witness: Witness | None, region: str
) -> Writer:
    store = Store.open(path)
    try:
        writer = Writer(store, signer, shell(), judge, witness)
        search.keep_to_rule(store.meta, region)
        writer.sign_tails()
    except BaseException:
        store.close()
        raise
    return writer
