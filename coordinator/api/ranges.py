"""The ranges of terminals over HTTP: how far they are used, and granting further ones."""

from __future__ import annotations

from functools import partial

from aiohttp import web

from coordinator.api.access import sees
from coordinator.api.terminals import ABOUT, EVERY, ONE, answer_of, named_terminal
from coordinator.api.terminals_bodies import QuotaLift, RangeGrant
from coordinator.errors import (
    InRecovery,
    PoolClosed,
    PoolUsedUp,
    RangeOverlap,
    TerminalEnded,
    TerminalHasNoNode,
    TerminalInactive,
)
from coordinator.judging.arbiter import Arbiter
from coordinator.range_watch import RangeWatch
from coordinator.registry import answers, quotas, ranges, terminals
from coordinator.registry.answers import QuotaLifted, RangeAnswer, TerminalAnswer, UsageAnswer
from sync.engine.replica import Replica
from sync.engine.transaction import Transaction
from sync.errors import NotFound
from sync.http.operations import Needs, Operation, read_body
from sync.http.paging import Listed, whole
from sync.model.facts import Allocator
from sync.model.formats import iso_utc_of_ms
from sync.model.numbers import NumberRange


class RangesApi:
    """Operations on the ranges of terminals."""

    def __init__(self, replica: Replica, arbiter: Arbiter, watch: RangeWatch) -> None:
        self._replica = replica
        self._arbiter = arbiter
        self._watch = watch

    def operations(self) -> list[Operation]:
        """Return the operations of this part."""
        operation = partial(Operation, about=ABOUT)
        return [
            operation(
                "GET",
                EVERY + "utilization/",
                self.utilization,
                "Show how far numbers are used",
                needs=Needs.KNOWN_CALLER,
            ),
            operation(
                "POST",
                ONE + "allow/",
                self.lift_quotas,
                "Let a terminal get more than a desk needs",
                needs=Needs.ADMINISTER,
                body=QuotaLift,
                errors=(NotFound,),
            ),
            operation(
                "GET",
                ONE + "ranges/",
                self.list_ranges,
                "List the ranges of a terminal",
                needs=Needs.OWN_TERMINAL,
                errors=(NotFound,),
            ),
            operation(
                "POST",
                ONE + "ranges/",
                self.grant_range,
                "Grant a range",
                needs=Needs.ADMINISTER,
                body=RangeGrant,
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
        ]

    async def lift_quotas(self, request: web.Request) -> QuotaLifted:
        """Let a terminal get more blocks and online numbers than a desk needs, for some days.

        Return until when.

        Raises:
            NotFound: there is no such terminal.
        """
        code = named_terminal(self._replica, request).code
        days = (read_body(request, QuotaLift)).days
        until = await self._replica.write(lambda tx: quotas.lift(tx, code, days))
        return {"code": code, "until": iso_utc_of_ms(until)}

    async def utilization(self, request: web.Request) -> Listed[UsageAnswer]:
        """Return how far active terminals have used their numbers.

        The key of a terminal sees its own.
        """
        found = [
            answers.usage_answer(account)
            for account in await self._watch.accounts()
            if sees(request, account.usage.terminal)
        ]
        return whole(found)

    async def list_ranges(self, request: web.Request) -> Listed[RangeAnswer]:
        """Return all ranges of a terminal, the oldest first, open and closed."""
        code = named_terminal(self._replica, request).code
        known = await self._replica.read(ranges.standings)
        found = [answers.range_answer(standing) for standing in known.get(code, ())]
        return whole(found)

    async def grant_range(self, request: web.Request) -> TerminalAnswer:
        """Reserve a block of numbers for a terminal; return the terminal.

        Raises:
            NotFound, BadRange, NumberError, TerminalError, InRecovery: nothing was granted.
        """
        code = named_terminal(self._replica, request).code
        body = read_body(request, RangeGrant)
        allocator = Allocator(body.allocator) if body.allocator is not None else None
        range_ = NumberRange.parse(body.range) if body.range is not None else None

        def act(tx: Transaction) -> None:
            self._arbiter.recovery.require_over(tx)
            if range_ is None:
                ranges.grant_next(tx, code, allocator)
            else:
                terminals.grant_range(tx, code, range_, allocator, never_granted=body.never_granted)

        await self._replica.write(act)
        return await answer_of(self._replica, code)
