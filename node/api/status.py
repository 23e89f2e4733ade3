"""How a desk is: where its numbers come from, its ranges, connections, alarms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal, TypedDict

from aiohttp import web
from msgspec import Meta

from node.allocator import NodeAllocator
from node.api.conflicts import DeskConflicts, NodeConflictsApi
from node.config import NodeSettings
from node.drill import Drill, DrillReport
from sync.engine.digests import Digests
from sync.engine.issuing import Prospect
from sync.engine.replica import Replica
from sync.http.operations import Needs, Operation
from sync.http.status import (
    AlarmAnswer,
    DigestsAnswer,
    SessionAnswer,
    alarm_answers,
    digests_answer,
    session_answers,
)
from sync.model.alarms import Alarms
from sync.model.facts import State
from sync.network.peering import Peering
from sync.reading.answers import RegisterCounts
from sync.reading.snapshot import Snapshot
from sync.reading.view import View
from sync.storage.access.looks import LookAct
from sync.upkeep.service import Upkeep, UpkeepStatus

DeskState = Annotated[
    str, Meta(title="DeskState", extra_json_schema={"enum": [*map(str, State), "unknown"]})
]
"""What the registry says of this desk's terminal, "unknown" while it says nothing."""
NumberSource = Annotated[Literal["online", "offline"], Meta(title="NumberSource")]


class DeskRange(TypedDict):
    """A range of this desk: its last number used, how many are left, why it is closed if it is."""

    range: str
    last_issued: int | None
    remaining: int
    closed: str | None


class RefusalAnswer(TypedDict):
    """Why the last peer that was called gave nothing but the registry."""

    reason: str
    why: str


class StoredDeskStatus(RegisterCounts, DeskConflicts):
    """What the database says of a desk; see `NodeStatus`."""

    state: DeskState
    ranges: list[DeskRange]
    digests: DigestsAnswer
    incarnation: str
    copies_noticed: int
    oversized_shards: list[str]


class NodeStatus(UpkeepStatus, StoredDeskStatus):
    """How a desk is.

    ``state`` is its terminal's, ``numbers`` where the next number comes from, ``incarnation`` that
    of its database; ``copies_noticed`` counts how often a copy of this database was met,
    ``held_batches`` how many parts came before something that they need. ``oversized_shards`` are
    kept out of the sync because of their size. ``clock_behind_s`` is how far this computer's clock
    lies behind.
    """

    terminal: str
    numbers: NumberSource
    coordinator_live: bool
    sessions: list[SessionAnswer]
    held_batches: int
    refused: RefusalAnswer | None
    clock_behind_s: int
    alarms: list[AlarmAnswer]
    drill: DrillReport


class StatusApi:
    """The operation that reports how a desk is."""

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
        """Return the operations of this part."""
        return [
            Operation(
                "GET",
                "/api/status/",
                self.status,
                "Show how this desk is",
                needs=Needs.THIS_COMPUTER,
                look=LookAct.LISTED,
            )
        ]

    async def status(self, _request: web.Request) -> NodeStatus:
        """Return what this desk can do now, and how its ranges, connections and data are."""
        prospects = self._allocator.prospects()  # before the snapshot, see there
        kept = await self._replica.read(lambda snapshot: self._kept(snapshot, prospects))
        refused = self._peering.refusal
        return {
            "terminal": self._config.code,
            "numbers": "online" if self._allocator.online else "offline",
            "coordinator_live": self._peering.coordinator_live,
            "sessions": session_answers(self._peering.sessions()),
            "held_batches": self._peering.early_shards,
            "refused": {"reason": refused.reason, "why": refused.why} if refused else None,
            "clock_behind_s": self._behind_s(),
            "alarms": alarm_answers(self._alarms.now()),
            "drill": await self._drill.report(),
            **self._upkeep.status(),
            **kept,
        }

    def _behind_s(self) -> int:
        """Return how far the clock of this computer lies behind the time that is believed."""
        believed = self._replica.believed
        return max(0, believed.now_ms - believed.shown_ms) // 1000

    def _kept(
        self, snapshot: Snapshot, prospects: Callable[[View], list[Prospect]]
    ) -> StoredDeskStatus:
        """Return what the database says of this desk."""
        terminal = snapshot.registry.terminals.get(self._config.code)
        return {
            "state": terminal.state if terminal else "unknown",
            "ranges": [_range(prospect) for prospect in prospects(snapshot)],
            "digests": digests_answer(Digests(snapshot.store.shards).roots()),
            "incarnation": snapshot.identity.incarnation.hex(),
            "copies_noticed": snapshot.store.meta.own_pasts_met,
            "oversized_shards": snapshot.oversized_shards(),
            **snapshot.counts.register(),
            **self._conflicts.status(snapshot),
        }


def _range(prospect: Prospect) -> DeskRange:
    """Return how far one range is used."""
    block = prospect.block
    # Numbers up to the mark were given out before this desk had the range.
    first = max(block.mark, block.range.start - 1)
    return {
        "range": block.range.text,
        "last_issued": prospect.used if prospect.used > first else None,
        "remaining": prospect.remaining,
        "closed": prospect.objection,
    }
