"""Alarms about a database that cannot be written, on a replica whose disk refuses."""

import pytest

from examples.clinic import until
from sync.errors import DiskFull, StoreError
from sync.model.alarms import AlarmLevel
from sync.model.facts import Author
from sync.upkeep.database_alarms import DatabaseWatch
from tests.daemons import open_desk, open_hub, settled

AUTHOR = Author("LAB1-PC")


def fill(opened):
    connection = opened._writer.store.connection
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")


def note_much(tx):
    tx.connection.execute("INSERT OR REPLACE INTO meta VALUES ('x', ?)", ("x" * 100_000,))


async def test_a_full_disk_is_an_alarm_until_there_is_room_again(opened):
    watch = DatabaseWatch(opened)
    await opened.write(note_much)
    assert watch.alarms() == []
    fill(opened)
    with pytest.raises(DiskFull):
        await opened.write(lambda tx: tx.connection.execute("CREATE TABLE more (x)"))
    (alarm,) = watch.alarms()
    assert (alarm.code, alarm.level) == ("disk_full", AlarmLevel.ALERT)
    assert str(opened.folder) in alarm.text
    assert await opened.read(lambda snapshot: snapshot.store.meta.author) == AUTHOR
    assert watch.alarms() == [alarm], "that people can be found makes no room"
    opened._writer.store.connection.execute("PRAGMA max_page_count = 100000")
    await watch.try_again()
    assert watch.alarms() == [], "nobody has to register for that"


async def test_what_is_tried_again_and_fails_again_stays_an_alarm(opened):
    watch = DatabaseWatch(opened)
    connection = opened._writer.store.connection
    connection.execute("PRAGMA query_only = ON")
    for _ in range(2):
        with pytest.raises(StoreError):
            await opened.write(note_much)
        with pytest.raises(StoreError):
            await watch.try_again()
        assert [alarm.code for alarm in watch.alarms()] == ["disk_read_only"]
    connection.execute("PRAGMA query_only = OFF")
    await watch.try_again()
    assert watch.alarms() == []


async def test_a_full_disk_stops_sync_only_for_as_long_as_it_is_full(tmp_path):
    """Two daemons: one whose disk is full goes on answering, and is in step again by itself."""
    async with open_hub(tmp_path) as hub, open_desk(tmp_path, hub, "LAB1-PC", "100-199") as desk:
        await desk.register(offline=True)
        fill(desk.replica)

        async def is_full():
            await hub.register(full_name="x" * 100, address="y" * 400)
            return "disk_full" in {alarm.code for alarm in desk.daemon._alarms.now()}

        await until("the desk cannot merge what comes", is_full)
        assert (await desk.get("/api/patients/"))["count"] > 0, "people are found"
        desk.replica._writer.store.connection.execute("PRAGMA max_page_count = 100000")
        await desk.daemon._upkeep._database.try_again()
        assert "disk_full" not in {alarm.code for alarm in desk.daemon._alarms.now()}
        await until("both hold the same", settled(hub, desk))
