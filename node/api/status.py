"""How a desk is: where its numbers come from, its ranges, connections, alarms."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from node.allocator import NodeAllocator
from node.api.conflicts import NodeConflictsApi
from node.config import NodeSettings
from node.drill import Drill
from sync.engine.issuing import Prospect
from sync.engine.replica import Replica
from sync.http.operations import Operation
from sync.model.alarms import Alarms
from sync.network.peering import Peering
from sync.protocol.questions import Roots, RootsQuery
from sync.upkeep.service import Upkeep


class StatusApi:
    """What a desk tells of itself."""

    def __init__(
        self,
        config: NodeSettings,
        replica: Replica,
        allocator: NodeAllocator,
        peering: Peering,
        alarms: Alarms,
        drill: Drill,
        conflicts: NodeConflictsApi,
        upkeep: Upkeep,
    ) -> None:
        self._config = config
        self._replica = replica
        self._allocator = allocator
        self._peering = peering
        self._alarms = alarms
        self._drill = drill
        self._conflicts = conflicts
        self._upkeep = upkeep

    def operations(self) -> list[Operation]:
        """All of them."""
        return [Operation("GET", "/api/status/", self.status, "Tell how this desk is")]

    async def status(self, _request: web.Request) -> web.Response:
        """What this desk can do now, and how its ranges, connections and copy stand."""
        roots = await self._replica.answer(RootsQuery())
        assert isinstance(roots, Roots)
        registry = self._replica.registry
        terminal = registry.terminals.get(self._config.code)
        answer: dict[str, Any] = {
            "terminal": self._config.code,
            "state": terminal.state if terminal else "unknown",
            "numbers": "online" if self._allocator.online else "offline",
            "coordinator_live": self._peering.coordinator_live,
            "sessions": [session._asdict() for session in self._peering.sessions()],
            "ranges": await self._ranges(),
            "digests": {name: value.hex() for name, value in roots._asdict().items()},
            "incarnation": self._replica.identity.incarnation.hex(),
            "copies_noticed": await self._replica.meta("own_pasts_met") or 0,
            "held_batches": self._replica.waiting_batches,
            "oversized_shards": await self._replica.oversized_shards(),
            "refused": self._peering.refusal._asdict() if self._peering.refusal else None,
            "clock_behind_s": self._replica.clock_behind_ms // 1000,
            "alarms": [alarm._asdict() for alarm in self._alarms.now()],
            "drill": await self._drill.report(),
            **self._upkeep.status(),
            **await self._replica.reader.counts(),
            **await self._conflicts.status(),
        }
        return web.json_response(answer)

    async def _ranges(self) -> list[dict[str, Any]]:
        found = await self._replica.write(self._allocator.prospects)
        return [_range(prospect) for prospect in found]


def _range(prospect: Prospect) -> dict[str, Any]:
    block = prospect.block
    first = max(block.mark, block.range.start - 1)
    return {
        "range": block.range.text,
        "last_issued": prospect.used if prospect.used > first else None,
        "remaining": prospect.remaining,
        "closed": prospect.objection,
    }
