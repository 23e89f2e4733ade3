"""The running coordinator's eye on ranges: blocks, alarms, forecasts, and what the log says."""

import logging
import os
from datetime import UTC, datetime

import pytest

from coordinator.judging.arbiter import Arbiter
from coordinator.judging.recovery import Recovery
from coordinator.range_watch import RangeWatch
from coordinator.registry import pool, ranges, terminals
from sync.engine import issuing, keys, replica
from sync.engine.issuing import Draft
from sync.engine.replica import Replica
from sync.model.alarms import AlarmLevel, Alarms
from sync.model.facts import COORDINATOR, Allocator, Author, Incarnation, RecordId
from sync.model.numbers import NumberRange
from tests.clinic import PERSON, ZONE

LAB, FRONT = Author("LAB1-PC"), Author("FRONT")
INCARNATION = Incarnation(b"life-one")


class Hub:
    """A coordinator on disk, without its connections."""

    def __init__(self, opened: Replica, recovery: Recovery) -> None:
        self.replica = opened
        self.recovery = recovery
        self.connected: set[tuple[Author, Incarnation]] = set()
        self.range_watch = RangeWatch(opened, recovery, self, ZONE)
        self.alarms = Alarms()
        self.alarms.add(self.range_watch.alarms)

    def live_peers(self) -> set[tuple[Author, Incarnation]]:
        return self.connected

    async def grant(self, code: Author, numbers: str) -> None:
        range_ = NumberRange.parse(numbers)
        await self.replica.write(lambda tx: terminals.grant_range(tx, code, range_))

    async def register(self, count: int) -> None:
        """People at the front desk, which the coordinator serves."""
        for _ in range(count):
            now = datetime.fromtimestamp(self.replica.now_ms / 1000, UTC).astimezone(ZONE)
            draft = Draft(RecordId(os.urandom(16)), FRONT, PERSON, now.isoformat())
            await self.replica.register(
                COORDINATOR,
                draft,
                lambda tx: issuing.from_range(tx, FRONT, Allocator.COORDINATOR, None),
            )

    async def look(self) -> list[tuple[str, AlarmLevel, str]]:
        """The alarms after a look at the ranges."""
        await self.range_watch.review()
        return [(alarm.code, alarm.level, alarm.about) for alarm in self.alarms.now()]

    async def switch(self, on: bool) -> None:
        await self.replica.write(lambda tx: pool.change(tx, None, None, on))


@pytest.fixture
async def hub(tmp_path):
    replica.init(tmp_path, COORDINATOR)
    signer = keys.Signer.from_seed(b"s" * 32)
    recovery = Recovery(os.urandom, ZONE)
    opened = await Replica.open(tmp_path, signer, signer.public_key, Arbiter(recovery))
    await opened.write(lambda tx: terminals.add_terminal(tx, FRONT, "Front desk"))
    yield Hub(opened, recovery)
    await opened.close()


async def test_warning_and_alert_with_forecast_and_next_step(hub):
    await hub.switch(on=False)
    await hub.grant(FRONT, "500-509")
    await hub.register(7)
    assert await hub.look() == []
    await hub.register(1)
    await hub.range_watch.measure()
    assert ("numbers_low", AlarmLevel.WARNING, FRONT) in await hub.look()
    (low,) = [alarm for alarm in hub.alarms.now() if alarm.code == "numbers_low"]
    assert low.text.startswith("FRONT: 8/10 used (80.0%), 2 remaining; used up today")
    assert "`mrnmesh-coordinator terminals grant FRONT`" in low.do
    await hub.register(1)
    assert ("numbers_low", AlarmLevel.ALERT, FRONT) in await hub.look()


async def test_the_log_tells_of_each_change_once(hub):
    await hub.switch(on=False)
    await hub.grant(FRONT, "500-599")
    reported = []
    for count in (79, 1, 1, 1, 7, 1, 1):
        await hub.register(count)
        await hub.look()
        come, gone = hub.alarms.news()
        reported.append(
            (
                [(alarm.code, alarm.level.value) for alarm in come],
                [(alarm.code, alarm.level.value) for alarm in gone],
            )
        )
    low = [("numbers_low", "warning"), ("numbers_low", "alert")]
    assert reported == [
        ([], []),
        ([("no_block", "alert"), low[0]], []),
        ([], []),
        ([], []),
        ([], []),
        ([low[1]], [low[0]]),
        ([], []),
    ]


async def test_a_pool_that_is_on_leaves_nothing_to_warn_of(hub, caplog):
    caplog.set_level(logging.INFO, "mrnmesh")
    await hub.grant(FRONT, "500-509")
    await hub.register(8)
    assert await hub.look() == []
    assert [one for one in caplog.records if one.levelno >= logging.WARNING] == [], "daily work"
    assert "FRONT gets 1000000-1009999 from the pool: 80.0 % of 10 used" in caplog.text


async def test_a_need_that_cannot_be_met_is_an_alert_until_it_is(hub):
    await hub.replica.write(lambda tx: terminals.add_terminal(tx, LAB, ""))
    await hub.replica.write(lambda tx: terminals.join_node(tx, LAB, bytes(32), INCARNATION))
    hub.connected.add((LAB, INCARNATION))
    await hub.switch(on=False)
    assert await hub.look() == [("no_block", AlarmLevel.ALERT, LAB)]
    (alarm,) = hub.alarms.now()
    assert alarm.text == "LAB1-PC needs a new range (no range yet) and gets none by itself."
    assert "Switch it on (`mrnmesh-coordinator pool on`)" in alarm.do
    await hub.switch(on=True)
    assert await hub.look() == []


async def test_nothing_is_granted_in_recovery(hub):
    await hub.grant(FRONT, "500-509")
    await hub.register(9)
    await hub.replica.write(lambda tx: hub.recovery.begin(tx, "set back"))
    before = len(hub.replica.registry.blocks)
    assert await hub.look() == [
        ("in_recovery", AlarmLevel.ALERT, "recovery"),
        ("numbers_low", AlarmLevel.ALERT, FRONT),
    ]
    alarm, _ = hub.alarms.now()
    assert alarm.text.endswith("set back. It waits for an administrator.")
    assert len(hub.replica.registry.blocks) == before
    await hub.replica.write(hub.recovery.end)
    assert await hub.look() == [("no_block", AlarmLevel.ALERT, FRONT)]
    (alarm,) = hub.alarms.now()
    assert "`mrnmesh-coordinator pool set START-END --never-granted`" in alarm.do
    await hub.replica.write(lambda tx: pool.change(tx, NumberRange(800, 899), 10, None, True))
    assert await hub.look() == []
    assert [block.range.text for block in hub.replica.registry.blocks] == ["500-509", "800-809"]


async def test_recovery_names_the_desks_to_switch_on(hub):
    await hub.replica.write(lambda tx: terminals.add_terminal(tx, LAB, ""))
    await hub.replica.write(lambda tx: terminals.join_node(tx, LAB, bytes(32), INCARNATION))
    await hub.replica.write(lambda tx: hub.recovery.begin(tx, "set back"))
    await hub.range_watch.review()
    (alarm,) = hub.alarms.now()
    assert alarm.text.endswith("set back. It waits for LAB1-PC.")
    assert "switch them on" in alarm.do
    assert "`mrnmesh-coordinator terminals salvage CODE FOLDER`" in alarm.do
    await hub.replica.write(lambda tx: hub.recovery.note_merged(tx, LAB))
    await hub.switch(on=False)
    assert await hub.look() == [("no_block", AlarmLevel.ALERT, LAB)]


async def test_the_first_warning_has_its_forecast(hub):
    await hub.range_watch.measure()
    await hub.switch(on=False)
    await hub.grant(FRONT, "500-509")
    await hub.register(8)
    await hub.range_watch.review()
    (low,) = [alarm for alarm in hub.alarms.now() if alarm.code == "numbers_low"]
    assert "used up today" in low.text


async def test_accounts_count_what_is_confirmed_and_how_fast(hub):
    await hub.grant(FRONT, "500-509")
    await hub.register(4)
    (account,) = await hub.range_watch.accounts()
    assert account.usage.text == "FRONT: 4/10 used (40.0%), 6 remaining"
    assert (account.rate.confirmed, account.rate.unconfirmed, account.rate.refused) == (4, 0, 0)
    assert account.rate.per_day == 4.0
    assert account.forecast is not None
    assert account.forecast.days == 1
    assert await hub.replica.write(ranges.look) == ([], [], [account.usage])
