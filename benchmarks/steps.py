"""Where the time goes: functions of the engine timed from the outside.

`Steps` puts a timer around named functions while it is entered, and gives each step the time that
was spent in it but not in a step inside it. SQL statements and the commit are timed at the
connection; rows that a query returns count where they are read. A timer costs about half a
microsecond, so the steps add up to a little more than what is measured without them.
"""

from __future__ import annotations

import functools
import pkgutil
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any, Final
from unittest import mock

from benchmarks.figures import SCALES, Figure
from sync.storage import schema

COMMIT: Final = "COMMIT"
OTHER: Final = "everything else"
SQL: Final = "SQL"
SHOWN_FROM: Final = 0.01
"""Steps with a smaller part of the whole are left out."""

REGISTERING: Final = {
    "sync.engine.issuing.from_range": "issue number",
    "sync.engine.documents.Documents.apply": "Yrs",
    "sync.model.bodies.write": "encode",
    "sync.model.facts.encode": "encode",
    "sync.model.facts.decode": "decode",
    "sync.storage.shards.ShardTables.append_facts": "store facts",
    "sync.engine.fold.Fold.apply": "fold",
    "sync.engine.transaction.Transaction.sign": "sign",
    "sync.engine.keys.Signer.sign": "Ed25519",
    "sync.engine.writer.Writer._take_over": "digests after the commit",
}
MERGING: Final = {
    "sync.rules.gate.examine": "gate",
    "sync.engine.keys.verify": "Ed25519",
    "sync.engine.keys.Signer.sign": "Ed25519",
    "sync.engine.documents.Documents.apply": "Yrs",
    "sync.storage.shards.ShardTables.append_facts": "store facts",
    "sync.engine.fold.Fold.apply": "fold",
    "sync.engine.writer.Writer._take_over": "digests after the commit",
    "coordinator.judging.arbiter.Arbiter.judge": "decide",
    "sync.storage.search.index_some": "search index",
}


class Steps:
    """Time by step; use `connect` for the store's connection and `timed` around the work."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._stack: list[str] = []
        self._since = 0.0

    def enter(self, step: str) -> None:
        """A step begins, inside the one that is under way."""
        now = perf_counter()
        if self._stack:
            self.seconds[self._stack[-1]] += now - self._since
        self._stack.append(step)
        self._since = now

    def leave(self) -> None:
        """The step that began last ends."""
        now = perf_counter()
        self.seconds[self._stack.pop()] += now - self._since
        self._since = now

    @contextmanager
    def timed(self, functions: Mapping[str, str]) -> Iterator[None]:
        """Time ``functions`` (dotted name -> step) while this is entered."""
        with ExitStack() as stack:
            for name, step in functions.items():
                stack.enter_context(mock.patch(name, self._around(_found(name), step)))
            self.enter(OTHER)
            try:
                yield
            finally:
                self.leave()

    def connect(self, path: Path) -> sqlite3.Connection:
        """The writing connection to a store, its statements timed while steps are."""

        def make(*args: Any, **kwargs: Any) -> sqlite3.Connection:
            return _Connection(self, *args, **kwargs)

        with mock.patch("sqlite3.connect", make):
            return schema.open_for_writing(path)

    def figures(self, bench: str, label: str, count: int) -> list[Figure]:
        """Microseconds for each of ``count`` facts by step, the largest first."""
        total = sum(self.seconds.values())
        ordered = sorted(self.seconds.items(), key=lambda step: -step[1])
        return [
            Figure(
                bench,
                f"{label}: {step}",
                seconds / count * SCALES["us"],
                "us",
                note=f"{seconds / total:.0%} of the time",
            )
            for step, seconds in ordered
            if seconds >= SHOWN_FROM * total
        ]

    def sql(self, run: Callable[..., Any], statement: str, *values: Any) -> Any:
        """Run a statement as a part of the step that is under way."""
        if not self._stack:
            return run(statement, *values)
        here = self._stack[-1]
        self.enter("commit" if statement == COMMIT else f"{here}: {SQL}")
        try:
            return run(statement, *values)
        finally:
            self.leave()

    def _around(self, function: Callable[..., Any], step: str) -> Any:
        @functools.wraps(function)
        def timed(*args: Any, **kwargs: Any) -> Any:
            if not self._stack:
                return function(*args, **kwargs)
            self.enter(step)
            try:
                return function(*args, **kwargs)
            finally:
                self.leave()

        return timed


class _Connection(sqlite3.Connection):
    """A connection whose statements are timed."""

    def __init__(self, steps: Steps, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._steps = steps

    def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
        """Run one statement."""
        found: sqlite3.Cursor = self._steps.sql(super().execute, sql, *values)
        return found

    def executemany(self, sql: str, *values: Any) -> sqlite3.Cursor:
        """Run one statement for many rows."""
        found: sqlite3.Cursor = self._steps.sql(super().executemany, sql, *values)
        return found


def _found(name: str) -> Callable[..., Any]:
    function: Callable[..., Any] = pkgutil.resolve_name(name)
    return function
