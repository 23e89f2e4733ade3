"""Bearer tokens of the HTTP API: shown once, stored as hashes, each for one scope.

A token has 256 random bits, so a plain hash is enough: nobody finds the token by guessing. A
daemon keeps the hashes in memory, so that checking a token asks no database: `scopes` loads them,
and every transaction that changes tokens says so (`changing`).
"""

from __future__ import annotations

import re
import secrets
from hashlib import blake2b
from typing import Final

from sync.engine.transaction import Transaction
from sync.storage.store import Store

CHANGED: Final = "tokens"
"""Announced by a transaction that changes tokens, see `sync.engine.replica.Replica.follow`."""

_PREFIX: Final = "token:"
_TOKEN_BYTES: Final = 32

ADMINISTRATOR: Final = "@administrator"
"""The scope that allows everything. Any other scope is the code of the terminal that it is for."""


def fresh() -> str:
    """A random token, which allows nothing until it is stored."""
    return secrets.token_hex(_TOKEN_BYTES)


def new(store: Store, scope: str) -> str:
    """A fresh token for a scope; only its hash is stored."""
    token = fresh()
    keep(store, digest(token), scope)
    return token


def keep(store: Store, hashed: str, scope: str) -> None:
    """Store the hash of a token: the token is valid for a scope from now on."""
    store.meta.keep_token(hashed, scope)


def digest(token: str) -> str:
    """The hash of a token, in hexadecimal."""
    return blake2b(token.encode(), digest_size=_TOKEN_BYTES).hexdigest()


def is_digest(text: str) -> bool:
    """True for a text that can be the hash of a token."""
    return re.fullmatch(rf"[0-9a-f]{{{2 * _TOKEN_BYTES}}}", text) is not None


def withdraw(store: Store, scope: str) -> None:
    """Make all tokens of a scope invalid."""
    store.meta.withdraw_tokens(scope)


def changing(tx: Transaction) -> Store:
    """The store, to change tokens in: what the daemon keeps in memory follows with the commit."""
    tx.begin()
    tx.announce(CHANGED)
    return tx.store


def scopes(store: Store) -> dict[str, str]:
    """Hash of each token that is good -> its scope."""
    return store.meta.tokens()
