"""A desk that runs out of numbers says so itself, also when it is alone."""

import pytest

from node.number_alarms import alarms_of
from sync.engine import issuing
from sync.model.alarms import AlarmLevel
from sync.model.facts import Allocator
from tests.clinic import Clinic, Desk, pull

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


def test_a_desk_without_a_range_has_no_alarm(clinic):
    assert levels_after(clinic.desk("LAB1-PC"), 0) == []
