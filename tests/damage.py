"""A fault of the disk that SQLite does not see: a database that says something else."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sync.engine.replica import DATABASE


def change_record(folder: Path, old: bytes, new: bytes) -> None:
    """Put other bytes into the one record of a data folder that has ``old`` in it."""
    with _open(folder) as connection:
        ((run, clock, data),) = connection.execute(
            "SELECT run, clock, data FROM facts WHERE instr(data, ?)", (old,)
        )
        connection.execute(
            "UPDATE facts SET data = ? WHERE run = ? AND clock = ?",
            (data.replace(old, new), run, clock),
        )


def change_row(folder: Path, statement: str) -> None:
    """Carry out a statement that changes one row."""
    with _open(folder) as connection:
        assert connection.execute(statement).rowcount == 1


def spoil_index(folder: Path, index: str, old: bytes, new: bytes) -> None:
    """Put other bytes into an index that is one page of a data folder that nobody has open."""
    with _open(folder) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        ((page,),) = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = ?", (index,)
        )
        ((size,),) = connection.execute("PRAGMA page_size")
    database = folder / DATABASE
    content = bytearray(database.read_bytes())
    at = content.index(old, size * (page - 1), size * page)
    content[at : at + len(old)] = new
    database.write_bytes(content)


@contextmanager
def _open(folder: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(folder / DATABASE, isolation_level=None)) as connection:
        yield connection
