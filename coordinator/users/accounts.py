"""The people who may sign in. Each act is a function in a transaction.

There is always an administrator who can sign in once there was a user: the last one can neither be
disabled nor become something else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from coordinator.errors import FirstUserAdministers, LastAdministrator, UserMissing
from coordinator.users import names
from coordinator.users.rights import Role
from sync.engine.transaction import Transaction
from sync.storage.access.users import UserRow
from sync.storage.store import Store

CHANGED: Final = "users"
"""Announced by a transaction that changes users, see `sync.engine.replica.Replica.follow`."""


def known(store: Store, name: str) -> UserRow:
    """The user of a name.

    Raises:
        UserMissing: there is none.
    """
    found = store.users.find(names.folded(name))
    if found is None:
        raise UserMissing(name=name)
    return found


def add(tx: Transaction, name: str, role: Role, password: str, who: str) -> UserRow:
    """Add a user.

    Args:
        password: its hash.
        who: adds them.

    Raises:
        BadUserName, NameTaken: the name cannot be used.
        FirstUserAdministers: it is the first one, and no administrator.
    """
    name = names.as_name(name)
    names.require_free(tx.store, name)
    if not tx.store.users.all() and role is not Role.ADMINISTRATOR:
        raise FirstUserAdministers()
    user = UserRow(names.folded(name), name, role, password, True, tx.now_ms, who)
    changing(tx).users.put(user)
    return user


def change(
    tx: Transaction,
    name: str,
    *,
    role: Role | None = None,
    is_active: bool | None = None,
    password: str | None = None,
) -> UserRow:
    """Change a user; what is None stays.

    Args:
        password: the hash of a new one, which ends all sessions of the user.

    Raises:
        UserMissing: there is no such user.
        LastAdministrator: nobody could administer afterwards.
    """
    before = known(tx.store, name)
    after = before._replace(
        role=before.role if role is None else role,
        is_active=before.is_active if is_active is None else is_active,
        password=before.password if password is None else password,
    )
    others = [user for user in tx.store.users.all() if user.key != before.key]
    if _administers(before) and not any(map(_administers, [*others, after])):
        raise LastAdministrator(name=before.name)
    if after != before:
        changing(tx).users.put(after)
    return after


def recover(store: Store, name: str, password: str) -> UserRow:
    """Let a user sign in again with a new password, whatever was done to them.

    Args:
        password: its hash.

    Raises:
        UserMissing: there is no such user.
    """
    user = known(store, name)._replace(password=password, is_active=True)
    store.users.put(user)
    return user


def changing(tx: Transaction) -> Store:
    """The store, to change users in: what the daemon keeps in memory follows with the commit."""
    tx.begin()
    tx.announce(CHANGED)
    return tx.store


def by_key(store: Store) -> Mapping[str, UserRow]:
    """All users by what their names are compared by."""
    return {user.key: user for user in store.users.all()}


def _administers(user: UserRow) -> bool:
    return user.is_active and user.role == Role.ADMINISTRATOR
