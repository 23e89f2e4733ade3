"""One database: its connection, and the statements on its tables, side by side."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from sync.storage import schema
from sync.storage.cursors import Cursors
from sync.storage.local import Local
from sync.storage.meta import Meta
from sync.storage.shards import Shards


class Store:
    """The parts of one database, over one connection that one thread uses.

    They hold the truth; `sync.storage.people.Tables` has the projection that is made from it.

    None of them begins or ends a transaction; `sync.engine.writer` does.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self.meta = Meta(connection)
        self.shards = Shards(connection)
        self.cursors = Cursors(connection)
        self.local = Local(connection, self.meta)

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
