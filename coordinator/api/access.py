"""Who may call the coordinator's API: every call has a token, and every token a scope.

The description of the API, and the question whether the daemon is well, need none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from aiohttp import web

from coordinator import token_reset
from coordinator.errors import Forbidden, NotAuthorised
from coordinator.registry import tokens
from sync.engine.replica import Replica
from sync.http.app import Handler
from sync.http.openapi import OPEN_PATHS
from sync.model.facts import Author, State
from sync.storage.shards import Store

SCOPE: Final = web.RequestKey("scope", str)
"""What the token of a call is for: `tokens.ADMINISTRATOR` or a terminal code."""


class Access:
    """Reads the tokens of calls; which token is good for what it keeps in memory.

    `start` is called before the first call is let in.
    """

    def __init__(self, replica: Replica) -> None:
        self._replica = replica
        self._scopes: Mapping[str, str] = {}

    async def start(self) -> None:
        """Load the tokens, and take up one that was left in the data folder meanwhile."""
        await self._replica.follow(tokens.CHANGED, self._load)
        await self._take_up_reset()

    @web.middleware
    async def authorise(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Find out what the token of a call is for.

        Raises:
            NotAuthorised: there is none, or nobody has it.
        """
        if request.path in OPEN_PATHS:
            return await handler(request)
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        scope = None
        if kind.lower() == "bearer" and token:
            scope = self._scope_of(token.strip())
            if scope is None and await self._take_up_reset():
                scope = self._scope_of(token.strip())
        if scope is None:
            raise NotAuthorised()
        if scope != tokens.ADMINISTRATOR:
            terminal = self._replica.registry.terminals.get(Author(scope))
            if terminal is None or terminal.state is not State.ACTIVE:
                raise Forbidden(why=f"{scope} is not an active terminal")
        request[SCOPE] = scope
        return await handler(request)

    async def _take_up_reset(self) -> bool:
        """Let a token count whose hash was left in the data folder, see `token_reset`."""
        folder = self._replica.folder
        if not token_reset.is_waiting(folder):
            return False
        taken_up = await self._replica.write(lambda tx: token_reset.take_up(folder, tx))
        if taken_up:
            token_reset.done(folder)
        return taken_up

    def _scope_of(self, token: str) -> str | None:
        # Half of a character, which a header can hold, has no bytes to be hashed.
        return self._scopes.get(tokens.digest(token)) if token.isascii() else None

    def _load(self, store: Store) -> None:
        """Read all tokens, on the writer's thread; who asks meanwhile asks the former ones."""
        self._scopes = tokens.scopes(store)


def is_administrator(request: web.Request) -> bool:
    """True for the administrator's token."""
    return request[SCOPE] == tokens.ADMINISTRATOR


def require_administrator(request: web.Request) -> None:
    """Pass only the administrator's token.

    Raises:
        Forbidden: it is that of a terminal.
    """
    if not is_administrator(request):
        raise Forbidden(why=f"it is the token of {request[SCOPE]}, not the administrator's")
