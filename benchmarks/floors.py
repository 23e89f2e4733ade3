"""The bare minimum of the same work, measured in the same run: what a figure is divided by."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Final

from benchmarks.figures import Samples
from sync.model.numbers import NumberRange
from sync.witness.memory import Witness

ROW_BYTES: Final = 300
FLOOR_COMMITS: Final = 2
"""Commits in one `RawCommit.measure`."""


class RawCommit:
    """One row of `ROW_BYTES` in a transaction of its own, with WAL and FULL, and nothing else."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / "floor.db"
        self.connection = sqlite3.connect(self.path, isolation_level=None)
        self.connection.execute("PRAGMA journal_mode = WAL")
        self.connection.execute("PRAGMA synchronous = FULL")
        self.connection.execute("CREATE TABLE row (id INTEGER PRIMARY KEY, data BLOB NOT NULL)")
        self._witness = Witness(folder / "floor.witness", "")
        self._range = NumberRange(1, 1_000_000)
        self._number = 0
        self.commits = Samples()
        self.witnessed = Samples()

    def measure(self) -> None:
        """One commit, and one with a witness write after it."""
        data = os.urandom(ROW_BYTES)
        began = perf_counter()
        self._commit(data)
        self.commits.add(perf_counter() - began)
        self._number += 1
        began = perf_counter()
        self._commit(data)
        self._witness.note_marks({self._range.text: self._number})
        self.witnessed.add(perf_counter() - began)

    def close(self) -> None:
        """Close its database."""
        self.connection.close()

    def _commit(self, data: bytes) -> None:
        self.connection.execute("BEGIN IMMEDIATE")
        self.connection.execute("INSERT INTO row (data) VALUES (?)", (data,))
        self.connection.execute("COMMIT")


def journal_bytes(connection: sqlite3.Connection, path: Path, act: Callable[[], None]) -> int:
    """How much ``act`` adds to the write-ahead log of the database at ``path``."""
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    act()
    size = Path(f"{path}-wal").stat().st_size
    connection.execute("PRAGMA wal_autocheckpoint = 1000")
    return size
