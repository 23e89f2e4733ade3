"""Signing in and out, and who one is, over HTTP."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Final, TypedDict

import msgspec
from aiohttp import web

from coordinator.api.access import CALLER, Access, user_caller
from coordinator.audit.recording import Recorder
from coordinator.errors import BadPassword, Forbidden, SignInRefused, TooManyFailures
from coordinator.users import accounts, names, passwords
from coordinator.users.attempts import Attempts, is_here
from sync.engine.replica import Replica
from sync.engine.transaction import Transaction
from sync.errors import Busy
from sync.http.callers.sessions import IDLE_S, Sessions
from sync.http.operations import Needs, Operation, WithCookie, read_body
from sync.http.requests import session_of
from sync.storage.access.audit import DONE, AuditEvent
from sync.storage.access.users import UserRow
from sync.trust.passwords import Passwords

ABOUT: Final = "users"
SIGN_IN: Final = "users.sign_in"
SIGN_OUT: Final = "users.sign_out"
PASSWORD: Final = "users.own_password"

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Password = Annotated[
    str,
    msgspec.Meta(min_length=1, max_length=4 * passwords.LENGTH_MAX),
]


class SignIn(msgspec.Struct, kw_only=True, frozen=True):
    """Who signs in."""

    name: Name
    password: Password


class NewPassword(msgspec.Struct, kw_only=True, frozen=True):
    """The password that one has, and the one that one wants."""

    present: Password
    new: Password


class SignedIn(TypedDict):
    """Who one is, and what one may do.

    ``role`` is null for an API key; ``terminal`` is the only one that it is for. ``idle_s`` is
    after how many seconds without a call one has to sign in again, null for a key.
    ``decides_records`` says whether one may merge records, and mark mistakes.
    """

    name: str
    role: str | None
    rights: list[str]
    decides_records: bool
    terminal: str | None
    idle_s: int | None


class SignedOut(TypedDict):
    """Nobody is signed in any more."""

    signed_out: bool


class SigningInApi:
    """Operations by which people say who they are."""

    def __init__(
        self,
        replica: Replica,
        access: Access,
        sessions: Sessions,
        attempts: Attempts,
        hashing: Passwords,
        recorder: Recorder,
    ) -> None:
        self._replica = replica
        self._access = access
        self._sessions = sessions
        self._attempts = attempts
        self._hashing = hashing
        self._recorder = recorder

    def operations(self) -> list[Operation]:
        """Return the operations of this part."""
        operation = partial(Operation, about=ABOUT)
        return [
            operation(
                "POST",
                "/api/sign-in/",
                self.sign_in,
                "Sign in",
                needs=Needs.NOTHING,
                body=SignIn,
                errors=(SignInRefused, TooManyFailures, Busy),
            ),
            operation(
                "POST", "/api/sign-out/", self.sign_out, "Sign out", needs=Needs.KNOWN_CALLER
            ),
            operation(
                "GET", "/api/whoami/", self.whoami, "Show who calls", needs=Needs.KNOWN_CALLER
            ),
            operation(
                "POST",
                "/api/password/",
                self.own_password,
                "Change one's own password",
                needs=Needs.KNOWN_CALLER,
                body=NewPassword,
                errors=(SignInRefused, TooManyFailures, BadPassword, Busy),
            ),
        ]

    async def sign_in(self, request: web.Request) -> WithCookie[SignedIn]:
        """Sign in: the cookie that is set counts as this user until it is not used for a while.

        Raises:
            SignInRefused, TooManyFailures, Busy: nobody is signed in.
        """
        sent = read_body(request, SignIn)
        await self._access.take_up_left()
        user = await self._prove(request, SIGN_IN, names.folded(sent.name), sent.password)
        await self._write(request, SIGN_IN, user.name)
        return WithCookie(
            signed_in_as(user, self._access), self._sessions.begin(user.key, user.password)
        )

    async def sign_out(self, request: web.Request) -> WithCookie[SignedOut]:
        """End the session of this call; an API key has none, and stays as it is."""
        ident = session_of(request)
        if ident is not None:
            self._sessions.end(ident)
            await self._write(request, SIGN_OUT, request[CALLER].who)
        return WithCookie({"signed_out": ident is not None}, None)

    async def whoami(self, request: web.Request) -> SignedIn:
        """Return who calls, and what they may do."""
        caller = request[CALLER]
        user = self._access.find_user(caller.user) if caller.user is not None else None
        if user is not None:
            return signed_in_as(user, self._access)
        return {
            "name": caller.who,
            "role": None,
            "rights": sorted(caller.rights),
            "decides_records": self._access.decides_records(caller),
            "terminal": caller.terminal,
            "idle_s": None,
        }

    async def own_password(self, request: web.Request) -> WithCookie[SignedIn]:
        """Change the password of whoever is signed in; their other sessions end.

        Raises:
            Forbidden: an API key calls, which has no password.
            SignInRefused, TooManyFailures, BadPassword, Busy: it is as it was.
        """
        caller, sent = request[CALLER], read_body(request, NewPassword)
        if caller.user is None:
            raise Forbidden(why="an API key has no password")
        passwords.require_good(sent.new, caller.who)
        await self._prove(request, PASSWORD, caller.user, sent.present)
        hashed = await self._hashing.hash_of(sent.new)
        said = self._said(request, PASSWORD, caller.who)

        def act(tx: Transaction) -> UserRow:
            user = accounts.change(tx, caller.who, password=hashed)
            tx.store.audit.add(said)
            return user

        user = await self._replica.write(act)
        return WithCookie(
            signed_in_as(user, self._access), self._sessions.begin(user.key, user.password)
        )

    async def _prove(self, request: web.Request, act: str, key: str, password: str) -> UserRow:
        """Return the user whose password that is.

        Raises:
            SignInRefused, TooManyFailures, Busy: nobody knows.
        """
        address = request.remote or ""
        user = self._access.find_user(key)
        # What was typed for a name may be a password, so only names of users are written down.
        who = user.name if user is not None else ""
        try:
            self._attempts.begin(key, address)
            may = user is not None and user.is_active
            hashed = user.password if user is not None and may else None
            here = is_here(address)
            if not await self._hashing.is_right(password, hashed, here) or user is None:
                raise SignInRefused()
        except Busy:
            self._attempts.take_back(key, address)
            raise
        except (SignInRefused, TooManyFailures) as error:
            self._recorder.refused(request, act, who, error.code)
            raise
        self._attempts.succeeded(key, address)
        return user

    async def _write(self, request: web.Request, act: str, who: str) -> None:
        await self._recorder.note(self._said(request, act, who))

    def _said(self, request: web.Request, act: str, who: str) -> AuditEvent:
        return AuditEvent(self._replica.now_ms, who, request.remote or "", act, "", DONE)


def signed_in_as(user: UserRow, access: Access) -> SignedIn:
    """Return who a user is, and what they may do."""
    caller = user_caller(user)
    return {
        "name": user.name,
        "role": user.role,
        "rights": sorted(caller.rights),
        "decides_records": access.decides_records(caller),
        "terminal": None,
        "idle_s": round(IDLE_S),
    }
