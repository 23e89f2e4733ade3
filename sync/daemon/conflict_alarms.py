"""Alarms about conflicts. They are counted after commits, and reported from memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sync.engine.replica import Replica
from sync.model.alarms import Alarm, AlarmLevel
from sync.model.facts import Author
from sync.model.phrases import count
from sync.protocol.questions import Commit
from sync.reading.conflicts import ConflictFilter
from sync.reading.snapshot import Snapshot

LOOK_S: Final = 2.0
CONFLICTS_OPEN: Final = "conflicts_open"
CONFLICTS_HERE: Final = "conflicts_here"
CARDS_TO_REPRINT: Final = "cards_to_reprint"


class ConflictWatch:
    """Counts what an administrator, or the clerks of one ``desk``, must know of."""

    def __init__(self, replica: Replica, desk: Author | None = None) -> None:
        self._replica = replica
        self._desk = desk
        self._stale = True
        self._open = 0
        self._cards = 0
        replica.subscribe(self._changed)

    def changed(self) -> None:
        """Count again with the next look."""
        self._stale = True

    def _changed(self, _commit: Commit) -> None:
        self.changed()

    async def look(self) -> None:
        """Count, if anything was committed since the last look."""
        if not self._stale:
            return
        self._stale = False
        try:
            self._open, self._cards = await self._replica.read(self._count)
        except BaseException:
            self._stale = True
            raise

    def _count(self, snapshot: Snapshot) -> tuple[int, int]:
        """How many conflicts are open, and how many cards are to be printed again."""
        conflicts = snapshot.conflicts
        if self._desk is None:
            return conflicts.count(ConflictFilter(open=True)), 0
        return conflicts.count_concerning(self._desk), conflicts.count_to_reprint(self._desk)

    def alarms(self) -> Iterator[Alarm]:
        """As of the last look."""
        if self._open and self._desk is None:
            yield Alarm(
                CONFLICTS_OPEN,
                AlarmLevel.WARNING,
                f"{count(self._open, 'conflict is', 'conflicts are')} open.",
                "Look at each and decide: `mrnmesh-conflicts list --open`, then `show` and "
                "`resolve`.",
                "conflicts",
                terms={"count": self._open},
            )
        elif self._open:
            yield Alarm(
                CONFLICTS_HERE,
                AlarmLevel.WARNING,
                count(
                    self._open,
                    "number of a person of this desk is refused, or claimed by somebody else.",
                    "numbers of people of this desk are refused, or claimed by somebody else.",
                ),
                "`mrnmesh-node status` names them. Let the administrator decide before the "
                "patient goes on with that card.",
                "conflicts",
                terms={"count": self._open},
            )
        if self._cards:
            yield Alarm(
                CARDS_TO_REPRINT,
                AlarmLevel.WARNING,
                count(
                    self._cards,
                    "card of this desk shows a number that was changed.",
                    "cards of this desk show numbers that were changed.",
                ),
                "`mrnmesh-node status` names them. Print each again, and say so: "
                "`mrnmesh-node reprinted NUMBER`.",
                "cards",
                terms={"count": self._cards},
            )
