"""Who may call the coordinator's API: what an operation needs is checked here and nowhere else.

A caller has an API key, or is signed in. Where any will do, a handler may show less to a key that
is for one terminal: it reads the `CALLER` of the call.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from coordinator import password_reset, token_reset
from coordinator.audit.recording import Recorder
from coordinator.errors import Forbidden, NotAuthorised, NoUsersYet, SessionEnded, TokenWrong
from coordinator.registry import answers
from coordinator.users import accounts, keys
from coordinator.users.keys import Keys
from coordinator.users.rights import RIGHTS_OF, Caller, Right, Role, rights_of, terminal_of
from sync.engine.replica import Replica
from sync.http.callers.doing import UNATTENDED, as_typed
from sync.http.callers.sessions import Sessions
from sync.http.operations import EventStream, Needs, Operation, operation_of
from sync.http.requests import session_of
from sync.model.clerks.known import Doer
from sync.model.facts import State
from sync.storage.access.api_keys import ApiKeyRow
from sync.storage.access.users import UserRow
from sync.storage.store import Store

CALLER: Final = web.RequestKey("caller", Caller)
"""Who calls."""

KEYS_USED_S: Final = 60.0
"""How often it is stored when keys were last used."""

REFUSED: Final = "access.refused"
"""The act of an entry about somebody who may not call."""

_KINDS: Final = ("bearer", "token")
_RIGHTS: Final = {
    Needs.READ: Right.READ,
    Needs.REGISTER: Right.REGISTER,
    Needs.CONFLICTS: Right.CONFLICTS,
    Needs.RECORDS: Right.CONFLICTS,
    Needs.DUPLICATES: Right.CONFLICTS,
    Needs.METRICS: Right.METRICS,
    Needs.ADMINISTER: Right.ADMINISTER,
}
_FREE: Final = (Needs.THIS_COMPUTER, Needs.NOTHING)


class Access:
    """Checks that calls have what their operations need.

    Users and keys are kept in memory; `start` is called before the first call.

    Args:
        registrars_merge: whether registrars may decide which records count.
    """

    def __init__(
        self,
        replica: Replica,
        sessions: Sessions,
        recorder: Recorder,
        registrars_merge: bool = False,
    ) -> None:
        self._replica = replica
        self._sessions = sessions
        self._recorder = recorder
        self._registrars_merge = registrars_merge
        self._keys = Keys()
        self._users: Mapping[str, UserRow] = {}

    async def start(self) -> None:
        """Load users and keys, and take up what was left in the data folder meanwhile."""
        await self._replica.follow(keys.CHANGED, self._keys.load)
        await self._replica.follow(accounts.CHANGED, self._load_users)
        await self.take_up_left()

    @property
    def has_users(self) -> bool:
        """Whether anybody was ever made a user."""
        return bool(self._users)

    def find_user(self, key: str) -> UserRow | None:
        """The user whose name is compared by ``key``, None if there is none."""
        return self._users.get(key)

    def _secret_of(self, key: str) -> str | None:
        """What the sessions of a user rest on; None ends them."""
        user = self.find_user(key)
        return user.password if user is not None and user.is_active else None

    @web.middleware
    async def authorise(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Let a call through only if its caller may do that.

        Raises:
            NotAuthorised: nobody knows who calls; each subclass says why.
            Forbidden: this caller may not do that, or the terminal of the key is not active.
            NotFound: the operation is for one terminal's key, and the path names no terminal.
        """
        operation = operation_of(request)
        # That a path leads to no operation is answered only to somebody who is known.
        needs = operation.needs if operation is not None else Needs.KNOWN_CALLER
        if needs in _FREE:
            return await handler(request)
        try:
            caller = await self._caller(request, _is_used(request, operation))
        except (NotAuthorised, Forbidden) as error:
            # Who has no key at all guesses nothing.
            if type(error) is not NotAuthorised:
                self._recorder.refused(request, REFUSED, "", error.code)
            raise
        try:
            self._permit(request, caller, needs)
        except Forbidden as error:
            self._recorder.refused(request, REFUSED, caller.who, error.code)
            raise
        request[CALLER] = caller
        if operation is not None and _is_act(operation):
            async with self._recorder.doing(request, operation, caller.who):
                return await handler(request)
        return await handler(request)

    @web.middleware
    async def authorise_network(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """As `authorise`, for calls of other computers, which are refused until there is a user.

        Raises:
            NoUsersYet: nobody has been added yet.
        """
        if not self.has_users:
            raise NoUsersYet()
        response: web.StreamResponse = await self.authorise(request, handler)
        return response

    def going_on(self, needs: Needs) -> Callable[[web.Request], Awaitable[bool]]:
        """Return what tells whether whoever made a call that goes on may still make it.

        Args:
            needs: what the call needed when it was made.
        """

        async def may(request: web.Request) -> bool:
            try:
                self._permit(request, await self._caller(request, is_used=False), needs)
            except (NotAuthorised, Forbidden):
                return False
            return True

        return may

    async def _caller(self, request: web.Request, is_used: bool) -> Caller:
        """Return who calls: by the header if there is one, else by the cookie.

        Args:
            is_used: somebody sits there; a page that looks by itself keeps no session alive.
        """
        kind, _, text = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() in _KINDS and text.strip():
            return await self._caller_by_key(text.strip())
        ident = session_of(request)
        if ident is None:
            raise NotAuthorised()
        key = self._sessions.owner_of(ident, self._secret_of, is_used)
        user = self.find_user(key) if key is not None else None
        if user is None:
            raise SessionEnded()
        return user_caller(user)

    async def _caller_by_key(self, text: str) -> Caller:
        now_ms = self._replica.now_ms
        try:
            key = self._keys.find(text, now_ms)
        except TokenWrong:
            # One that was reset while this daemon works is taken up by its first use.
            if not await self.take_up_left():
                raise
            key = self._keys.find(text, now_ms)
        terminal = terminal_of(key.scopes)
        if terminal is not None:
            there = self._replica.registry.terminals.get(terminal)
            if there is None or there.state is not State.ACTIVE:
                raise Forbidden(why=f"{terminal} is not an active terminal")
        return _key_caller(key)

    def decides_records(self, caller: Caller) -> bool:
        """Return True if a caller may decide which records count."""
        return self._right(caller, Needs.RECORDS) in caller.rights

    def _right(self, caller: Caller, needs: Needs) -> Right | None:
        """Return the right that a caller has to have, None if any will do."""
        # A program that registers looks through no such list and decides nothing: only people who
        # are signed in do.
        is_theirs = needs is Needs.DUPLICATES or (needs is Needs.RECORDS and self._registrars_merge)
        if is_theirs and caller.user is not None:
            return Right.REGISTER
        return _RIGHTS.get(needs)

    def _permit(self, request: web.Request, caller: Caller, needs: Needs) -> None:
        """Let a caller through who has the right that is needed."""
        right = self._right(caller, needs)
        if right is not None and right not in caller.rights:
            may = ", ".join(sorted(caller.rights))
            raise Forbidden(why=f"it needs the right to {right}, and {caller.who} has: {may}")
        if needs is Needs.OWN_TERMINAL and caller.terminal is not None:
            wanted = answers.find(self._replica.registry, request.match_info["code"]).code
            if wanted != caller.terminal:
                raise Forbidden(why=f"it is the key of {caller.terminal}")

    async def take_up_left(self) -> bool:
        """Take up what was left in the data folder at the console; True if there was anything."""
        folder = self._replica.folder
        found = False
        for reset in (token_reset, password_reset):
            if reset.is_waiting(folder) and await self._replica.write(
                partial(reset.take_up, folder)
            ):
                found = True
                await asyncio.to_thread(reset.done, folder)
        return found

    async def note_used(self) -> None:
        """Store when each key was last used."""
        used = self._keys.take_used()
        if used:
            await self._replica.write(lambda tx: keys.changing(tx).api_keys.note_used(used))

    def _load_users(self, store: Store) -> None:
        """Read all users, on the writer's thread; who asks meanwhile asks the former ones."""
        self._users = accounts.by_key(store)


def sees(request: web.Request, terminal: str) -> bool:
    """Return True if whoever calls may see a terminal."""
    return request[CALLER].terminal in (None, terminal)


def doer_of(request: web.Request, name: str | None) -> Doer:
    """Return who does what a call asks for: whoever is signed in, else the name that it says."""
    caller = request[CALLER]
    if caller.user is not None:
        return Doer(caller.who, caller.known)
    return as_typed(request, name)


def looking(request: web.Request) -> Doer:
    """Return who looks at what a call shows, and how that is known."""
    caller = request[CALLER]
    return Doer(caller.who, caller.known)


def _is_used(request: web.Request, operation: Operation | None) -> bool:
    """Return False for what a page asks by itself while nobody sits there."""
    follows = operation is not None and operation.answer is EventStream
    return not follows and UNATTENDED not in request.headers


def _is_act(operation: Operation) -> bool:
    """Return True for what the audit keeps: registrations are kept by the register itself."""
    acts = (Needs.CONFLICTS, Needs.RECORDS, Needs.ADMINISTER)
    return operation.method != "GET" and operation.needs in acts


def user_caller(user: UserRow) -> Caller:
    """Return who a call of somebody is who is signed in."""
    return Caller(user.name, RIGHTS_OF[Role(user.role)], None, f"@user {user.key}", user.key)


def _key_caller(key: ApiKeyRow) -> Caller:
    """Return who a call with a key is."""
    rights = rights_of(key.scopes)
    if Right.ADMINISTER in rights:
        # Programs may still repeat what they sent when there was one such token.
        return Caller(key.name, rights, None, "@administrator")
    terminal = terminal_of(key.scopes)
    return Caller(key.name, rights, terminal, terminal or f"@key {key.id}")
