"""What the PINs of clerks are checked by; only a coordinator has the table.

No fact says it, and no desk has that of a clerk who does not work there (`node.clerks.pins`).
"""

from __future__ import annotations

import sqlite3
from typing import Final

from sync.model.clerks.pins import ClerkPin

CLERK_PINS: Final = """
-- What the PINs of clerks are checked by, see sync.storage.access.clerk_pins.
CREATE TABLE clerk_pins (
    clerk BLOB PRIMARY KEY, pin INTEGER NOT NULL, verifier TEXT NOT NULL) WITHOUT ROWID;
"""


class ClerkPinTable:
    """The table ``clerk_pins``, over one connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute = connection.execute

    def all(self) -> dict[bytes, ClerkPin]:
        """All of them, by clerk."""
        rows = self._execute("SELECT clerk, pin, verifier FROM clerk_pins")
        return {row[0]: ClerkPin(*row) for row in rows}

    def put(self, row: ClerkPin) -> None:
        """Keep one, in the place of what was kept of that clerk."""
        self._execute("INSERT OR REPLACE INTO clerk_pins VALUES (?, ?, ?)", row)

    def drop(self, clerk: bytes) -> None:
        """Forget that of a clerk."""
        self._execute("DELETE FROM clerk_pins WHERE clerk = ?", (clerk,))
