"""What of the audit was lost when the database was put back to an older copy."""

from __future__ import annotations

import time
from typing import Final

from coordinator.users import console
from sync.engine.records.lost_entries import LostEntries, lost
from sync.storage.access.audit import DONE, AuditEvent
from sync.storage.store import Store

MARK: Final = "audit entries"
"""The name under which the witness keeps how many entries there are."""
SET_BACK: Final = "audit.set_back"
"""The act of an entry that says which entries of before are lost."""
RESTORE: Final = "console.restore"

LOST_ENTRIES: Final = LostEntries[AuditEvent](
    MARK,
    lambda store: store.audit,
    SET_BACK,
    lambda at_ms, about: AuditEvent(at_ms, "", "", SET_BACK, about, DONE),
)


def note_restore(store: Store, made: str, known: int) -> None:
    """Write that a backup was restored, outside of any transaction and before any daemon runs.

    Args:
        made: when the backup was made, for people.
        known: how many entries witnesses on this computer know of, 0 if none does.
    """
    about = f"backup of {made}: {lost(store.audit.head().number, known)}"
    now_ms = time.time_ns() // 1_000_000
    store.connection.execute("BEGIN IMMEDIATE")
    store.audit.add(AuditEvent(now_ms, console.user(), "", RESTORE, about, DONE))
    store.connection.execute("COMMIT")
