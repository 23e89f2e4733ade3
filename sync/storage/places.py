"""Where links lie in the runs of a client, so that the place of a batch is found at once.

One machine that was copied again and again can have thousands of branches in one shard. To look at
each of them for a batch would let whoever has its key slow down everybody else. So a table has each
link of a branch. An honest author has next to no branches, and pays nothing for that. A client has
one run that is no branch, and of that one the table has few links: the facts between two of them
are read where a link between these is asked for.

What is kept in memory follows the writing connection: `Places.forget` drops it when a transaction
fails.
"""

from __future__ import annotations

import sqlite3
from bisect import bisect_left
from collections.abc import Sequence
from typing import Final

from sync.model import runs
from sync.model.facts import Author, Link, fact_id
from sync.rules.gate import NewFact
from sync.storage.queries import FACT_DATA, write_many

LINKS: Final = """
-- Where links lie: each one in a branch, and of other runs some (sync.storage.places).
CREATE TABLE links (
    run INTEGER NOT NULL, clock INTEGER NOT NULL, link BLOB NOT NULL,
    PRIMARY KEY (run, clock)) WITHOUT ROWID;
CREATE INDEX links_by_link ON links (link);
"""

LINKS_APART: Final = 128
"""Of a run that is no branch the table has the link at each clock that this divides."""

ENDS_MAX: Final = 10_000
"""Clients whose ends are in memory."""

Place = tuple[int, int]
"""(local id of the run in whose own part a link lies, its clock)."""

Key = tuple[int, int]
"""(local id of a shard, client)."""


_TRUNK: Final = (
    "SELECT id, count, link FROM runs WHERE shard = ?1 AND client = ?2 ORDER BY id LIMIT 1"
)
"""The run of a client: it is there before its branches, which have indexes of their own."""


class Places:
    """The table ``links``, and where each client has grown last, over one connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._execute = connection.execute
        self._ends: dict[Key, tuple[Link, Place]] = {}
        """Where each client has grown last: the next batch of an honest desk goes on from there."""

    def reaches(self, shard: int, client: int, clock: int) -> bool:
        """True when some run or branch of a client is as long as this."""
        row = self._execute(
            f"SELECT 1 FROM ({_TRUNK}) WHERE count >= ?3 UNION ALL"
            " SELECT 1 FROM runs INDEXED BY branches_by_length"
            " WHERE shard = ?1 AND client = ?2 AND parent IS NOT NULL AND count >= ?3 LIMIT 1",
            (shard, client, clock),
        ).fetchone()
        return row is not None

    def find(
        self,
        shard: int,
        author: Author,
        number: int,
        client: int,
        first: int,
        links: Sequence[Link],
    ) -> tuple[int, int] | None:
        """How far a chain of links of a client is held, at the same cost whatever is stored.

        Args:
            shard: the local id of the shard ``number`` of ``author``.
            links: one after the other, the first of them at clock ``first``.

        Returns:
            The local id of the run in whose own part the last one lies that is held, and its index
            in ``links``; None when not even the first one is held.
        """
        link, (run, clock) = self._ends.get((shard, client), (None, (0, 0)))
        if (link, clock) == (links[0], first):
            return run, 0  # the end of a run, behind which nothing is held
        end = first + len(links) - 1
        rows = self._execute(
            f"SELECT id, count, link FROM ({_TRUNK}) UNION ALL"
            " SELECT id, count, link FROM runs INDEXED BY branches_by_link"
            " WHERE shard = ?1 AND client = ?2 AND parent IS NOT NULL AND link IN (?3, ?4)",
            (shard, client, links[0], links[-1]),
        ).fetchall()
        # Nearly always it goes on at the end of a run, or is held up to the end of one.
        for run, count, link in rows:
            if (end, links[-1]) == (count, link):
                return run, len(links) - 1
        for run, count, link in rows:
            if (first, links[0]) == (count, link):
                return run, 0
        if not self.reaches(shard, client, first):
            return None
        key = shard, client
        in_run = 0
        if self._branch_with(key, first, links[0]) is None:
            trunk, known = self._of_run(key, author, number, first, end)
            while in_run < len(known) and known[in_run] == links[in_run]:
                in_run += 1
            if not in_run:
                return None
        # What is held is the beginning of the chain, and where it is in branches it stays in some.
        held = bisect_left(
            range(len(links)),
            True,
            lo=max(in_run, 1),
            key=lambda index: self._branch_with(key, first + index, links[index]) is None,
        )
        if held > in_run:
            branch = self._branch_with(key, first + held - 1, links[held - 1])
            assert branch is not None
            return branch, held - 1
        return trunk, held - 1

    def _branch_with(self, key: Key, clock: int, link: Link) -> int | None:
        """The branch of a client in whose own part a link lies at a clock.

        An author may put any bytes in the place of the link before a batch, so they may be a link
        of another run, and then lead nowhere.
        """
        # A cross join, or SQLite might begin with all branches of the client.
        row = self._execute(
            "SELECT r.id FROM links l INDEXED BY links_by_link CROSS JOIN runs r ON r.id = l.run"
            " WHERE l.link = ? AND l.clock = ? AND r.shard = ? AND r.client = ?"
            " AND r.parent IS NOT NULL",
            (link, clock, *key),
        ).fetchone()
        return row[0] if row else None

    def _of_run(
        self, key: Key, author: Author, number: int, first: int, end: int
    ) -> tuple[int, list[Link]]:
        """The run of a client, and its links from clock ``first`` to ``end`` as far as it goes."""
        run, _, _ = self._execute(_TRUNK, key).fetchone()
        row = self._execute(
            "SELECT clock, CAST(link AS BLOB) FROM links WHERE run = ? AND clock <= ?"
            " ORDER BY clock DESC LIMIT 1",
            (run, first),
        ).fetchone()
        known, link = row or (0, runs.first_link(author, number, key[1]))
        links = [link] if known == first else []
        rows = self._execute(
            f"SELECT {FACT_DATA} FROM facts WHERE run = ? AND clock >= ? AND clock < ?"
            " ORDER BY clock",
            (run, known, end),
        )
        for clock, (data,) in enumerate(rows, known + 1):
            link = runs.next_link(link, fact_id(author, data))
            if clock >= first:
                links.append(link)
        return run, links

    def bytes_from(self, run: int, first: int) -> int:
        """How many bytes the facts have that lie in the run itself, from clock ``first`` on."""
        row = self._execute(
            "SELECT coalesce(sum(length(data)), 0) FROM facts WHERE run = ? AND clock >= ?",
            (run, first),
        ).fetchone()
        size: int = row[0]
        return size

    def keep(self, run: int, is_branch: bool, new: Sequence[NewFact]) -> None:
        """Write down where the links of facts lie that have come to the end of a run."""
        apart = 1 if is_branch else LINKS_APART
        rows = [(run, fact.clock + 1, fact.link) for fact in new if (fact.clock + 1) % apart == 0]
        write_many(self._connection, "INSERT INTO links VALUES (?, ?, ?)", rows)

    def grown(self, shard: int, client: int, link: Link, place: Place) -> None:
        """A run of a client has grown up to this link."""
        if len(self._ends) >= ENDS_MAX:
            self._ends.clear()
        self._ends[shard, client] = link, place

    def forget(self) -> None:
        """A transaction has failed: what is in memory may never have been."""
        self._ends.clear()
