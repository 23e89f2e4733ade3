"""What tests ask of users and API keys."""

from __future__ import annotations

from coordinator.errors import NotAuthorised
from coordinator.users.keys import Keys
from sync.storage.store import Store


def scopes_of(store: Store, key: str, now_ms: int = 0) -> tuple[str, ...] | None:
    """What an API key is good for, None if it is good for nothing."""
    keys = Keys()
    keys.load(store)
    try:
        return keys.find(key, now_ms).scopes
    except NotAuthorised:
        return None
