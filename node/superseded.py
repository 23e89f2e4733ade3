"""A desk of whose name the coordinator knows a newer incarnation, and its next range.

Another copy of its database was at work meanwhile: an older folder was started by mistake, say, and
then the right one was put back. Ranges go to the newest incarnation only, and that stays, because
two copies would else take the terminal from each other for ever. Nobody else gives the numbers of
this one's ranges, so it goes on with them. When it needs another range it takes an incarnation that
is newer than all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, Protocol

from sync.engine.issuing import Prospect
from sync.engine.replica import Replica
from sync.engine.transaction import Transaction
from sync.model.numbers import WARNING_PERCENT
from sync.reading.view import ReplicaIdentity, View
from sync.rules.registry import Registry
from sync.witness.memory import Witness

LOOK_S: Final = 5.0


class Line(Protocol):
    """What is needed of `sync.network.peering.Peering`."""

    @property
    def coordinator_live(self) -> bool:
        """Whether the coordinator is connected and in step with this desk."""
        ...


class NextRange:
    """Sees to it that a desk gets another range, also if a copy of it was at work.

    Args:
        prospects: returns the function that reads the ranges that the desk issues from.
        on_new: called when a new incarnation was taken, of which the coordinator is to hear. There
            is nothing to send, so nobody who waits for commits would hear of it.
    """

    def __init__(
        self,
        replica: Replica,
        line: Line,
        witness: Witness,
        prospects: Callable[[], Callable[[View], list[Prospect]]],
        on_new: Callable[[], None],
    ) -> None:
        self._replica = replica
        self._line = line
        self._witness = witness
        self._prospects = prospects
        self._on_new = on_new

    async def look(self) -> None:
        """Take a new incarnation, if that is what keeps the next range from this desk."""
        if not is_superseded(self._replica.registry, self._replica.identity):
            return
        seen = self._witness.seen()
        # Alone it gets no range, and would lose what it has left. A witness that speaks against
        # this database would speak against the next range too; its alarm says what to do.
        if not (self._line.coordinator_live and seen.trusted and seen.belongs):
            return
        read = self._prospects()
        if await self._replica.write(lambda tx: begin_anew(tx, read(tx))):
            self._on_new()


def begin_anew(tx: Transaction, prospects: Iterable[Prospect]) -> bool:
    """Take a new incarnation if a newer one is known and few numbers are left; return whether.

    The numbers that are left are given up, as those of a database that has met its own past.
    """
    if not is_superseded(tx.registry, tx.identity):
        return False
    usable = [one for one in prospects if one.objection is None]
    total = sum(one.block.range.size for one in usable if one.remaining)
    left = sum(one.remaining for one in usable)
    if total and 100 * (total - left) < WARNING_PERCENT * total:
        return False
    tx.begin()
    tx.met_own_past = True
    return True


def is_superseded(registry: Registry, here: ReplicaIdentity) -> bool:
    """Whether the registry names a newer incarnation of this desk than that of its database."""
    terminal = registry.terminals.get(here.author)
    return (
        terminal is not None
        and here.incarnation in terminal.incarnations
        and here.incarnation != terminal.incarnation
    )
