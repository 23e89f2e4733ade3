"""The pool of numbers for new ranges over HTTP."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import msgspec
from aiohttp import web

from coordinator.api.terminals_bodies import NeverGranted
from coordinator.errors import BadPool, InRecovery, PoolClosed, PoolUsedUp, RangeOverlap
from coordinator.judging.arbiter import Arbiter
from coordinator.registry import answers, formats, pool
from coordinator.registry.answers import PoolAnswer
from sync.engine.replica import Replica
from sync.engine.transaction import Transaction
from sync.errors import BadNumberFormat
from sync.http.operations import Needs, Operation, read_body
from sync.model.numbers import NUMBER_MAX, NumberRange
from sync.reading.snapshot import Snapshot


class PoolUpdate(msgspec.Struct, kw_only=True, frozen=True):
    """Another pool, another size of its blocks, or whether terminals get blocks by themselves."""

    range: Annotated[str, msgspec.Meta(description="START-END, both included")] | None = None
    block: Annotated[int, msgspec.Meta(ge=pool.BLOCK_MIN, le=NUMBER_MAX)] | None = None
    on: bool | None = None
    never_granted: NeverGranted = False


class PoolApi:
    """Operations on the pool."""

    def __init__(self, replica: Replica, arbiter: Arbiter) -> None:
        self._replica = replica
        self._arbiter = arbiter

    def operations(self) -> list[Operation]:
        """Return the operations of this part."""
        path = "/api/pool/"
        operation = partial(Operation, needs=Needs.ADMINISTER, about="terminals")
        return [
            operation("GET", path, self.show, "Show the pool"),
            operation(
                "PATCH",
                path,
                self.change,
                "Name another pool, or switch it on or off",
                body=PoolUpdate,
                errors=(BadPool, PoolClosed, RangeOverlap, BadNumberFormat, InRecovery),
            ),
        ]

    async def show(self, _request: web.Request) -> PoolAnswer:
        """Return the pool and its next free block."""
        return await self._answer()

    async def change(self, request: web.Request) -> PoolAnswer:
        """Name another pool, or switch it on or off; return it as it is then.

        Raises:
            BadRange, BadPool, PoolClosed, RangeOverlap, BadNumberFormat, InRecovery: nothing was
                changed.
        """
        body = read_body(request, PoolUpdate)
        range_ = NumberRange.parse(body.range) if body.range is not None else None

        def act(tx: Transaction) -> None:
            self._arbiter.recovery.require_over(tx)
            pool.change(tx, range_, body.block, body.on, body.never_granted)
            formats.require_pool_fits(tx)

        await self._replica.write(act)
        return await self._answer()

    async def _answer(self) -> PoolAnswer:
        """Return the pool as it is now."""

        def look(snapshot: Snapshot) -> PoolAnswer:
            try:
                following: NumberRange | None = pool.next_block(snapshot)
            except (PoolClosed, PoolUsedUp):
                following = None
            return answers.pool_answer(pool.read(snapshot.store), following)

        return await self._replica.read(look)
