"""Bearer tokens of the HTTP API: shown once, stored hashed, each for one scope.

A token has 256 bits of randomness, so a plain hash of it cannot be turned back by guessing.
"""

from __future__ import annotations

import re
import secrets
from hashlib import blake2b
from typing import Final

from sync.storage.store import Store

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
    store.meta.keep_token(hashed, scope)


def digest(token: str) -> str:
    """The hash of a token."""
    return blake2b(token.encode(), digest_size=_TOKEN_BYTES).hexdigest()


def is_digest(text: str) -> bool:
    """True for what could be the hash of a token."""
    return re.fullmatch(rf"[0-9a-f]{{{2 * _TOKEN_BYTES}}}", text) is not None


def withdraw(store: Store, scope: str) -> None:
    """No token of this scope is good any more."""
    store.meta.withdraw_tokens(scope)


def scope_of(store: Store, token: str) -> str | None:
    """What a token is for, None if nobody has it."""
    if not token.isascii():
        return None
    return store.meta.token_scope(digest(token))
