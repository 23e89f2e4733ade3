"""Whether the tables made from the records still say what the records say.

A fault of the disk can leave a page that SQLite finds valid, with something else in it: another
name in a row, for one. The records have hashes (`sync.upkeep.agreement`); the tables have none. So
all records are folded once more, into a database that only this look has, and the rows compared.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from sync.engine.fold import fold_all
from sync.storage import files, schema
from sync.storage.meta import Meta
from sync.storage.store import Store
from sync.upkeep.archive import NEVER, Stop

_KEPT: Final = "kept"
"""What the database that is looked at is called beside the scratch one."""
_PIECE: Final = 100
"""Records that are folded before it is asked again whether to go on."""
_SEARCHED: Final = frozenset({"search", "sounds"})
"""The search index, which is filled behind the fold."""
_LEFT_OUT: Final = _SEARCHED | {"search_again"}
_PREFIX: Final = ".comparing-"
_SPARE_BYTES: Final = 64 * 1024 * 1024
_PLACES: Final = {"patients": {"run", "clock"}, "amendments": {"run"}}
"""Of a record that lies in several runs, tables name the one that came first."""
_STAND_INS: Final = (
    # The fold writes whom a record is about that lies in two runs; it stands there already.
    f"CREATE TEMP VIEW facts AS SELECT * FROM {_KEPT}.facts",
    "CREATE TEMP TRIGGER facts_joined INSTEAD OF UPDATE ON facts BEGIN SELECT 1; END",
    # It writes what became of suggestions, which are no part of the projection.
    f"CREATE TABLE suggestions AS SELECT * FROM {_KEPT}.suggestions WHERE 0",
)
"""For the tables of the truth that the fold writes to, in a database that is only read."""


def differences(database: Path, stop: Stop = NEVER) -> dict[str, int]:
    """Table -> how many of its rows differ from what the records say, at one moment.

    The database may be in use. This takes about as long as `rebuild`, and room on the disk for the
    tables that are made; memory stays small.

    Raises:
        BackupStopped: it was stopped before it was done.
        sqlite3.Error, OSError: something cannot be read, or there is no room.
    """
    stop.require_going()
    folder = database.parent
    files.remove_leftovers(folder, _PREFIX)
    size, free = database.stat().st_size, shutil.disk_usage(folder).free
    if free < size + _SPARE_BYTES:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))
    with files.scratch_folder(folder, _PREFIX) as scratch:
        connection = _beside(database, scratch / "tables")
        with contextlib.closing(connection), stop.interrupting(connection):
            return _compared(connection, stop.require_going)


def _beside(database: Path, scratch: Path) -> sqlite3.Connection:
    """A new database, with the other one beside it, only to be read."""
    connection = sqlite3.connect(
        scratch.absolute().as_uri(),
        uri=True,
        isolation_level=None,
        cached_statements=schema.STATEMENTS_KEPT,
    )
    try:
        connection.execute("PRAGMA journal_mode = OFF")  # whoever fails begins anew
        connection.execute("PRAGMA synchronous = OFF")
        uri = f"{database.absolute().as_uri()}?mode=ro"
        connection.execute(f"ATTACH ? AS {_KEPT}", (uri,))
    except BaseException:
        connection.close()
        raise
    return connection


def _compared(connection: sqlite3.Connection, going_on: Callable[[], None]) -> dict[str, int]:
    """What differs, in one read transaction.

    A name means a table of the scratch database first, so the fold writes into these. Facts and
    runs are only in the other one.
    """
    connection.execute("BEGIN")
    if Meta(connection).projection_version != schema.PROJECTION_VERSION:
        return {}  # they are made again when the database is opened for writing
    for statement in schema.projection_statements(without=_SEARCHED):
        connection.execute(statement)
    for statement in _STAND_INS:
        connection.execute(statement)
    for _ in fold_all(Store(connection), _PIECE):
        going_on()
    return dict(_differing(connection, going_on))


def _differing(
    connection: sqlite3.Connection, going_on: Callable[[], None]
) -> Iterator[tuple[str, int]]:
    """Each table that differs, with how many rows are on the side that has more of such."""
    for table in schema.PROJECTION_TABLES:
        if table in _LEFT_OUT:
            continue
        going_on()
        columns = [
            f'"{name}"'
            for (name,) in connection.execute("SELECT name FROM pragma_table_info(?)", (table,))
            if name not in _PLACES.get(table, ())
        ]
        rows = f"SELECT {', '.join(columns)} FROM"
        found = [
            connection.execute(
                f"SELECT count(*) FROM ({rows} {one}.{table} EXCEPT {rows} {other}.{table})"
            ).fetchone()[0]
            for one, other in (("main", _KEPT), (_KEPT, "main"))
        ]
        if any(found):
            yield table, max(found)
