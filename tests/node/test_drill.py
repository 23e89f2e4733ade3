"""A drill: what it holds, when it ends, and what it tells."""

import asyncio

import pytest

from node import drill as drills
from node.drill import Drill, stretches
from node.errors import DrillOn
from sync.errors import StoreFails


class Line:
    """Connections that are there when they are not held, and in step when the test says so."""

    def __init__(self):
        self.held = False
        self.released = asyncio.Event()
        self.in_step = asyncio.Event()
        self.in_step.set()

    @property
    def coordinator_live(self):
        return not self.held and self.in_step.is_set()

    def go_offline(self):
        self.held = True
        self.in_step.clear()

    def go_online(self):
        self.held = False
        self.released.set()

    async def wait_live(self, author):
        assert author == "@coordinator"
        await self.in_step.wait()


class People:
    """Who is registered, as a list of (number, offline, status)."""

    def __init__(self):
        self.rows = [("PAT-20261124-0001", False, "admitted")]
        self.callbacks = []
        self.passed_s = 0.0
        self.fails = []

    def steady_s(self):
        return self.passed_s

    async def read(self, act):
        if self.fails and (error := self.fails.pop(0)) is not None:
            raise error
        return act(self)

    @property
    def counts(self):
        return self

    @property
    def numbers(self):
        return self

    def text(self, mrn):
        return mrn

    def newest_id(self):
        return len(self.rows)

    def stretch(self, author, after, upto):
        assert author == "LAB1-PC"
        return self.rows[after:upto]

    def subscribe(self, callback):
        self.callbacks.append(callback)
        return lambda: self.callbacks.remove(callback)

    def confirm(self):
        self.rows = [(mrn, offline, "admitted") for mrn, offline, _ in self.rows]
        for callback in list(self.callbacks):
            callback(None)


@pytest.fixture
def line():
    return Line()


@pytest.fixture
def people():
    return People()


@pytest.fixture
async def drill(line, people):
    drill = Drill("LAB1-PC", line, people)
    yield drill
    await drill.close()


async def test_it_ends_by_itself_and_waits_until_all_is_confirmed(drill, line, people, monkeypatch):
    """Its time passes while the computer sleeps too, when timers of the event loop stand still."""
    monkeypatch.setattr(drills, "LOOK_S", 0.0)
    assert await drill.report() == {"on": False, "phase": None}
    await drill.begin(10)
    assert line.held
    people.rows += [("710000", True, "pending"), ("710001", True, "pending")]
    drill.failed("range_exhausted")
    report = await drill.report()
    assert (report["on"], report["people"], report["was_connected"]) == (True, 2, True)
    people.passed_s = 599.9
    assert (await drill.report())["seconds_left"] == 0.1, "and 10 minutes in all"
    for _ in range(10):
        await asyncio.sleep(0)
    assert line.held
    people.passed_s = 600.0
    await line.released.wait()
    assert (await drill.report())["phase"] == "syncing"
    assert not line.held
    people.rows.append(("PAT-20261124-0002", False, "pending"))  # came after the drill
    drill.failed("range_exhausted")
    line.in_step.set()
    await asyncio.sleep(0)
    assert (await drill.report())["phase"] == "syncing"
    people.confirm()
    await asyncio.wait_for(drill._task, 60)
    report = await drill.report()
    assert report["numbers"] == ["710000-710001"]
    assert (report["people"], report["confirmed"], report["waiting"]) == (2, 2, 0)
    assert report["failures"] == {"range_exhausted": 1}
    assert report["in_step_after_s"] is not None
    assert people.callbacks == []


FULL = StoreFails(path="lab", why="the disk is full")


@pytest.mark.parametrize("error", [FULL, RuntimeError("unforeseen")])
@pytest.mark.parametrize("well", [0, 1, 2])
async def test_a_disk_that_fails_afterwards_keeps_no_drill_from_its_report(
    drill, line, people, monkeypatch, caplog, well, error
):
    """Whichever of the things that are read fails, and twice."""
    monkeypatch.setattr(drills, "AGAIN_S", 0.0)
    await drill.begin(60)
    people.rows.append(("710000", True, "admitted"))
    people.fails = [None] * well + [error] * 2
    await drill.end()
    assert not line.held, "it never stays offline"
    line.in_step.set()
    if well == 2:  # it takes a verdict that has not come to read so often
        people.rows[-1] = ("710000", True, "pending")
        for _ in range(10):
            await asyncio.sleep(0)
        people.confirm()
    await asyncio.wait_for(drill._task, 60)
    assert people.fails == []
    people.rows.append(("710001", True, "admitted"))  # and none of the drill's people
    report = await drill.report()
    assert (report["phase"], report["people"], report["confirmed"]) == ("done", 1, 1)
    assert report["in_step_after_s"] is not None
    assert caplog.text.count(str(error)) == 2
    assert people.callbacks == []


async def test_a_daemon_whose_disk_fails_stops_all_the_same(drill, people):
    await drill.begin(60)
    people.fails = [FULL] * 1000
    await drill.close()
    assert drill._task.cancelled()


async def test_it_can_be_ended_before_its_time(drill, line):
    await drill.begin(60)
    await drill.end()
    assert not line.held
    assert not drill.on
    await drill.end()


async def test_of_two_that_begin_at_once_one_is_refused(drill, line):
    first, second = await asyncio.gather(drill.begin(60), drill.begin(60), return_exceptions=True)
    assert (first, type(second)) == (None, DrillOn)
    await drill.end()
    assert not line.held


async def test_there_is_one_at_a_time(drill, line):
    await drill.begin(60)
    with pytest.raises(DrillOn, match="A drill is on already, until 20"):
        await drill.begin(1)
    await drill.end()
    await drill.begin(60)
    assert line.held
    assert drill.on


async def test_a_daemon_that_stops_ends_it(drill, line):
    await drill.begin(60)
    await drill.close()
    assert not line.held


@pytest.mark.parametrize(
    ("mrns", "drawn"),
    [
        ([], []),
        (["710000"], ["710000"]),
        (["710000", "710001", "710002", "720000"], ["710000-710002", "720000"]),
        (["9", "10", "PAT-20261124-0001", "11"], ["9-10", "PAT-20261124-0001", "11"]),
    ],
)
def test_numbers_that_follow_one_another_are_drawn_together(mrns, drawn):
    assert stretches(mrns) == drawn
