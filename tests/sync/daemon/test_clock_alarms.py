"""What is reported of clocks, and that others hear of it at once."""

import pytest

from coordinator.registry.disbelief import disbelieve
from coordinator.registry.terminals import add_terminal
from sync.daemon.clock_alarms import ClockWatch
from sync.model.alarms import AlarmLevel
from sync.model.facts import COORDINATOR, Author
from sync.rules import registry
from tests.clinic import START_MS
from tests.stepping import DAY_MS, Computer, opened
from tests.sync.rules.test_registry import LAB, WARD, terminal

KEY = (b"k" * 32,)
REGISTRY = registry.fold([terminal(1, keys=KEY), terminal(2, code=WARD, keys=KEY)])
ALERT, WARNING = AlarmLevel.ALERT, AlarmLevel.WARNING


@pytest.fixture
def computer():
    return Computer()


@pytest.fixture
async def replica(tmp_path, computer):
    async with opened(tmp_path, computer) as one:
        one._writer.registry = REGISTRY
        yield one


@pytest.fixture
async def hub(tmp_path, computer):
    async with opened(tmp_path, computer, COORDINATOR) as one:
        one._writer.registry = REGISTRY
        yield one


class Watch:
    """A watch, and how often it had all connections closed."""

    def __init__(self, replica):
        self.closed = 0
        self.watch = ClockWatch(replica, "mrnmesh-node", self._close)

    def _close(self):
        self.closed += 1

    async def found(self):
        await self.watch.look()
        return [(one.code, one.level) for one in self.watch.alarms()]

    def text(self):
        (alarm,) = self.watch.alarms()
        return f"{alarm.text} {alarm.do}"


async def test_a_clock_that_goes_on_is_no_alarm(computer, replica):
    watch = Watch(replica)
    computer.passes(30 * DAY_MS)
    assert await watch.found() == []
    assert watch.closed == 0


async def test_a_step_is_an_alert_that_says_what_to_do(computer, replica):
    watch = Watch(replica)
    computer.wall_ms += 4 * 365 * DAY_MS
    assert await watch.found() == [("clock_stepped", ALERT)]
    assert "shows 2030-01-04" in watch.text()
    assert "it is 2026-01-05" in watch.text()
    assert "`mrnmesh-node clock right`" in watch.text()
    assert watch.closed == 1, "so that the coordinator hears of it"
    await watch.found()
    assert watch.closed == 1
    computer.wall_ms -= 4 * 365 * DAY_MS
    assert await watch.found() == []
    assert watch.closed == 2


@pytest.mark.parametrize(
    ("step", "code", "text"),
    [(-2, "clock_behind", "2 days behind"), (3, "clock_ahead", "3 days ahead")],
)
async def test_a_clock_that_the_coordinator_contradicts(computer, replica, step, code, text):
    watch = Watch(replica)
    computer.wall_ms += step * DAY_MS
    replica.believed.tell(COORDINATOR, START_MS)
    assert await watch.found() == [(code, WARNING)]
    assert text in watch.text()


async def test_a_coordinator_whose_time_cannot_be_right(computer, replica):
    watch = Watch(replica)
    replica.believed.tell(COORDINATOR, START_MS)
    await watch.found()
    replica.believed.tell(COORDINATOR, START_MS + 1461 * DAY_MS)
    replica.believed.tell(WARD, START_MS + DAY_MS)
    assert await watch.found() == [("clock_differs", WARNING)], "of other desks it need not hear"
    assert "time of the coordinator is 1,461 days ahead of" in watch.text()


async def test_a_desk_at_2099_is_an_alarm_at_the_coordinator(computer, hub):
    watch = Watch(hub)
    hub.believed.tell(LAB, START_MS + 73 * 365 * DAY_MS)
    hub.believed.tell(WARD, START_MS)
    hub.believed.tell(Author("OLD-PC"), 0)
    assert await watch.found() == [("clock_differs", WARNING)]
    assert "clock of LAB1-PC is 26,645 days ahead of the time here" in watch.text()
    assert watch.closed == 0, "one desk moves nobody"


async def test_records_from_the_future_are_an_alarm_until_somebody_has_dealt_with_them(tmp_path):
    """As an earlier version wrote them, when the clock stood in 2030."""
    computer = Computer()
    computer.wall_ms += 1461 * DAY_MS
    async with opened(tmp_path, computer, COORDINATOR) as hub:
        await hub.write(lambda tx: add_terminal(tx, "FRONT", ""))
        assert await Watch(hub).found() == []
        await hub.write(
            lambda tx: tx.connection.execute("DELETE FROM meta WHERE key = 'kept_time'")
        )
    computer.wall_ms -= 1461 * DAY_MS
    async with opened(tmp_path, computer, COORDINATOR) as hub:
        watch = Watch(hub)
        assert await watch.found() == [("times_ahead", WARNING)]
        assert "Records that the coordinator wrote" in watch.text()
        assert "2030-01-05" in watch.text()
        wrong = START_MS + 1460 * DAY_MS, START_MS + 1462 * DAY_MS
        await hub.write(lambda tx: disbelieve(tx, COORDINATOR, *wrong, "Sadia", "mistyped"))
        assert await watch.found() == []
