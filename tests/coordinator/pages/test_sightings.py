"""When each desk was connected last."""

import pytest

from coordinator.pages.sightings import Sightings
from sync.errors import StoreFails

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_who_comes_and_goes_is_stored_and_nobody_else(hub):
    here = set()
    sightings = Sightings(hub.replica, lambda: set(here))
    await sightings.start()
    assert sightings.seen_ms("LAB1-PC") is None
    here.add("LAB1-PC")
    await sightings.look()
    came = sightings.seen_ms("LAB1-PC")
    commits = await commits_of(hub)
    await sightings.look()
    assert await commits_of(hub) == commits, "nothing has changed"
    here.clear()
    await sightings.look()
    gone = sightings.seen_ms("LAB1-PC")
    assert came is not None
    assert gone >= came

    again = Sightings(hub.replica, set)
    await again.start()
    assert again.seen_ms("LAB1-PC") == gone
    assert again.seen_ms("WARD-PC") is None


async def test_a_daemon_that_stops_stores_who_was_there(hub):
    sightings = Sightings(hub.replica, lambda: {"WARD-PC"})
    await sightings.start()
    await sightings.look()
    came = sightings.seen_ms("WARD-PC")
    await sightings.stop()
    assert sightings.seen_ms("WARD-PC") >= came
    nobody = Sightings(hub.replica, set)
    await nobody.start()
    await nobody.stop()
    assert nobody.seen_ms("WARD-PC") == sightings.seen_ms("WARD-PC")


async def test_a_full_disk_keeps_no_daemon_from_its_end(hub, monkeypatch, caplog):
    sightings = Sightings(hub.replica, lambda: {"WARD-PC"})
    await sightings.start()
    await sightings.look()
    came = sightings.seen_ms("WARD-PC")

    async def full(_act):
        raise StoreFails(path="hub", why="the disk is full")

    monkeypatch.setattr(hub.replica, "write", full)
    await sightings.stop()
    assert sightings.seen_ms("WARD-PC") == came
    assert "the disk is full" in caplog.text
    with pytest.raises(StoreFails):  # a job that fails is tried again
        await Sightings(hub.replica, lambda: {"WARD-PC"}).look()


async def commits_of(hub):
    return await hub.replica.read(lambda snapshot: snapshot.store.meta.commits)
