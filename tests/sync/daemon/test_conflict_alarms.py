"""Alarms about conflicts: counted after commits, for everybody or for the clerks of one desk."""

import sqlite3

import pytest

from sync.daemon.conflict_alarms import ConflictWatch
from tests.sync.patients import reading


class Watched:
    """What a watch needs of a replica: to read it, and to be told of commits."""

    def __init__(self, desk):
        self.desk = desk
        self.commit = None

    async def read(self, act):
        with reading(self.desk) as snapshot:
            return act(snapshot)

    def subscribe(self, callback):
        self.commit = callback


@pytest.fixture
def watched(clinic, lab, ward):
    """The lab was put back to an earlier copy, and gave the number of one person once more."""
    earlier = lab.back_up()
    lab.register_offline(full_name="First")
    clinic.heal()
    lab.restore(earlier)
    lab.register_offline(full_name="Second")
    clinic.heal()
    return Watched(lab)


async def texts(watch):
    await watch.look()
    return [(alarm.code, alarm.text) for alarm in watch.alarms()]


async def test_a_desk_hears_of_its_own_people_and_an_administrator_of_all(watched, lab, ward):
    assert await texts(ConflictWatch(watched)) == [("conflicts_open", "1 conflict is open.")]
    assert await texts(ConflictWatch(watched, lab.author)) == [
        (
            "conflicts_here",
            "1 number of a person of this desk is refused, or claimed by somebody else.",
        )
    ]
    assert await texts(ConflictWatch(watched, ward.author)) == []


async def test_it_counts_only_after_a_commit(watched, clinic, lab):
    watch = ConflictWatch(watched)
    assert len(await texts(watch)) == 1
    lab.query("UPDATE conflicts SET open = 0")
    assert len(await texts(watch)) == 1, "nothing was committed, as far as it knows"
    watched.commit(None)
    assert await texts(watch) == []


async def test_a_count_that_failed_is_made_again(watched, monkeypatch):
    watch = ConflictWatch(watched)

    async def fails(*_):
        raise sqlite3.OperationalError("disk I/O error")

    with monkeypatch.context() as patch:
        patch.setattr(watched, "read", fails)
        with pytest.raises(sqlite3.OperationalError):
            await watch.look()
    assert list(watch.alarms()) == []
    assert len(await texts(watch)) == 1
