"""The bare minimum of the same work, measured in the same run: what a figure is divided by."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from time import perf_counter
from typing import Final

from benchmarks.figures import Samples
from sync.numbers import NumberRange
from sync.witness import Witness

ROW_BYTES: Final = 300


class RawCommit:
    """One row of `ROW_BYTES` in a transaction of its own, with WAL and FULL, and nothing else."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(folder / "floor.db", isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.execute("CREATE TABLE row (id INTEGER PRIMARY KEY, data BLOB NOT NULL)")
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
        self._witness.note(self._range, self._number)
        self.witnessed.add(perf_counter() - began)

    def close(self) -> None:
        """Close its database."""
        self._connection.close()

    def _commit(self, data: bytes) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.execute("INSERT INTO row (data) VALUES (?)", (data,))
        self._connection.execute("COMMIT")
