"""A clinic in one thread for tests: real stores, real gate, real fold, no network.

`Clinic` owns the clock and the randomness, so a test that fails can be run again and fail alike.
"""

from __future__ import annotations

import random
import shutil
import sqlite3
from datetime import timedelta, timezone
from functools import partial
from pathlib import Path
from typing import Any, cast

from coordinator.judging.arbiter import BEGINNING, Arbiter, Pending, Position
from coordinator.judging.recovery import Recovery
from coordinator.registry import terminals
from sync.engine import issuing, keys
from sync.engine.exchange import Exchange
from sync.engine.issuing import Draft, Issued, Registered
from sync.engine.transaction import Transaction
from sync.engine.writer import Shell, Writer
from sync.model import bodies, facts
from sync.model.facts import COORDINATOR, Allocator, Amendment, Author, FactId, RecordId
from sync.model.formats import time_of_ms
from sync.model.numbers import NumberRange
from sync.model.runs import Batch
from sync.protocol.questions import (
    BatchesQuery,
    Commit,
    EndsQuery,
    Merge,
    Merged,
    Query,
    Roots,
    RootsQuery,
    ShardsQuery,
    SignTails,
    SummaryQuery,
    WishesQuery,
)
from sync.storage import schema
from sync.storage.store import Store
from sync.witness.memory import Witness
from tests.faults import FaultyConnection

ZONE = timezone(timedelta(hours=5))
START_MS = 1_767_600_000_000  # 2026-01-05 in the middle of the day
PERSON = {
    "full_name": "Test Person",
    "father_name": "Test Father",
    "dob": "1990-01-01",
    "sex": "F",
    "phone": "03001234567",
}


class Clinic:
    """Coordinator and desks of a test.

    Without ``durable`` the databases do not wait for the disk, which nobody pulls the plug of.
    """

    def __init__(self, folder: Path, seed: int = 1, durable: bool = True) -> None:
        self.folder = folder
        self.durable = durable
        self.random = random.Random(seed)
        self.now_ms = START_MS
        self.coordinator_key = keys.Signer.from_seed(self.random.randbytes(32))
        self.coordinator = self.new_desk("coordinator", COORDINATOR, self.coordinator_key)
        self.desks: dict[str, Desk] = {}

    @property
    def replicas(self) -> list[Desk]:
        return [self.coordinator, *self.desks.values()]

    def desk(self, code: str, numbers: str | None = None) -> Desk:
        """A new terminal with a node that has joined, and its range."""
        desk = self.bare_desk(code)
        self.act(lambda tx: terminals.add_terminal(tx, code, code))
        self.act(
            lambda tx: terminals.join_node(
                tx, code, desk.writer.public_key, desk.writer.identity.incarnation
            )
        )
        if numbers is not None:
            self.grant_range(code, numbers)
        pull(desk, self.coordinator)
        return desk

    def bare_desk(self, code: str) -> Desk:
        """The replica of a terminal that the coordinator does not know of."""
        desk = self.new_desk(code, Author(code), self.new_signer())
        self.desks[code] = desk
        return desk

    def new_desk(self, name: str, author: Author, signer: keys.Signer) -> Desk:
        return Desk(self, name, author, signer)

    def new_signer(self) -> keys.Signer:
        """The key of another computer."""
        return keys.Signer.from_seed(self.random.randbytes(32))

    def grant_range(
        self, code: str, numbers: str, allocator: Allocator | None = None, mark: int = 0
    ) -> None:
        range_ = NumberRange.parse(numbers)
        self.act(lambda tx: terminals.grant_range(tx, code, range_, allocator, mark=mark))

    def act(self, act):
        return self.coordinator.write(act)

    def heal(self) -> None:
        """Everybody meets everybody until nothing changes any more."""
        while True:
            before = [desk.roots for desk in self.replicas]
            for one in self.replicas:
                for other in self.replicas:
                    if one is not other:
                        pull(one, other)
            self.coordinator.judge_pending()
            if before == [desk.roots for desk in self.replicas]:
                return

    def close(self) -> None:
        for desk in self.replicas:
            desk.close()


class Desk:
    """A replica of a test: a node, or the coordinator.

    ``pinned`` is the coordinator's key that it trusts; ``facts_read`` is what `tests.projection`
    has read of the database since it was opened.
    """

    facts_read: Any = None

    def __init__(self, clinic: Clinic, name: str, author: Author, signer: keys.Signer) -> None:
        self.clinic = clinic
        self.name = name
        self.author = author
        self.signer = signer
        self.pinned = clinic.coordinator_key.public_key
        self.skew_ms = 0
        self.path = clinic.folder / f"{name}.db"
        self.witness: Witness | None = None
        make_database(self.path, author, clinic.random)
        self.open()

    def open(self, sign: bool = True) -> None:
        clinic = self.clinic
        self.facts_read = None
        shell = Shell(
            lambda: clinic.now_ms + self.skew_ms, clinic.random.randbytes, lambda: clinic.now_ms
        )
        self.arbiter = Arbiter(Recovery(clinic.random.randbytes, ZONE))
        arbiter = self.arbiter if self.author == COORDINATOR else None
        self.connection = FaultyConnection(schema.open_for_writing(self.path))
        if not clinic.durable:
            self.connection.real.execute("PRAGMA synchronous = OFF")
        store = Store(cast(sqlite3.Connection, self.connection))
        self.writer = Writer(store, self.signer, shell, arbiter, self.witness)
        self.exchange = Exchange(self.writer, self.pinned, keys.verify)
        if sign:
            self.writer.sign_tails()

    def close(self) -> None:
        self.writer.close()

    def be_witnessed(self, witness: Witness | None) -> None:
        """Tell ``witness`` of every number from now on, also after the desk was opened again."""
        self.witness = self.writer.disclosure.witness = witness

    @property
    def commits(self) -> list[Commit]:
        """What was committed and no session has heard of yet; whoever tells them clears it."""
        return self.writer.commits

    def reopen(self) -> None:
        """The daemon stops and starts."""
        self.close()
        self.open()

    def judge_pending(self) -> int:
        """Let the coordinator judge all that has no verdict; return how many facts that were."""
        judged = 0
        position: Position | None = BEGINNING
        while position is not None:
            found: Pending = self.writer.write(partial(self.arbiter.judge_pending, after=position))
            judged, position = judged + found.judged, found.position
        return judged

    def back_up(self) -> Path:
        """A copy of the database as it is now."""
        target = self.path.with_suffix(f".backup-{self.clinic.random.randrange(10**9)}")
        with_sqlite = self.writer.store.connection
        with_sqlite.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copy(self.path, target)
        return target

    def clone(self, name: str, same_client: bool = False) -> Desk:
        """A copy of this machine that goes on beside it.

        ``same_client``: its memory was copied too, so both go on with one Yjs client id.
        """
        copied = self.back_up()
        copy = Desk.__new__(Desk)
        copy.clinic, copy.name, copy.author, copy.signer = (
            self.clinic,
            name,
            self.author,
            self.signer,
        )
        copy.pinned = self.pinned
        copy.skew_ms = self.skew_ms
        copy.path = self.clinic.folder / f"{name}.db"
        copy.witness = None
        copied.rename(copy.path)
        copy.open(sign=not same_client)
        if same_client:
            copy.writer._documents.drop(self.writer._documents.client)
        return copy

    def restore(self, backup: Path) -> None:
        """The database is put back to an older copy of itself, and the daemon started."""
        self.close()
        for suffix in ("-wal", "-shm"):
            Path(f"{self.path}{suffix}").unlink(missing_ok=True)
        shutil.copy(backup, self.path)
        self.open()

    @property
    def roots(self) -> Roots:
        roots: Roots = self.answer(RootsQuery())
        return roots

    def answer(self, query: Query) -> Any:
        return self.exchange.answer(query)

    def draft(self, **fields: str) -> Draft:
        demographics = PERSON | fields
        record = RecordId(self.clinic.random.randbytes(16))
        at = time_of_ms(self.writer.now_ms, ZONE).isoformat(timespec="seconds")
        return Draft(record, self.author, demographics, at)

    def register_offline(self, **fields: str) -> Registered:
        """A person out of this desk's own range."""
        return self.register(self.draft(**fields), self.from_own_range)

    def from_own_range(self, tx: Transaction) -> Issued:
        return issuing.from_range(tx, self.author, Allocator.NODE, self.witness)

    def register(self, draft: Draft, issue) -> Registered:
        self.clinic.now_ms += 1000
        return self.write(lambda tx: issuing.register(tx, self.author, draft, issue))

    def write(self, act):
        """Run ``act`` in one transaction of this replica."""
        return self.writer.write(act)

    def amend(
        self, registration: FactId, *, at: str = "2026-01-06T12:00:00+05:00", **fields: str
    ) -> FactId:
        """Correct a person; replaces nothing, so any other correction is a rival."""
        record = RecordId(
            self.query("SELECT record FROM patients WHERE fact = ?", registration)[0][0]
        )
        correction = Amendment(registration, fields, {}, at, None)
        self.clinic.now_ms += 1000
        return self.write(
            lambda tx: tx.append(self.author, facts.AMENDMENT, record, bodies.write(correction))
        )

    def fact_of(self, registered: Registered) -> FactId:
        return FactId(
            self.query("SELECT fact FROM patients WHERE id = ?", registered.patient)[0][0]
        )

    def mrns(self) -> list[str | None]:
        """The numbers of everybody in the register, in the order of their arrival."""
        return [mrn for (mrn,) in self.query("SELECT mrn FROM patients ORDER BY id")]

    def status(self) -> dict[str | None, tuple[str, str | None]]:
        """Number -> (status, reason of its rejection); of several people the last."""
        return {
            mrn: (status, rejected)
            for mrn, status, rejected in self.query("SELECT mrn, status, rejected FROM patients")
        }

    def conflicts(self) -> list[tuple[str | None, str]]:
        """(number, reason) of each conflict."""
        return sorted(self.query("SELECT mrn, reason FROM conflicts"), key=repr)

    def query(self, sql: str, *values):
        return self.writer.store.connection.execute(sql, values).fetchall()


_EMPTY: list[bytes] = []
"""The file of a database with an empty schema, once there is one: to copy it is faster."""


def make_database(path: Path, author: Author, chance: random.Random) -> None:
    """An empty replica of ``author``."""
    if not _EMPTY:
        Store.create(path).close()
        _EMPTY.append(path.read_bytes())
    path.write_bytes(_EMPTY[0])
    store = Store.create(path)
    Writer.init(store, author, chance.randbytes)
    store.close()


def missing_batches(puller: Desk, source: Desk) -> list[Batch]:
    """What a session would bring from ``source``, the coordinator's facts first."""
    source.answer(SignTails())
    mine = set(puller.answer(SummaryQuery()))
    theirs = [row for row in source.answer(SummaryQuery()) if row not in mine]
    shards = [
        (row.author, shard.number)
        for row in theirs
        for shard in source.answer(ShardsQuery(row.author))
    ]
    ends = source.answer(EndsQuery(tuple(shards)))
    shard_ends = tuple((*shard, found) for shard, found in zip(shards, ends, strict=True))
    wishes = puller.answer(WishesQuery(shard_ends))
    order = {"@registry": 0, "@coordinator": 1}
    batches = [batch for batch in source.answer(BatchesQuery(wishes)) if batch]
    return sorted(batches, key=lambda batch: order.get(batch.author, 2))


def pull(puller: Desk, source: Desk) -> Merged:
    """``puller`` takes over all that ``source`` has."""
    batches = missing_batches(puller, source)
    return puller.exchange.merge(Merge(tuple(batches), source.roots, source.author))
