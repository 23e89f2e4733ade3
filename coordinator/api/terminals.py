"""Terminals and their tokens over HTTP; `coordinator.api.ranges` has their ranges."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Final, TypeVar

from aiohttp import web

from coordinator.api.access import CALLER, sees
from coordinator.api.terminals_bodies import (
    TerminalFilter,
    TerminalSetup,
    TerminalUpdate,
    joining_of,
    printable,
    range_of,
)
from coordinator.errors import (
    BadMark,
    InRecovery,
    InvalidRange,
    KeyWithdrawn,
    MarkFixed,
    OverlappingRange,
    RangeFixed,
    RangeOverlap,
    TerminalEnded,
    TerminalExists,
    TerminalHasNode,
)
from coordinator.judging.arbiter import Arbiter, judge_everything
from coordinator.registry import answers, ranges, terminals
from coordinator.registry.answers import (
    NewTerminal,
    TerminalAnswer,
    TerminalChanges,
    TokenAnswer,
)
from coordinator.users import keys
from sync.engine.replica import Replica
from sync.engine.transaction import Transaction
from sync.errors import BadRange, BadTerminalCode, InvalidFields, NotFound
from sync.http.operations import Needs, Operation, read_body, read_query
from sync.http.paging import Listed, paged
from sync.model.facts import Author, State, as_terminal_code
from sync.reading.snapshot import Snapshot
from sync.rules.registry import Terminal

T = TypeVar("T")

ABOUT: Final = "terminals"
EVERY: Final = "/api/terminals/"
ONE: Final = "/api/terminals/{code}/"
_ADDING: Final = (
    BadTerminalCode,
    TerminalExists,
    TerminalEnded,
    TerminalHasNode,
    KeyWithdrawn,
    InvalidRange,
    OverlappingRange,
    BadMark,
    InRecovery,
)
"""What can go wrong when a terminal is added."""
_CHANGING: Final = (
    NotFound,
    TerminalEnded,
    InvalidRange,
    OverlappingRange,
    MarkFixed,
    InRecovery,
)
"""What can go wrong when a terminal is changed."""


class TerminalsApi:
    """Operations on the terminals of the clinic."""

    def __init__(self, replica: Replica, arbiter: Arbiter) -> None:
        self._replica = replica
        self._arbiter = arbiter

    def operations(self) -> list[Operation]:
        """Return the operations of this part."""
        operation = partial(Operation, about=ABOUT)
        administering = partial(operation, needs=Needs.ADMINISTER)
        return [
            operation(
                "GET",
                EVERY,
                self.list_terminals,
                "List terminals",
                needs=Needs.KNOWN_CALLER,
                query=TerminalFilter,
            ),
            administering(
                "POST",
                EVERY,
                self.add_terminal,
                "Add a terminal",
                body=TerminalSetup,
                status=201,
                errors=_ADDING,
            ),
            operation(
                "GET",
                ONE,
                self.show_terminal,
                "Show a terminal",
                needs=Needs.OWN_TERMINAL,
                errors=(NotFound,),
            ),
            administering(
                "PATCH",
                ONE,
                self.change_terminal,
                "Change a terminal",
                body=TerminalUpdate,
                errors=_CHANGING,
            ),
            administering(
                "DELETE",
                ONE,
                self.delete_terminal,
                "Retire a terminal",
                errors=(NotFound, InRecovery),
            ),
            administering(
                "POST",
                ONE + "token/",
                self.new_token,
                "Make a token",
                status=201,
                errors=(NotFound, TerminalEnded),
            ),
        ]

    async def list_terminals(self, request: web.Request) -> Listed[TerminalAnswer]:
        """Return a page of terminals with their ranges; the key of a terminal sees its own."""
        wanted = read_query(request, TerminalFilter)

        def look(snapshot: Snapshot) -> list[TerminalAnswer]:
            known = ranges.standings(snapshot)
            fitting = [
                terminal
                for terminal in snapshot.registry.terminals.values()
                if sees(request, terminal.code)
                and wanted.state in (None, terminal.state)
                and wanted.is_active in (None, terminal.state is State.ACTIVE)
            ]
            return [
                answers.terminal_answer(terminal, known.get(terminal.code, ()))
                for terminal in sorted(fitting, key=lambda terminal: terminal.serial)
            ]

        found = await self._replica.read(look)
        part = found[wanted.offset : wanted.offset + wanted.page_size]
        return paged(request, wanted, len(found), part)

    async def add_terminal(self, request: web.Request) -> TerminalAnswer:
        """Make a terminal; with a node's public key and incarnation that node joins as it.

        Raises:
            InvalidFields, BadRange, TerminalError, NumberError, InRecovery: nothing was made.
        """
        body = read_body(request, TerminalSetup)
        with _range_as_field():
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
            body.never_granted,
        )
        with _range_as_field():
            await self._act(lambda tx: answers.create(tx, new))
        return await answer_of(self._replica, new.code)

    async def show_terminal(self, request: web.Request) -> TerminalAnswer:
        """Return one terminal."""
        code = named_terminal(self._replica, request).code
        return await answer_of(self._replica, code)

    async def change_terminal(self, request: web.Request) -> TerminalAnswer:
        """Rename a terminal, change its state, or grant it a further range.

        Raises:
            NotFound, InvalidFields, BadRange, TerminalError, NumberError, InRecovery: nothing was
                changed.
        """
        terminal = named_terminal(self._replica, request)
        now = await answer_of(self._replica, terminal.code)
        body = read_body(request, TerminalUpdate, now)
        bounds = body.offline_range_start, body.offline_range_end
        # One bound alone belongs to the range in use.
        if None in bounds and bounds != (None, None):
            bounds = (
                body.offline_range_start or now["offline_range_start"],
                body.offline_range_end or now["offline_range_end"],
            )
        with _range_as_field():
            range_ = range_of(*bounds)
        changes = TerminalChanges(
            printable(body.name),
            body.state,
            body.is_active,
            body.reason or "",
            range_,
            body.offline_current,
            body.never_granted,
        )
        recovery = self._arbiter.recovery

        def act(tx: Transaction) -> bool:
            # A stolen desk cannot be let in for as long as others are away.
            if not changes.only_revokes:
                recovery.require_over(tx)
            answers.update(tx, terminal.code, changes)
            return changes.only_revokes and recovery.give_up(tx, terminal.code)

        with _range_as_field():
            revoked = await self._replica.write(act)
        if revoked:
            await judge_everything(self._arbiter, self._replica, in_step=True)
        return await answer_of(self._replica, terminal.code)

    async def delete_terminal(self, request: web.Request) -> None:
        """Retire a terminal; its code and the origin of its patients stay."""
        code = named_terminal(self._replica, request).code
        await self._act(lambda tx: answers.delete(tx, code))

    async def new_token(self, request: web.Request) -> TokenAnswer:
        """Make a key that serves only this terminal; an earlier one is withdrawn.

        Raises:
            NotFound, TerminalEnded: no token was made.
        """
        code, who = named_terminal(self._replica, request).code, request[CALLER].who

        def act(tx: Transaction) -> str:
            terminals.require_not_ended(terminals.known(tx, code))
            return keys.renew_for_terminal(tx, code, who)

        return {"code": code, "token": await self._replica.write(act)}

    async def _act(self, act: Callable[[Transaction], T]) -> T:
        """Change something, unless the coordinator is in recovery."""

        def guarded(tx: Transaction) -> T:
            self._arbiter.recovery.require_over(tx)
            return act(tx)

        return await self._replica.write(guarded)


@contextmanager
def _range_as_field() -> Iterator[None]:
    """Report what is wrong with a range beside its field, as clients of the earlier system know it.

    Raises:
        InvalidRange, OverlappingRange: the range cannot be granted.
    """
    try:
        yield
    except BadRange as error:
        raise InvalidRange({"offline_range_start": str(error)}) from error
    except (RangeOverlap, RangeFixed) as error:
        raise OverlappingRange({"offline_range_start": str(error)}) from error


def named_terminal(replica: Replica, request: web.Request) -> Terminal:
    """Return the terminal that a path names by its code or id.

    Raises:
        NotFound: there is none.
    """
    return answers.find(replica.registry, request.match_info["code"])


async def answer_of(replica: Replica, code: str) -> TerminalAnswer:
    """Return a terminal as it is now, with its ranges."""

    def look(snapshot: Snapshot) -> TerminalAnswer:
        known = ranges.standings(snapshot)
        terminal = answers.find(snapshot.registry, code)
        return answers.terminal_answer(terminal, known.get(Author(code), ()))

    return await replica.read(look)
