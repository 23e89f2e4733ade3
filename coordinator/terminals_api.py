"""Terminals, their ranges and their tokens, over HTTP."""

from __future__ import annotations

from typing import Any, NamedTuple

from aiohttp import web

from coordinator import terminals, tokens
from coordinator.access import SCOPE, require_administrator
from coordinator.arbiter import Arbiter
from sync import clock, paging
from sync.errors import BadRequest, Forbidden, NotFound
from sync.facts import INCARNATION_BYTES, Allocator, Author, Incarnation, State
from sync.numbers import NumberRange
from sync.operations import Operation
from sync.reader import iso_utc
from sync.registry import Block, Registry, Terminal
from sync.replica import Replica
from sync.transaction import Transaction
from sync.web import read_object

NAME_LENGTH_MAX = 255


class TerminalsApi:
    """The terminals of the clinic."""

    def __init__(self, replica: Replica, arbiter: Arbiter) -> None:
        self._replica = replica
        self._arbiter = arbiter

    def operations(self) -> list[Operation]:
        """All of them."""
        one = "/api/terminals/{code}/"
        return [
            Operation("GET", "/api/terminals/", self.list_terminals, "List terminals"),
            Operation("POST", "/api/terminals/", self.add_terminal, "Add a terminal", status=201),
            Operation("GET", one, self.show_terminal, "Show one terminal"),
            Operation("PATCH", one, self.change_terminal, "Change a terminal"),
            Operation("POST", one + "ranges/", self.grant_range, "Grant a range", status=201),
            Operation("POST", one + "token/", self.new_token, "Make a token", status=201),
        ]

    async def list_terminals(self, request: web.Request) -> web.Response:
        """All terminals with their ranges; a terminal's token sees its own."""
        scope = request[SCOPE]
        registry = self._replica.registry
        known = sorted(registry.terminals.values(), key=lambda terminal: terminal.serial)
        accounts = await self._replica.write(_accounts)
        found = [
            _terminal(terminal, registry, accounts)
            for terminal in known
            if scope in (tokens.ADMINISTRATOR, terminal.code)
        ]
        return web.json_response(paging.whole(found))

    async def show_terminal(self, request: web.Request) -> web.Response:
        """One terminal."""
        code = request.match_info["code"]
        if request[SCOPE] not in (tokens.ADMINISTRATOR, code):
            raise Forbidden(why=f"it is the token of {request[SCOPE]}")
        return await self._terminal_response(code, 200)

    async def add_terminal(self, request: web.Request) -> web.Response:
        """A new terminal; with a node's public key and incarnation that node joins as it."""
        require_administrator(request)
        body = await read_object(request)
        code = _required(body, "code")
        name = _name(body)
        joining = _joining(body)

        def act(tx: Transaction) -> None:
            self._arbiter.recovery.require_over(tx)
            if joining is None or code not in tx.registry.terminals:
                terminals.add(tx, code, name or "")
            if joining is not None:
                terminals.join(tx, code, *joining)

        await self._replica.write(act)
        return await self._terminal_response(code, 201)

    async def change_terminal(self, request: web.Request) -> web.Response:
        """Rename a terminal, or make it active or inactive."""
        require_administrator(request)
        code = request.match_info["code"]
        body = await read_object(request)
        state, name = body.get("state"), _name(body)
        if state not in (None, State.ACTIVE.value, State.INACTIVE.value):
            raise BadRequest(why="state must be 'active' or 'inactive'")

        def act(tx: Transaction) -> None:
            self._arbiter.recovery.require_over(tx)
            terminals.change(tx, code, name=name, state=State(state) if state else None)

        await self._replica.write(act)
        return await self._terminal_response(code, 200)

    async def grant_range(self, request: web.Request) -> web.Response:
        """Reserve a block of numbers for a terminal."""
        require_administrator(request)
        code = request.match_info["code"]
        body = await read_object(request)
        range_ = NumberRange.parse(_required(body, "range"))
        allocator = body.get("allocator")
        if allocator not in (None, Allocator.NODE.value, Allocator.COORDINATOR.value):
            raise BadRequest(why="allocator must be 'node' or 'coordinator'")

        def act(tx: Transaction) -> None:
            self._arbiter.recovery.require_over(tx)
            chosen = Allocator(allocator) if allocator else None
            terminals.grant_range(tx, code, range_, chosen)

        await self._replica.write(act)
        return await self._terminal_response(code, 201)

    async def new_token(self, request: web.Request) -> web.Response:
        """A token that serves only this terminal, shown once; an earlier one is withdrawn."""
        require_administrator(request)
        code = request.match_info["code"]

        def act(tx: Transaction) -> str:
            terminals.known(tx, code)
            tx.begin()
            tokens.withdraw(tx.store, code)
            return tokens.new(tx.store, code)

        return web.json_response(
            {"code": code, "token": await self._replica.write(act)}, status=201
        )

    async def _terminal_response(self, code: str, status: int) -> web.Response:
        registry = self._replica.registry
        terminal = registry.terminals.get(Author(code))
        if terminal is None:
            raise NotFound(what="terminal", key=code)
        accounts = await self._replica.write(_accounts)
        return web.json_response(_terminal(terminal, registry, accounts), status=status)


def _name(body: dict[str, Any]) -> str | None:
    name = body.get("name")
    if name is None:
        return None
    if not isinstance(name, str) or len(name) > NAME_LENGTH_MAX or not name.isprintable():
        raise BadRequest(why=f"name must be a text of at most {NAME_LENGTH_MAX} characters")
    return name.strip()


def _required(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise BadRequest(why=f"{name} must be a text")
    return value


def _joining(body: dict[str, Any]) -> tuple[bytes, Incarnation] | None:
    """Public key and incarnation of a node that joins, if there are any."""
    if body.get("public_key") is None:
        return None
    try:
        key = bytes.fromhex(_required(body, "public_key"))
        incarnation = bytes.fromhex(_required(body, "incarnation"))
    except ValueError as error:
        raise BadRequest(why="public_key and incarnation must be hexadecimal") from error
    if len(key) != 32 or len(incarnation) != INCARNATION_BYTES:
        raise BadRequest(why=f"public_key has 32 bytes, incarnation {INCARNATION_BYTES}")
    return key, Incarnation(incarnation)


class Account(NamedTuple):
    """How far a range is used, and why nothing is issued from it any more."""

    highest: int
    closed: str | None


def _accounts(tx: Transaction) -> dict[NumberRange, Account]:
    cursors = {cursor.range: cursor.closed for cursor in tx.store.cursors()}
    return {
        block.range: Account(
            tx.tables.range_mark(block.range), _closed(block, tx.registry, cursors)
        )
        for block in tx.registry.blocks
    }


def _closed(block: Block, registry: Registry, cursors: dict[NumberRange, str | None]) -> str | None:
    """Why nothing is issued from a range, as far as the coordinator can tell."""
    if block.closed:
        return "closed by the coordinator"
    if block.allocator is Allocator.COORDINATOR:
        return cursors.get(block.range, "how far it was used is not known here")
    terminal = registry.terminals.get(block.terminal)
    life = terminal.incarnation if terminal is not None else None
    if block.allocator is Allocator.NODE and block.incarnation != life:
        return "granted to an earlier life of the desk's database: grant a new range"
    return None


def _terminal(
    terminal: Terminal, registry: Registry, accounts: dict[NumberRange, Account]
) -> dict[str, Any]:
    blocks = registry.blocks_of(terminal.code)
    first = blocks[0] if blocks else None
    return {
        "id": terminal.serial,
        "code": terminal.code,
        "name": terminal.name,
        "state": terminal.state.value,
        "is_active": terminal.state is State.ACTIVE,
        "has_node": terminal.has_node,
        "offline_range_start": first.range.start if first else None,
        "offline_range_end": first.range.end if first else None,
        "offline_current": accounts[first.range].highest if first else 0,
        "ranges": [_range(block, accounts[block.range]) for block in blocks],
        "created_at": iso_utc(clock.unpack(terminal.created_hlc)[0]),
        "updated_at": iso_utc(clock.unpack(terminal.updated_hlc)[0]),
    }


def _range(block: Block, account: Account) -> dict[str, Any]:
    used = max(0, account.highest - block.range.start + 1)
    return {
        "start": block.range.start,
        "end": block.range.end,
        "allocator": block.allocator.value,
        "closed": account.closed,
        "highest_used": account.highest or None,
        "used": used,
        "remaining": 0 if account.closed else block.range.size - used,
        "percent": round(100 * used / block.range.size, 1),
    }
