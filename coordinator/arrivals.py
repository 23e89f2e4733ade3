"""Desks that have told all that they have: the coordinator acts on each, one after the other."""

from __future__ import annotations

import asyncio
from typing import Final, NamedTuple

from coordinator.judging.arbiter import Arbiter, judge_everything
from coordinator.registry import terminals
from sync.engine.replica import Replica
from sync.engine.transaction import Transaction
from sync.model.facts import Author, Incarnation

WAITING_MAX: Final = 8
"""Databases of one desk; so many connections of one certificate there may be."""


class Arrival(NamedTuple):
    """A desk that is in step with the coordinator.

    ``complete`` says that all that it told of could be merged.
    """

    author: Author
    incarnation: Incarnation
    complete: bool


class Arrivals:
    """Arrivals that wait to be acted on, at most one of each desk's database.

    A desk reports itself again and again while it is connected, so a list of all reports could grow
    without a bound while the disk is slow. So could one of all incarnations that a desk says it
    has. Of those that come while `WAITING_MAX` wait, whoever is connected reports itself again.
    """

    def __init__(self) -> None:
        self._waiting: dict[tuple[Author, Incarnation], bool] = {}
        self._any = asyncio.Event()

    def note(self, author: Author, incarnation: Incarnation, complete: bool) -> None:
        """A desk is in step, see `Arrival`."""
        key = author, incarnation
        if key not in self._waiting and self._count_of(author) >= WAITING_MAX:
            return
        self._waiting[key] = complete or self._waiting.get(key, False)
        self._any.set()

    def _count_of(self, author: Author) -> int:
        return sum(one == author for one, _ in self._waiting)

    async def next(self) -> Arrival:
        """Wait for an arrival and take it out."""
        await self._any.wait()
        key = next(iter(self._waiting))
        complete = self._waiting.pop(key)
        if not self._waiting:
            self._any.clear()
        return Arrival(*key, complete)


async def take_up(replica: Replica, arbiter: Arbiter, arrival: Arrival) -> None:
    """Do what had to wait for a desk: end recovery, know its incarnation, judge what it brought.

    Raises:
        MrnmeshError: it could not be written; a later arrival does it.
    """
    recovery = arbiter.recovery

    def act(tx: Transaction) -> None:
        if arrival.complete:
            recovery.note_merged(tx, arrival.author)
        if not recovery.is_on(tx):  # it writes to the registry, whose past is not known before
            terminals.adopt_incarnation(tx, arrival.author, arrival.incarnation)

    await replica.write(act)
    await judge_everything(arbiter, replica, in_step=True)
