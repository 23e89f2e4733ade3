"""The people who may sign in, over HTTP."""

from __future__ import annotations

from functools import partial
from typing import Final, TypedDict

import msgspec
from aiohttp import web

from coordinator.api.access import CALLER
from coordinator.api.rights.signing_in import ABOUT, Name, Password
from coordinator.errors import (
    BadPassword,
    BadUserName,
    FirstUserAdministers,
    LastAdministrator,
    NameTaken,
    UserMissing,
)
from coordinator.users import accounts, passwords
from coordinator.users.rights import Role
from sync.engine.replica import Replica
from sync.engine.transaction import Transaction
from sync.errors import Busy
from sync.http.operations import Needs, Operation, read_body
from sync.http.paging import Listed, whole
from sync.model.formats import Time, iso_utc_of_ms
from sync.storage.access.users import UserRow
from sync.trust.passwords import Passwords

EVERY: Final = "/api/users/"
ONE: Final = "/api/users/{name}/"


class NewUser(msgspec.Struct, kw_only=True, frozen=True):
    """A person who is to be able to sign in."""

    name: Name
    role: Role
    password: Password


class UserChange(msgspec.Struct, kw_only=True, frozen=True):
    """What is to change of a user; a new password ends all their sessions."""

    role: Role | None = None
    is_active: bool | None = None
    password: Password | None = None


class UserAnswer(TypedDict):
    """A person who may sign in, if ``is_active``."""

    name: str
    role: str
    is_active: bool
    created_at: Time
    created_by: str


class UsersApi:
    """Operations on users."""

    def __init__(self, replica: Replica, hashing: Passwords) -> None:
        self._replica = replica
        self._hashing = hashing

    def operations(self) -> list[Operation]:
        """Return the operations of this part."""
        operation = partial(Operation, needs=Needs.ADMINISTER, about=ABOUT)
        return [
            operation("GET", EVERY, self.list_users, "List users"),
            operation(
                "POST",
                EVERY,
                self.add_user,
                "Add a user",
                body=NewUser,
                status=201,
                errors=(BadUserName, NameTaken, BadPassword, FirstUserAdministers, Busy),
            ),
            operation(
                "PATCH",
                ONE,
                self.change_user,
                "Change a user",
                body=UserChange,
                errors=(UserMissing, LastAdministrator, BadPassword, Busy),
            ),
        ]

    async def list_users(self, _request: web.Request) -> Listed[UserAnswer]:
        """Return all users, the disabled ones too."""
        found = await self._replica.read(lambda snapshot: snapshot.store.users.all())
        return whole([_answer(user) for user in found])

    async def add_user(self, request: web.Request) -> UserAnswer:
        """Add a user.

        Raises:
            BadUserName, NameTaken, BadPassword, FirstUserAdministers, Busy: nobody was added.
        """
        sent, who = read_body(request, NewUser), request[CALLER].who
        passwords.require_good(sent.password, sent.name)
        hashed = await self._hashing.hash_of(sent.password)

        def act(tx: Transaction) -> UserRow:
            return accounts.add(tx, sent.name, sent.role, hashed, who)

        return _answer(await self._replica.write(act))

    async def change_user(self, request: web.Request) -> UserAnswer:
        """Change a user's role or password, or disable them.

        Raises:
            UserMissing, LastAdministrator, BadPassword, Busy: nothing was changed.
        """
        sent, name = read_body(request, UserChange), request.match_info["name"]
        hashed = None
        if sent.password is not None:
            passwords.require_good(sent.password, name)
            hashed = await self._hashing.hash_of(sent.password)

        def act(tx: Transaction) -> UserRow:
            return accounts.change(
                tx, name, role=sent.role, is_active=sent.is_active, password=hashed
            )

        return _answer(await self._replica.write(act))


def _answer(user: UserRow) -> UserAnswer:
    return {
        "name": user.name,
        "role": user.role,
        "is_active": user.is_active,
        "created_at": iso_utc_of_ms(user.created_ms),
        "created_by": user.created_by,
    }
