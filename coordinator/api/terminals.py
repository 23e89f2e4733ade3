"""Terminals, their ranges and their tokens, over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from aiohttp import web

from coordinator.api.access import SCOPE, is_administrator, require_administrator
from coordinator.api.terminals_bodies import (
    ChangesBody,
    RangeBody,
    TerminalBody,
    TerminalFilter,
    joining_of,
    printable,
    range_of,
)
from coordinator.errors import (
    BadMark,
    Forbidden,
    InRecovery,
    KeyWithdrawn,
    MarkFixed,
    PoolClosed,
    PoolUsedUp,
    RangeFixed,
    RangeOverlap,
    TerminalEnded,
    TerminalExists,
    TerminalHasNode,
    TerminalHasNoNode,
    TerminalInactive,
)
from coordinator.extension import RangeWatch
from coordinator.judging.arbiter import Arbiter
from coordinator.registry import answers, ranges, terminals, tokens
from coordinator.registry.answers import (
    NewTerminal,
    RangeAnswer,
    TerminalAnswer,
    TerminalChanges,
    TokenAnswer,
    UsageAnswer,
)
from sync.engine.replica import Replica
from sync.engine.transaction import Transaction
from sync.errors import BadTerminalCode, InvalidFields, NotFound
from sync.http import paging
from sync.http.operations import Operation, read_body, read_query
from sync.http.paging import Listed
from sync.model.facts import Allocator, Author, State, as_terminal_code
from sync.model.numbers import NumberRange
from sync.reading.snapshot import Snapshot
from sync.rules.registry import Terminal

T = TypeVar("T")


class TerminalsApi:
    """The terminals of the clinic and the numbers that they have."""

    def __init__(self, replica: Replica, arbiter: Arbiter, extension: RangeWatch) -> None:
        self._replica = replica
        self._arbiter = arbiter
        self._extension = extension

    def operations(self) -> list[Operation]:
        """All of them."""
        every, one = "/api/terminals/", "/api/terminals/{code}/"

        def operation(method: str, path: str, handler: Any, summary: str, **more: Any) -> Operation:
            return Operation(method, path, handler, summary, about="terminals", **more)

        return [
            operation(
                "GET",
                every,
                self.list_terminals,
                "List terminals",
                query=TerminalFilter,
                answer=Listed[TerminalAnswer],
            ),
            operation(
                "POST",
                every,
                self.add_terminal,
                "Add a terminal",
                body=TerminalBody,
                answer=TerminalAnswer,
                status=201,
                errors=(
                    BadTerminalCode,
                    TerminalExists,
                    TerminalEnded,
                    TerminalHasNode,
                    KeyWithdrawn,
                    RangeOverlap,
                    BadMark,
                    InRecovery,
                ),
            ),
            operation(
                "GET",
                every + "utilization/",
                self.utilization,
                "Tell how far numbers are used",
                answer=Listed[UsageAnswer],
            ),
            operation(
                "GET",
                one,
                self.show_terminal,
                "Show a terminal",
                answer=TerminalAnswer,
                errors=(NotFound,),
            ),
            operation(
                "PATCH",
                one,
                self.change_terminal,
                "Change a terminal",
                body=ChangesBody,
                answer=TerminalAnswer,
                errors=(NotFound, TerminalEnded, RangeFixed, RangeOverlap, MarkFixed, InRecovery),
            ),
            operation(
                "DELETE",
                one,
                self.delete_terminal,
                "Retire a terminal",
                status=204,
                errors=(NotFound, InRecovery),
            ),
            operation(
                "GET",
                one + "ranges/",
                self.list_ranges,
                "List the ranges of a terminal",
                answer=Listed[RangeAnswer],
                errors=(NotFound,),
            ),
            operation(
                "POST",
                one + "ranges/",
                self.grant_range,
                "Grant a range",
                body=RangeBody,
                answer=TerminalAnswer,
                status=201,
                errors=(
                    NotFound,
                    TerminalInactive,
                    TerminalEnded,
                    TerminalHasNoNode,
                    RangeOverlap,
                    PoolClosed,
                    PoolUsedUp,
                    InRecovery,
                ),
            ),
            operation(
                "POST",
                one + "token/",
                self.new_token,
                "Make a token",
                answer=TokenAnswer,
                status=201,
                errors=(NotFound, TerminalEnded),
            ),
        ]

    async def list_terminals(self, request: web.Request) -> web.Response:
        """All terminals with their ranges; a terminal's token sees its own."""
        wanted = read_query(request, TerminalFilter)
        only = None if is_administrator(request) else request[SCOPE]

        def look(snapshot: Snapshot) -> list[TerminalAnswer]:
            known = ranges.standings(snapshot)
            fitting = [
                terminal
                for terminal in snapshot.registry.terminals.values()
                if only in (None, terminal.code)
                and wanted.state in (None, terminal.state)
                and wanted.is_active in (None, terminal.state is State.ACTIVE)
            ]
            return [
                answers.terminal_answer(terminal, known.get(terminal.code, ()))
                for terminal in sorted(fitting, key=lambda terminal: terminal.serial)
            ]

        return web.json_response(paging.whole(await self._replica.read(look)))

    async def add_terminal(self, request: web.Request) -> web.Response:
        """A new terminal; with a node's public key and incarnation that node joins as it."""
        require_administrator(request)
        body = await read_body(request, TerminalBody)
        range_ = range_of(body.offline_range_start, body.offline_range_end)
        if range_ is None and body.offline_current:
            raise InvalidFields({"offline_range_start": "this field is required"})
        new = NewTerminal(
            as_terminal_code(body.code),
            printable(body.name),
            range_,
            body.offline_current or 0,
            body.is_active is not False,
            joining_of(body),
        )
        await self._act(lambda tx: answers.create(tx, new))
        return await self._answer(new.code, 201)

    async def show_terminal(self, request: web.Request) -> web.Response:
        """One terminal."""
        return await self._answer(self._named(request).code)

    async def change_terminal(self, request: web.Request) -> web.Response:
        """Rename a terminal, change its state, or grant it a further range."""
        require_administrator(request)
        terminal = self._named(request)
        body = await read_body(request, ChangesBody)
        bounds = body.offline_range_start, body.offline_range_end
        if None in bounds and bounds != (None, None):
            known = (await self._replica.read(ranges.standings)).get(terminal.code, ())
            told = answers.terminal_answer(terminal, known)
            bounds = (
                body.offline_range_start or told["offline_range_start"],
                body.offline_range_end or told["offline_range_end"],
            )
        changes = TerminalChanges(
            printable(body.name),
            body.state,
            body.is_active,
            body.reason or "",
            range_of(*bounds),
            body.offline_current,
        )
        await self._act(lambda tx: answers.update(tx, terminal.code, changes))
        return await self._answer(terminal.code)

    async def delete_terminal(self, request: web.Request) -> web.Response:
        """Retire a terminal; its code and the origin of its patients stay."""
        require_administrator(request)
        code = self._named(request).code
        await self._act(lambda tx: answers.delete(tx, code))
        return web.Response(status=204)

    async def utilization(self, request: web.Request) -> web.Response:
        """How far active terminals have used their numbers; a terminal's token sees its own."""
        found = [
            answers.usage_answer(account)
            for account in await self._extension.accounts()
            if is_administrator(request) or account.usage.terminal == request[SCOPE]
        ]
        return web.json_response(paging.whole(found))

    async def list_ranges(self, request: web.Request) -> web.Response:
        """All ranges of a terminal, the oldest first, open and closed."""
        code = self._named(request).code
        known = await self._replica.read(ranges.standings)
        found = [answers.range_answer(standing) for standing in known.get(code, ())]
        return web.json_response(paging.whole(found))

    async def grant_range(self, request: web.Request) -> web.Response:
        """Reserve a block of numbers for a terminal."""
        require_administrator(request)
        code = self._named(request).code
        body = await read_body(request, RangeBody)
        if body.allocator is Allocator.CLIENT:
            raise InvalidFields({"allocator": "must be one of coordinator, node"})
        range_ = NumberRange.parse(body.range) if body.range is not None else None

        def act(tx: Transaction) -> None:
            if range_ is None:
                ranges.grant_next(tx, code, body.allocator)
            else:
                terminals.grant_range(tx, code, range_, body.allocator)

        await self._act(act)
        return await self._answer(code, 201)

    async def new_token(self, request: web.Request) -> web.Response:
        """A token that serves only this terminal, shown once; an earlier one is withdrawn."""
        require_administrator(request)
        code = self._named(request).code

        def act(tx: Transaction) -> str:
            terminals.require_not_ended(terminals.known(tx, code))
            store = tokens.changing(tx)
            tokens.withdraw(store, code)
            return tokens.new(store, code)

        answer: TokenAnswer = {"code": code, "token": await self._replica.write(act)}
        return web.json_response(answer, status=201)

    # what they have in common

    async def _act(self, act: Callable[[Transaction], T]) -> T:
        """Change something, unless the coordinator is in recovery."""

        def guarded(tx: Transaction) -> T:
            self._arbiter.recovery.require_over(tx)
            return act(tx)

        return await self._replica.write(guarded)

    def _named(self, request: web.Request) -> Terminal:
        """The terminal that a path names by its code or id, if the token is for it."""
        terminal = answers.find(self._replica.registry, request.match_info["code"])
        if not is_administrator(request) and terminal.code != request[SCOPE]:
            raise Forbidden(why=f"it is the token of {request[SCOPE]}")
        return terminal

    async def _answer(self, code: str, status: int = 200) -> web.Response:
        def look(snapshot: Snapshot) -> TerminalAnswer:
            known = ranges.standings(snapshot)
            terminal = answers.find(snapshot.registry, code)
            return answers.terminal_answer(terminal, known.get(Author(code), ()))

        return web.json_response(await self._replica.read(look), status=status)
