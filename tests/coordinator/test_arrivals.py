"""Desks that have told all that they have: each is noted once and acted on in turn."""

import asyncio

import pytest

from coordinator.arrivals import WAITING_MAX, Arrival, Arrivals, take_up
from coordinator.registry import quotas, ranges, terminals
from sync.model.facts import Author, Incarnation
from tests.clinic import pull

LAB, WARD = Author("LAB1-PC"), Author("WARD-PC")
ONE, OTHER = Incarnation(b"life-one"), Incarnation(b"life-two")


@pytest.fixture
def arrivals():
    return Arrivals()


async def test_they_come_out_in_the_order_in_which_they_came(arrivals):
    for author in (LAB, WARD):
        arrivals.note(author, ONE, True)
    assert await arrivals.next() == Arrival(LAB, ONE, True)
    assert await arrivals.next() == Arrival(WARD, ONE, True)


async def test_who_waits_for_the_next_one_gets_it(arrivals):
    waiting = asyncio.create_task(arrivals.next())
    arrivals.note(LAB, ONE, False)
    assert await asyncio.wait_for(waiting, 60) == Arrival(LAB, ONE, False)


async def test_however_often_a_desk_reports_itself_it_is_one(arrivals):
    for complete in (False, True, False):
        arrivals.note(LAB, ONE, complete)
    arrivals.note(LAB, OTHER, False)
    assert await arrivals.next() == Arrival(LAB, ONE, True), "it was complete once"
    assert await arrivals.next() == Arrival(LAB, OTHER, False), "another copy is another one"
    arrivals.note(WARD, ONE, True)
    assert await arrivals.next() == Arrival(WARD, ONE, True), "nothing was left over"


async def test_however_many_databases_a_desk_says_it_has_few_of_them_wait(arrivals):
    for number in range(100):
        arrivals.note(LAB, Incarnation(number.to_bytes(8)), True)
    arrivals.note(WARD, ONE, True)
    waited = [await arrivals.next() for _ in range(WAITING_MAX + 1)]
    assert [one.author for one in waited] == [LAB] * WAITING_MAX + [WARD]
    arrivals.note(LAB, OTHER, True)
    assert await arrivals.next() == Arrival(LAB, OTHER, True), "nothing else was left over"


class Writing:
    """What acting on an arrival needs of a replica, over the coordinator of a test."""

    def __init__(self, clinic):
        self._clinic = clinic

    async def write(self, act):
        return self._clinic.act(act)


@pytest.fixture
def act(clinic):
    def take(author, incarnation, complete):
        arrival = Arrival(author, incarnation, complete)
        return take_up(Writing(clinic), clinic.coordinator.arbiter, arrival)

    return take


async def test_what_a_desk_brought_is_judged(clinic, coordinator, lab, act):
    registered = lab.register_offline()
    pull(coordinator, lab)
    recovery = coordinator.arbiter.recovery
    clinic.act(lambda tx: recovery.begin(tx, "it was set back"))
    waiting = lab.register_offline()
    pull(coordinator, lab)
    number = str(waiting.issued.mrn)
    assert coordinator.status()[number] == ("pending", None)
    await act(LAB, lab.writer.identity.incarnation, True)
    assert not clinic.act(recovery.is_on), "the only desk has brought all that it has"
    assert coordinator.status()[number] == ("admitted", None)
    assert coordinator.status()[str(registered.issued.mrn)] == ("admitted", None)


async def test_a_desk_whose_facts_could_not_all_be_merged_ends_no_recovery(clinic, lab, act):
    recovery = clinic.coordinator.arbiter.recovery
    clinic.act(lambda tx: recovery.begin(tx, "it was set back"))
    await act(LAB, lab.writer.identity.incarnation, False)
    assert clinic.act(recovery.is_on)
    assert clinic.act(recovery.waiting_for) == [LAB]


async def test_a_new_incarnation_is_known_but_not_while_the_past_is_not(clinic, lab, ward, act):
    recovery = clinic.coordinator.arbiter.recovery

    def known():
        return clinic.act(lambda tx: terminals.known(tx, LAB).incarnation)

    before = known()
    clinic.act(lambda tx: recovery.begin(tx, "it was set back"))
    await act(LAB, OTHER, True)
    assert known() == before, "the ward has not come back yet"
    await act(WARD, ward.writer.identity.incarnation, True)
    await act(LAB, OTHER, True)
    assert known() == OTHER


async def test_a_desk_that_is_restored_too_often_loses_nobody_and_comes_right(
    clinic, coordinator, lab, act
):
    """It stays connected, registers with online numbers, and gets a range of its own in time."""

    def own():
        connected = {(LAB, lab.writer.identity.incarnation)}
        review = clinic.act(lambda tx: ranges.review(tx, connected))
        return [one.terminal for one in review.extended]

    for number in range(quotas.RESTORES_AT_ONCE):
        await act(LAB, Incarnation(number.to_bytes(8)), True)
    pull(lab, coordinator)
    lab.write(lambda tx: tx.begin_incarnation(OTHER))
    facts = clinic.coordinator.query("SELECT count(*) FROM registry")
    for _ in range(3):  # it reports itself again and again
        await act(LAB, OTHER, True)
    assert clinic.coordinator.query("SELECT count(*) FROM registry") == facts
    assert own() == []
    arbiter = coordinator.arbiter
    draft = lab.draft()
    issued = clinic.act(lambda tx: arbiter.grant(tx, draft.record, LAB))
    pull(lab, coordinator)
    lab.register(draft, lambda _tx: issued)
    pull(coordinator, lab)
    assert coordinator.status()[issued.mrn] == ("admitted", None)
    clinic.now_ms += quotas.RESTORES.every_ms
    await act(LAB, OTHER, True)
    assert own() == [LAB]
    pull(lab, coordinator)
    mine = lab.register_offline()
    pull(coordinator, lab)
    assert coordinator.status()[mine.issued.mrn] == ("admitted", None)


async def test_an_administrator_lets_a_desk_be_restored_more_often(clinic, lab, act):
    clinic.act(lambda tx: quotas.lift(tx, LAB, 1))
    for number in range(2 * quotas.RESTORES_AT_ONCE):
        await act(LAB, Incarnation(number.to_bytes(8)), True)
        known = clinic.act(lambda tx: terminals.known(tx, LAB).incarnation)
        assert known == number.to_bytes(8)
