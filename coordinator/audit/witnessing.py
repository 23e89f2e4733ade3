"""What of the audit was lost when the database was put back to an older copy.

The witness, which lies outside the data folder, is told from time to time how many entries there
are. A database that has fewer was set back, and the next entry says which ones it lacks.
"""

from __future__ import annotations

import time
from typing import Final, Protocol

from coordinator.audit import chain
from coordinator.users import console
from sync.engine.replica import Replica
from sync.engine.transaction import Transaction
from sync.storage.access.audit import AuditEvent
from sync.storage.store import Store

MARK: Final = "audit entries"
"""The name under which the witness keeps how many entries there are."""
LOOK_S: Final = 60.0
RESTORE: Final = "console.restore"


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


async def look_back(replica: Replica, witness: Marks) -> None:
    """Write, at start, which entries the database lacks."""

    def act(tx: Transaction) -> None:
        head, known = tx.store.audit.head().number, witness.mark(MARK) or 0
        if witness.trusted and known > head:
            tx.begin()
            event = AuditEvent(tx.now_ms, "", "", chain.SET_BACK, lost(head, known), chain.DONE)
            tx.store.audit.add(event)

    await replica.write(act)


async def tell(replica: Replica, witness: Marks) -> None:
    """Let the witness know how many entries there are.

    Raises:
        StoreError: it cannot be written.
    """

    def act(tx: Transaction) -> None:
        head = tx.store.audit.head().number
        if witness.trusted and head > (witness.mark(MARK) or 0):
            witness.note_marks({MARK: head})

    await replica.write(act)  # the witness belongs to the writer's thread


def note_restore(store: Store, made: str, known: int) -> None:
    """Write that a backup was restored, outside of any transaction and before any daemon runs.

    Args:
        made: when the backup was made, for people.
        known: how many entries witnesses on this computer know of, 0 if none does.
    """
    about = f"backup of {made}: {lost(store.audit.head().number, known)}"
    now_ms = time.time_ns() // 1_000_000
    store.connection.execute("BEGIN IMMEDIATE")
    store.audit.add(AuditEvent(now_ms, console.user(), "", RESTORE, about, chain.DONE))
    store.connection.execute("COMMIT")


def lost(head: int, known: int) -> str:
    """Which entries are lost, for people."""
    if known > head:
        return f"entries {head + 1} to {known} are lost"
    return f"what was written after entry {head} is lost, if there was anything"
