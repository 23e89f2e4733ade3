"""News of alarms are sent once, no more often than is wanted, and again if they did not arrive."""

from __future__ import annotations

import pytest

from coordinator.alerts.book import GONE_S
from coordinator.alerts.courier import AGAIN_S, Courier
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
    return Courier(watched.replica, [postman], level, every_s, lambda: watched.seconds)


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
