"""One database: its connection, and the statements on its tables, side by side."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from sync.storage import schema
from sync.storage.amendments import AmendmentTables
from sync.storage.cursors import Cursors
from sync.storage.decisions import DecisionTables
from sync.storage.local import Local
from sync.storage.meta import Meta
from sync.storage.numbers import NumberTables, RivalTables
from sync.storage.people import PeopleTables
from sync.storage.shards import ShardTables


class Store:
    """The parts of one database, over one connection that one thread uses.

    ``meta``, ``shards``, ``cursors`` and ``local`` hold the truth. ``decisions``, ``amendments``,
    ``numbers``, ``people`` and ``rivals`` are the projection, which can be made again from the
    facts in ``shards``.

    None of them begins or ends a transaction; `sync.engine.writer` does.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self.meta = Meta(connection)
        self.shards = ShardTables(connection)
        self.cursors = Cursors(connection)
        self.local = Local(connection, self.meta)
        self.decisions = DecisionTables(connection)
        self.amendments = AmendmentTables(connection)
        self.numbers = NumberTables(connection)
        self.people = PeopleTables(connection)
        self.rivals = RivalTables(connection)

    @classmethod
    def open(cls, path: Path) -> Store:
        """The database in the file at ``path``, for writing; made if it is not there.

        Raises:
            StoreFromFuture, StoreUnsafe: see `sync.storage.schema.open_for_writing`.
        """
        return cls(schema.open_for_writing(path))

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()
