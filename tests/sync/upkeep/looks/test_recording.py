"""Writing down who looked at whom: soon after, in one go, without loss that nobody hears of."""

from __future__ import annotations

import asyncio

import pytest

from sync.errors import DiskFull
from sync.model.clerks.known import NOBODY, Doer, KnownBy
from sync.storage.access.looks import LookAct
from sync.upkeep.looks import recording
from sync.upkeep.looks.recording import AGAIN_S, NAMED_MAX, LookRecorder
from tests.sync.upkeep.looks.conftest import answer, record


class Clock:
    now_s = 1000.0

    def __call__(self):
        return self.now_s


def doer(request):
    name = request.headers["Clerk"]
    return Doer(name, KnownBy.PIN) if name else NOBODY


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def recorder(replica, clock):
    return LookRecorder(replica, doer, clock, is_on=True)


def names(look):
    return [int(one.hex()[-12:]) for one in look.named]


async def test_a_look_is_an_entry_once_it_is_written(recorder, replica, call, entries):
    before = replica.commit_number
    recorder.saw(call(), LookAct.OPENED, answer(1))
    recorder.saw(call(""), LookAct.HISTORY, answer(2))
    assert replica.commit_number == before, "whoever looks writes nothing"
    await recorder.write()
    assert replica.commit_number == before + 1
    first, second = await entries()
    assert first[1:6] == ("opened", "Sadia", "pin", "page", "")
    assert (first.people, names(first)) == (1, [1])
    assert (second.act, second.who, second.known, names(second)) == ("history", "", "", [2])
    assert abs(first.at_ms - replica.now_ms) < 60_000
    await recorder.write()
    assert replica.commit_number == before + 1


async def test_what_shows_nobody_and_what_sends_no_body_is_no_look(recorder, call, entries):
    recorder.saw(call(), LookAct.LISTED, answer())
    recorder.saw(call(method="HEAD"), LookAct.OPENED, answer(1))
    await recorder.write()
    assert await entries() == []


async def test_nothing_is_written_down_where_it_is_off(replica, clock, call, entries):
    recorder = LookRecorder(replica, doer, clock, is_on=False)
    recorder.saw(call(), LookAct.OPENED, answer(1))
    await recorder.write()
    assert await entries() == []


async def test_everybody_whose_label_was_made_is_named(recorder, call, entries):
    made = range(1, 2 * NAMED_MAX + 2)
    recorder.saw(call(), LookAct.PRINTED, answer(*made))
    await recorder.write()
    found = await entries()
    assert [look.people for look in found] == [NAMED_MAX, NAMED_MAX, 1]
    assert [one for look in found for one in names(look)] == list(made)


async def test_a_look_that_is_repeated_soon_is_one(recorder, clock, call, entries):
    for _ in range(3):
        recorder.saw(call(), LookAct.OPENED, answer(1))
    recorder.saw(call("Imran"), LookAct.OPENED, answer(1))
    recorder.saw(call(), LookAct.HISTORY, answer(1))
    await recorder.write()
    clock.now_s += AGAIN_S - 1
    recorder.saw(call(), LookAct.OPENED, answer(1))
    clock.now_s += 1
    recorder.saw(call(), LookAct.OPENED, answer(1))
    await recorder.write()
    seen = [(one.who, one.act) for one in await entries()]
    assert seen == [
        ("Sadia", "opened"),
        ("Imran", "opened"),
        ("Sadia", "history"),
        ("Sadia", "opened"),
    ]


async def test_what_is_found_letter_by_letter_is_one_entry_with_each_person_once(
    recorder, call, entries
):
    recorder.saw(call(), LookAct.LISTED, answer(1, 2, 3))
    recorder.saw(call(), LookAct.LISTED, answer(2, 3))
    recorder.saw(call(), LookAct.LISTED, answer(3, 4))
    recorder.saw(call(), LookAct.OPENED, answer(4))
    recorder.saw(call(), LookAct.OPENED, answer(5))
    await recorder.write()
    assert [(one.act, names(one)) for one in await entries()] == [
        ("listed", [1, 2, 3, 4]),
        ("opened", [4]),
        ("opened", [5]),
    ]


async def test_of_a_long_list_only_the_number_of_people_is_written(recorder, call, entries):
    recorder.saw(call(), LookAct.LISTED, answer(*range(NAMED_MAX)))
    recorder.saw(call(), LookAct.LISTED, answer(*range(100, 101 + NAMED_MAX)))
    recorder.saw(call(), LookAct.LISTED, answer(500))
    await recorder.write()
    assert [(one.people, len(one.named)) for one in await entries()] == [
        (NAMED_MAX, NAMED_MAX),
        (NAMED_MAX + 1, 0),
        (1, 1),
    ]


async def test_a_person_without_a_record_id_is_counted_and_not_named(recorder, call, entries):
    recorder.saw(call(), LookAct.LISTED, {"results": [{"record_id": ""}, {"record_id": record(1)}]})
    await recorder.write()
    (one,) = await entries()
    assert (one.people, names(one)) == (2, [1])


async def test_with_a_full_disk_people_look_on_and_it_is_written_later(
    recorder, replica, call, entries, monkeypatch, caplog
):
    async def full(_act):
        raise DiskFull(path="/data", why="no space is left")

    with monkeypatch.context() as broken:
        broken.setattr(replica, "write", full)
        for number in range(3):
            recorder.saw(call(), LookAct.OPENED, answer(number))
            await recorder.write()
    assert caplog.text.count("cannot be written down yet") == 1
    assert await entries() == []
    await recorder.write()
    assert [names(one) for one in await entries()] == [[0], [1], [2]]


async def test_what_there_is_no_room_for_is_counted_in_an_entry(
    recorder, replica, call, entries, monkeypatch
):
    async def full(_act):
        raise DiskFull(path="/data", why="no space is left")

    monkeypatch.setattr(recording, "QUEUE_MAX", 3)
    for number in range(5):
        recorder.saw(call(), LookAct.OPENED, answer(number))
    with monkeypatch.context() as broken:
        broken.setattr(replica, "write", full)
        await recorder.write()
    recorder.saw(call(), LookAct.OPENED, answer(9))
    await recorder.write()
    *looks, missed = await entries()
    assert [names(one) for one in looks] == [[0], [1], [2]]
    assert missed.act == "missed"
    assert missed.about == "3 looks were not written down: the database could not be written"


async def test_what_was_seen_is_remembered_within_bounds(recorder, call, monkeypatch):
    monkeypatch.setattr(recording, "SEEN_MAX", 10)
    for number in range(50):
        recorder.saw(call(), LookAct.OPENED, answer(number))
    assert len(recorder._seen) == 10


class Gate:
    """Writes that wait until somebody lets them go on, and fail or not as told."""

    def __init__(self, replica):
        self._write = replica.write
        self.begun, self.go_on = asyncio.Event(), asyncio.Event()
        self.error = None

    async def __call__(self, act):
        self.begun.set()
        await self.go_on.wait()
        if self.error is not None:
            error, self.error = self.error, None
            raise error
        return await self._write(act)


@pytest.fixture
def gate(replica, monkeypatch):
    gate = Gate(replica)
    monkeypatch.setattr(replica, "write", gate)
    return gate


@pytest.mark.parametrize(
    "error", [None, DiskFull(path="/data", why="no space is left"), RuntimeError("unforeseen")]
)
async def test_a_daemon_that_stops_while_looks_are_written_loses_none(
    recorder, call, entries, gate, error
):
    recorder.saw(call(), LookAct.OPENED, answer(1))
    job = asyncio.create_task(recorder.write())
    await gate.begun.wait()
    job.cancel()
    await asyncio.gather(job, return_exceptions=True)
    recorder.saw(call(), LookAct.OPENED, answer(2))
    last = asyncio.create_task(recorder.write())
    gate.error = error
    gate.go_on.set()
    await last
    assert [names(one) for one in await entries()] == [[1], [2]]
    assert not recorder._missed


async def test_a_write_that_fails_in_a_way_that_nobody_foresaw_loses_none(
    recorder, call, entries, gate
):
    gate.go_on.set()
    gate.error = RuntimeError("unforeseen")
    recorder.saw(call(), LookAct.OPENED, answer(1))
    with pytest.raises(RuntimeError):
        await recorder.write()
    await recorder.write()
    assert [names(one) for one in await entries()] == [[1]]
