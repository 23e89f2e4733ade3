"""Registrations by day, and how long offline ones waited to be confirmed."""

from datetime import date, datetime, timedelta

from sync.reading.reports.registrations import DayCount
from tests.clinic import ZONE, pull
from tests.sync.patients import reading

DAY = date(2026, 1, 5)
NEXT = DAY + timedelta(1)
DAY_MS = 86_400_000


def offline(clinic, desk):
    """Register somebody by the clock of the clinic."""
    at = datetime.fromtimestamp(clinic.now_ms // 1000, ZONE).isoformat()
    desk.register(desk.draft()._replace(registered_at=at), desk.from_own_range)


def test_registrations_by_day_and_terminal(clinic, lab, ward):
    for _ in range(3):
        offline(clinic, lab)
    clinic.now_ms += DAY_MS
    offline(clinic, lab)
    offline(clinic, ward)
    clinic.heal()
    offline(clinic, lab)
    pull(clinic.coordinator, lab)
    with reading(clinic.coordinator) as snapshot:
        assert snapshot.registrations.by_day(DAY, NEXT) == [
            DayCount("2026-01-05", "LAB1-PC", 0, 3, 0, 0),
            DayCount("2026-01-06", "LAB1-PC", 0, 2, 0, 0),
            DayCount("2026-01-06", "WARD-PC", 0, 1, 0, 0),
        ]
        assert [one.day for one in snapshot.registrations.by_day(NEXT, NEXT)] == ["2026-01-06"] * 2


def test_a_desk_that_nobody_confirms_has_people_waiting(clinic, lab):
    offline(clinic, lab)
    with reading(lab) as snapshot:
        (count,) = snapshot.registrations.by_day(DAY, DAY)
        assert (count.offline, count.waiting) == (1, 1)
        assert snapshot.registrations.confirmation_times(DAY, DAY) == []


def test_how_long_they_waited_to_be_confirmed(clinic, lab):
    for _ in range(10):
        offline(clinic, lab)
        clinic.now_ms += 60_000
    clinic.heal()
    with reading(clinic.coordinator) as snapshot:
        (found,) = snapshot.registrations.confirmation_times(DAY, DAY)
    assert (found.day, found.people) == ("2026-01-05", 10)
    # Each step of the clinic takes a second too.
    waited = [found.median_s, found.ninety_s, found.longest_s]
    assert [seconds // 60 for seconds in waited] == [5, 9, 10]


def test_a_clock_that_is_ahead_gives_no_negative_wait(clinic, lab):
    clinic.now_ms += 3_600_000
    offline(clinic, lab)
    clinic.now_ms -= 3_600_000
    clinic.heal()
    with reading(clinic.coordinator) as snapshot:
        (found,) = snapshot.registrations.confirmation_times(DAY, DAY)
        assert found.median_s == found.longest_s == 0


def test_what_came_since(clinic, lab, ward):
    offline(clinic, lab)
    with reading(lab) as snapshot:
        newest, found = snapshot.registrations.came_after(0)
        assert found == {("LAB1-PC", True): 1}
        assert snapshot.registrations.came_after(newest) == (newest, {})
    offline(clinic, ward)
    pull(lab, ward)
    with reading(lab) as snapshot:
        assert snapshot.registrations.came_after(newest)[1] == {("WARD-PC", True): 1}


def test_the_times_of_offline_registrations(clinic, lab):
    at = clinic.now_ms // 1000
    offline(clinic, lab)
    with reading(lab) as snapshot:
        assert list(snapshot.registrations.offline_times(DAY, DAY)) == [("LAB1-PC", at)]
        assert list(snapshot.registrations.offline_times(NEXT, NEXT)) == []
