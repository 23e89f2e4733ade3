"""How the coordinator is, and ending its recovery, over HTTP."""

from __future__ import annotations

from functools import partial
from typing import TypedDict

from aiohttp import web

from coordinator.judging.arbiter import Arbiter, judge_everything
from sync.engine.digests import Digests
from sync.engine.replica import Replica
from sync.engine.transaction import Transaction
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
from sync.network.peering import Peering
from sync.reading.answers import RegisterCounts
from sync.reading.snapshot import Snapshot
from sync.upkeep.service import Upkeep, UpkeepStatus


class RecoveryAnswer(TypedDict):
    """Why the coordinator is in recovery, and the terminals that have not come back yet."""

    why: str
    waiting_for: list[str]


class StoredCoordinatorStatus(RegisterCounts):
    """What the database says of the coordinator; see `CoordinatorStatus`."""

    recovery: RecoveryAnswer | None
    digests: DigestsAnswer
    oversized_shards: list[str]


class CoordinatorStatus(UpkeepStatus, StoredCoordinatorStatus):
    """How the coordinator is; ``recovery`` is null when it is not in recovery.

    ``held_batches`` counts what waits for something that is missing. ``oversized_shards`` are kept
    out of the sync because of their size.
    """

    sessions: list[SessionAnswer]
    held_batches: int
    alarms: list[AlarmAnswer]


class RecoveryEnded(TypedDict):
    """Whether recovery was on."""

    ended: bool


class SystemApi:
    """Operations on the coordinator itself."""

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
        """Return the operations of this part."""
        operation = partial(Operation, needs=Needs.ADMINISTRATOR_TOKEN)
        return [
            operation("GET", "/api/status/", self.status, "Tell how the coordinator is"),
            operation("POST", "/api/recovery/end/", self.end_recovery, "End recovery early"),
        ]

    async def status(self, _request: web.Request) -> CoordinatorStatus:
        """Return how the coordinator is."""
        kept = await self._replica.read(self._kept)
        return {
            "sessions": session_answers(self._peering.sessions()),
            "held_batches": self._replica.waiting_batches,
            "alarms": alarm_answers(self._alarms.now()),
            **self._upkeep.status(),
            **kept,
        }

    def _kept(self, snapshot: Snapshot) -> StoredCoordinatorStatus:
        """Return what the database says of the coordinator."""
        why = snapshot.store.meta.recovery
        recovery: RecoveryAnswer | None = None
        if why is not None:
            waiting = self._arbiter.recovery.waiting_for(snapshot)
            recovery = {"why": why, "waiting_for": [*waiting]}
        return {
            "recovery": recovery,
            "digests": digests_answer(Digests(snapshot.store.shards).roots()),
            "oversized_shards": snapshot.oversized_shards(),
            **snapshot.counts.register(),
        }

    async def end_recovery(self, _request: web.Request) -> RecoveryEnded:
        """End recovery early, which gives up what has not come back; return whether it was on."""

        def act(tx: Transaction) -> bool:
            was_on = self._arbiter.recovery.is_on(tx)
            if was_on:
                self._arbiter.recovery.end(tx, early=True)
            return was_on

        ended = await self._replica.write(act)
        await judge_everything(self._arbiter, self._replica, in_step=True)
        return {"ended": ended}
