"""An alarm is raised once, is over by itself, and is acknowledged by a person who is named."""

import json

import pytest

from coordinator.alerts.book import GONE_S
from sync.errors import NotFound
from sync.model.alarms import AlarmLevel
from sync.storage.watching.alerts import What
from tests.coordinator.alerts.conftest import FULL, LOW


async def test_an_alarm_is_raised_once_however_long_it_lasts(watched):
    for percent in (81, 82, 83):
        await watched.look(LOW._replace(text=f"{percent} % used."))
    (alert,) = await watched.kept()
    assert (alert.code, alert.about, alert.text) == ("numbers_low", "LAB1-PC", "83 % used.")
    assert alert.ended_ms is None


async def test_what_the_text_says_of_its_case_is_kept_as_it_is_now(watched):
    for left in (12, 9):
        await watched.look(LOW._replace(terms={"desk": "LAB1-PC", "left": left}))
    (alert,) = await watched.kept()
    assert json.loads(alert.terms) == {"desk": "LAB1-PC", "left": 9}


async def test_nothing_is_written_while_nothing_changes(watched):
    await watched.look(FULL, LOW)
    statements: list[str] = []
    await watched.replica.write(
        lambda tx: tx.store.connection.set_trace_callback(statements.append)
    )
    await watched.look(FULL, LOW)
    assert [sql for sql in statements if "alerts" in sql] == []
    await watched.look(FULL)
    await watched.look(FULL, seconds=GONE_S)
    assert [sql for sql in statements if "alerts" in sql]


async def test_an_alarm_is_over_once_it_was_gone_for_a_minute(watched):
    await watched.look(FULL)
    await watched.look(seconds=1)
    await watched.look(seconds=GONE_S - 1)
    assert (await watched.kept())[0].ended_ms is None
    await watched.look(seconds=1)
    (alert,) = await watched.kept(not_over=False)
    assert alert.ended_ms >= alert.since_ms
    await watched.look(FULL)
    assert len(await watched.kept()) == 2


async def test_one_that_comes_and_goes_stays_one(watched):
    for _ in range(10):
        await watched.look(FULL)
        await watched.look(seconds=GONE_S / 2)
    assert [alert.ended_ms for alert in await watched.kept()] == [None]


async def test_a_restart_raises_nothing_anew_and_ends_nothing(watched):
    await watched.look(FULL)
    await watched.book.acknowledge(1, "Sadia", "is being cleaned")
    await watched.restart()
    await watched.look(seconds=0)  # nobody has looked at the disk yet
    await watched.look(FULL, seconds=GONE_S / 2)
    (alert,) = await watched.kept()
    assert (alert.ended_ms, alert.seen_by, alert.note) == (None, "Sadia", "is being cleaned")


async def test_one_that_ended_while_the_coordinator_was_off_is_over(watched):
    await watched.look(FULL)
    await watched.restart()
    await watched.look()
    await watched.look(seconds=GONE_S)
    assert [alert.code for alert in await watched.kept(not_over=False)] == ["disk_full"]


async def test_the_first_who_acknowledges_is_kept(watched):
    await watched.look(FULL, LOW)
    first = await watched.book.acknowledge(1, "Sadia", "")
    assert (first.seen_by, first.seen_ms is not None) == ("Sadia", True)
    assert (await watched.book.acknowledge(1, "Bilal", "me too")).seen_by == "Sadia"
    with pytest.raises(NotFound):
        await watched.book.acknowledge(99, "Sadia", "")


async def test_one_that_gets_worse_is_raised_anew_and_one_that_gets_better_is_not(watched):
    await watched.look(LOW)
    await watched.book.acknowledge(1, "Sadia", "")
    await watched.replica.write(
        lambda tx: (tx.begin(), tx.store.alerts.note_sent("mail", What.RAISED, [1], tx.now_ms))
    )
    await watched.look(LOW._replace(level=AlarmLevel.ALERT))
    (alert,) = await watched.kept()
    assert (alert.level, alert.seen_by) == ("alert", None)
    read = watched.replica.read
    due = await read(lambda snapshot: snapshot.store.alerts.to_send("mail", What.RAISED))
    assert [one.id for one in due] == [1]
    await watched.book.acknowledge(1, "Bilal", "")
    await watched.look(LOW)
    assert [(one.level, one.seen_by) for one in await watched.kept()] == [("warning", "Bilal")]
