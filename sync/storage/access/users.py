"""The people who may sign in; only a coordinator has any."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple


class UserRow(NamedTuple):
    """A person who may sign in.

    ``key`` is what two names are compared by. ``password`` is a hash, see
    `sync.trust.passwords`. ``created_by`` is the name of whoever made the user.
    """

    key: str
    name: str
    role: str
    password: str
    is_active: bool
    created_ms: int
    created_by: str


class UserTables:
    """The table ``users``, over one connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute = connection.execute

    def all(self) -> list[UserRow]:
        """All of them, by name."""
        rows = self._execute(
            "SELECT key, name, role, password, active, created_ms, created_by FROM users"
            " ORDER BY key"
        )
        return [UserRow(*row)._replace(is_active=bool(row[4])) for row in rows]

    def find(self, key: str) -> UserRow | None:
        """The user of that name, None if there is none."""
        return next((user for user in self.all() if user.key == key), None)

    def put(self, user: UserRow) -> None:
        """Store a user, in the place of the one who had that name before."""
        self._execute("INSERT OR REPLACE INTO users VALUES (?, ?, ?, ?, ?, ?, ?)", user)
