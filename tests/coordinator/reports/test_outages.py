"""When desks are cut off is noted, and also that the coordinator itself did not run."""

from __future__ import annotations

from functools import partial

import pytest

from coordinator.registry import terminals
from coordinator.reports.outages import SHORTEST_MS, OutageWatch, with_counts
from sync.model.facts import COORDINATOR, Author, State
from sync.storage.watching.outages import Outage, OutageCause
from tests.stepping import DAY_MS, Computer, opened

LAB = Author("LAB1-PC")


class Watched:
    """A coordinator with one desk, which a test connects and cuts off."""

    def __init__(self, replica, computer) -> None:
        self.replica = replica
        self.computer = computer
        self.here: set[Author] = set()
        self.watch = OutageWatch(replica, lambda: self.here)

    async def after(self, ms: int, *here: Author) -> None:
        """Time passes, then these are connected, and it is looked."""
        self.computer.passes(ms)
        self.here = {*here}
        await self.watch.look()

    async def outages(self) -> list[tuple[str, bool, str]]:
        """(terminal, whether it lasts, cause), the newest first."""
        _, found = await self.replica.read(
            lambda snapshot: snapshot.store.outages.within(0, 2**60, 100, 0)
        )
        return [(one.terminal, one.ended_ms is None, one.cause) for one in found]

    async def times(self) -> list[tuple[int, int | None]]:
        """When each outage began and ended."""
        _, found = await self.replica.read(
            lambda snapshot: snapshot.store.outages.within(0, 2**60, 100, 0)
        )
        return [(one.began_ms, one.ended_ms) for one in found]


@pytest.fixture
async def watched(tmp_path):
    computer = Computer()
    async with opened(tmp_path, computer, COORDINATOR) as replica:
        await replica.write(partial(terminals.add_terminal, code=LAB, name=LAB))
        yield Watched(replica, computer)


async def test_a_desk_that_is_away_for_long_enough(watched):
    await watched.after(0, LAB)
    await watched.after(5000)
    assert await watched.outages() == []
    await watched.after(SHORTEST_MS)
    await watched.after(SHORTEST_MS)
    assert await watched.outages() == [("LAB1-PC", True, "desk")]
    await watched.after(60_000, LAB)
    await watched.after(1000, LAB)
    assert await watched.outages() == [("LAB1-PC", False, "desk")]


async def test_a_connection_that_is_soon_back_was_no_outage(watched):
    for _ in range(3):
        await watched.after(SHORTEST_MS, LAB)
        await watched.after(SHORTEST_MS // 2)
    assert await watched.outages() == []


async def test_the_time_in_which_the_coordinator_did_not_run(watched):
    def seen(tx) -> None:
        tx.begin()
        tx.store.meta.seen = {"LAB1-PC": tx.now_ms, "OLD-PC": tx.now_ms}

    await watched.replica.write(seen)
    watched.computer.passes(3_600_000)
    for _ in range(2):
        await watched.watch.start()
    assert await watched.outages() == [("LAB1-PC", True, "coordinator")]
    await watched.after(5000, LAB)
    assert await watched.outages() == [("LAB1-PC", False, "coordinator")]


async def set_by(watched, ms):
    """The coordinator's clock is set, and an administrator says that it is right."""
    watched.computer.wall_ms += ms
    watched.replica.believed.confirm()
    await watched.replica.write(lambda tx: None)


@pytest.mark.parametrize("days", [-50, 50])
async def test_the_clock_is_set_while_a_desk_is_away(watched, days):
    await watched.after(0, LAB)
    await watched.after(5000)
    await set_by(watched, days * DAY_MS)
    assert await watched.outages() == []
    await watched.after(SHORTEST_MS)
    assert await watched.outages() == [("LAB1-PC", True, "desk")]
    await watched.after(60_000, LAB)
    now_ms = watched.replica.now_ms
    assert await watched.times() == [(now_ms - SHORTEST_MS - 60_000, now_ms)]


@pytest.mark.parametrize("days", [-50, 50])
async def test_the_clock_is_set_after_an_outage_was_noted(watched, days):
    await watched.after(0, LAB)
    await watched.after(5000)
    await watched.after(SHORTEST_MS)
    await set_by(watched, days * DAY_MS)
    await watched.after(60_000, LAB)
    now_ms = watched.replica.now_ms
    assert await watched.times() == [(now_ms - SHORTEST_MS - 60_000, now_ms)]


async def test_the_clock_was_set_back_while_the_coordinator_did_not_run(watched):
    def seen(tx) -> None:
        tx.begin()
        tx.store.meta.seen = {"LAB1-PC": tx.now_ms + 50 * DAY_MS}

    await watched.replica.write(seen)
    await watched.watch.start()
    began_ms = watched.replica.now_ms
    assert await watched.times() == [(began_ms, None)]
    await watched.after(5000, LAB)
    assert await watched.times() == [(began_ms, began_ms + 5000)]


async def test_a_desk_that_is_gone_has_no_outage(watched):
    await watched.replica.write(
        lambda tx: (tx.begin(), setattr(tx.store.meta, "seen", {"LAB1-PC": tx.now_ms}))
    )
    retire = partial(terminals.change_terminal, code=LAB, state=State.RETIRED, why="old")
    await watched.replica.write(retire)
    await watched.watch.start()
    assert await watched.outages() == []


def test_who_was_registered_meanwhile():
    first = Outage(1, "LAB1-PC", 1_000_000, 2_000_000, OutageCause.DESK)
    last = Outage(2, "LAB1-PC", 5_000_000, None, OutageCause.DESK)
    ward = Outage(3, "WARD-PC", 1_000_000, 9_000_000, OutageCause.DESK)
    times = [("LAB1-PC", at) for at in (999, 1000, 1500, 2000, 2001, 4999, 5000, 9000)]
    times += [("OTHER", 1500), ("WARD-PC", 1500)]
    found = with_counts([last, ward, first], times, 9_000_000)
    assert [one.registered for one in found] == [2, 1, 3]
