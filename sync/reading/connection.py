"""A read-only connection to a replica's database, and the snapshots that it takes."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from sync.model import telephones
from sync.reading.snapshot import Snapshot
from sync.reading.view import StoredView, identity_of
from sync.rules import registry
from sync.rules.registry import Registry
from sync.storage import schema
from sync.storage.queries import roll_back
from sync.storage.store import Store


class FoldedRegistry:
    """The registry folded from a database's tables, kept until a commit has changed it.

    A snapshot gets the registry of its own tables and not the writer's, which may be one commit
    ahead, so the two never contradict each other. Several connections share one of these.
    """

    def __init__(self) -> None:
        self._kept: tuple[int | None, Registry] | None = None

    def of(self, store: Store) -> Registry:
        """The registry as the tables have it within the transaction that has begun."""
        changed_by = store.meta.registry_changed_by
        kept = self._kept  # another thread may replace it meanwhile
        if kept is None or kept[0] != changed_by:
            kept = self._kept = changed_by, registry.fold(store.decisions.registry_entries())
        return kept[1]


class ReadConnection:
    """One connection; one thread at a time may use it.

    Args:
        path: the database, which must exist; absolute.
        today: the facility's day, for ages.
        folded: shared with the other connections to this database.
        region: where telephone numbers without a country code are from.
    """

    def __init__(
        self,
        path: Path,
        today: Callable[[], date],
        folded: FoldedRegistry,
        region: str = telephones.REGION,
    ) -> None:
        self._connection = sqlite3.connect(
            f"{path.as_uri()}?mode=ro", uri=True, isolation_level=None, check_same_thread=False
        )
        schema.require_readable(self._connection)
        self._connection.execute("PRAGMA query_only = ON")
        self._connection.create_function("e164", 1, self._e164, deterministic=True)
        self._store = Store(self._connection)
        self._today = today
        self._folded = folded
        self._region = region

    @property
    def raw(self) -> sqlite3.Connection:
        """The connection itself, outside of any transaction."""
        return self._connection

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """One read transaction."""
        self._connection.execute("BEGIN")
        try:
            known = self._folded.of(self._store)
            view = StoredView(self._store, known, identity_of(self._store))
            yield Snapshot(view, self._today(), self._region)
        finally:
            roll_back(self._connection)

    def _e164(self, phone: Any) -> str | None:
        return telephones.normal(phone, self._region) if phone else None
