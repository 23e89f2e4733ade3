"""The daily check of the database, on a replica that is open."""

import pytest

from sync.model.alarms import AlarmLevel
from sync.upkeep import checkup
from sync.upkeep.archive import problems_of
from sync.upkeep.checkup import Checkup

HOUR_MS = 3_600_000


@pytest.fixture
def found(monkeypatch):
    """What the check finds; and how often it was made, as ``found['count']``."""
    found = {"problems": None, "count": 0}

    def look(database, stop):
        found["count"] += 1
        return problems_of(database, stop) if found["problems"] is None else found["problems"]

    monkeypatch.setattr(checkup.archive, "problems_of", look)
    return found


async def test_a_sound_database_is_said_to_be_so_and_not_checked_again_today(opened, found):
    first = Checkup(opened, "mrnmesh-node")
    assert first.status() is None
    await first.check_if_due()
    assert first.status()["ok"] is True
    assert list(first.alarms()) == []
    await first.check_if_due()
    later = Checkup(opened, "mrnmesh-node")
    await later.check_if_due()
    assert later.status() == first.status()
    assert found["count"] == 1


async def test_it_is_checked_again_after_a_day_and_when_the_clock_was_set_back(opened, found):
    check = Checkup(opened, "mrnmesh-node")
    for age_ms, checked in ((23 * HOUR_MS, 0), (24 * HOUR_MS, 1), (-HOUR_MS, 2)):
        check.at_ms = opened.now_ms - age_ms
        await check.check_if_due()
        assert found["count"] == checked


async def test_a_damaged_one_is_an_alarm_that_stays_until_it_is_good(opened, found):
    check = Checkup(opened, "mrnmesh-node")
    found["problems"] = "row 7 missing from index patients_mrn"
    await check.check_if_due()
    (alarm,) = check.alarms()
    assert alarm.level is AlarmLevel.ALERT
    assert "row 7 missing" in alarm.text
    assert "restore the last good backup" in alarm.do
    assert check.status()["ok"] is False
    assert await opened.read(lambda snapshot: snapshot.store.meta.checked_ms) is None
    found["problems"] = None
    await check.check_if_due()
    assert list(check.alarms()) == []


async def test_a_daemon_that_stops_ends_the_check(opened):
    check = Checkup(opened, "mrnmesh-node")
    check.stop()
    await check.check_if_due()
    assert check.status() is None
