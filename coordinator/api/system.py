"""How the coordinator is, and ending its recovery, over HTTP."""

from __future__ import annotations

from functools import partial
from typing import TypedDict

from aiohttp import web

from coordinator.judging.arbiter import Arbiter, judge_everything
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
from sync.protocol.questions import Roots, RootsQuery
from sync.reading.answers import RegisterCounts
from sync.upkeep.service import Upkeep, UpkeepStatus


class RecoveryAnswer(TypedDict):
    """Why the coordinator is in recovery, and the terminals that have not come back yet."""

    why: str
    waiting_for: list[str]


class CoordinatorStatus(UpkeepStatus, RegisterCounts):
    """How the coordinator is; ``recovery`` is null when it is not in recovery.

    ``held_batches`` counts what waits for something that is missing. ``oversized_shards`` are kept
    out of the sync because of their size.
    """

    recovery: RecoveryAnswer | None
    sessions: list[SessionAnswer]
    digests: DigestsAnswer
    held_batches: int
    oversized_shards: list[str]
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
        roots = await self._replica.answer(RootsQuery())
        assert isinstance(roots, Roots)
        why, waiting = await self._replica.write(
            lambda tx: (tx.store.meta.recovery, self._arbiter.recovery.waiting_for(tx))
        )
        recovery: RecoveryAnswer | None = None
        if why is not None:
            recovery = {"why": why, "waiting_for": [*waiting]}
        return {
            "recovery": recovery,
            "sessions": session_answers(self._peering.sessions()),
            "digests": digests_answer(roots),
            "held_batches": self._replica.waiting_batches,
            "oversized_shards": await self._replica.oversized_shards(),
            "alarms": alarm_answers(self._alarms.now()),
            **self._upkeep.status(),
            **await self._replica.reader.counts(),
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
