"""Jobs of a daemon: done again and again, whatever goes wrong in one of them."""

import asyncio

import pytest

from sync.daemon.jobs import AGAIN_S, ALARMS_S, JOB_FAILED, Jobs
from sync.errors import BadConfig
from sync.model.alarms import Alarm, AlarmLevel, Alarms

LOW = Alarm("numbers_low", AlarmLevel.WARNING, "Few are left.", "Grant some.", "LAB1-PC")
OLD = Alarm("backup_old", AlarmLevel.ALERT, "It is old.", "Make one.")


class Clock:
    """Pauses that end when the test says so; ``asked`` are their lengths."""

    def __init__(self):
        self.asked = []
        self._pausing = asyncio.Queue()

    async def pause(self, seconds):
        self.asked.append(seconds)
        end = asyncio.Event()
        self._pausing.put_nowait(end)
        await end.wait()

    async def next(self):
        """Wait until a job pauses, and return what ends the pause."""
        return await asyncio.wait_for(self._pausing.get(), 60)


@pytest.fixture
async def clock():
    return Clock()


@pytest.fixture
async def jobs(clock):
    jobs = Jobs(clock.pause)
    yield jobs
    await jobs.stop()


async def test_a_job_is_done_at_once_and_again_after_each_pause(jobs, clock):
    done = []

    async def job():
        done.append(len(done))

    jobs.every(7.0, "counting", job)
    for count in (1, 2, 3):
        end = await clock.next()
        assert len(done) == count
        end.set()
    await clock.next()
    assert clock.asked == [7.0] * 4


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (BadConfig(path="x", why="wrong"), "counting failed (bad_config): x cannot be used"),
        (OSError(28, "No space left"), "counting failed (OSError): the disk is full"),
    ],
)
async def test_one_that_fails_is_logged_and_tried_again(jobs, clock, caplog, error, said):
    tries = []

    async def job():
        tries.append(1)
        raise error

    jobs.every(1.0, "counting", job)
    (await clock.next()).set()
    await clock.next()
    assert len(tries) == 2
    assert caplog.text.count(said) == 2


async def test_one_that_fails_unforeseen_is_logged_is_an_alarm_and_goes_on(jobs, clock, caplog):
    tries = []

    async def job():
        tries.append(1)
        if len(tries) < 3:
            raise KeyError("Ayesha Khan")

    jobs.every(1.0, "counting", job)
    for count in (1, 2):
        end = await clock.next()
        assert len(tries) == count
        (alarm,) = jobs.alarms()
        assert (alarm.code, alarm.level, alarm.about) == (JOB_FAILED, AlarmLevel.ALERT, "counting")
        assert "Ayesha" not in alarm.text
        end.set()
    await clock.next()
    assert len(tries) == 3
    assert jobs.alarms() == [], "it went well"
    assert [record.getMessage() for record in caplog.records] == ["counting failed"] * 2


async def test_one_that_is_cancelled_from_elsewhere_goes_on(jobs, clock, caplog):
    """As by something that it shares with others, who have given it up."""
    tries = []

    async def job():
        tries.append(1)
        if len(tries) == 1:
            raise asyncio.CancelledError

    jobs.every(1.0, "counting", job)
    end = await clock.next()
    assert [alarm.code for alarm in jobs.alarms()] == [JOB_FAILED]
    assert caplog.messages == ["counting failed"]
    end.set()
    await clock.next()
    assert len(tries) == 2
    assert jobs.alarms() == []


@pytest.mark.parametrize("endless", [True, False])
async def test_one_that_does_not_let_itself_be_cancelled_ends_all_the_same(jobs, clock, endless):
    """Libraries lose a cancellation that comes together with what they wait for."""
    begun = asyncio.Event()

    async def job():
        try:
            begun.set()
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            if endless:
                raise RuntimeError("unforeseen") from None

    (jobs.keep if endless else lambda *what: jobs.every(1.0, *what))("counting", job)
    await begun.wait()
    async with asyncio.timeout(60):
        await jobs.stop()
    assert clock.asked == []


async def test_one_that_goes_on_until_the_end_is_begun_again_when_it_fails(jobs, clock, caplog):
    begun, again = [], asyncio.Event()

    async def endless():
        begun.append(1)
        if len(begun) == 1:
            raise BadConfig(path="x", why="wrong")
        again.set()
        await asyncio.Event().wait()

    jobs.keep("probing", endless)
    end = await clock.next()
    assert clock.asked == [AGAIN_S]
    assert [alarm.code for alarm in jobs.alarms()] == [JOB_FAILED]
    assert "probing failed" in caplog.text
    end.set()
    await again.wait()
    assert jobs.alarms() == []


async def test_alarms_are_logged_when_they_come_up_and_when_they_are_over(jobs, clock, caplog):
    caplog.set_level("INFO", "mrnmesh.alarms")
    now = [LOW, OLD]
    alarms = Alarms()
    alarms.add(lambda: now)
    jobs.watch(alarms)
    end = await clock.next()
    assert clock.asked == [ALARMS_S]
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("ERROR", "backup_old: It is old. Make one."),
        ("WARNING", "numbers_low: Few are left. Grant some."),
    ]
    caplog.clear()
    now[:] = [LOW._replace(text="Very few are left.")]
    end.set()
    await clock.next()
    assert [record.getMessage() for record in caplog.records] == ["backup_old is over: It is old."]


async def test_stopping_cancels_and_waits_for_what_runs():
    jobs, begun, ended = Jobs(), asyncio.Event(), []

    async def endless():
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("closed")

    jobs.keep("probing", endless)
    await begun.wait()
    await jobs.stop()
    assert ended == ["closed"]
