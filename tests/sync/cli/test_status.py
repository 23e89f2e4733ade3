"""The sentences that the status of both daemons has."""

from datetime import UTC, datetime

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
    assert found == f"Last backup: {made.astimezone():%Y-%m-%d %H:%M}, in /srv/backups."
    none = status.last_backup({"folder": "/srv/backups", "last_good": None})
    assert none == "No backup yet in /srv/backups."


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
