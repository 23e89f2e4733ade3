"""A coordinator's replica whose alarms a test names, and what keeps them."""

from __future__ import annotations

import pytest

from coordinator.alerts.book import AlertBook
from sync.engine import keys
from sync.engine import replica as replica_
from sync.engine.replica import Replica
from sync.model.alarms import Alarm, AlarmLevel, Alarms
from sync.model.facts import COORDINATOR

FULL = Alarm("disk_full", AlarmLevel.ALERT, "The disk is full.", "Free some space.")
LOW = Alarm("numbers_low", AlarmLevel.WARNING, "81 % used.", "Grant a range.", "LAB1-PC")


class Watched:
    """``now`` are the alarms; ``seconds`` is a clock that only the test moves."""

    def __init__(self, folder) -> None:
        self.folder = folder
        self.now: list[Alarm] = []
        self.seconds = 0.0
        self.replica: Replica
        self.book: AlertBook

    async def open(self) -> None:
        signer = keys.Signer.from_seed(b"c" * 32)
        self.replica = await Replica.open(self.folder, signer, signer.public_key)
        alarms = Alarms()
        alarms.add(lambda: self.now)
        self.book = AlertBook(self.replica, alarms, lambda: self.seconds)

    async def restart(self) -> None:
        await self.replica.close()
        await self.open()

    async def look(self, *alarms: Alarm, seconds: float = 5.0) -> None:
        """Look once, some seconds later, while these alarms are so."""
        self.now = [*alarms]
        self.seconds += seconds
        await self.book.look()

    async def kept(self, not_over: bool | None = None):
        """The alerts, the newest first."""
        _, found = await self.replica.read(
            lambda snapshot: snapshot.store.alerts.page(not_over, 100, 0)
        )
        return found


@pytest.fixture
async def watched(tmp_path):
    replica_.init(tmp_path, COORDINATOR)
    watched = Watched(tmp_path)
    await watched.open()
    yield watched
    await watched.replica.close()
