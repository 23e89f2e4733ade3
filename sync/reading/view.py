"""A database as it is now, for functions that only read it, and whose replica it is."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from sync.errors import StoreDamaged, StoreMissing
from sync.model.facts import COORDINATOR, REGISTRY, Author, Incarnation
from sync.rules import registry as registry_
from sync.rules.registry import Registry
from sync.storage.store import Store


class ReplicaIdentity(NamedTuple):
    """Who writes: a node its terminal's facts, a coordinator those of its two names."""

    author: Author
    incarnation: Incarnation
    is_coordinator: bool

    @property
    def names(self) -> tuple[Author, ...]:
        """The names under which this replica writes and signs."""
        return (REGISTRY, COORDINATOR) if self.is_coordinator else (self.author,)


class View(Protocol):
    """What functions that only read need of a database: a transaction has it, and a snapshot."""

    @property
    def store(self) -> Store:
        """The tables."""
        ...

    @property
    def registry(self) -> Registry:
        """The registry in them."""
        ...

    @property
    def identity(self) -> ReplicaIdentity:
        """Whose replica it is."""
        ...


class StoredView(NamedTuple):
    """A database as it was read, on a connection of any kind; see `View`."""

    store: Store
    registry: Registry
    identity: ReplicaIdentity

    @classmethod
    def of(cls, store: Store) -> StoredView:
        """What is in a database now.

        Raises:
            StoreMissing: it is nobody's replica.
        """
        return cls(store, registry_.fold(store.decisions.registry_entries()), identity_of(store))


def identity_of(store: Store) -> ReplicaIdentity:
    """Whose replica a database is.

    Raises:
        StoreMissing: it is nobody's.
        StoreDamaged: it does not say so any more, and somebody has written in it.
    """
    author, incarnation = store.meta.author, store.meta.incarnation
    if author is None or not incarnation or not store.meta.replica:
        if store.shards.authors():
            raise StoreDamaged(path="register.db", why="it does not say any more whose it is")
        raise StoreMissing(path="the database", command="init")
    return ReplicaIdentity(author, incarnation, author == COORDINATOR)
