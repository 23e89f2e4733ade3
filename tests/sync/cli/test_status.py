"""The sentences that the status of both daemons has."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from sync.cli import status


def test_people_are_counted_in_the_words_of_clerks():
    assert status.people(1, 0, 1) == "1 person, 0 waiting for confirmation, 1 conflict open."
    assert status.people(5312, 1200, 2) == (
        "5,312 people, 1,200 waiting for confirmation, 2 conflicts open."
    )


def test_the_last_backup_has_the_time_of_this_computer():
    made = datetime(2026, 1, 5, 7, 0, tzinfo=UTC)
    good = {"file": "x", "at": "2026-01-05T07:00:00Z", "facts": 1, "patients": 1}
    found = status.last_backup({"folder": "/srv/backups", "last_good": good})
    here = made.astimezone()
    zone = status.zone_name(here)
    assert found == f"Last backup: {here:%Y-%m-%d %H:%M} ({zone}), in /srv/backups."
    none = status.last_backup({"folder": "/srv/backups", "last_good": None})
    assert none == "No backup yet in /srv/backups."


@pytest.mark.parametrize(
    ("minutes", "name"),
    [(0, "UTC+00:00"), (300, "UTC+05:00"), (345, "UTC+05:45"), (-210, "UTC-03:30")],
)
def test_a_time_zone_is_named_by_its_distance(minutes, name):
    at = datetime(2026, 1, 5, tzinfo=timezone(timedelta(minutes=minutes)))
    assert status.zone_name(at) == name


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        (0, []),
        (1, ["Received, but waiting for something that is missing: 1 part."]),
        (5, ["Received, but waiting for something that is missing: 5 parts."]),
    ],
)
def test_what_came_too_early_is_said_only_if_there_is_any(parts, said):
    assert status.waiting(parts) == said


def test_requests_are_told_of_only_if_some_wait():
    assert status.requests(0, "list") == []
    assert status.requests(2, "list") == ["2 requests of desks waiting for an answer: `list`."]
