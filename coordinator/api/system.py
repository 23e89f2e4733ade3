"""How the coordinator is, and ending its recovery, over HTTP."""

from __future__ import annotations

from functools import partial
from typing import Annotated, TypedDict

import msgspec
from aiohttp import web

from coordinator.api.access import CALLER
from coordinator.api.deciding import EarlierWho
from coordinator.judging.arbiter import Arbiter, judge_everything
from coordinator.judging.recovery import missing_entries
from sync.engine.digests import Digests
from sync.engine.replica import Replica
from sync.engine.transaction import Transaction
from sync.http.operations import Needs, Operation, read_body
from sync.http.status import (
    AlarmAnswer,
    DigestsAnswer,
    SessionAnswer,
    alarm_answers,
    digests_answer,
    session_answers,
)
from sync.model import reasons
from sync.model.alarms import Alarms
from sync.model.facts import REASON_LENGTH_MAX
from sync.model.reasons import FixedReason
from sync.network.peering import Peering
from sync.reading.answers import RegisterCounts
from sync.reading.snapshot import Snapshot
from sync.upkeep.service import Upkeep, UpkeepStatus


class MissingEntries(TypedDict):
    """Entries from ``first`` to ``last``, both included."""

    first: int
    last: int


class RecoveryEnd(msgspec.Struct, kw_only=True, frozen=True):
    """Why what has not come back is given up; it is kept if anything was missing."""

    who: EarlierWho = None
    why: Annotated[str, msgspec.Meta(max_length=REASON_LENGTH_MAX)] = ""


class RecoveryAnswer(TypedDict):
    """Why the coordinator is in recovery, and the terminals that have not come back yet.

    ``why_fixed`` is the reason by a code, if the software itself has written it.

    ``missing`` are entries (terminals, ranges, numbers, decisions, counted one by one) that the
    coordinator has given and that nobody has brought back yet.
    """

    why: str
    why_fixed: FixedReason | None
    waiting_for: list[str]
    missing: list[MissingEntries]


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
        operation = partial(Operation, needs=Needs.ADMINISTER)
        return [
            operation("GET", "/api/status/", self.status, "Show how the coordinator is"),
            operation(
                "POST",
                "/api/recovery/end/",
                self.end_recovery,
                "End recovery early",
                body=RecoveryEnd,
            ),
        ]

    async def status(self, _request: web.Request) -> CoordinatorStatus:
        """Return how the coordinator is."""
        kept = await self._replica.read(self._kept)
        return {
            "sessions": session_answers(self._peering.sessions()),
            "held_batches": self._peering.early_shards,
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
            missing = missing_entries(snapshot)
            recovery = {
                "why": why,
                "why_fixed": reasons.fixed(why),
                "waiting_for": [*waiting],
                "missing": [{"first": one.first, "last": one.last} for one in missing],
            }
        return {
            "recovery": recovery,
            "digests": digests_answer(Digests(snapshot.store.shards).roots()),
            "oversized_shards": snapshot.oversized_shards(),
            **snapshot.counts.register(),
        }

    async def end_recovery(self, request: web.Request) -> RecoveryEnded:
        """End recovery early, which gives up what has not come back; return whether it was on."""
        # Version 0.1.0 asked for no body.
        who = request[CALLER].who
        word = read_body(request, RecoveryEnd) if request.body_exists else RecoveryEnd()

        def act(tx: Transaction) -> bool:
            was_on = self._arbiter.recovery.is_on(tx)
            if was_on:
                self._arbiter.recovery.end(tx, who, word.why)
            return was_on

        ended = await self._replica.write(act)
        await judge_everything(self._arbiter, self._replica, in_step=True)
        return {"ended": ended}
