"""What one read sees: the database as it was after one commit, and nothing newer."""

from __future__ import annotations

from datetime import date
from typing import Protocol

from sync.model.facts import Incarnation
from sync.reading.changes import ChangesReader
from sync.reading.conflicts import ConflictsReader
from sync.reading.counts import CountsReader
from sync.reading.people import PeopleReader
from sync.reading.searching import SearchReader
from sync.rules.registry import Registry
from sync.storage.people import Tables
from sync.storage.shards import Store


class Readable(Protocol):
    """What a read and a transaction of the writer have in common.

    A function that takes this one only reads, so both can use it.
    """

    @property
    def store(self) -> Store:
        """The tables that hold the truth."""
        ...

    @property
    def tables(self) -> Tables:
        """The tables made from the facts."""
        ...

    @property
    def registry(self) -> Registry:
        """Terminals and ranges."""
        ...

    @property
    def incarnation(self) -> Incarnation:
        """That of this database."""
        ...


class Snapshot:
    """All queries within one read transaction; the registry is the one of these very tables.

    Args:
        today: the facility's day, for ages.
    """

    def __init__(self, store: Store, tables: Tables, registry: Registry, today: date) -> None:
        self.store = store
        self.tables = tables
        self.registry = registry
        self.people = PeopleReader(store.connection, registry, today)
        self.search = SearchReader(store.connection, self.people)
        self.changes = ChangesReader(store.connection, self.people)
        self.conflicts = ConflictsReader(store.connection, self.people)
        self.counts = CountsReader(store.connection)

    @property
    def incarnation(self) -> Incarnation:
        """That of this database."""
        return Incarnation(self.store.meta("incarnation"))

    def oversized_shards(self) -> list[str]:
        """Shards that are kept out of the sync because of their size, as AUTHOR/NUMBER."""
        return [f"{shard.author}/{shard.number}" for shard in self.store.oversized_shards()]
