"""Watching all ranges: who gets a block of the pool, who waits for one, which alarms there are."""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import date, tzinfo
from typing import Final, NamedTuple, Protocol

from prometheus_client.metrics_core import Metric

from coordinator.judging.recovery import Recovery, missing_entries, missing_text
from coordinator.registry import ranges, usage
from coordinator.registry.ranges import Review
from coordinator.registry.usage import Account, Rate, Usage
from sync.engine.replica import Replica
from sync.engine.transaction import Transaction
from sync.model import phrases
from sync.model.alarms import Alarm, AlarmLevel
from sync.model.facts import Author, Incarnation
from sync.model.formats import time_of_ms
from sync.model.numbers import ALERT_PERCENT, WARNING_PERCENT
from sync.reading.snapshot import Snapshot
from sync.rules.serials import SerialStretch
from sync.upkeep.measuring.metrics import gauge, labelled

REVIEW_EVERY_S: Final = 5.0
MEASURE_EVERY_S: Final = 600.0
NUMBERS_LOW: Final = "numbers_low"
NO_BLOCK: Final = "no_block"
IN_RECOVERY: Final = "in_recovery"
NOTHING: Final = Rate()

log = logging.getLogger("mrnmesh.ranges")


class Recovering(NamedTuple):
    """Why the coordinator is in recovery, for whom it waits, and what nobody has brought back."""

    why: str
    waiting_for: list[Author]
    missing: list[SerialStretch]


class Connections(Protocol):
    """What `RangeWatch` needs of `sync.network.peering.Peering`."""

    def live_peers(self) -> Collection[tuple[Author, Incarnation]]:
        """The author and the incarnation of each peer that is in step with the coordinator."""
        ...


class RangeWatch:
    """Grants blocks to terminals, and remembers what it saw for the alarms.

    Args:
        zone: the facility's time zone, whose days forecasts count.
    """

    def __init__(
        self, replica: Replica, recovery: Recovery, line: Connections, zone: tzinfo
    ) -> None:
        self._replica = replica
        self._recovery = recovery
        self._line = line
        self._zone = zone
        self._rates: dict[Author, Rate] = {}
        self._seen = Review([], [], [])
        self._recovering: Recovering | None = None
        self._low: set[Author] = set()

    async def review(self) -> None:
        """Give blocks to the terminals that need them, and look how far all ranges are used."""
        connected = frozenset(self._line.live_peers())

        def act(tx: Transaction) -> Review:
            # Then it may not know of ranges that it has granted, so it grants none.
            if self._recovery.is_on(tx):
                return ranges.look(tx)
            return ranges.review(tx, connected)

        self._seen = await self._replica.write(act)
        self._recovering = await self._replica.read(self._recovering_now)
        low = {one.terminal for one in self._seen.usages if one.has_reached(WARNING_PERCENT)}
        if not low <= self._low:
            await self.measure()  # so that the first warning has its forecast
        self._low = low
        for code, range_, why in self._seen.extended:
            log.info("%s gets %s from the pool: %s", code, range_.text, why)

    def _recovering_now(self, snapshot: Snapshot) -> Recovering | None:
        why = snapshot.store.meta.recovery
        if why is None:
            return None
        return Recovering(why, self._recovery.waiting_for(snapshot), missing_entries(snapshot))

    async def measure(self) -> None:
        """Count the offline registrations of each terminal, for rates and forecasts."""
        today = self._today()
        since = usage.begin_of_rate(today).isoformat()
        counts = await self._replica.read(lambda snapshot: snapshot.counts.offline(since))
        self._rates = {
            Author(code): Rate(
                count.confirmed,
                count.unconfirmed,
                count.refused,
                usage.per_day(count.recent, count.first_day, today),
            )
            for code, count in counts.items()
        }

    async def accounts(self) -> list[Account]:
        """The accounts of all active terminals now, in the order in which they were added."""
        await self.measure()
        seen = await self._replica.read(ranges.look)
        return [self.account(one) for one in seen.usages]

    def account(self, one: Usage) -> Account:
        """The account of a terminal, with its rate as it was counted last."""
        rate = self._rates.get(one.terminal, NOTHING)
        return Account(one, rate, usage.forecast(one, rate.per_day, self._today()))

    def measured(self) -> list[Metric]:
        """How many numbers each active terminal has left, as of the last review."""
        usages = self._seen.usages
        return [
            labelled(
                "numbers_used",
                "Used numbers of the ranges that a desk holds.",
                ("terminal",),
                [((one.terminal,), one.used) for one in usages],
            ),
            labelled(
                "numbers_remaining",
                "Numbers that a desk can still give without the coordinator.",
                ("terminal",),
                [((one.terminal,), one.remaining) for one in usages],
            ),
            gauge(
                "recovery_active",
                "1 while the coordinator is in recovery.",
                int(self._recovering is not None),
            ),
        ]

    def alarms(self) -> list[Alarm]:
        """What an administrator has to know about ranges, as of the last review."""
        low = [
            self._numbers_low(account)
            for account in map(self.account, self._seen.usages)
            if account.usage.has_reached(WARNING_PERCENT)
        ]
        waiting = [
            Alarm(
                NO_BLOCK,
                AlarmLevel.ALERT,
                f"{code} needs a new range ({why}) and gets none by itself.",
                hindrance,
                code,
                terms={"desk": code},
            )
            for code, why, hindrance in self._seen.waiting
        ]
        return self._in_recovery() + low + waiting

    def _in_recovery(self) -> list[Alarm]:
        if self._recovering is None:
            return []
        why, waiting_for, missing = self._recovering
        lacking = missing_text(missing)
        if waiting_for:
            awaited = ", ".join(waiting_for)
            do = (
                "These desks may know what it lacks: switch them on. Is one dead, its disk is not? "
                "`mrnmesh-coordinator terminals salvage CODE FOLDER`. Is one lost for good? "
                "`mrnmesh-coordinator end-recovery`. `mrnmesh-coordinator docs backup` tells more."
            )
        elif missing:
            awaited = "whoever has them"
            do = (
                "Is there another desk, or the disk of one? Add it, or "
                "`mrnmesh-coordinator terminals salvage CODE FOLDER`. Are they lost for good? "
                "`mrnmesh-coordinator end-recovery`. `mrnmesh-coordinator docs backup` tells more."
            )
        else:
            awaited = "an administrator"
            do = "`mrnmesh-coordinator end-recovery`. `mrnmesh-coordinator docs backup` tells more."
        return [
            Alarm(
                IN_RECOVERY,
                AlarmLevel.ALERT,
                "The coordinator is in recovery: it gives no numbers or ranges and confirms "
                f"nothing. The reason: {phrases.reworded(why)}.{lacking} It waits for {awaited}.",
                do,
                "recovery",
                terms={"count": len(waiting_for), "desks": ", ".join(waiting_for)},
            )
        ]

    def _numbers_low(self, account: Account) -> Alarm:
        is_alert = account.usage.has_reached(ALERT_PERCENT)
        end = account.forecast.text if account.forecast else "no offline registrations lately"
        code = account.usage.terminal
        return Alarm(
            NUMBERS_LOW,
            AlarmLevel.ALERT if is_alert else AlarmLevel.WARNING,
            f"{account.usage.text}; {end}.",
            "While the pool is on, a connected desk gets a new block by itself; or grant one: "
            f"`mrnmesh-coordinator terminals grant {code}`.",
            code,
            terms={
                "desk": code,
                "left": account.usage.remaining,
                "percent": round(account.usage.percent),
                "days": account.forecast.days if account.forecast else -1,
            },
        )

    def _today(self) -> date:
        now = time_of_ms(self._replica.now_ms)
        return now.astimezone(self._zone).date()
