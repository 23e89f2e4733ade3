"""What of a chain was lost when its database was put back to an older copy.

The witness, which lies outside the data folder, is told from time to time how many entries there
are. A database that has fewer was set back, and the next entry says which ones it lacks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Generic, Protocol

from sync.engine.replica import Replica
from sync.engine.transaction import Transaction
from sync.rules.chains import S
from sync.storage.access.chains import ChainTable
from sync.storage.store import Store

LOOK_S: Final = 60.0


class Marks(Protocol):
    """What is needed of `sync.witness.memory.Witness`."""

    @property
    def trusted(self) -> bool:
        """True when there is a witness, and it was written on this computer."""
        ...

    def mark(self, name: str) -> int | None:
        """What it was told under a name, None if nothing was."""
        ...

    def note_marks(self, numbers: dict[str, int]) -> None:
        """Keep numbers by their names."""
        ...


class LostEntries(Generic[S]):
    """Notices that entries of a chain are lost.

    Args:
        mark: the name under which the witness keeps how many there are.
        table: the chain of a database.
        act: what the entry that says which ones are lost has in its column of that name.
        entry: makes that entry, from the time in milliseconds since 1970 and a text for people.
    """

    def __init__(
        self,
        mark: str,
        table: Callable[[Store], ChainTable[S]],
        act: str,
        entry: Callable[[int, str], S],
    ) -> None:
        self._mark = mark
        self._table = table
        self._act = act
        self._entry = entry

    async def look_back(self, replica: Replica, witness: Marks) -> None:
        """Write, at start, which entries the database lacks."""

        def act(tx: Transaction) -> None:
            table = self._table(tx.store)
            head, known = table.head().number, witness.mark(self._mark) or 0
            # The witness knows of the lost ones until there are as many entries again.
            if witness.trusted and known > head and not self._is_said(table, known):
                tx.begin()
                table.add(self._entry(tx.now_ms, lost(head, known)))

        await replica.write(act)

    def _is_said(self, table: ChainTable[S], known: int) -> bool:
        values = (self._act, f"entries % to {known} are lost")
        count, _ = table.found("act = ? AND about LIKE ?", values, 0, 1)
        return count > 0

    async def tell(self, replica: Replica, witness: Marks) -> None:
        """Let the witness know how many entries there are.

        Raises:
            StoreError: it cannot be written.
        """

        def act(tx: Transaction) -> None:
            head = self._table(tx.store).head().number
            if witness.trusted and head > (witness.mark(self._mark) or 0):
                witness.note_marks({self._mark: head})

        await replica.write(act)  # the witness belongs to the writer's thread


def lost(head: int, known: int) -> str:
    """Which entries are lost, for people."""
    if known > head:
        return f"entries {head + 1} to {known} are lost"
    return f"what was written after entry {head} is lost, if there was anything"
