"""A database connection that fails, or whose process dies, at a chosen statement."""

from __future__ import annotations

import sqlite3
from typing import Any


class Crash(BaseException):
    """The process dies here; nothing but an operating system would catch it."""


class FaultyConnection:
    """Passes statements on to a real connection until it is told to fail.

    ``fail_at`` counts statements that come from now on: the n-th raises ``error`` instead of being
    executed. The error comes instead of the next commit, or when that is on disk, after
    `fail_at_commit` and `fail_after_commit`. After `break_at_commit` that commit fails, and so does
    everything that comes after it, until `heal`.
    """

    def __init__(self, real: sqlite3.Connection) -> None:
        self.real = real
        self.statements = 0
        self.commits = 0
        self._fail_at = 0
        self._after_commit = self._at_commit = False
        self._breaks = self._is_broken = False
        self._error: type[BaseException] = Crash

    def fail_at(self, number: int, error: type[BaseException] = Crash) -> None:
        self.statements, self._fail_at, self._error = 0, number, error

    def fail_after_commit(self, error: type[BaseException] = Crash) -> None:
        self._after_commit, self._error = True, error

    def fail_at_commit(self, error: type[BaseException] = Crash) -> None:
        self._at_commit, self._error = True, error

    def break_at_commit(self, error: type[BaseException], *, committed: bool) -> None:
        """The disk is gone from the next commit on, which is on it or not."""
        self._at_commit, self._after_commit = not committed, committed
        self._breaks, self._error = True, error

    def heal(self) -> None:
        self.statements, self._fail_at = 0, 0
        self._after_commit = self._at_commit = False
        self._breaks = self._is_broken = False

    def execute(self, sql: str, values: Any = ()) -> sqlite3.Cursor:
        self.statements += 1
        if self.statements == self._fail_at:
            self._fail()
        if self._is_broken and sql != "ROLLBACK":  # which needs no disk
            raise self._error("the disk is gone")
        if sql != "COMMIT":
            return self.real.execute(sql, values)
        if self._at_commit:
            self._end_at_commit()
            if self._is_broken:  # as SQLite does where it cannot write
                self.real.execute("ROLLBACK")
            raise self._error("the process died before its commit")
        cursor = self.real.execute(sql, values)
        self.commits += 1
        if self._after_commit:
            self._end_at_commit()
            raise self._error("the process died after its commit")
        return cursor

    def executemany(self, sql: str, rows: Any) -> sqlite3.Cursor:
        self.statements += 1
        if self.statements == self._fail_at:
            self._fail()
        return self.real.executemany(sql, rows)

    def _end_at_commit(self) -> None:
        is_broken = self._breaks
        self.heal()
        self._is_broken = is_broken

    def _fail(self) -> None:
        self._fail_at = 0
        raise self._error("the statement failed")

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)
