"""Alarms about desks that take what is not theirs; their neighbours lose nothing by it."""

import os
from functools import partial

import pytest

from coordinator.errors import TooManyNumbers
from coordinator.judging.arbiter import Arbiter
from coordinator.judging.recovery import Recovery
from coordinator.quota_watch import PARTS_MAX, QuotaWatch
from coordinator.registry import quotas, ranges, terminals
from sync.engine import keys, replica
from sync.engine.replica import Replica
from sync.model.alarms import AlarmLevel
from sync.model.facts import COORDINATOR, Author, Incarnation, RecordId
from sync.model.numbers import STRAYS_MAX, NumberRange
from sync.protocol.questions import Merge
from tests.clinic import ZONE
from tests.forging import Run, note, person

LAB, WARD = Author("LAB1-PC"), Author("WARD-PC")
INCARNATION = Incarnation(b"life-one")
RANGE = NumberRange(700000, 700099)


class Hub:
    """A coordinator on disk, a desk with a range of a hundred numbers, and one that takes them."""

    def __init__(self, opened: Replica, arbiter: Arbiter) -> None:
        self.replica = opened
        self.arbiter = arbiter
        self.watch = QuotaWatch(opened, arbiter)
        self.thief = keys.Signer.from_seed(b"t" * 32)

    async def join(self) -> None:
        act = self.replica.write
        for code, key in ((LAB, bytes(32)), (WARD, self.thief.public_key)):
            await act(partial(terminals.add_terminal, code=code, name=code))
            await act(partial(terminals.join_node, code=code, key=key, incarnation=INCARNATION))
        await act(lambda tx: terminals.grant_range(tx, LAB, RANGE))

    async def steal(self, count: int, first: int = RANGE.start) -> None:
        """The other desk claims numbers of the range."""
        facts = (person(number, str(number), WARD) for number in range(first, first + count))
        run = Run(WARD, self.thief, 5 + first).then(*facts)
        merged = await self.replica.merge(Merge((run.batch(),)), self)
        assert merged.facts == count

    async def look(self) -> list[tuple[str, AlarmLevel, str]]:
        await self.watch.look()
        return [(alarm.code, alarm.level, alarm.about) for alarm in self.watch.alarms()]

    async def remaining(self) -> tuple[int, int]:
        """What remains to the desk by its ranges and by its usage."""
        found = await self.replica.read(ranges.standings)
        seen = await self.replica.read(ranges.look)
        return found[LAB][0].remaining, seen.usages[0].remaining


@pytest.fixture
async def hub(tmp_path):
    replica.init(tmp_path, COORDINATOR)
    signer = keys.Signer.from_seed(b"s" * 32)
    arbiter = Arbiter(Recovery(os.urandom, ZONE))
    opened = await Replica.open(tmp_path, signer, signer.public_key, arbiter)
    hub = Hub(opened, arbiter)
    await hub.join()
    yield hub
    await opened.close()


async def test_who_claims_more_than_twenty_numbers_of_anothers_range_is_named(hub):
    await hub.steal(STRAYS_MAX)
    assert await hub.look() == []
    await hub.steal(1, RANGE.start + STRAYS_MAX)
    assert await hub.look() == [("stray_numbers", AlarmLevel.ALERT, "700000-700099 WARD-PC")]
    (alarm,) = hub.watch.alarms()
    assert alarm.text.startswith("WARD-PC has used 21 numbers of 700000-700099, which only LAB1-PC")
    assert "`mrnmesh-coordinator terminals revoke WARD-PC --reason WHY`" in alarm.do


async def test_what_others_claim_does_not_remain_and_a_new_block_comes_in_time(hub):
    assert await hub.remaining() == (100, 100)
    await hub.steal(79)
    assert await hub.remaining() == (21, 21)
    connected = {(LAB, INCARNATION)}
    review = await hub.replica.write(lambda tx: ranges.review(tx, connected))
    assert review.extended == []
    await hub.steal(1, RANGE.start + 79)
    review = await hub.replica.write(lambda tx: ranges.review(tx, connected))
    assert [(one.terminal, one.why) for one in review.extended] == [(LAB, "80.0 % of 100 used")]
    marks = await hub.replica.read(lambda snapshot: snapshot.store.numbers.range_marks())
    assert marks[RANGE] == 0, "no mark has moved"


async def test_a_desk_that_was_refused_a_number_is_named_for_a_while(hub, monkeypatch):
    monkeypatch.setattr(quotas, "AT_ONCE", 0)
    with pytest.raises(TooManyNumbers):
        await hub.replica.write(lambda tx: hub.arbiter.grant(tx, RecordId(bytes(16)), WARD))
    assert await hub.look() == [("too_many_numbers", AlarmLevel.ALERT, WARD)]
    (alarm,) = hub.watch.alarms()
    assert "`mrnmesh-coordinator terminals allow WARD-PC`" in alarm.do


async def test_a_desk_that_opens_parts_without_filling_them_is_named(hub):
    runs = [Run(WARD, hub.thief, 5, shard=shard).then(note(1)) for shard in range(PARTS_MAX + 1)]
    await hub.replica.merge(Merge(tuple(run.batch() for run in runs[:-1])), hub)
    assert await hub.look() == []
    await hub.replica.merge(Merge((runs[-1].batch(),)), hub)
    assert await hub.look() == [("too_many_parts", AlarmLevel.WARNING, WARD)]


@pytest.mark.parametrize(
    ("what", "code", "level"),
    [
        (quotas.RESTORES, "too_many_restores", AlarmLevel.ALERT),
        (quotas.PINS, "too_many_pins", AlarmLevel.WARNING),
    ],
)
async def test_a_desk_that_fills_the_registry_is_named_until_an_administrator_allows_it(
    hub, what, code, level
):
    for _ in range(what.at_once):
        assert await hub.look() == []
        await hub.replica.write(lambda tx: quotas.takes(tx, WARD, what))
    assert await hub.look() == [(code, level, WARD)]
    (alarm,) = hub.watch.alarms()
    assert alarm.text.count(WARD) == 1
    assert "`mrnmesh-coordinator terminals allow WARD-PC`" in alarm.do
    await hub.replica.write(lambda tx: quotas.lift(tx, WARD, 1))
    assert await hub.look() == []
