"""The first user, over HTTP: made on the coordinator's own computer, with a secret of one use."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Annotated, Final, TypedDict

import msgspec
from aiohttp import web
from msgspec import Meta

from coordinator.api.access import Access
from coordinator.api.rights.signing_in import ABOUT, Name, Password, SignedIn, signed_in_as
from coordinator.audit.recording import Recorder
from coordinator.errors import (
    BadPassword,
    BadUserName,
    NameTaken,
    SetupDone,
    SetupElsewhere,
    SetupSecretWrong,
)
from coordinator.users import accounts, first_start, passwords
from coordinator.users.attempts import is_here
from coordinator.users.rights import Role
from sync.engine.replica import Replica
from sync.engine.transaction import Transaction
from sync.errors import Busy, MrnmeshError
from sync.http.callers.sessions import Sessions
from sync.http.operations import Needs, Operation, WithCookie, read_body
from sync.storage.access.audit import CONSOLE, DONE, AuditEvent
from sync.storage.access.users import UserRow
from sync.trust.passwords import Passwords

PATH: Final = "/api/setup/"
ACT: Final = "users.first"


class FirstUser(msgspec.Struct, kw_only=True, frozen=True):
    """The first administrator, and the secret that ``init`` has printed."""

    secret: Annotated[str, Meta(max_length=100, description="as `init` or `setup-secret` shows it")]
    name: Name
    password: Password


class SetupState(TypedDict):
    """Whether nobody can sign in yet, so that the first user is to be made."""

    needed: bool


class FirstStartApi:
    """Operations before there is any user."""

    def __init__(
        self,
        replica: Replica,
        access: Access,
        sessions: Sessions,
        hashing: Passwords,
        recorder: Recorder,
    ) -> None:
        self._replica = replica
        self._access = access
        self._sessions = sessions
        self._hashing = hashing
        self._recorder = recorder

    def operations(self) -> list[Operation]:
        """Return the operations of this part."""
        operation = partial(Operation, needs=Needs.NOTHING, about=ABOUT)
        return [
            operation("GET", PATH, self.state, "Show whether the first user is to be made"),
            operation(
                "POST",
                PATH,
                self.make_first,
                "Make the first user",
                body=FirstUser,
                errors=(
                    *(SetupDone, SetupElsewhere, SetupSecretWrong),
                    *(BadUserName, NameTaken, BadPassword, Busy),
                ),
            ),
        ]

    async def state(self, _request: web.Request) -> SetupState:
        """Return whether the first user is to be made."""
        return {"needed": not self._access.has_users}

    async def make_first(self, request: web.Request) -> WithCookie[SignedIn]:
        """Make the first user, an administrator, and sign them in; the secret is used up.

        Raises:
            SetupDone, SetupElsewhere, SetupSecretWrong: not now, not from there, or not with this.
            BadUserName, NameTaken, BadPassword, Busy: nobody was made; the secret is still good.
        """
        sent = read_body(request, FirstUser)
        try:
            await self._require_allowed(request, sent.secret)
        except MrnmeshError as error:
            self._recorder.refused(request, ACT, "", error.code)
            raise
        passwords.require_good(sent.password, sent.name)
        hashed = await self._hashing.hash_of(sent.password)

        def act(tx: Transaction) -> UserRow:
            if tx.store.users.all():  # two at once had the secret
                raise SetupDone()
            user = accounts.add(tx, sent.name, Role.ADMINISTRATOR, hashed, CONSOLE)
            where = request.remote or ""
            tx.store.audit.add(AuditEvent(tx.now_ms, user.name, where, ACT, "", DONE))
            return user

        user = await self._replica.write(act)
        await asyncio.to_thread(first_start.done, self._replica.folder)
        return WithCookie(
            signed_in_as(user, self._access), self._sessions.begin(user.key, user.password)
        )

    async def _require_allowed(self, request: web.Request, secret: str) -> None:
        """Pass whoever may make the first user.

        Raises:
            SetupDone, SetupElsewhere, SetupSecretWrong: they may not.
        """
        if self._access.has_users:
            raise SetupDone()
        if not is_here(request.remote or ""):
            raise SetupElsewhere()
        if not await asyncio.to_thread(first_start.is_right, self._replica.folder, secret):
            raise SetupSecretWrong()
