"""The HTTP API of a node, for the programs of one desk: registering, finding, status."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from node.allocator import NodeAllocator
from node.config import Config
from node.conflicts_api import ConflictsApi
from node.drill import Drill
from sync import issuing
from sync.alarms import Alarms
from sync.errors import (
    InvalidPatient,
    KeyReused,
    MrnConflict,
    NumberError,
    OtherTerminal,
    RangeExhausted,
)
from sync.issuing import Prospect
from sync.numbers import parse_mrn
from sync.operations import Operation
from sync.peering import Peering
from sync.people import NewPatient, People, Registered
from sync.queries import Roots, RootsQuery
from sync.replica import Replica
from sync.safekeeping import Safekeeping


class Api:
    """Routes over one replica, its allocator, its connections and its drills."""

    def __init__(
        self,
        config: Config,
        replica: Replica,
        allocator: NodeAllocator,
        peering: Peering,
        people: People,
        alarms: Alarms,
        drill: Drill,
        conflicts: ConflictsApi,
        safekeeping: Safekeeping,
    ) -> None:
        self._config = config
        self._replica = replica
        self._allocator = allocator
        self._peering = peering
        self._alarms = alarms
        self._people = people
        self._drill = drill
        self._conflicts = conflicts
        self._safekeeping = safekeeping

    def operations(self) -> list[Operation]:
        """All of them."""
        return [
            Operation(
                "POST",
                "/api/patients/",
                self.register,
                "Register a person",
                body=NewPatient,
                answer=Registered,
                status=201,
                errors=(InvalidPatient, OtherTerminal, MrnConflict, KeyReused, RangeExhausted),
                about="patients",
                repeatable=True,
            ),
            *self._people.operations(),
            Operation("GET", "/api/status/", self.status, "Tell how this desk is"),
        ]

    async def register(self, request: web.Request) -> web.Response:
        """Register a person; 201, or 200 when this very request was answered before."""
        posted = await self._people.posted(request)
        if posted.terminal not in (None, self._config.code):
            raise OtherTerminal(terminal=posted.terminal, here=self._config.code)
        supplied = parse_mrn(posted.mrn) if posted.offline and posted.mrn is not None else None
        draft = self._people.draft(posted, self._config.code)
        try:
            registered: issuing.Registered = await self._allocator.register(
                self._replica, draft, posted.offline, supplied
            )
        except NumberError as error:
            self._drill.failed(error.code)
            raise
        answer = await self._people.registered(registered.patient)
        return web.json_response(answer, status=201 if registered.issued else 200)

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
            "held_batches": self._replica.held_batches,
            "oversized_shards": await self._replica.oversized_shards(),
            "refused": self._peering.refusal._asdict() if self._peering.refusal else None,
            "clock_behind_s": self._replica.clock_behind_ms // 1000,
            "alarms": [alarm._asdict() for alarm in self._alarms.now()],
            "drill": await self._drill.report(),
            **self._safekeeping.status(),
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
