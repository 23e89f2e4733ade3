"""Bearer tokens of the HTTP API: shown once, stored hashed, each for one scope.

A token has 256 bits of randomness, so a plain hash of it cannot be turned back by guessing. A
daemon keeps the hashes in memory, so that checking a token asks no database: `scopes` loads them,
and every transaction that changes tokens says so (`changing`).
"""

from __future__ import annotations

import re
import secrets
from hashlib import blake2b
from typing import Final

from sync.engine.transaction import Transaction
from sync.storage.shards import Store

CHANGED: Final = "tokens"
"""Announced by a transaction that changes tokens, see `sync.engine.replica.Replica.follow`."""

_PREFIX: Final = "token:"
_TOKEN_BYTES: Final = 32

ADMINISTRATOR: Final = "@administrator"
"""The scope that allows everything; any other is a terminal code and serves only that one."""


def fresh() -> str:
    """A token that nobody has yet and that allows nothing yet."""
    return secrets.token_hex(_TOKEN_BYTES)


def new(store: Store, scope: str) -> str:
    """A fresh token; only its hash is kept."""
    token = fresh()
    keep(store, digest(token), scope)
    return token


def keep(store: Store, hashed: str, scope: str) -> None:
    """Let the token with a hash be good for a scope."""
    store.set_meta(f"{_PREFIX}{hashed}", scope)


def digest(token: str) -> str:
    """The hash of a token."""
    return blake2b(token.encode(), digest_size=_TOKEN_BYTES).hexdigest()


def is_digest(text: str) -> bool:
    """True for what could be the hash of a token."""
    return re.fullmatch(rf"[0-9a-f]{{{2 * _TOKEN_BYTES}}}", text) is not None


def withdraw(store: Store, scope: str) -> None:
    """No token of this scope is good any more."""
    store.connection.execute(
        "DELETE FROM meta WHERE key LIKE ? AND value = ?", (f"{_PREFIX}%", scope)
    )


def changing(tx: Transaction) -> Store:
    """The store, to change tokens in: what the daemon keeps in memory follows with the commit."""
    tx.begin()
    tx.announce(CHANGED)
    return tx.store


def scopes(store: Store) -> dict[str, str]:
    """Hash of each token that is good -> its scope."""
    rows = store.connection.execute(
        "SELECT key, value FROM meta WHERE key LIKE ?", (f"{_PREFIX}%",)
    )
    return {key.removeprefix(_PREFIX): scope for key, scope in rows}
