"""Whether SQLite can still read all of the search index, which its own check does not look into."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

from sync.errors import StoreDamaged, StoreFails
from sync.reading.faults import fault_of
from sync.storage import belonging
from sync.upkeep import archive
from sync.upkeep.archive import NEVER, Stop


def fault_in(database: Path, stop: Stop = NEVER) -> str:
    """What keeps SQLite from reading all words of the index; empty if nothing does.

    Raises:
        BackupStopped: it was stopped before it was done.
        StoreError: it cannot be looked at now.
    """
    stop.require_going()
    try:
        with (
            contextlib.closing(belonging.open_to_look(database)) as connection,
            stop.interrupting(connection),
        ):
            connection.execute("PRAGMA temp_store = MEMORY")
            connection.execute(
                "CREATE VIRTUAL TABLE temp.words USING fts5vocab(main, search, 'row')"
            )
            connection.execute("SELECT count(*), sum(cnt) FROM temp.words").fetchone()
            return archive.problems_of_search(connection)
    except sqlite3.Error as error:
        found = fault_of(error, database.parent)
        if isinstance(found, StoreDamaged | StoreFails):
            return str(error)
        raise found from error
