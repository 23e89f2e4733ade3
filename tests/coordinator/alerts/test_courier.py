"""News of alarms are sent once, no more often than is wanted, and again if they did not arrive."""

from __future__ import annotations

import contextlib

import pytest

from coordinator.alerts.book import GONE_S
from coordinator.alerts.courier import AGAIN_S, Courier
from sync.errors import StoreError
from sync.model.alarms import AlarmLevel
from tests.coordinator.alerts.conftest import FULL, LOW

EVERY_S = 900


class Postman:
    """A channel that keeps what it is to send; ``fault`` is what goes wrong."""

    name = "mail"

    def __init__(self) -> None:
        self.sent: list[tuple[list[str], list[str]]] = []
        self.fault: str | None = None
        self.trials = 0

    async def send(self, news):
        if self.fault is None and news.is_trial:
            self.trials += 1
        elif self.fault is None:
            self.sent.append(tuple([one.code for one in part] for part in news[:2]))
        return self.fault

    async def close(self):
        self.sent.append(([], []))


@pytest.fixture
def postman():
    return Postman()


def courier_of(watched, postman, level=AlarmLevel.WARNING, every_s=EVERY_S):
    return Courier(
        watched.replica, [postman], level, every_s, watched.book.unkept, lambda: watched.seconds
    )


async def test_each_is_sent_once_and_that_it_is_over(watched, postman):
    courier = courier_of(watched, postman, every_s=0)
    for _ in range(3):
        await watched.look(FULL, LOW, seconds=60)
        await courier.send_due()
    assert [sorted(raised) for raised, _ in postman.sent] == [["disk_full", "numbers_low"]]
    await watched.look(LOW)
    await watched.look(LOW, seconds=GONE_S)
    for _ in range(2):
        await courier.send_due()
    assert postman.sent[1:] == [([], ["disk_full"])]


async def test_no_more_messages_than_are_wanted(watched, postman):
    courier = courier_of(watched, postman)
    await watched.look(FULL)
    await courier.send_due()
    await watched.look(FULL, LOW)
    await courier.send_due()
    assert postman.sent == [(["disk_full"], [])]


async def test_the_time_between_two_messages_holds_over_a_restart(watched, postman):
    await watched.look(FULL)
    await courier_of(watched, postman).send_due()
    await watched.restart()
    await watched.look(FULL, LOW)
    await courier_of(watched, postman).send_due()
    assert postman.sent == [(["disk_full"], [])], "the next one is not due yet"
    await courier_of(watched, postman, every_s=0).send_due()
    assert postman.sent[1:] == [(["numbers_low"], [])]


async def test_a_message_that_did_not_arrive_is_sent_again_and_is_an_alarm(watched, postman):
    courier = courier_of(watched, postman)
    postman.fault = "it answers 550: no"
    await watched.look(FULL)
    await courier.send_due()
    (alarm,) = courier.alarms()
    assert (alarm.code, alarm.about) == ("alerts_unsent", "mail")
    assert "it answers 550: no" in alarm.text
    postman.fault = None
    await courier.send_due()
    assert postman.sent == [], "not at once"
    watched.seconds += AGAIN_S
    await courier.send_due()
    assert postman.sent == [(["disk_full"], [])]
    assert courier.alarms() == []


async def test_what_somebody_looks_at_already_is_not_sent(watched, postman):
    await watched.look(FULL, LOW)
    await watched.book.acknowledge(1, "Sadia", "")
    await courier_of(watched, postman).send_due()
    ((raised, _),) = postman.sent
    assert len(raised) == 1


async def test_that_one_is_over_is_sent_only_to_who_knew_of_it(watched, postman):
    await watched.look(FULL)
    await watched.look()
    await watched.look(seconds=GONE_S)
    await courier_of(watched, postman).send_due()
    assert postman.sent == []


async def test_only_alerts_where_that_is_wanted(watched, postman):
    courier = courier_of(watched, postman, AlarmLevel.ALERT, every_s=0)
    await watched.look(LOW)
    await courier.send_due()
    assert postman.sent == []
    await watched.look(LOW._replace(level=AlarmLevel.ALERT))
    await courier.send_due()
    assert postman.sent == [(["numbers_low"], [])]


async def test_a_trial_goes_at_once_and_says_what_became_of_it(watched, postman):
    courier = courier_of(watched, postman)
    assert await courier.send_trial() == [{"channel": "mail", "error": None}]
    postman.fault = "nobody listens there"
    assert await courier.send_trial() == [{"channel": "mail", "error": "nobody listens there"}]
    assert postman.trials == 1
    await courier.stop()
    assert postman.sent == [([], [])]


LARGE = LOW._replace(text="x" * 500_000)


def disk(watched, *, full):
    """Fill the disk of the database, or free some space again."""
    connection = watched.replica._writer.store.connection
    pages = connection.execute("PRAGMA page_count").fetchone()[0] if full else 1_000_000
    connection.execute(f"PRAGMA max_page_count = {pages}")


async def test_alarms_go_out_while_the_disk_is_full_and_once(watched, postman):
    courier = courier_of(watched, postman, every_s=0)
    disk(watched, full=True)
    for alarms in ([FULL, LARGE], [FULL, LARGE], [FULL]):
        with pytest.raises(StoreError):
            await watched.look(*alarms, seconds=120)
        with contextlib.suppress(StoreError):
            await courier.send_due()
    assert [sorted(raised) for raised, _ in postman.sent] == [["disk_full", "numbers_low"]]
    assert await watched.kept() == []
    disk(watched, full=False)
    # What came up meanwhile is kept with its time, also what is over; and is not sent again.
    await watched.look(seconds=120)
    await courier.send_due()
    assert sorted(one.code for one in await watched.kept()) == ["disk_full", "numbers_low"]
    assert len(postman.sent) == 1
    await watched.look()
    await watched.look(seconds=GONE_S)
    await courier.send_due()
    assert [sorted(over) for _, over in postman.sent[1:]] == [["disk_full", "numbers_low"]]
    await courier.send_due()
    assert len(postman.sent) == 2


async def test_what_is_sent_and_cannot_be_noted_is_not_sent_again(watched, postman):
    courier = courier_of(watched, postman, every_s=0)
    await watched.look(FULL)
    connection = watched.replica._writer.store.connection
    connection.execute("PRAGMA query_only = ON")
    with pytest.raises(StoreError):
        await courier.send_due()
    watched.seconds += 120
    await courier.send_due()
    assert len(postman.sent) == 1
    connection.execute("PRAGMA query_only = OFF")
    watched.seconds += 120
    await courier.send_due()
    again = courier_of(watched, postman, every_s=0)  # a restart forgets what is not written down
    await again.send_due()
    assert len(postman.sent) == 1
