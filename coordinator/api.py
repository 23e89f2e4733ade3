"""The coordinator's HTTP API: patients, terminals, ranges, conflicts. Every call has a token."""

from __future__ import annotations

from typing import Any, NamedTuple

from aiohttp import web

from coordinator import terminals, tokens
from coordinator.arbiter import Arbiter, judge_everything
from sync import clock, issuing
from sync.errors import (
    BadRequest,
    Forbidden,
    NoRange,
    NotAuthorised,
    NotFound,
    RangeExhausted,
    TerminalCodeRequired,
)
from sync.facts import COORDINATOR, INCARNATION_BYTES, Allocator, Author, Incarnation, State
from sync.issuing import Draft, Issue, Issued, Witness
from sync.numbers import NumberRange, parse_mrn
from sync.peering import Peering
from sync.people import People
from sync.queries import Roots, RootsQuery
from sync.reader import iso_utc
from sync.registry import Block, Registry, Terminal
from sync.replica import Replica
from sync.transaction import Transaction
from sync.web import Handler, Posted, read_object, read_registration

SCOPE = web.RequestKey("scope", str)
NAME_LENGTH_MAX = 255


class Api:
    """Routes over the coordinator's replica."""

    def __init__(
        self,
        people: People,
        replica: Replica,
        arbiter: Arbiter,
        peering: Peering,
        witness: Witness,
    ) -> None:
        self._people = people
        self._replica = replica
        self._arbiter = arbiter
        self._peering = peering
        self._witness = witness

    def routes(self) -> list[web.RouteDef]:
        """All of them."""
        return [
            web.post("/api/patients/", self.register),
            *self._people.routes(),
            web.get("/api/terminals/", self.list_terminals, allow_head=False),
            web.post("/api/terminals/", self.add_terminal),
            web.get("/api/terminals/{code}/", self.show_terminal, allow_head=False),
            web.patch("/api/terminals/{code}/", self.change_terminal),
            web.post("/api/terminals/{code}/ranges/", self.grant_range),
            web.post("/api/terminals/{code}/token/", self.new_token),
            web.get("/api/conflicts/", self.list_conflicts, allow_head=False),
            web.get("/api/conflicts/{id}/", self.show_conflict, allow_head=False),
            web.get("/api/status/", self.status, allow_head=False),
            web.post("/api/recovery/end/", self.end_recovery),
        ]

    @web.middleware
    async def authorise(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Find out what the token of a call is for.

        Raises:
            NotAuthorised: there is none, or nobody has it.
        """
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        scope = None
        if kind.lower() == "bearer" and token:
            scope = await self._replica.write(lambda tx: tokens.scope_of(tx.store, token.strip()))
        if scope is None:
            raise NotAuthorised()
        if scope != tokens.ADMINISTRATOR:
            terminal = self._replica.registry.terminals.get(Author(scope))
            if terminal is None or terminal.state is not State.ACTIVE:
                raise Forbidden(why=f"{scope} is not an active terminal")
        request[SCOPE] = scope
        return await handler(request)

    # patients

    async def register(self, request: web.Request) -> web.Response:
        """Register a person for a terminal that has no node, or for none."""
        posted = await read_registration(request, request[SCOPE])
        code = self._code_for(request, posted)
        if posted.offline and code is None:
            raise TerminalCodeRequired()
        draft = self._people.draft(posted, Author(code) if code is not None else None)
        registered = await self._replica.register(
            COORDINATOR, draft, self._issue_for(posted, code, draft)
        )
        answer = await self._people.answer(registered.patient)
        return web.json_response(answer, status=201 if registered.issued else 200)

    def _code_for(self, request: web.Request, posted: Posted) -> str | None:
        scope = request[SCOPE]
        if scope == tokens.ADMINISTRATOR:
            return posted.terminal
        if posted.terminal not in (None, scope):
            raise Forbidden(why=f"it is the token of {scope}, not of {posted.terminal}")
        return scope

    def _issue_for(self, posted: Posted, code: str | None, draft: Draft) -> Issue:
        """How the number is picked, once the transaction has begun."""

        def issue(tx: Transaction) -> Issued:
            self._arbiter.recovery.require_over(tx)
            if code is not None:
                terminals.active(tx, code)
            if not posted.offline or code is None:
                return self._arbiter.grant(tx, draft.record, draft.terminal)
            if posted.mrn is not None:
                return terminals.supplied(tx, code, parse_mrn(posted.mrn))
            try:
                return issuing.from_range(tx, Author(code), Allocator.COORDINATOR, self._witness)
            except NoRange as error:
                held = tx.registry.blocks_of(Author(code))
                if any(block.allocator is Allocator.COORDINATOR for block in held):
                    raise
                told = ", ".join(block.range.text for block in held) or "none"
                raise RangeExhausted(terminal=code, range=told) from error

        return issue

    # terminals

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
        return web.json_response({"results": found})

    async def show_terminal(self, request: web.Request) -> web.Response:
        """One terminal."""
        code = request.match_info["code"]
        if request[SCOPE] not in (tokens.ADMINISTRATOR, code):
            raise Forbidden(why=f"it is the token of {request[SCOPE]}")
        return await self._terminal_response(code, 200)

    async def add_terminal(self, request: web.Request) -> web.Response:
        """A new terminal; with a node's public key and incarnation that node joins as it."""
        _require_administrator(request)
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
        _require_administrator(request)
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
        _require_administrator(request)
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
        _require_administrator(request)
        code = request.match_info["code"]

        def act(tx: Transaction) -> str:
            terminals.known(tx, code)
            tx.begin()
            tokens.withdraw(tx.store, code)
            return tokens.new(tx.store, code)

        return web.json_response(
            {"code": code, "token": await self._replica.write(act)}, status=201
        )

    # conflicts and status

    async def list_conflicts(self, request: web.Request) -> web.Response:
        """Conflicts, the newest first; ``?open=1`` leaves out what is resolved."""
        _require_administrator(request)
        found = await self._replica.reader.conflicts(
            self._replica.registry, include_closed=request.query.get("open") != "1"
        )
        return web.json_response({"results": found})

    async def show_conflict(self, request: web.Request) -> web.Response:
        """One conflict by its id."""
        _require_administrator(request)
        ident = request.match_info["id"]
        found = await self._replica.reader.conflicts(self._replica.registry, ident=ident)
        if not found:
            raise NotFound(what="conflict", key=ident)
        return web.json_response(found[0])

    async def status(self, request: web.Request) -> web.Response:
        """How the coordinator is."""
        _require_administrator(request)
        roots = await self._replica.answer(RootsQuery())
        assert isinstance(roots, Roots)
        recovery, waiting = await self._replica.write(
            lambda tx: (tx.store.meta("recovery"), self._arbiter.recovery.waiting_for(tx))
        )
        answer: dict[str, Any] = {
            "recovery": {"why": recovery, "waiting_for": waiting} if recovery else None,
            "sessions": [session._asdict() for session in self._peering.sessions()],
            "digests": {name: value.hex() for name, value in roots._asdict().items()},
            "held_batches": self._replica.held_batches,
            "oversized_shards": await self._replica.oversized_shards(),
            "alarms": self._replica.registry.alarms(),
            **await self._replica.reader.counts(),
        }
        return web.json_response(answer)

    async def end_recovery(self, request: web.Request) -> web.Response:
        """End recovery early: what has not come back yet is given up."""
        _require_administrator(request)

        def act(tx: Transaction) -> bool:
            was_on = self._arbiter.recovery.is_on(tx)
            if was_on:
                self._arbiter.recovery.end(tx)
            return was_on

        ended = await self._replica.write(act)
        await judge_everything(self._arbiter, self._replica, in_step=True)
        return web.json_response({"ended": ended})

    async def _terminal_response(self, code: str, status: int) -> web.Response:
        registry = self._replica.registry
        terminal = registry.terminals.get(Author(code))
        if terminal is None:
            raise NotFound(what="terminal", key=code)
        accounts = await self._replica.write(_accounts)
        return web.json_response(_terminal(terminal, registry, accounts), status=status)


def _require_administrator(request: web.Request) -> None:
    if request[SCOPE] != tokens.ADMINISTRATOR:
        raise Forbidden(why=f"it is the token of {request[SCOPE]}, not the administrator's")


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
