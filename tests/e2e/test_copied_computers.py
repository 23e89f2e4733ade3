"""A desk's disk is copied to a second computer, machine id and witness included, and both run.

Nothing on the two tells them apart, so only those who meet both can notice it.
"""

from __future__ import annotations

import pytest

from sync.model.numbers import NumberRange
from tests.e2e.computers import Desk, Hub, carried
from tests.e2e.lan import until

pytestmark = [pytest.mark.soak, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def hub(lan):
    return Hub(lan.host("hub", "10.77.0.1"))


@pytest.fixture(scope="module")
def lab(lan, hub):
    desk = Desk(lan.host("lab", "10.77.0.2"))
    desk.enrol(hub.code("LAB1-PC"))
    desk.start()
    until("it takes numbers from the coordinator", desk.is_online)
    until("it has a block of its own", desk.ranges)
    return desk


@pytest.fixture(scope="module")
def clone(lan, lab):
    """The copy; neither of the two runs."""
    lab.host.stop()
    return carried(lab, lan.host("clone", "10.77.0.3", machine=lab.host.machine))


def alarms(hub: Hub) -> dict[str, str]:
    """Code -> what it is about."""
    return {one["code"]: one["about"] for one in hub.status()["alarms"]}


def test_a_pair_that_has_given_one_number_is_reported_and_gives_none_twice_again(hub, lab, clone):
    """Both work alone. Then each meets what the other has told the coordinator."""
    for desk in (lab, clone):
        desk.host.unplug()
        desk.start()
    before = lab.ranges()
    assert lab.register("Shabnam First Test") == clone.register("Nargis Second Test")
    confirmed = hub.confirmed()
    lab.host.plug()
    until("the first one is confirmed", lambda: hub.confirmed() > confirmed)
    lab.host.unplug()
    clone.host.plug()
    until("both people are reported", lambda: "conflicts_open" in alarms(hub))
    until("the copy has a block of its own", lambda: set(clone.ranges()) - set(before))
    assert not set(clone.ranges()) & set(before), "it gives nothing any more of what both had"
    clone.host.unplug()
    lab.host.plug()
    until("so has the first one", lambda: set(lab.ranges()) - set(before) - set(clone.ranges()))
    lab.host.unplug()
    given = [desk.register("Spina Third Test") for desk in (lab, clone)]
    assert len(set(given)) == 2
    for desk, number in zip((lab, clone), given, strict=True):
        assert any(int(number) in NumberRange.parse(one) for one in desk.ranges())


def test_two_that_are_there_at_once_are_named_and_only_one_is_let_in(lan, hub, lab, clone):
    """A third one is carried from the first, as a copy of it that knows what it knows."""
    lab.host.stop()
    third = carried(lab, lan.host("third", "10.77.0.4", machine=lab.host.machine))
    lab.start()
    lab.host.plug()
    until("it takes numbers from the coordinator", lab.is_online)
    third.start()
    until("they are named", lambda: alarms(hub).get("two_computers") == "LAB1-PC")
    assert [desk.is_online() for desk in (lab, third)].count(True) == 1
