"""How a desk is: where its numbers come from, its ranges, connections, alarms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aiohttp import web

from node.allocator import NodeAllocator
from node.api.conflicts import NodeConflictsApi
from node.config import Config
from node.drill import Drill
from sync.engine.digests import Digests
from sync.engine.issuing import Prospect
from sync.engine.replica import Replica
from sync.http.operations import Operation
from sync.model.alarms import Alarms
from sync.network.peering import Peering
from sync.reading.snapshot import Readable, Snapshot
from sync.upkeep.service import Safekeeping


class StatusApi:
    """What a desk tells of itself."""

    def __init__(
        self,
        config: Config,
        replica: Replica,
        allocator: NodeAllocator,
        peering: Peering,
        alarms: Alarms,
        drill: Drill,
        conflicts: NodeConflictsApi,
        safekeeping: Safekeeping,
    ) -> None:
        self._config = config
        self._replica = replica
        self._allocator = allocator
        self._peering = peering
        self._alarms = alarms
        self._drill = drill
        self._conflicts = conflicts
        self._safekeeping = safekeeping

    def operations(self) -> list[Operation]:
        """All of them."""
        return [Operation("GET", "/api/status/", self.status, "Tell how this desk is")]

    async def status(self, _request: web.Request) -> web.Response:
        """What this desk can do now, and how its ranges, connections and copy stand."""
        prospects = self._allocator.prospects()  # before the snapshot, see there
        kept = await self._replica.read(lambda snapshot: self._kept(snapshot, prospects))
        answer: dict[str, Any] = {
            "terminal": self._config.code,
            "numbers": "online" if self._allocator.online else "offline",
            "coordinator_live": self._peering.coordinator_live,
            "sessions": [session._asdict() for session in self._peering.sessions()],
            "held_batches": self._replica.waiting_batches,
            "refused": self._peering.refusal._asdict() if self._peering.refusal else None,
            "clock_behind_s": self._replica.clock_behind_ms // 1000,
            "alarms": [alarm._asdict() for alarm in self._alarms.now()],
            "drill": await self._drill.report(),
            **self._safekeeping.status(),
            **kept,
        }
        return web.json_response(answer)

    def _kept(
        self, snapshot: Snapshot, prospects: Callable[[Readable], list[Prospect]]
    ) -> dict[str, Any]:
        """What the database says of this desk."""
        terminal = snapshot.registry.terminals.get(self._config.code)
        roots = Digests(snapshot.store).roots()
        return {
            "state": terminal.state if terminal else "unknown",
            "ranges": [_range(prospect) for prospect in prospects(snapshot)],
            "digests": {name: value.hex() for name, value in roots._asdict().items()},
            "incarnation": snapshot.incarnation.hex(),
            "copies_noticed": snapshot.store.meta("own_pasts_met") or 0,
            "oversized_shards": snapshot.oversized_shards(),
            **snapshot.counts.register(),
            **self._conflicts.status(snapshot),
        }


def _range(prospect: Prospect) -> dict[str, Any]:
    block = prospect.block
    first = max(block.mark, block.range.start - 1)
    return {
        "range": block.range.text,
        "last_issued": prospect.used if prospect.used > first else None,
        "remaining": prospect.remaining,
        "closed": prospect.objection,
    }
