"""The nightly backup: when it is due, what is told of it."""

import asyncio
import errno
import os
import sqlite3
import threading
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from coordinator import config
from sync.engine.writer import Writer
from sync.model.alarms import AlarmLevel
from sync.model.facts import Author
from sync.storage.store import Store
from sync.upkeep import backup, nightly
from sync.upkeep.backup import Source
from sync.upkeep.errors import BackupNoRoom
from sync.upkeep.nightly import EVERY_S, WAITED_S, BackupSettings, NightlyBackups, is_due

KARACHI = ZoneInfo("Asia/Karachi")
HOUR_MS = 3_600_000
NOON_MS = 1_767_596_400_000  # 2026-01-05, 12:00 in Karachi


def local_ms(text, zone=KARACHI):
    return int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp() * 1000)


@pytest.mark.parametrize(
    ("made", "now", "due"),
    [
        (None, "2026-01-05 12:00", True),
        ("2026-01-05 02:00", "2026-01-05 12:00", False),
        ("2026-01-05 02:00", "2026-01-06 01:59", False),
        ("2026-01-05 02:00", "2026-01-06 02:00", True),
        ("2026-01-05 01:59", "2026-01-05 02:01", True),
        ("2026-01-04 14:00", "2026-01-05 08:00", True),
        ("2026-01-05 01:59", "2026-01-05 01:59", False),
    ],
)
def test_one_is_due_when_there_is_none_since_the_latest_night(made, now, due):
    made_ms = local_ms(made) if made else None
    assert is_due(made_ms, local_ms(now), KARACHI) is due


def test_a_night_without_two_o_clock_has_its_backup_too():
    berlin = ZoneInfo("Europe/Berlin")
    made = local_ms("2026-03-28 02:00", berlin)
    assert not is_due(made, local_ms("2026-03-29 01:59", berlin), berlin)
    assert is_due(made, local_ms("2026-03-29 03:01", berlin), berlin)


class World:
    """A desk's data folder and a clock."""

    def __init__(self, folder):
        self.now_ms = NOON_MS
        self.now_s = 0.0
        self.folder = folder / "desk"
        self.folder.mkdir()
        store = Store.create(self.folder / "register.db")
        Writer.init(store, Author("LAB1-PC"), os.urandom)
        store.close()
        self.source = Source(self.folder, "LAB1-PC", (), KARACHI)
        self.backups = self.new_process()

    def new_process(self, **changes):
        settings = BackupSettings(self.folder / "backups", True, True)._replace(**changes)
        return NightlyBackups(self.source, settings, lambda: self.now_ms, lambda: self.now_s)

    def files(self):
        return sorted(path.name for path in (self.folder / "backups").iterdir())


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


def codes(backups):
    return [alarm.code for alarm in backups.alarms()]


async def test_it_is_made_once_a_night_also_by_a_process_that_starts_later(world):
    await world.backups.make_if_due()
    (first,) = world.files()
    world.now_ms += 13 * HOUR_MS
    await world.backups.make_if_due()
    await world.new_process().make_if_due()
    assert world.files() == [first]
    world.now_ms += 2 * HOUR_MS
    await world.backups.make_if_due()
    assert len(world.files()) == 2
    status = world.backups.status()
    assert status["last_good"]["at"] == "2026-01-05T22:00:00Z"
    assert (status["failed"], status["running"], status["ended"]) == (None, None, 2)
    assert codes(world.backups) == []


async def test_a_daemon_that_starts_removes_what_a_killed_one_left(world):
    """Also when no backup is due, because what was left holds the private key."""
    await world.backups.make_if_due()
    made = world.files()
    left = world.folder / "backups" / ".mrnmesh-node-LAB1-PC-partial-killed" / "check"
    left.mkdir(parents=True)
    (left / "signing-key.pem").touch()
    await world.new_process().make_if_due()
    assert world.files() == made


async def test_a_good_one_that_somebody_removed_is_made_again(world):
    await world.backups.make_if_due()
    (world.folder / "backups" / world.files()[0]).unlink()
    await world.backups.make_if_due()
    assert len(world.files()) == 1


async def test_one_of_a_trial_does_not_count(world, tmp_path):
    """It was restored with the settings of the clinic, and so writes into the same folder."""
    await world.backups.make_if_due()
    (tmp_path / "trial").mkdir()
    trial = World(tmp_path / "trial")
    await trial.new_process(folder=world.folder / "backups").make_if_due()
    world.backups.last.path.unlink()
    await world.backups.make_if_due()
    assert len(world.files()) == 2


async def test_those_that_are_there_count_where_the_database_cannot_be_read(world):
    await world.backups.make_if_due()
    (world.folder / "register.db").write_bytes(bytes(100_000))
    backups = world.new_process()
    await backups.make_if_due()
    assert backups.status()["last_good"] is not None


async def test_one_that_is_dated_far_ahead_does_not_count(world):
    ahead = world.new_process()
    world.now_ms += 900 * 24 * HOUR_MS
    await ahead.make_if_due()
    world.now_ms = NOON_MS
    await world.backups.make_if_due()
    assert len(world.files()) == 2
    assert world.backups.status()["last_good"]["at"] == "2026-01-05T07:00:00Z"


async def test_one_is_made_after_a_day_whatever_the_clock_shows(world):
    """The clock was hours ahead when the last one was made, or it stands still."""
    backups = world.backups
    world.now_ms += 20 * 3_600_000
    await backups.make_if_due()
    world.now_ms -= 20 * 3_600_000
    world.now_s += EVERY_S - 1
    await backups.make_if_due()
    assert len(world.files()) == 1
    world.now_s += 1
    await backups.make_if_due()
    assert len(world.files()) == 2
    await backups.make_if_due()
    assert len(world.files()) == 2, "and not at every look"


async def test_that_it_failed_is_reported_until_one_is_good(world, monkeypatch):
    good = backup.make

    def full(*_):
        raise BackupNoRoom(path="D:", needed=100, free=1)

    monkeypatch.setattr(nightly.backup, "make", full)
    assert codes(world.backups) == []
    await world.backups.make_if_due()
    failed, missing = world.backups.alarms()
    assert "there are 1 MB. Free some" in failed.text
    assert (failed.code, missing.code) == ("backup_failed", "backup_missing")
    assert missing.level is AlarmLevel.ALERT
    assert "no room" in world.backups.status()["failed"]["why"]
    monkeypatch.setattr(nightly.backup, "make", good)
    await world.backups.make_if_due()
    assert codes(world.backups) == []


class History:
    """What one daemon after the other has counted and raised, on a computer that a test owns."""

    def __init__(self, world):
        self.world = world
        self.old_after_h = None
        self.alarm = None
        self.hours = 0.0
        self.begin(world.backups)

    def begin(self, backups):
        self.backups = backups
        self.backups.count_wait()

    async def restarts(self):
        kept = int(self.backups.waited_s)
        self.backups = self.world.new_process()
        self.backups.waited_before(kept)
        self.backups.count_wait()
        await self.backups.make_if_due()
        self.note()

    async def is_off(self, hours):
        self.world.now_ms += round(hours * HOUR_MS)
        self.hours += hours
        await self.restarts()

    def sleeps(self, hours):
        self.world.now_ms += round(hours * HOUR_MS)
        self.world.now_s += hours * 3600
        self.hours += hours
        self.backups.count_wait()
        self.note()

    async def runs(self, hours):
        for minute in range(round(hours * 60)):
            self.world.now_ms += 60_000
            self.world.now_s += 60
            self.hours += 1 / 60
            self.backups.count_wait()
            if minute % 15 == 0:
                await self.backups.make_if_due()
            self.note()

    def note(self):
        """Remember when the last one was first said to be old."""
        if "backup_old" in codes(self.backups) and self.alarm is None:
            self.old_after_h = round(self.hours, 1)
            (self.alarm,) = (one for one in self.backups.alarms() if one.code == "backup_old")


@pytest.fixture
async def history(world):
    """A daemon that has just made one, at noon."""
    await world.backups.make_if_due()
    return History(world)


@pytest.fixture
def none_is_made(history, monkeypatch):
    """From now on: each attempt takes for ever."""
    monkeypatch.setattr(NightlyBackups, "start", lambda _: 0)


async def test_one_that_is_not_made_is_old_after_two_days(history, none_is_made):
    await history.runs(50)
    assert history.old_after_h == 48.0
    assert (history.alarm.code, history.alarm.level) == ("backup_old", AlarmLevel.ALERT)
    assert "2026-01-05 12:00+05:00" in history.alarm.text


@pytest.mark.parametrize("off_h", [14, 62, 21 * 24, 300 * 24])
async def test_after_a_weekend_the_last_one_is_old_and_nothing_is_wrong(
    history, monkeypatch, off_h
):
    """The daemon makes one as soon as it can, which takes an hour here."""
    await history.runs(5)
    with monkeypatch.context() as slow:
        slow.setattr(NightlyBackups, "start", lambda _: 0)
        await history.is_off(off_h)
        await history.runs(1)
    await history.runs(1)
    assert history.alarm is None
    assert len(history.world.files()) == 2


async def test_a_weekend_of_sleep_is_as_one_in_which_the_computer_was_off(history, monkeypatch):
    await history.runs(5)
    with monkeypatch.context() as slow:
        slow.setattr(NightlyBackups, "start", lambda _: 0)
        history.sleeps(62)
        await history.runs(1)
    await history.runs(1)
    assert history.alarm is None
    assert len(history.world.files()) == 2


@pytest.mark.parametrize("off_h", [62, 21 * 24])
async def test_after_a_weekend_it_is_said_when_none_can_be_made(history, none_is_made, off_h):
    await history.runs(5)
    await history.is_off(off_h)
    await history.runs(3)
    assert history.old_after_h == 5 + off_h + WAITED_S / 3600


async def test_after_a_weekend_it_is_said_at_once_when_it_fails(history, monkeypatch):
    def full(*_):
        raise BackupNoRoom(path="D:", needed=100, free=1)

    monkeypatch.setattr(nightly.backup, "make", full)
    await history.is_off(62)
    assert codes(history.backups) == ["backup_failed", "backup_old"]


async def test_one_that_is_restarted_each_hour_before_it_has_made_any_says_so(
    history, none_is_made
):
    for _ in range(50):
        await history.runs(0.95)
        await history.is_off(0.05)
    assert history.old_after_h == 48.0


async def test_one_that_runs_only_by_day_and_makes_none_says_so(history, none_is_made):
    for _ in range(3):
        await history.runs(8)
        await history.is_off(16)
    assert history.old_after_h == 48.0


async def test_by_day_only_and_each_weekend_off_there_is_no_alarm(history):
    for _ in range(2):
        for day in range(5):
            await history.runs(8)
            await history.is_off(16 + 48 * (day == 4))
    assert history.alarm is None
    assert len(history.world.files()) > 5


async def test_where_none_is_made_by_itself_it_is_said_at_once(world):
    await world.backups.make_if_due()
    by_hand = world.new_process(nightly=False)
    world.now_ms += 49 * HOUR_MS
    await by_hand.make_if_due()
    by_hand.count_wait()
    assert by_hand.waited_s == 0
    assert codes(by_hand) == ["backup_old"]


async def test_a_named_folder_that_is_gone_is_reported_and_not_made(world, tmp_path):
    backups = world.new_process(folder=tmp_path / "usb", ours=False)
    await backups.make_if_due()
    assert codes(backups) == ["backup_failed", "backup_missing"]
    assert "Connect its disk" in backups.status()["failed"]["why"]
    assert not (tmp_path / "usb").exists()


async def test_switched_off_it_makes_none_but_tells_that_there_is_none(world):
    backups = world.new_process(nightly=False)
    await backups.make_if_due()
    assert codes(backups) == ["backup_missing"]
    assert backups.start() == 1
    await backups.make_if_due()
    assert len(world.files()) == 1
    assert codes(backups) == []


async def test_two_who_ask_at_once_get_one(world):
    assert world.backups.start() == world.backups.start() == 1
    assert world.backups.status()["ended"] == 0
    await world.backups.make_if_due()
    assert world.backups.status()["ended"] == 1
    assert len(world.files()) == 1


async def test_a_daemon_that_stops_does_not_wait_for_it(world, monkeypatch):
    begun = asyncio.Event()
    loop = asyncio.get_running_loop()

    def endless(_source, _folder, _now_ms, _tell, stop):
        loop.call_soon_threadsafe(begun.set)
        while True:
            stop.require_going()

    monkeypatch.setattr(nightly.backup, "make", endless)
    world.backups.start()
    await begun.wait()
    await world.backups.stop()
    assert world.backups.status()["running"] is None
    assert world.backups.failure is None


ENDS = [OSError(errno.EIO, "Input/output error"), MemoryError(), sqlite3.ProgrammingError("x")]
"""What no part of making a backup has turned into a sentence."""


@pytest.mark.parametrize("error", ENDS, ids=lambda error: type(error).__name__)
async def test_one_that_ends_in_a_way_that_nobody_foresaw_is_one_that_failed(
    world, monkeypatch, caplog, error
):
    def fails(*_):
        raise error

    monkeypatch.setattr(nightly.backup, "make", fails)
    by_hand = world.new_process(nightly=False)
    by_hand.start()
    await by_hand.make_if_due()
    assert codes(by_hand) == ["backup_failed", "backup_missing"]
    status = by_hand.status()
    assert (status["ended"], status["running"]) == (1, None)
    assert f"not foreseen; the log says where ({type(error).__name__})" in status["failed"]["why"]
    assert "making a backup has failed" in caplog.text


@pytest.mark.parametrize("error", ENDS, ids=lambda error: type(error).__name__)
async def test_a_daemon_stops_whatever_becomes_of_the_backup(world, monkeypatch, error):
    begun, go_on = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def fails(*_):
        loop.call_soon_threadsafe(begun.set)
        assert go_on.wait(60)
        raise error

    monkeypatch.setattr(nightly.backup, "make", fails)
    world.backups.start()
    await begun.wait()
    stopping = asyncio.create_task(world.backups.stop())
    go_on.set()
    await stopping
    assert world.backups.status()["running"] is None


@pytest.mark.parametrize("part", ["remove_leftovers", "own_backups_in"])
async def test_a_folder_that_cannot_be_read_is_an_alarm_until_it_can(world, monkeypatch, part):
    await world.backups.make_if_due()
    later = world.new_process()

    def broken(*_):
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(nightly.backup, part, broken)
        patch.setattr(nightly.backup, "make", broken)
        await later.make_if_due()
        assert "backup_failed" in codes(later)
        later.failure = None
        assert any("cannot be read" in alarm.text for alarm in later.alarms())
    await later.make_if_due()
    assert codes(later) == []


@pytest.mark.parametrize(
    ("settings", "folder", "ours", "by_itself"),
    [
        ("", "hub/backups", True, True),
        ('backup_folder = "../elsewhere"', "hub/../elsewhere", False, True),
        ('backup_folder = "/mnt/usb"\nbackup = false', "/mnt/usb", False, False),
    ],
)
def test_the_settings_say_where_and_whether(tmp_path, settings, folder, ours, by_itself):
    config.init(tmp_path / "hub", witness=tmp_path / "w")
    with (tmp_path / "hub" / "coordinator.toml").open("a", encoding="utf-8") as file:
        file.write(settings)
    found = nightly.backup_settings(config.load(tmp_path / "hub"))
    assert found == BackupSettings(tmp_path / folder, ours, by_itself)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            PermissionError(13, "Permission denied"),
            "cannot be written (this user is not allowed to use it)",
        ),
        (OSError(30, "Read-only file system"), "cannot be written (the disk can only be read)"),
        (FileNotFoundError(2, "No such file or directory"), "is not there"),
    ],
)
async def test_a_folder_that_cannot_be_written_is_told_by_day(world, monkeypatch, error, said):
    """The tests may run as root, who may write everywhere."""
    await world.backups.make_if_due()

    def refuse(**_):
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(nightly.tempfile, "TemporaryFile", refuse)
        later = world.new_process()
        await later.make_if_due()
        (alarm,) = later.alarms()
        assert (alarm.code, alarm.level) == ("backup_failed", AlarmLevel.WARNING)
        assert f"The next backup will fail: {world.folder / 'backups'} {said}." in alarm.text
        unwanted = world.new_process(nightly=False)
        await unwanted.make_if_due()
        assert codes(unwanted) == []
    await later.make_if_due()
    assert codes(later) == []
