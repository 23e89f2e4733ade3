"""When the facts on disk say to have been written, where an administrator disbelieves some of it.

A run only knows the newest of its times. One that was begun under a clock that was wrong, and went
on after that was set, has others too, so its facts are read where the newest is not believed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Final, NamedTuple

from sync.model import bodies, facts
from sync.model.facts import DISBELIEF, REGISTRY, Author
from sync.rules.times import Times
from sync.storage.queries import FACT_DATA
from sync.storage.shards import stored_envelope

_DISBELIEF: Final = facts.pack((DISBELIEF, 0, 0, 0, 0))[: 2 + len(DISBELIEF)]
"""How the bytes of each fact begin that is a disbelief."""


class DoubtfulRun(NamedTuple):
    """A run with a time that is looked into: its local id, its author, how long it is."""

    id: int
    author: Author
    length: int


class WrittenTimes:
    """The times of facts, over one connection.

    Args:
        times: says which of them are believed.
    """

    def __init__(self, connection: sqlite3.Connection, times: Times) -> None:
        self._execute = connection.execute
        self._times = times

    def newest_of_runs(self, author: Author, above: int, most: int) -> int:
        """The newest time of an author that a run has as its newest, and that is believed.

        Args:
            above: times up to this one do not count.
            most: nor do times above this one.

        Returns:
            0 where there is none.
        """
        limit = self._times.believed_up_to(author, most)
        while limit > above:
            (newest,) = self._execute(
                "SELECT max(r.hlc) FROM runs r JOIN shards s ON s.id = r.shard"
                " WHERE s.author = ? AND r.hlc > ? AND r.hlc <= ?",
                (author, above, limit),
            ).fetchone()
            if newest is None:
                break
            limit = self._times.believed_up_to(author, newest)
            if limit == newest:
                return limit
        return 0

    def newest(self, author: Author, most: int) -> int:
        """The newest believed time of an author, up to ``most``; 0 for none.

        It reads every fact of the runs that may have it without showing it.
        """
        found = self.newest_of_runs(author, 0, most)
        for run in self.runs_above(author, found):
            found = max(found, self.newest_within(run, 0, most))
        return found

    def runs_above(self, author: Author, above: int) -> list[DoubtfulRun]:
        """The runs of an author whose newest time lies above another one."""
        rows = self._execute(
            "SELECT r.id, s.author, r.count FROM runs r JOIN shards s ON s.id = r.shard"
            " WHERE s.author = ? AND r.hlc > ? ORDER BY r.id",
            (author, above),
        )
        return [DoubtfulRun(*row) for row in rows]

    def size_above(self, author: Author, above: int) -> tuple[int, int]:
        """How many runs `runs_above` returns, and how long they are together.

        As runs only grow, nothing was written into any of them while that stays the same.
        """
        runs, length = self._execute(
            "SELECT count(*), coalesce(sum(r.count), 0) FROM runs r JOIN shards s ON s.id = r.shard"
            " WHERE s.author = ? AND r.hlc > ?",
            (author, above),
        ).fetchone()
        return runs, length

    def newest_within(self, run: DoubtfulRun, first: int, most: int) -> int:
        """The newest believed time up to ``most`` of the facts of a run, 0 for none.

        Args:
            first: the clock of the first fact that counts.
        """
        rows = self._execute(
            f"SELECT {FACT_DATA} FROM facts WHERE run = ? AND clock >= ?", (run.id, first)
        )
        written = (stored_envelope(data).hlc for (data,) in rows)
        return max(
            (one for one in written if one <= most and self._times.believes(run.author, one)),
            default=0,
        )


def times_of(connection: sqlite3.Connection) -> Times:
    """What the facts themselves say of which times are believed, whatever made the projection."""
    rows = connection.execute(
        f"SELECT {FACT_DATA} FROM shards s JOIN runs r ON r.shard = s.id"
        " JOIN facts f ON f.run = r.id"
        " WHERE s.author = ? AND substr(f.data, 1, ?) = ?",
        (REGISTRY, len(_DISBELIEF), _DISBELIEF),
    )
    found = {facts.fact_id(REGISTRY, data): stored_envelope(data) for (data,) in rows}
    return Times((ident, fact.hlc, bodies.read(fact)) for ident, fact in found.items())


def newest_of(connection: sqlite3.Connection, authors: Sequence[Author], most: int) -> int:
    """The newest believed time up to ``most`` that any of some authors wrote at, 0 for none."""
    written = WrittenTimes(connection, times_of(connection))
    return max(written.newest(author, most) for author in authors)
