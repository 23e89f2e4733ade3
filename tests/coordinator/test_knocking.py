"""Desks that want to connect and that nobody has added."""

import pytest

from coordinator.knocking import KNOCKED_S, KNOCKING_MAX, KnockWatch
from examples.clinic import until
from sync.model.alarms import AlarmLevel
from sync.model.facts import Author
from tests.daemons.running import new_hub, new_node

LAB = Author("LAB1-PC")


@pytest.mark.parametrize(
    ("reason", "said", "do"),
    [
        ("unknown", "is not known here", "terminals enrol LAB1-PC`"),
        ("key", "its key is not that of the known one", "terminals replace LAB1-PC --reason WHY`"),
    ],
)
def test_a_desk_that_is_not_known_is_listed_with_what_lets_it_in(reason, said, do):
    now = [0.0]
    watch = KnockWatch(lambda: now[0])
    watch.turned_away(LAB, reason)
    (alarm,) = watch.alarms()
    assert (alarm.code, alarm.level, alarm.about) == ("desk_unknown", AlarmLevel.WARNING, LAB)
    assert said in alarm.text
    assert do in alarm.do
    assert "`mrnmesh-coordinator terminals enrol LAB1-PC`" in alarm.do
    now[0] = KNOCKED_S
    assert list(watch.alarms()) == []
    watch.turned_away(LAB, reason)
    watch.welcomed(LAB)
    assert list(watch.alarms()) == []


@pytest.mark.parametrize("reason", ["revoked", "retired", "replaced", "withdrawn"])
def test_a_desk_about_which_somebody_has_decided_is_not_listed(reason):
    watch = KnockWatch(lambda: 0.0)
    watch.turned_away(LAB, reason)
    assert list(watch.alarms()) == []


def test_names_without_end_are_not_kept():
    watch = KnockWatch(lambda: 0.0)
    for number in range(KNOCKING_MAX + 5):
        watch.turned_away(Author(f"D{number:03}"), "unknown")
    listed = [alarm.about for alarm in watch.alarms()]
    assert len(listed) == KNOCKING_MAX
    assert listed[0] == "D005"


async def test_a_real_desk_is_listed_until_it_is_let_in(tmp_path):
    hub = new_hub(tmp_path)
    desk, join = new_node(tmp_path, hub, "LAB9-PC")

    async def listed():
        alarms = (await hub.get("/api/status/"))["alarms"]
        return [alarm["about"] for alarm in alarms if alarm["code"] == "desk_unknown"]

    async def is_listed():
        return await listed() == ["LAB9-PC"]

    async def is_let_in():
        return not await listed()

    async with hub.running(), desk.running():
        await until("it has knocked", is_listed)
        await hub.call("POST", "/api/terminals/", join)
        await until("it is let in", is_let_in)
