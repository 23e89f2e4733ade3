"""Who may call the coordinator's API: what an operation needs is checked here and nowhere else.

A token is the administrator's or one terminal's. Where any token will do, a handler may show a
terminal less: it reads the `SCOPE` of the call.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from coordinator import token_reset
from coordinator.errors import Forbidden, NotAuthorised, TokenWrong
from coordinator.registry import answers, tokens
from sync.engine.replica import Replica
from sync.http.operations import Needs, operation_of
from sync.model.facts import Author, State
from sync.storage.store import Store

SCOPE: Final = web.RequestKey("scope", str)
"""What the token of a call is for: `tokens.ADMINISTRATOR` or a terminal code."""


class Access:
    """Checks that calls have what their operations need.

    Which token is good for what is kept in memory; `start` is called before the first call.
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
        """Let a call through only if its token is what its operation needs.

        Raises:
            NotAuthorised, TokenWrong: there is no token, or it is nobody's.
            Forbidden: it is the wrong one, or its terminal is not active.
            NotFound: the operation is for one terminal's token, and the path names no terminal.
        """
        operation = operation_of(request)
        # That a path leads to no operation is answered only to somebody who has a token.
        needs = operation.needs if operation is not None else Needs.ANY_TOKEN
        if needs is not Needs.THIS_COMPUTER:
            request[SCOPE] = await self._caller(request)
            self._permit(request, needs)
        return await handler(request)

    async def _caller(self, request: web.Request) -> str:
        """Return the scope of a call's token."""
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        scope = None
        if kind.lower() == "bearer" and token:
            scope = self._scope_of(token.strip())
            # A token that was reset while this daemon works is taken up by its first use.
            if scope is None and await self._take_up_reset():
                scope = self._scope_of(token.strip())
        if scope is None:
            raise TokenWrong() if kind.lower() == "bearer" and token else NotAuthorised()
        if scope != tokens.ADMINISTRATOR:
            terminal = self._replica.registry.terminals.get(Author(scope))
            if terminal is None or terminal.state is not State.ACTIVE:
                raise Forbidden(why=f"{scope} is not an active terminal")
        return scope

    def _permit(self, request: web.Request, needs: Needs) -> None:
        """Let the administrator through, and a terminal where its token is enough."""
        if is_administrator(request) or needs is Needs.ANY_TOKEN:
            return
        scope = request[SCOPE]
        if needs is Needs.TERMINAL_TOKEN:
            if answers.find(self._replica.registry, request.match_info["code"]).code == scope:
                return
            raise Forbidden(why=f"it is the token of {scope}")
        raise Forbidden(why=f"it is the token of {scope}, not the administrator's")

    async def _take_up_reset(self) -> bool:
        """Make a token good whose hash was left in the data folder; True if there was one."""
        folder = self._replica.folder
        if not token_reset.is_waiting(folder):
            return False
        taken_up = await self._replica.write(lambda tx: token_reset.take_up(folder, tx))
        if taken_up:
            await asyncio.to_thread(token_reset.done, folder)
        return taken_up

    def _scope_of(self, token: str) -> str | None:
        # Half of a character, which a header can hold, has no bytes to be hashed.
        return self._scopes.get(tokens.digest(token)) if token.isascii() else None

    def _load(self, store: Store) -> None:
        """Read all tokens, on the writer's thread; who asks meanwhile asks the former ones."""
        self._scopes = tokens.scopes(store)


def is_administrator(request: web.Request) -> bool:
    """Return True for a call with the administrator's token."""
    return request[SCOPE] == tokens.ADMINISTRATOR
