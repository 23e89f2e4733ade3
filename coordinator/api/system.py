"""How the coordinator is, and its recovery."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from coordinator.api.access import require_administrator
from coordinator.judging.arbiter import Arbiter, judge_everything
from sync.engine.replica import Replica
from sync.engine.transaction import Transaction
from sync.http.operations import Operation
from sync.model.alarms import Alarms
from sync.network.peering import Peering
from sync.protocol.questions import Roots, RootsQuery
from sync.upkeep.service import Upkeep


class SystemApi:
    """The coordinator itself."""

    def __init__(
        self,
        replica: Replica,
        arbiter: Arbiter,
        peering: Peering,
        alarms: Alarms,
        upkeep: Upkeep,
    ) -> None:
        self._replica = replica
        self._arbiter = arbiter
        self._peering = peering
        self._alarms = alarms
        self._upkeep = upkeep

    def operations(self) -> list[Operation]:
        """All of them."""
        return [
            Operation("GET", "/api/status/", self.status, "Tell how the coordinator is"),
            Operation("POST", "/api/recovery/end/", self.end_recovery, "End recovery early"),
        ]

    async def status(self, request: web.Request) -> web.Response:
        """How the coordinator is."""
        require_administrator(request)
        roots = await self._replica.answer(RootsQuery())
        assert isinstance(roots, Roots)
        recovery, waiting = await self._replica.write(
            lambda tx: (tx.store.meta("recovery"), self._arbiter.recovery.waiting_for(tx))
        )
        answer: dict[str, Any] = {
            "recovery": {"why": recovery, "waiting_for": waiting} if recovery else None,
            "sessions": [session._asdict() for session in self._peering.sessions()],
            "digests": {name: value.hex() for name, value in roots._asdict().items()},
            "held_batches": self._replica.waiting_batches,
            "oversized_shards": await self._replica.oversized_shards(),
            "alarms": [alarm._asdict() for alarm in self._alarms.now()],
            **self._upkeep.status(),
            **await self._replica.reader.counts(),
        }
        return web.json_response(answer)

    async def end_recovery(self, request: web.Request) -> web.Response:
        """End recovery early: what has not come back yet is given up."""
        require_administrator(request)

        def act(tx: Transaction) -> bool:
            was_on = self._arbiter.recovery.is_on(tx)
            if was_on:
                self._arbiter.recovery.end(tx, early=True)
            return was_on

        ended = await self._replica.write(act)
        await judge_everything(self._arbiter, self._replica, in_step=True)
        return web.json_response({"ended": ended})
