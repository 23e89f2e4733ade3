"""The clinic that is measured: data folders that the daemons could run in, driven in one thread.

What only prepares a measurement is written without waiting for the disk (``synchronous=OFF``).
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any, Final, TypeVar

from benchmarks.figures import Bench
from benchmarks.people import drafts
from coordinator import config as coordinator_config
from coordinator.judging.arbiter import Arbiter
from coordinator.judging.recovery import Recovery
from coordinator.registry import terminals
from examples import joined
from examples.clinic import free_ports
from node import config as node_config
from sync.daemon.daemon_settings import ZONE_DEFAULT, zone_named
from sync.engine import issuing, keys, replica
from sync.engine.exchange import Exchange
from sync.engine.issuing import Draft, Issue, IssueMarks
from sync.engine.transaction import Transaction
from sync.engine.writer import Writer
from sync.model import bodies, facts
from sync.model.facts import COORDINATOR, REGISTRATION, Allocator, Author
from sync.model.numbers import NumberRange
from sync.model.runs import Batch
from sync.protocol.questions import (
    BatchesQuery,
    EndsQuery,
    Merge,
    Roots,
    RootsQuery,
    ShardsQuery,
    SummaryQuery,
    WishesQuery,
)
from sync.storage import search
from sync.storage.store import Store

BULK: Final = 500
MERGED_AT_ONCE: Final = 8
"""Runs in one transaction when a replica catches up, as `sync.protocol.pull` does it."""

RANGE_SIZE: Final = 1_000_000
SQLITE_SUFFIXES: Final = ("", "-wal", "-shm")

T = TypeVar("T")


class Desk:
    """One replica in a data folder: a terminal's, or the coordinator's."""

    def __init__(self, folder: Path, author: Author, signer: keys.Signer, key: bytes) -> None:
        self.folder = folder
        self.author = author
        self.signer = signer
        self.coordinator_key = key
        self.writer: Writer
        self.exchange: Exchange

    @property
    def path(self) -> Path:
        """The database file."""
        return self.folder / replica.DATABASE

    @property
    def roots(self) -> Roots:
        """Digests of what is held and signed."""
        roots = self.exchange.answer(RootsQuery())
        assert isinstance(roots, Roots)
        return roots

    def open(
        self,
        durable: bool = True,
        connect: Callable[[Path], sqlite3.Connection] | None = None,
    ) -> Desk:
        """Open the writer; not ``durable``: without waiting for the disk."""
        store = Store.open(self.path) if connect is None else Store(connect(self.path))
        if not durable:
            store.connection.execute("PRAGMA synchronous = OFF")
        arbiter = new_arbiter() if self.author == COORDINATOR else None
        self.writer = Writer(store, self.signer, replica.shell(), arbiter)
        self.exchange = Exchange(self.writer, self.coordinator_key, keys.verify)
        self.writer.sign_tails()
        return self

    def close(self) -> None:
        """Close it and leave one file."""
        self.writer.store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self.writer.close()

    def register(self, draft: Draft, witness: IssueMarks | None = None) -> issuing.Registered:
        """Register one person out of the desk's own range, in a transaction."""
        issue = self.issue(witness)
        return self.writer.write(lambda tx: issuing.register(tx, self.author, draft, issue))

    def issue(self, witness: IssueMarks | None = None) -> Issue:
        """What takes numbers out of the desk's own range."""
        return lambda tx: issuing.from_range(tx, self.author, Allocator.NODE, witness)

    def register_many(self, people: Iterable[Draft]) -> None:
        """Register people, many in one transaction, and sign them."""
        issue = self.issue()
        people = iter(people)
        while some := list(islice(people, BULK)):

            def act(tx: Transaction, some: Sequence[Draft] = some) -> None:
                for draft in some:
                    registration = facts.Registration(
                        issue(tx).mrn,
                        draft.terminal,
                        True,
                        draft.registered_at,
                        draft.operator,
                        draft.key,
                        draft.demographics,
                    )
                    body = bodies.write(registration)
                    tx.append(self.author, REGISTRATION, draft.record, body)

            self.writer.write(act)
        self.writer.sign_tails()

    def fill_search(self) -> None:
        """Bring everybody into the search index."""
        while search.index_some(self.writer.store.connection):
            pass


class Clinic:
    """Data folders of a coordinator and of terminals with nodes, closed unless opened."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        listen, sync_listen = _addresses()
        self.token = coordinator_config.init(
            folder / "coordinator",
            listen=listen,
            sync_listen=sync_listen,
            witness=folder / "coordinator.witness",
        )
        self.coordinator_config = coordinator_config.load(folder / "coordinator")
        signer = self.coordinator_config.signer()
        self.coordinator = Desk(folder / "coordinator", COORDINATOR, signer, signer.public_key)
        self.coordinator.open(durable=False)
        self.desks: dict[str, Desk] = {}

    def add(self, code: str) -> Desk:
        """A terminal whose node has joined and holds the registry; open, and not durable."""
        listen, sync_listen = _addresses()
        joined.make(
            self.folder / code,
            code,
            self.coordinator.signer.public_key,
            f"ws://{self.coordinator_config.sync_listen.nearby}/sync",
            listen=listen,
            sync_listen=sync_listen,
            witness=self.folder / f"{code}.witness",
        )
        config = node_config.load(self.folder / code)
        desk = Desk(config.folder, config.code, config.signer(), config.coordinator_key)
        desk.open(durable=False)
        start = (len(self.desks) + 1) * RANGE_SIZE
        numbers = NumberRange(start, start + RANGE_SIZE - 1)
        incarnation = desk.writer.identity.incarnation
        for act in (
            lambda tx: terminals.add_terminal(tx, code, code),
            lambda tx: terminals.join_node(tx, code, desk.signer.public_key, incarnation),
            lambda tx: terminals.grant_range(tx, code, numbers),
        ):
            self.coordinator.writer.write(act)
        self.desks[code] = desk
        pull(desk, self.coordinator)
        return desk

    def close(self) -> None:
        """Close all writers."""
        for desk in (self.coordinator, *self.desks.values()):
            desk.close()


def new_arbiter() -> Arbiter:
    """A coordinator's judgement, as its daemon has it."""
    return Arbiter(Recovery(os.urandom, zone_named(ZONE_DEFAULT)))


def missing_batches(puller: Desk, source: Desk) -> tuple[Batch, ...]:
    """What a session would bring from ``source``, the coordinator's facts first."""
    source.writer.sign_tails()
    ask = source.exchange.answer
    rows: Any = ask(SummaryQuery())
    shards: list[tuple[Author, int]] = []
    for row in sorted(rows, key=lambda row: (not row.author.startswith("@r"), row.author)):
        held: Any = ask(ShardsQuery(row.author))
        shards += [(row.author, shard.number) for shard in held]
    ends: Any = ask(EndsQuery(tuple(shards)))
    shard_ends = tuple((*shard, found) for shard, found in zip(shards, ends, strict=True))
    wishes: Any = puller.exchange.answer(WishesQuery(shard_ends))
    batches: Any = ask(BatchesQuery(wishes))
    return tuple(batch for batch in batches if batch is not None)


def pull(puller: Desk, source: Desk) -> None:
    """``puller`` takes over all that ``source`` has."""
    for some in chunks(missing_batches(puller, source), MERGED_AT_ONCE):
        puller.exchange.merge(Merge(some, source.roots, source.author))


def chunks(items: Sequence[T], size: int) -> Iterator[tuple[T, ...]]:
    """Items in order, ``size`` at a time."""
    for begin in range(0, len(items), size):
        yield tuple(items[begin : begin + size])


def full_clinic(bench: Bench, count: int, live: bool = False) -> Clinic:
    """A clinic whose desk A registered ``count`` people that the coordinator has judged.

    Desk B has joined and holds the registry only. All writers are closed. It is made once in a run
    of the benchmarks and is not to be changed: use a `clone` of a desk.

    Args:
        live: every person was registered and judged alone, else as a day without a network.
    """
    found = bench.shared.get((count, live))
    if isinstance(found, Clinic):
        return found
    folder = bench.folder / f"full-{count}{'-live' if live else ''}"
    clinic = Clinic(folder)
    desk = clinic.add("A")
    clinic.add("B")
    if live:
        _register_live(bench, clinic, count)
    else:
        desk.register_many(bench.track(drafts(count, desk.author), "registering", count))
    bench.say("judging and sharing")
    pull(clinic.coordinator, desk)
    pull(desk, clinic.coordinator)
    clinic.close()
    bench.shared[count, live] = clinic
    return clinic


def _register_live(bench: Bench, clinic: Clinic, count: int) -> None:
    desk, hub = clinic.desks["A"], clinic.coordinator
    desk.writer.live = hub.writer.live = True
    for draft in bench.track(drafts(count, desk.author), "registering one by one", count):
        desk.register(draft)
        for commit in desk.writer.commits:
            hub.exchange.merge(Merge(commit.batches))
        for side in (desk, hub):
            side.writer.commits.clear()


def clone(desk: Desk, folder: Path) -> Desk:
    """A copy of a closed desk's data folder, to be changed."""
    shutil.copytree(desk.folder, folder)
    return Desk(folder, desk.author, desk.signer, desk.coordinator_key)


def file_bytes(desk: Desk) -> int:
    """Bytes that a replica takes on disk, its journal written back."""
    with closing(sqlite3.connect(desk.path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return sum(
        path.stat().st_size
        for suffix in SQLITE_SUFFIXES
        if (path := Path(f"{desk.path}{suffix}")).exists()
    )


def _addresses() -> list[str]:
    return [f"127.0.0.1:{port}" for port in free_ports(2)]
