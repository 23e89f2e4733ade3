"""The API keys of programs, by their hashes; only a coordinator has any."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from typing import NamedTuple


class ApiKeyRow(NamedTuple):
    """A key; ``hash`` is in hexadecimal, and the key itself is nowhere.

    ``scopes`` are those of `coordinator.users.rights`. Times are in milliseconds since 1970; None
    where it never expires, was not withdrawn, was not used yet, or nobody knows.
    """

    id: int
    hash: str
    name: str
    scopes: tuple[str, ...]
    created_ms: int | None
    created_by: str
    expires_ms: int | None
    withdrawn_ms: int | None
    used_ms: int | None


class ApiKeyTables:
    """The table ``api_keys``, over one connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute = connection.execute
        self._execute_many = connection.executemany

    def all(self) -> list[ApiKeyRow]:
        """All of them, the withdrawn ones too, in the order in which they were made."""
        rows = self._execute(
            "SELECT id, hash, name, scopes, created_ms, created_by, expires_ms, withdrawn_ms,"
            " used_ms FROM api_keys ORDER BY id"
        )
        return [ApiKeyRow(*row)._replace(scopes=tuple(row[3].split())) for row in rows]

    def add(
        self,
        hashed: str,
        name: str,
        scopes: Iterable[str],
        created_ms: int | None,
        created_by: str,
        expires_ms: int | None = None,
    ) -> int:
        """Store a key by its hash; returns its id. One that is there already is good again."""
        self._execute(
            "INSERT INTO api_keys (hash, name, scopes, created_ms, created_by, expires_ms)"
            " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (hash) DO UPDATE SET withdrawn_ms = NULL",
            (hashed, name, " ".join(scopes), created_ms, created_by, expires_ms),
        )
        ident: int = self._execute("SELECT id FROM api_keys WHERE hash = ?", (hashed,)).fetchone()[
            0
        ]
        return ident

    def withdraw(self, idents: Iterable[int], now_ms: int) -> None:
        """Keys are good no longer; who uses one is told so."""
        self._execute_many(
            "UPDATE api_keys SET withdrawn_ms = ? WHERE id = ? AND withdrawn_ms IS NULL",
            [(now_ms, ident) for ident in idents],
        )

    def note_used(self, used_ms: Mapping[int, int]) -> None:
        """Key -> when it was last used."""
        self._execute_many(
            "UPDATE api_keys SET used_ms = ? WHERE id = ?",
            [(at_ms, ident) for ident, at_ms in used_ms.items()],
        )
