"""Who may call the coordinator's API: what each operation needs is checked here and nowhere else.

A token is the administrator's or one terminal's. A terminal's token may do less at operations that
take any token: their handlers read its `SCOPE`.
"""

from __future__ import annotations

from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from coordinator import token_reset
from coordinator.errors import Forbidden, NotAuthorised
from coordinator.registry import answers, tokens
from sync.engine.replica import Replica
from sync.http.operations import Needs, operation_of
from sync.model.facts import Author, State

SCOPE: Final = web.RequestKey("scope", str)
"""What the token of a call is for: `tokens.ADMINISTRATOR` or a terminal code."""


class Access:
    """Holds calls to what their operations need."""

    def __init__(self, replica: Replica) -> None:
        self._replica = replica

    @web.middleware
    async def authorise(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Pass a call only if its token is what its operation needs.

        Raises:
            NotAuthorised: there is no token, or nobody has it.
            Forbidden: it is the wrong one.
            NotFound: only the token of a terminal will do, and the path names none.
        """
        operation = operation_of(request)
        # That a path leads to no operation is answered only to somebody who has a token.
        needs = operation.needs if operation is not None else Needs.ANY_TOKEN
        if needs is not Needs.THIS_COMPUTER:
            request[SCOPE] = await self._caller(request)
            self._permit(request, needs)
        return await handler(request)

    async def _caller(self, request: web.Request) -> str:
        """What the token of a call is for."""
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        scope = None
        if kind.lower() == "bearer" and token:
            scope = await self._scope_of(token.strip())
            if scope is None and await self.take_up_reset():
                scope = await self._scope_of(token.strip())
        if scope is None:
            raise NotAuthorised()
        if scope != tokens.ADMINISTRATOR:
            terminal = self._replica.registry.terminals.get(Author(scope))
            if terminal is None or terminal.state is not State.ACTIVE:
                raise Forbidden(why=f"{scope} is not an active terminal")
        return scope

    def _permit(self, request: web.Request, needs: Needs) -> None:
        """Pass the administrator, and a terminal where its token is enough."""
        if is_administrator(request) or needs is Needs.ANY_TOKEN:
            return
        scope = request[SCOPE]
        if needs is Needs.TERMINAL_TOKEN:
            if answers.find(self._replica.registry, request.match_info["code"]).code == scope:
                return
            raise Forbidden(why=f"it is the token of {scope}")
        raise Forbidden(why=f"it is the token of {scope}, not the administrator's")

    async def take_up_reset(self) -> bool:
        """Let a token count whose hash was left in the data folder, see `token_reset`."""
        folder = self._replica.folder
        if not token_reset.is_waiting(folder):
            return False
        taken_up = await self._replica.write(lambda tx: token_reset.take_up(folder, tx))
        if taken_up:
            token_reset.done(folder)
        return taken_up

    async def _scope_of(self, token: str) -> str | None:
        return await self._replica.write(lambda tx: tokens.scope_of(tx.store, token))


def is_administrator(request: web.Request) -> bool:
    """True for the administrator's token."""
    return request[SCOPE] == tokens.ADMINISTRATOR
