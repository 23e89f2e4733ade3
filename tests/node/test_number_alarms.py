"""A desk that runs out of numbers says so itself, also when it is alone."""

import pytest

from node.number_alarms import NumberWatch, alarms_of, no_range
from sync.engine import issuing
from sync.model.alarms import AlarmLevel
from sync.model.facts import Allocator
from sync.protocol.questions import Merge
from sync.reading.view import StoredView
from tests.clinic import Clinic, Desk, pull
from tests.forging import Run, person

WARNING, ALERT = ("numbers_low", AlarmLevel.WARNING), ("numbers_low", AlarmLevel.ALERT)


@pytest.fixture
def clinic(tmp_path):
    clinic = Clinic(tmp_path)
    yield clinic
    clinic.close()


def levels_after(desk: Desk, more: int) -> list[tuple[str, AlarmLevel]]:
    """(code, level) of the alarms after so many more people were registered offline."""
    for _ in range(more):
        desk.register_offline()
    prospects = desk.writer.write(
        lambda tx: issuing.prospects(tx, desk.author, Allocator.NODE, None)
    )
    return [(alarm.code, alarm.level) for alarm in alarms_of(desk.author, prospects)]


def test_a_warning_at_80_percent_and_an_alert_at_90(clinic):
    desk = clinic.desk("LAB1-PC", "100-109")
    assert [levels_after(desk, more) for more in (7, 1, 1, 1)] == [[], [WARNING], [ALERT], [ALERT]]


def test_a_range_that_is_used_up_does_not_count_while_another_has_numbers(clinic):
    desk = clinic.desk("LAB1-PC", "100-109")
    assert levels_after(desk, 10) == [ALERT]
    clinic.grant_range("LAB1-PC", "200-209")
    pull(desk, clinic.coordinator)
    assert [levels_after(desk, more) for more in (7, 1)] == [[], [WARNING]]


def test_a_range_that_the_witness_objects_to_is_an_alarm_until_it_is_closed(clinic):
    desk = clinic.desk("LAB1-PC", "100-109")
    objection = "this database was moved or copied here; run `mrnmesh-node renew`"
    (prospect,) = desk.writer.write(
        lambda tx: issuing.prospects(tx, desk.author, Allocator.NODE, None)
    )
    (alarm,) = alarms_of(desk.author, [prospect._replace(objection=objection)])
    assert (alarm.code, alarm.level) == ("set_back", AlarmLevel.ALERT)
    assert f"LAB1-PC gives no number of 100-109: {objection}." in alarm.text
    closed = prospect.cursor._replace(closed="it is over")
    assert alarms_of(desk.author, [prospect._replace(objection="it is over", cursor=closed)]) == []


async def test_an_active_desk_without_any_open_range_says_so(clinic):
    desk = clinic.desk("LAB1-PC")
    watch = NumberWatch(desk.author, Snapshots(desk), lambda: lambda view: held_by(desk, view))
    await watch.look()
    (alarm,) = watch.alarms()
    assert (alarm.code, alarm.level, alarm.about) == ("no_range", AlarmLevel.WARNING, "LAB1-PC")
    assert "`mrnmesh-coordinator terminals grant LAB1-PC`" in alarm.do
    clinic.grant_range("LAB1-PC", "200-209")
    pull(desk, clinic.coordinator)
    await watch.look()
    assert watch.alarms() == []
    (prospect,) = held_by(desk, StoredView.of(desk.writer.store))
    assert no_range("LAB1-PC", [prospect._replace(objection="moved")])
    assert no_range("LAB1-PC", [prospect, prospect._replace(objection="moved")]) == []


async def test_a_desk_says_who_uses_its_numbers(clinic, tmp_path):
    desk, thief = clinic.desk("LAB1-PC", "500-599"), clinic.desk("WARD-PC")
    pull(desk, clinic.coordinator)  # the key of the other
    for numbers in (range(500, 520), range(520, 521)):
        run = Run("WARD-PC", thief.signer, numbers.start).then(
            *(person(number, str(number), "WARD-PC") for number in numbers)
        )
        desk.exchange.merge(Merge((run.batch(),)))
        watch = NumberWatch(desk.author, Snapshots(desk), lambda: lambda view: held_by(desk, view))
        await watch.look()
        said = [(alarm.code, alarm.text.split(",")[0]) for alarm in watch.alarms()]
        expected = [("stray_numbers", "WARD-PC has used 21 numbers of 500-599")]
        assert said == (expected if numbers.start == 520 else [])
    (prospect,) = held_by(desk, StoredView.of(desk.writer.store))
    assert prospect.remaining == 79


def held_by(desk: Desk, view):
    found = issuing.prospects(view, desk.author, Allocator.NODE, None)
    return issuing.less_strays(view, found)


class Snapshots:
    """Reads of a desk of a test."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def read(self, act):
        return act(StoredView.of(self._desk.writer.store))
