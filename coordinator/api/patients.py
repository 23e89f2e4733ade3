"""Registering people at the coordinator, for terminals without a node, or for no terminal."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from coordinator.api.access import CALLER
from coordinator.errors import (
    Forbidden,
    NodeHasNumbers,
    PoolClosed,
    PoolOff,
    PoolUsedUp,
    TerminalCodeRequired,
    TooManyBlocks,
)
from coordinator.judging.arbiter import Arbiter
from coordinator.registry import formats, ranges, terminals
from sync.engine import issuing
from sync.engine.issuing import Draft, Issue, Issued, IssueMarks
from sync.engine.records import sheets
from sync.engine.replica import Replica
from sync.engine.transaction import Transaction
from sync.errors import NoRange, NumberError, RangeExhausted, TerminalNotFound
from sync.http.operations import Made, Needs, Operation
from sync.http.registration import Posted, RegisteredAnswer, Registrations
from sync.model.facts import COORDINATOR, Allocator, Author, State
from sync.model.numbers import Mrn, parse_mrn

OLD_PROGRAM: Final = "for a program that registers at the coordinator in the desk's name"
"""Why such a block was granted, as the list of ranges shows it."""


class CoordinatorPatientsApi:
    """The operation that registers people at the coordinator."""

    def __init__(
        self,
        registrations: Registrations,
        replica: Replica,
        arbiter: Arbiter,
        witness: IssueMarks,
    ) -> None:
        self._registrations = registrations
        self._replica = replica
        self._arbiter = arbiter
        self._witness = witness

    def operations(self) -> list[Operation]:
        """Return the operations of this part."""
        return [self._registrations.operation(self.register, Needs.REGISTER, TerminalNotFound)]

    async def register(self, request: web.Request) -> Made[RegisteredAnswer]:
        """Register a person, unless this very request was answered before.

        Raises:
            Forbidden: the key is another terminal's than the one that is named.
            TerminalCodeRequired: an offline number is wanted, and nobody says of which terminal.
            TerminalNotFound, NumberError, InRecovery: nobody was registered.
        """
        posted = await self._registrations.posted(request, request[CALLER].namespace)
        code = self._code_for(request, posted)
        if posted.offline and code is None:
            raise TerminalCodeRequired()
        draft = self._registrations.draft(posted, Author(code) if code is not None else None)
        registered = await self._replica.register(
            COORDINATOR, draft, self._issue_for(posted, code, draft)
        )
        return await self._registrations.answer(registered)

    def _code_for(self, request: web.Request, posted: Posted) -> str | None:
        """Return the terminal that a person is registered for, None for none."""
        own = request[CALLER].terminal
        if own is None:
            return posted.terminal
        if posted.terminal not in (None, own):
            raise Forbidden(why=f"it is the key of {own}, not of {posted.terminal}")
        return own

    def _issue_for(self, posted: Posted, code: str | None, draft: Draft) -> Issue:
        """Return the function that picks the number, once the transaction has begun."""

        def issue(tx: Transaction) -> Issued:
            self._arbiter.recovery.require_over(tx)
            supplied = None
            if code is not None and posted.offline and posted.mrn is not None:
                supplied = parse_mrn(formats.numbers_of(tx).number(posted.mrn))
                on_paper = self._on_paper(tx, Author(code), supplied)
                if on_paper is not None:
                    return on_paper
            if code is not None:
                terminals.active(tx, code)
            if not posted.offline or code is None:
                return self._arbiter.grant(tx, draft.record, draft.terminal)
            if supplied is not None:
                return terminals.supplied_number(tx, code, supplied, self._witness)
            return self._from_own_range(tx, Author(code))

        return issue

    @staticmethod
    def _on_paper(tx: Transaction, code: Author, mrn: Mrn) -> Issued | None:
        """Return a number of a sheet, whose desk may be out of work by now; None for any other.

        Raises:
            MrnConflict: somebody has it already.
        """
        revoked = terminals.known(tx, code).state is State.REVOKED
        return None if revoked else sheets.typed_in(tx, code, mrn)

    def _from_own_range(self, tx: Transaction, code: Author) -> Issued:
        """Return a number out of a range of a terminal that the coordinator issues from.

        The numbers of a terminal with a node are its node's, and a program that still sends its
        offline registrations here gets none of them. It gets numbers of another block of the pool,
        which is the terminal's too and nobody else's.

        Raises:
            RangeExhausted, NoRange: there is none, nor a block of the pool.
        """
        try:
            return issuing.from_range(tx, code, Allocator.COORDINATOR, self._witness)
        except (NoRange, RangeExhausted) as error:
            held = tx.registry.blocks_of(code)
            if terminals.known(tx, code).has_node:
                self._grant_beside_node(tx, code, error)
                return issuing.from_range(tx, code, Allocator.COORDINATOR, self._witness)
            if any(block.allocator is Allocator.COORDINATOR for block in held):
                raise
            # The earlier system had this error for it, and its clients know what to do then.
            names = ", ".join(block.range.text for block in held) or "none"
            raise RangeExhausted(terminal=code, range=names) from error

    def _grant_beside_node(self, tx: Transaction, code: Author, error: NumberError) -> None:
        """Reserve a block of the pool for what an old program registers in a desk's name.

        Raises:
            NodeHasNumbers: there is no block to be had.
        """
        try:
            ranges.grant_unasked(tx, code, OLD_PROGRAM, Allocator.COORDINATOR)
        except (PoolOff, PoolClosed, PoolUsedUp, TooManyBlocks) as why:
            raise NodeHasNumbers(terminal=code, why=str(why)) from error
