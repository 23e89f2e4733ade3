"""Where each link of a client's runs lies, so that the place of a batch is found at once.

One machine that was copied again and again can have thousands of branches in one shard. To look at
each of them for every batch would let whoever has its key slow down everybody else. So the links of
a client are computed once, by one statement, and kept up to date while they are in memory.

What is kept follows the writing connection: `Places.forget` drops it when a transaction fails.
"""

from __future__ import annotations

import sqlite3
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Final

from sync.model import runs
from sync.model.facts import Author, Link, fact_id
from sync.storage.queries import FACT_DATA

LINKS_MAX: Final = 100_000
"""Links in memory, at some 200 bytes each; the client that was asked for last is always kept."""

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
    """Link -> place, for the clients that were asked for last."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute = connection.execute
        self._kept: OrderedDict[Key, dict[Link, Place]] = OrderedDict()
        self._count = 0
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
        """How far a chain of links of a client is held, in a number of statements that is fixed.

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
        places = self._all((shard, client), author, number)
        held = 0
        while held < len(links) and places.get(links[held], (0, -1))[1] == first + held:
            held += 1
        return (places[links[held - 1]][0], held - 1) if held else None

    def _all(self, key: Key, author: Author, number: int) -> dict[Link, Place]:
        """The places of all links of a client, link 0 too."""
        kept = self._kept.get(key)
        if kept is not None:
            self._kept.move_to_end(key)
            return kept
        places: dict[Link, Place] = {}
        at: dict[Place, Link] = {}
        link = runs.first_link(author, number, key[1])
        for run, parent, base, clock, data in self._execute(
            f"SELECT r.id, r.parent, r.base, f.clock, {FACT_DATA}"
            " FROM runs r JOIN facts f ON f.run = r.id"
            " WHERE r.shard = ? AND r.client = ? ORDER BY r.id, f.clock",
            key,
        ):
            if clock == base:  # the first fact of a run; parents come before their branches
                link = at[parent, base] if parent is not None else link
                at[run, base] = link
                places.setdefault(link, (run, base))
            link = runs.next_link(link, fact_id(author, data))
            at[run, clock + 1] = link
            places[link] = (run, clock + 1)
        self._kept[key] = places
        self._count += len(places)
        while self._count > LINKS_MAX and len(self._kept) > 1:
            self._count -= len(self._kept.popitem(last=False)[1])
        return places

    def bytes_from(self, run: int, first: int) -> int:
        """How many bytes the facts have that lie in the run itself, from clock ``first`` on."""
        row = self._execute(
            "SELECT coalesce(sum(length(data)), 0) FROM facts WHERE run = ? AND clock >= ?",
            (run, first),
        ).fetchone()
        size: int = row[0]
        return size

    def add(
        self,
        shard: int,
        client: int,
        links: Iterable[tuple[Link, Place]],
        end: tuple[Link, Place],
    ) -> None:
        """A run of a client has grown up to ``end``, the last of its new links."""
        if len(self._ends) >= ENDS_MAX:
            self._ends.clear()
        self._ends[shard, client] = end
        kept = self._kept.get((shard, client))
        if kept is not None:
            before = len(kept)
            kept.update(links)
            self._count += len(kept) - before

    def forget(self) -> None:
        """A transaction has failed: what is in memory may never have been."""
        self._kept.clear()
        self._ends.clear()
        self._count = 0
