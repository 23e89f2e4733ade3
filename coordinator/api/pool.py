"""The pool of numbers for new ranges, over HTTP."""

from __future__ import annotations

from typing import Annotated

import msgspec
from aiohttp import web

from coordinator.api.access import require_administrator
from coordinator.errors import BadPool, InRecovery, PoolClosed, PoolUsedUp
from coordinator.judging.arbiter import Arbiter
from coordinator.registry import answers, pool
from coordinator.registry.answers import PoolAnswer
from sync.engine.replica import Replica
from sync.engine.transaction import Transaction
from sync.http.operations import Operation, read_body
from sync.model.numbers import NUMBER_MAX, NumberRange
from sync.reading.snapshot import Snapshot


class PoolBody(msgspec.Struct, kw_only=True, frozen=True):
    """Another pool, another size of its blocks, or whether terminals get blocks by themselves."""

    range: Annotated[str, msgspec.Meta(description="START-END, both included")] | None = None
    block: Annotated[int, msgspec.Meta(ge=pool.BLOCK_MIN, le=NUMBER_MAX)] | None = None
    on: bool | None = None


class PoolApi:
    """The numbers out of which terminals get new ranges."""

    def __init__(self, replica: Replica, arbiter: Arbiter) -> None:
        self._replica = replica
        self._arbiter = arbiter

    def operations(self) -> list[Operation]:
        """All of them."""
        path = "/api/pool/"
        return [
            Operation(
                "GET", path, self.show, "Show the pool", answer=PoolAnswer, about="terminals"
            ),
            Operation(
                "PATCH",
                path,
                self.change,
                "Name another pool, or switch it on or off",
                body=PoolBody,
                answer=PoolAnswer,
                errors=(BadPool, PoolClosed, InRecovery),
                about="terminals",
            ),
        ]

    async def show(self, request: web.Request) -> web.Response:
        """The numbers for new ranges, and the next free block."""
        require_administrator(request)
        return await self._answer()

    async def change(self, request: web.Request) -> web.Response:
        """Name another pool, or switch it on or off."""
        require_administrator(request)
        body = await read_body(request, PoolBody)
        range_ = NumberRange.parse(body.range) if body.range is not None else None

        def act(tx: Transaction) -> None:
            self._arbiter.recovery.require_over(tx)
            pool.change(tx, range_, body.block, body.on)

        await self._replica.write(act)
        return await self._answer()

    async def _answer(self) -> web.Response:
        def look(snapshot: Snapshot) -> PoolAnswer:
            try:
                following: NumberRange | None = pool.next_block(snapshot)
            except (PoolClosed, PoolUsedUp):
                following = None
            return answers.pool_answer(pool.read(snapshot.store), following)

        return web.json_response(await self._replica.read(look))
