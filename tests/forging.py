"""Batches made by hand: what a desk's software sends, and what someone with its key might send.

A `Run` is built without the code that it is meant to test, except for the pure functions that say
what a link and a signature are.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import Final

from sync.engine import keys
from sync.model import bodies, facts, runs, yjs
from sync.model.demographics import FIELDS
from sync.model.facts import Author, Envelope, Incarnation, Link, RecordId, Registration
from sync.model.numbers import Mrn
from sync.model.runs import Batch, End
from tests.clinic import Desk

ELSEWHERE = Incarnation(b"elsewher")


def note(number: int, kind: str = "future", size: int = 0) -> bytes:
    """A fact of a kind that nobody knows yet."""
    body = facts.pack([1, number, bytes(size)])
    return facts.encode(Envelope(kind, facts.NO_RECORD, number, ELSEWHERE, body))


def said_of(number: int, terminal: str, fields: dict[str, str], mrn: str | None = None) -> bytes:
    """An offline registration with any fields."""
    at = "2026-01-05T12:00:00+05:00"
    number_of = Mrn(mrn) if mrn is not None else None
    body = Registration(number_of, Author(terminal), True, at, None, None, fields)
    record = RecordId((number + 1).to_bytes(16))
    envelope = Envelope(facts.REGISTRATION, record, number, ELSEWHERE, bodies.write(body))
    return facts.encode(envelope)


def person(number: int, mrn: str, terminal: str, name: str = "Test Person") -> bytes:
    """An offline registration."""
    body = bodies.write(
        Registration(
            Mrn(mrn),
            Author(terminal),
            True,
            "2026-01-05T12:00:00+05:00",
            None,
            None,
            {"full_name": name, "phone": "03001234567", "sex": "F", "dob": "1990-01-01"},
        )
    )
    record = RecordId(number.to_bytes(16))
    return facts.encode(Envelope(facts.REGISTRATION, record, number, ELSEWHERE, body))


_ODD: Final = ["", "Anna", "<", "03001234567", "", "\x00", "unconfirmed", "1990-02-30", "0" * 40]
_NAMED: Final = [*FIELDS, "id:passport", "no:insurance", "x:blood", "id:", "of a later version"]


def odd_fields(chance: random.Random) -> dict[str, str]:
    """Some fields: empty ones, ones that nobody knows, and such as no page would send."""
    return {name: chance.choice(_ODD) for name in _NAMED if chance.random() < 0.5}


@dataclass(frozen=True)
class Run:
    """The facts of one Yjs client in one shard, with the key that signs them."""

    author: str
    signer: keys.Signer
    client: int
    facts: tuple[bytes, ...] = ()
    shard: int = 0

    def then(self, *more: bytes) -> Run:
        """The run some facts later."""
        return replace(self, facts=self.facts + more)

    def cut(self, count: int) -> Run:
        """The run when it had ``count`` facts; `then` on it makes a branch."""
        return replace(self, facts=self.facts[:count])

    def link(self, clock: int | None = None) -> Link:
        """The link at ``clock``, by default at the end."""
        author = Author(self.author)
        link = runs.first_link(author, self.shard, self.client)
        for data in self.facts[:clock]:
            link = runs.next_link(link, facts.fact_id(author, data))
        return link

    def end(self) -> End:
        """Where it ends."""
        return End(self.client, len(self.facts), self.link())

    def sign(self, end: End) -> bytes:
        """The author's signature for an end."""
        return self.signer.sign(runs.signed_bytes(Author(self.author), self.shard, end))

    def batch(self, first: int = 0) -> Batch:
        """What an honest peer sends of it from clock ``first`` on."""
        update = yjs.encode_update(self.client, first, self.facts[first:])
        return self.carrying(update, first, len(self.facts))

    def carrying(self, update: bytes, first: int = 0, count: int = 1) -> Batch:
        """A batch with any update, right in everything else as far as that can be."""
        end = End(self.client, count, self.link())
        return Batch(
            Author(self.author),
            self.shard,
            self.client,
            first,
            self.link(first),
            count,
            update,
            runs.key_id(self.signer.public_key),
            self.sign(end),
        )


def dump(desk: Desk) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table of a replica, except for the full-text index."""
    connection = desk.writer.store.connection
    tables = [
        name
        for (name,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'search%'"
        )
    ]
    return {
        name: sorted(connection.execute(f'SELECT * FROM "{name}"').fetchall(), key=repr)
        for name in tables
    }


def stored(desk: Desk, author: str, number: int = 0) -> set[tuple[bytes, ...]]:
    """The facts of each run and branch of a shard, from clock 0, as the database holds them."""
    store = desk.writer.store
    shard = store.shards.find(Author(author), number)
    if shard is None:
        return set()
    return {
        tuple(store.shards.stretch(run, 0, run.length)) for run in store.shards.runs_of(shard.id)
    }
