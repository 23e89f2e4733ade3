"""Upkeep of a running daemon: its jobs, alarms, status, and what may be asked over HTTP."""

import asyncio
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from aiohttp import ClientSession, web

from sync.daemon.daemons import NODE
from sync.daemon.jobs import Jobs
from sync.errors import MrnmeshError
from sync.http.address import Address
from sync.http.app import new_application
from sync.http.operations import Needs
from sync.http.server import serve
from sync.upkeep.archive import read_manifest
from sync.upkeep.nightly import NightlyBackups
from sync.upkeep.restore import DaemonKind
from sync.upkeep.service import Upkeep
from tests.clinic import START_MS
from tests.stepping import DAY_MS, Computer
from tests.stepping import opened as opened_on

KIND = DaemonKind(NODE, (), lambda _: "LAB1-PC", lambda _: {}, lambda *_: None)


class NotAllowed(MrnmeshError):
    """This is not allowed."""

    code = "not_allowed"
    status = 403


def settings_of(replica):
    return SimpleNamespace(
        folder=replica.folder,
        zone=ZoneInfo("Asia/Karachi"),
        backup=True,
        backup_folder=replica.folder / "backups",
    )


@pytest.fixture
async def settings(opened):
    return settings_of(opened)


async def test_a_daemon_that_starts_makes_a_backup_and_checks_its_database(opened, settings):
    upkeep = Upkeep(opened, KIND, settings, Needs.THIS_COMPUTER)
    paused = asyncio.Queue()

    async def pause(seconds):
        paused.put_nowait(seconds)
        await asyncio.Event().wait()

    jobs = Jobs(pause)
    assert list(upkeep.alarms()) == []
    upkeep.begin(jobs)
    # In which order the first round of these ends is not said.
    seconds = [await asyncio.wait_for(paused.get(), 60) for _ in range(5)]
    assert sorted(seconds) == [5.0, 5.0, 10.0, 60.0, 900.0]
    status = upkeep.status()
    assert status["database_check"]["ok"] is True
    (made,) = settings.backup_folder.iterdir()
    assert status["backup"]["last_good"]["file"] == str(made)
    assert read_manifest(made).author == "LAB1-PC"
    await jobs.stop()
    await upkeep.stop()


async def test_a_backup_that_is_due_by_a_time_that_was_set_is_made_at_once(tmp_path):
    """The battery was empty at the first start, and somebody sets the clock."""
    computer = Computer()
    computer.wall_ms = 0
    async with opened_on(tmp_path / "desk", computer) as desk:
        settings = settings_of(desk)
        upkeep = Upkeep(desk, KIND, settings, Needs.THIS_COMPUTER)
        await upkeep._backups.make_if_due()
        await upkeep._make_if_time_moved()
        assert len([*settings.backup_folder.iterdir()]) == 1
        computer.wall_ms = START_MS + 330 * DAY_MS
        desk.believed.confirm()
        await desk.write(lambda _tx: None)
        assert desk.now_ms == computer.wall_ms
        await upkeep._make_if_time_moved()
        assert len([*settings.backup_folder.iterdir()]) == 2
        assert list(upkeep.alarms()) == []
        await upkeep._make_if_time_moved()
        assert upkeep.status()["backup"]["ended"] == 2


async def test_for_how_long_a_backup_is_due_is_counted_over_a_restart(tmp_path, monkeypatch):
    monkeypatch.setattr(NightlyBackups, "start", lambda _: 0)
    computer = Computer()
    for _ in range(3):
        async with opened_on(tmp_path / "desk", computer) as desk:
            upkeep = Upkeep(desk, KIND, settings_of(desk), Needs.THIS_COMPUTER)
            for _ in range(3):
                await upkeep._count_wait()
                computer.passes(60_000)
    assert upkeep._backups.waited_s == 3 * 120
    monkeypatch.undo()
    async with opened_on(tmp_path / "desk", computer) as desk:
        upkeep = Upkeep(desk, KIND, settings_of(desk), Needs.THIS_COMPUTER)
        before = desk.commit_number
        await upkeep._count_wait()
        assert desk.commit_number == before, "there is nothing new to keep"
        await upkeep._backups.make_if_due()
        await upkeep._count_wait()
        assert await desk.read(lambda snapshot: snapshot.store.meta.backup_wait_s) == 0


async def test_alarms_of_backups_and_of_the_check_come_together(opened, settings):
    settings.backup_folder = opened.folder.parent / "usb"
    upkeep = Upkeep(opened, KIND, settings, Needs.THIS_COMPUTER)
    await upkeep._backups.make_if_due()
    upkeep._checkup.problems = "row 3 missing from index"
    codes = [alarm.code for alarm in upkeep.alarms()]
    assert codes == ["backup_failed", "backup_missing", "database_damaged"]


@pytest.fixture
async def api(opened, settings):
    """Call the API with a word for whoever asks, and return (status, answer)."""

    @web.middleware
    async def authorise(request, handler):
        if request.headers.get("Authorization") != "Bearer admin":
            raise NotAllowed()
        return await handler(request)

    upkeep = Upkeep(opened, KIND, settings, Needs.ADMINISTER)
    assert {one.needs for one in upkeep.operations()} == {Needs.ADMINISTER}
    ports = []
    app = new_application(lambda: ports, upkeep.operations(), authorise)
    listener = await serve(app, Address("127.0.0.1", 0))
    ports.append(listener.port)
    async with ClientSession(f"http://127.0.0.1:{listener.port}") as session:

        async def call(method, token="admin"):
            headers = {"Authorization": f"Bearer {token}"}
            async with session.request(method, "/api/backups/", headers=headers) as answer:
                return answer.status, await answer.json()

        yield call
    await upkeep.stop()
    await listener.close()


async def test_a_backup_that_was_asked_for_is_over_when_its_number_is_reached(api, settings):
    assert (await api("GET"))[1]["ended"] == 0
    status, begun = await api("POST")
    assert (status, begun) == (202, {"number": 1})
    while (answer := (await api("GET"))[1])["ended"] < begun["number"]:
        assert answer["last_good"] is None
    assert answer["failed"] is None
    assert answer["last_good"]["file"].startswith(str(settings.backup_folder))
    assert (await api("POST"))[1] == {"number": 2}


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_only_those_who_are_permitted_may_ask(api, settings, method):
    status, answer = await api(method, "somebody")
    assert (status, answer["code"]) == (403, "not_allowed")
    assert not settings.backup_folder.exists()
