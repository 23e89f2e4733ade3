"""How the coordinator is, and its recovery."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from coordinator.api.access import require_administrator
from coordinator.judging.arbiter import Arbiter, judge_everything
from sync.engine.digests import Digests
from sync.engine.replica import Replica
from sync.engine.transaction import Transaction
from sync.http.operations import Operation
from sync.model.alarms import Alarms
from sync.network.peering import Peering
from sync.reading.snapshot import Snapshot
from sync.upkeep.service import Safekeeping


class SystemApi:
    """The coordinator itself."""

    def __init__(
        self,
        replica: Replica,
        arbiter: Arbiter,
        peering: Peering,
        alarms: Alarms,
        safekeeping: Safekeeping,
    ) -> None:
        self._replica = replica
        self._arbiter = arbiter
        self._peering = peering
        self._alarms = alarms
        self._safekeeping = safekeeping

    def operations(self) -> list[Operation]:
        """All of them."""
        return [
            Operation("GET", "/api/status/", self.status, "Tell how the coordinator is"),
            Operation("POST", "/api/recovery/end/", self.end_recovery, "End recovery early"),
        ]

    async def status(self, request: web.Request) -> web.Response:
        """How the coordinator is."""
        require_administrator(request)
        kept = await self._replica.read(self._kept)
        answer: dict[str, Any] = {
            "sessions": [session._asdict() for session in self._peering.sessions()],
            "held_batches": self._replica.waiting_batches,
            "alarms": [alarm._asdict() for alarm in self._alarms.now()],
            **self._safekeeping.status(),
            **kept,
        }
        return web.json_response(answer)

    def _kept(self, snapshot: Snapshot) -> dict[str, Any]:
        """What the database says of the coordinator."""
        why = snapshot.store.meta("recovery")
        waiting = self._arbiter.recovery.waiting_for(snapshot)
        roots = Digests(snapshot.store).roots()
        return {
            "recovery": {"why": why, "waiting_for": waiting} if why else None,
            "digests": {name: value.hex() for name, value in roots._asdict().items()},
            "oversized_shards": snapshot.oversized_shards(),
            **snapshot.counts.register(),
        }

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
