"""What time a daemon takes it to be, over HTTP, and a word that its clock is right."""

from __future__ import annotations

from functools import partial
from typing import TypedDict

from aiohttp import web

from sync.engine.replica import Replica
from sync.http.operations import Needs, Operation
from sync.model.formats import Time, iso_utc_of_ms


class ClockAnswer(TypedDict):
    """The time that numbers, ages and times go by, and what the clock of the computer shows.

    ``believed`` is true while they go by that clock; ``settled`` when others have confirmed the
    time since the start, or an administrator has. ``others`` has, by terminal code or
    ``@coordinator``, how many seconds the clock of each was ahead when it last connected.
    """

    time: Time
    shown: Time
    believed: bool
    settled: bool
    others: dict[str, int]


class ClockOperations:
    """Operations on the time of one replica.

    Args:
        needs: who may see it and settle it.
    """

    def __init__(self, replica: Replica, needs: Needs) -> None:
        self._replica = replica
        self._needs = needs

    def operations(self) -> list[Operation]:
        """Return the operations of this part."""
        operation = partial(Operation, needs=self._needs)
        return [
            operation("GET", "/api/clock/", self.show, "Tell what time it is taken to be"),
            operation("POST", "/api/clock/right/", self.right, "Say that the clock is right now"),
        ]

    async def show(self, _request: web.Request) -> ClockAnswer:
        """Return the time, and what the clocks show."""
        believed = self._replica.believed
        return {
            "time": iso_utc_of_ms(believed.now_ms),
            "shown": iso_utc_of_ms(believed.shown_ms),
            "believed": believed.is_followed,
            "settled": believed.is_sure,
            "others": {one: believed.ahead_ms(one) // 1000 for one in sorted(believed.heard)},
        }

    async def right(self, request: web.Request) -> ClockAnswer:
        """Go by the clock of this computer from now on, because an administrator says so."""
        self._replica.believed.confirm()
        await self._replica.write(lambda tx: tx.begin())
        return await self.show(request)
