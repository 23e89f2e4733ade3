"""What is reported of clocks, and that others hear of it at once."""

import os
from datetime import UTC

import pytest

from coordinator.judging.arbiter import Arbiter
from coordinator.judging.recovery import Recovery
from coordinator.registry.disbelief import believe_again, disbelieve
from coordinator.registry.terminals import add_terminal
from sync.daemon import clock_alarms
from sync.daemon.clock_alarms import ClockWatch, TimesAhead
from sync.model import clock, facts
from sync.model.alarms import AlarmLevel
from sync.model.believed import UNKNOWN_MS, KeptTime
from sync.model.facts import COORDINATOR, Author, Envelope, RecordId
from sync.protocol.questions import Merge
from sync.rules import registry
from sync.storage.times.written import WrittenTimes
from tests.clinic import START_MS, Clinic
from tests.forging import ELSEWHERE, Run
from tests.stepping import DAY_MS, Computer, opened
from tests.sync.patients import reading
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
    async with opened(tmp_path / "hub", computer, COORDINATOR) as one:
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
    computer.passes(DAY_MS - 1)
    assert await watch.found() == []
    assert watch.closed == 0


async def test_a_desk_says_every_day_what_time_it_is_because_clocks_drift(computer, replica, hub):
    watch, at_hub = Watch(replica), Watch(hub)
    for day in range(1, 4):
        computer.passes(DAY_MS)
        await watch.found()
        await watch.found()
        await at_hub.found()
        assert (watch.closed, at_hub.closed) == (day, 0)


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


async def test_a_desk_whose_clock_went_back_is_an_alarm_at_the_coordinator_alone(computer, hub):
    watch = Watch(hub)
    hub.believed.tell(LAB, UNKNOWN_MS)
    hub.believed.tell(Author("OLD-PC"), UNKNOWN_MS)
    assert await watch.found() == [("clock_unknown", WARNING)]
    assert "clock of LAB1-PC went back while its computer was off" in watch.text()
    hub.believed.tell(LAB, START_MS)
    assert await watch.found() == []


async def test_a_desk_does_not_hear_that_the_coordinator_does_not_know_the_time(replica):
    watch = Watch(replica)
    replica.believed.tell(COORDINATOR, UNKNOWN_MS)
    assert await watch.found() == []


async def test_a_coordinator_that_does_not_know_the_time_calls_no_record_wrong(tmp_path):
    """Its battery is empty, and there are records of after the time that was last noted."""
    computer = Computer()
    computer.wall_ms += 9 * DAY_MS
    async with opened(tmp_path, computer, COORDINATOR) as hub:
        await hub.write(lambda tx: add_terminal(tx, "FRONT", ""))
        earlier = KeptTime(START_MS, True)
        await hub.write(lambda tx: setattr(tx.store.meta, "kept_time", earlier))
    computer.wall_ms = 0
    async with opened(tmp_path, computer, COORDINATOR) as hub:
        hub._writer.registry = REGISTRY
        hub.believed.tell(LAB, START_MS + 3 * DAY_MS)
        watch = Watch(hub)
        assert await watch.found() == [("clock_stepped", ALERT)], "nor any desk's clock"
        computer.wall_ms = START_MS + 3 * DAY_MS
        assert await watch.found() == [("times_ahead", WARNING)]


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


async def test_the_coordinator_stands_in_an_alarm_once_although_it_writes_under_two_names(tmp_path):
    computer = Computer()
    computer.wall_ms += 1461 * DAY_MS
    async with opened(tmp_path, computer, COORDINATOR) as hub:
        arbiter = Arbiter(Recovery(os.urandom, UTC))
        await hub.write(lambda tx: arbiter.grant(tx, RecordId(bytes(16)), None))
        computer.passes(60_000)
        await hub.write(lambda tx: add_terminal(tx, "FRONT", ""))
        await hub.write(
            lambda tx: tx.connection.execute("DELETE FROM meta WHERE key = 'kept_time'")
        )
    async with opened(tmp_path, Computer(), COORDINATOR) as hub:
        watch = Watch(hub)
        assert await watch.found() == [("times_ahead", WARNING)]
        written = await hub.read(lambda snapshot: snapshot.counts.newest_times(0))
        assert [author for author, _ in written] == [COORDINATOR, facts.REGISTRY]
        latest_ms = max(clock.unpack(hlc)[0] for _, hlc in written)
        assert clock_alarms.as_text(latest_ms, hub.zone) in watch.text()


async def test_each_stretch_of_times_to_come_is_an_alarm(tmp_path):
    """The clock stood in 2099, and at another time in 2050, as an earlier version let it."""
    for number, years in enumerate((73, 24)):
        computer = Computer()
        computer.wall_ms += years * 365 * DAY_MS
        async with opened(tmp_path, computer, COORDINATOR) as hub:
            await hub.write(lambda tx, code=f"FRONT{number}": add_terminal(tx, code, ""))
            await hub.write(
                lambda tx: tx.connection.execute("DELETE FROM meta WHERE key = 'kept_time'")
            )
    async with opened(tmp_path, Computer(), COORDINATOR) as hub:
        watch = Watch(hub)
        for year, years in (("2098", 73), ("2049", 24)):
            assert await watch.found() == [("times_ahead", WARNING)]
            assert f"the last of them {year}-12" in watch.text()
            wrong = [START_MS + (years + add) * 365 * DAY_MS for add in (-1, 1)]
            await hub.write(
                lambda tx, wrong=wrong: disbelieve(tx, COORDINATOR, *wrong, "Sadia", "mistyped")
            )
        assert await watch.found() == []


# whose times lie ahead

YEAR = 365 * DAY_MS


@pytest.fixture
def clinic(tmp_path):
    clinic = Clinic(tmp_path, durable=False)
    yield clinic
    clinic.close()


class Looking:
    """The lab's clock is wrong, and the coordinator looks what that has written."""

    def __init__(self, clinic):
        self.clinic = clinic
        self.lab = clinic.desk("LAB1-PC", "710000-719999")
        clinic.heal()
        self.ahead = TimesAhead()
        self.runs = {}

    def writes(self, client, *years):
        """The lab writes so many years from now, in the run of a client."""
        run = self.runs.get(client, Run(self.lab.author, self.lab.signer, client))
        for one in years:
            hlc = clock.pack(self.clinic.now_ms + one * YEAR, 0)
            body = facts.pack([1, one])
            run = run.then(facts.encode(Envelope("future", facts.NO_RECORD, hlc, ELSEWHERE, body)))
        self.runs[client] = run
        self.clinic.coordinator.exchange.merge(Merge((run.batch(),)))

    def disbelieve(self, *years):
        first, last = (
            self.clinic.now_ms + one * YEAR + add for one, add in zip(years, (-1, 1), strict=True)
        )
        return self.clinic.act(
            lambda tx: disbelieve(tx, self.lab.author, first, last, "Sadia", "mistyped")
        )

    def found(self):
        """The years from now of the newest times that are reported."""
        limit = clock.believable(self.clinic.now_ms)
        with reading(self.clinic.coordinator) as snapshot:
            found = self.ahead.look(snapshot, limit)
        assert [author for author, _ in found] in ([], [self.lab.author])
        return [(clock.unpack(hlc)[0] - self.clinic.now_ms) // YEAR for _, hlc in found]


@pytest.fixture
def looking(clinic):
    return Looking(clinic)


def test_each_stretch_is_reported_until_it_is_dealt_with(looking):
    assert looking.found() == []
    looking.writes(5, 73, 72)
    looking.writes(6, 24)
    assert looking.found() == [73]
    ident = looking.disbelieve(72, 73)
    assert looking.found() == [24]
    looking.disbelieve(20, 30)
    assert looking.found() == []
    looking.clinic.act(lambda tx: believe_again(tx, ident, "Sadia", "no"))
    assert looking.found() == [73]


def test_also_where_all_of_them_lie_in_one_run(looking):
    looking.writes(5, 24, 73, 0, 10)
    for stretch, left in (((73, 73), 24), ((24, 24), 10)):
        looking.disbelieve(*stretch)
        assert looking.found() == [left]
    looking.disbelieve(10, 10)
    assert looking.found() == []
    looking.writes(5, 0, 12)
    assert looking.found() == [12], "the run has grown"
    looking.clinic.now_ms += 13 * YEAR
    assert looking.found() == [], "that time has come"


def test_nothing_is_read_twice_and_a_look_does_not_read_all_at_once(looking, monkeypatch):
    monkeypatch.setattr(clock_alarms, "FACTS_AT_ONCE", 3)
    read = []
    within = WrittenTimes.newest_within

    def reads(self, run, first, most):
        read.append(run.length - first)
        return within(self, run, first, most)

    monkeypatch.setattr(WrittenTimes, "newest_within", reads)
    for client in range(5, 9):
        looking.writes(client, 10 if client == 8 else 0, 73)
    looking.disbelieve(73, 73)
    assert looking.found() == []
    assert read == [2, 2]
    assert looking.found() == looking.found() == [10]
    assert read == [2, 2, 2, 2]
    looking.writes(6, 0)
    assert looking.found() == looking.found() == [10]
    assert read == [2, 2, 2, 2, 1]
