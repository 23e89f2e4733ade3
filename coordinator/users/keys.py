"""API keys of programs: shown once, stored as hashes, each with scopes, perhaps for a time.

A daemon keeps the hashes in memory (`Keys`), so that checking one asks no database,
and every transaction that changes keys says so (`changing`).
"""

from __future__ import annotations

import hmac
from collections import defaultdict
from collections.abc import Callable
from typing import Final

from coordinator.errors import ApiKeyExpired, ApiKeyMissing, ApiKeyWithdrawn, TokenWrong
from coordinator.users import names
from coordinator.users.rights import Right, for_terminal, terminal_of
from sync.engine.transaction import Transaction
from sync.storage.access.api_keys import ApiKeyRow
from sync.storage.store import Store
from sync.trust.program_keys import digest, fresh

CHANGED: Final = "keys"
"""Announced by a transaction that changes keys, see `sync.engine.replica.Replica.follow`."""

ADMINISTRATOR: Final = "administrator"
"""The name of the key that ``init`` and ``token reset`` make."""

_FIRST_DIGITS: Final = 8


def changing(tx: Transaction) -> Store:
    """The store, to change keys in: what the daemon keeps in memory follows with the commit."""
    tx.begin()
    tx.announce(CHANGED)
    return tx.store


def keep_administrator(store: Store, hashed: str, now_ms: int | None = None) -> None:
    """Let the key with this hash administer, from now on."""
    store.api_keys.add(hashed, ADMINISTRATOR, (Right.ADMINISTER,), now_ms, "")


def make(
    tx: Transaction, name: str, scopes: tuple[str, ...], who: str, expires_ms: int | None = None
) -> tuple[int, str]:
    """Make a key; returns its id and the key, which is kept nowhere.

    Args:
        who: makes it.

    Raises:
        NameTaken: a user or another key that is good has that name.
    """
    names.require_free(tx.store, name)
    key, store = fresh(), changing(tx)
    return store.api_keys.add(digest(key), name, scopes, tx.now_ms, who, expires_ms), key


def renew_for_terminal(tx: Transaction, code: str, who: str) -> str:
    """The key of a terminal, which has its name; the earlier one is withdrawn."""
    store = changing(tx)
    scope = for_terminal(code)
    _withdraw(store, tx.now_ms, lambda key: key.name == code and key.scopes == (scope,))
    key = fresh()
    store.api_keys.add(digest(key), code, (scope,), tx.now_ms, who)
    return key


def withdraw_administrator(store: Store, now_ms: int) -> None:
    """The keys that ``init`` and ``token reset`` made are good no longer."""
    _withdraw(store, now_ms, lambda key: key.name == ADMINISTRATOR)


def withdraw_of_terminal(tx: Transaction, code: str) -> None:
    """No key is good any more that is for this terminal."""
    _withdraw(changing(tx), tx.now_ms, lambda key: terminal_of(key.scopes) == code)


def withdraw(tx: Transaction, ident: int) -> ApiKeyRow:
    """The key with this id is good no longer; returns it as it was.

    Raises:
        ApiKeyMissing: there is none.
    """
    found = next((key for key in tx.store.api_keys.all() if key.id == ident), None)
    if found is None:
        raise ApiKeyMissing(id=ident)
    changing(tx).api_keys.withdraw([ident], tx.now_ms)
    return found


class Keys:
    """The keys as they are now, in memory, for many questions."""

    def __init__(self) -> None:
        self._by_digits: dict[str, list[ApiKeyRow]] = {}
        self._used_ms: dict[int, int] = {}

    def load(self, store: Store) -> None:
        """Read all keys, on the writer's thread; who asks meanwhile asks the former ones."""
        found: defaultdict[str, list[ApiKeyRow]] = defaultdict(list)
        for key in store.api_keys.all():
            found[key.hash[:_FIRST_DIGITS]].append(key)
        self._by_digits = dict(found)

    def find(self, text: str, now_ms: int) -> ApiKeyRow:
        """The key that a caller has sent; notes that it was used.

        Raises:
            TokenWrong, ApiKeyExpired, ApiKeyWithdrawn: it is good for nothing.
        """
        # Half of a character, which a header can hold, has no bytes to be hashed.
        hashed = digest(text) if text.isascii() else ""
        # A hash is compared as a whole, so that how long it takes tells nothing of the others.
        alike = self._by_digits.get(hashed[:_FIRST_DIGITS], ())
        found = [key for key in alike if hmac.compare_digest(key.hash, hashed)]
        if not found:
            raise TokenWrong()
        (key,) = found
        if key.withdrawn_ms is not None:
            raise ApiKeyWithdrawn(name=key.name)
        if key.expires_ms is not None and now_ms >= key.expires_ms:
            raise ApiKeyExpired(name=key.name)
        self._used_ms[key.id] = now_ms
        return key

    def take_used(self) -> dict[int, int]:
        """Which keys were used since this was last called, and when (ms since 1970)."""
        used, self._used_ms = self._used_ms, {}
        return used


def _withdraw(store: Store, now_ms: int, is_meant: Callable[[ApiKeyRow], bool]) -> None:
    store.api_keys.withdraw([key.id for key in store.api_keys.all() if is_meant(key)], now_ms)
