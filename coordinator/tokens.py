"""Bearer tokens of the HTTP API: shown once, stored hashed, each for one scope.

A token has 256 bits of randomness, so a plain hash of it cannot be turned back by guessing.
"""

from __future__ import annotations

import secrets
from hashlib import blake2b
from typing import Final

from sync.store import Store

ADMINISTRATOR: Final = "@administrator"
"""The scope that allows everything; any other is a terminal code and serves only that one."""


def new(store: Store, scope: str) -> str:
    """A fresh token; only its hash is kept."""
    token = secrets.token_hex(32)
    store.set_meta(_key(token), scope)
    return token


def withdraw(store: Store, scope: str) -> None:
    """No token of this scope is good any more."""
    store.connection.execute("DELETE FROM meta WHERE key LIKE 'token:%' AND value = ?", (scope,))


def scope_of(store: Store, token: str) -> str | None:
    """What a token is for, None if nobody has it."""
    if not token.isascii():
        return None
    scope: str | None = store.meta(_key(token))
    return scope


def _key(token: str) -> str:
    return "token:" + blake2b(token.encode(), digest_size=32).hexdigest()
