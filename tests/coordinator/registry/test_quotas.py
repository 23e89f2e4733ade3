"""What a desk gets by itself is bounded, and an administrator's word goes beyond it."""

from __future__ import annotations

import pytest

from coordinator.errors import TooManyNumbers
from coordinator.registry import pool, quotas, ranges
from coordinator.registry.disbelief import disbelieve
from coordinator.registry.quotas import (
    AT_ONCE,
    BLOCKS_A_DAY,
    BLOCKS_OF_ANY_SIZE_A_DAY,
    DAY_MS,
    EVERY_MS,
    Allowance,
)
from sync.engine.issuing import Issued
from sync.model.facts import COORDINATOR, Author, RecordId
from sync.model.numbers import NumberRange
from sync.protocol.questions import Merge
from sync.storage.decisions import DecisionTables
from tests.clinic import START_MS, Clinic, Desk, pull
from tests.forging import Run, person

LAB = Author("LAB1-PC")


@pytest.fixture
def greedy(clinic: Clinic) -> Desk:
    return clinic.desk(LAB)


def take_blocks(clinic: Clinic, desk: Desk, turns: int, first: int = 0) -> list[str]:
    """The desk registers only the last number of each block that it gets; gives its blocks."""
    hub = clinic.coordinator
    for turn in range(first, first + turns):
        connected = {(LAB, desk.writer.identity.incarnation)}
        clinic.act(lambda tx: ranges.review(tx, connected))  # noqa: B023
        newest = hub.writer.registry.blocks_of(LAB)[-1]
        claim = person(turn, str(newest.range.end), LAB)
        run = Run(LAB, desk.signer, 1000 + turn).then(claim)
        hub.exchange.merge(Merge((run.batch(),), hub.roots))
    return [block.range.text for block in hub.writer.registry.blocks_of(LAB)]


def hindrances(clinic: Clinic, desk: Desk) -> list[str]:
    connected = {(LAB, desk.writer.identity.incarnation)}
    found = clinic.act(lambda tx: ranges.review(tx, connected))
    return [one.hindrance for one in found.waiting]


def test_who_registers_only_the_last_number_of_each_block_does_not_eat_the_pool(clinic, greedy):
    assert len(take_blocks(clinic, greedy, 20)) == BLOCKS_A_DAY
    (why,) = hindrances(clinic, greedy)
    assert why.startswith("LAB1-PC got 4 blocks with 40000 numbers within 24 hours")
    assert "`mrnmesh-coordinator terminals allow LAB1-PC`" in why
    clinic.now_ms += DAY_MS
    assert len(take_blocks(clinic, greedy, 20, 50)) == 2 * BLOCKS_A_DAY


def test_of_small_blocks_a_desk_gets_more(clinic, greedy):
    clinic.act(lambda tx: pool.change(tx, NumberRange.parse("8000000-8999999"), 1000, None))
    assert len(take_blocks(clinic, greedy, 20)) == quotas.NUMBERS_A_DAY // 1000


def test_ranges_that_an_administrator_grants_do_not_count(clinic, greedy):
    for number in range(6):
        clinic.act(lambda tx: ranges.grant_next(tx, LAB))
        take_blocks(clinic, greedy, 1, 100 + number)
    assert len(take_blocks(clinic, greedy, 20)) == 6 + BLOCKS_A_DAY
    assert hindrances(clinic, greedy)
    clinic.act(lambda tx: ranges.grant_next(tx, LAB))
    assert hindrances(clinic, greedy) == []


def test_an_administrators_word_lifts_the_bound_for_some_days(clinic, greedy):
    take_blocks(clinic, greedy, 6)
    clinic.act(lambda tx: quotas.lift(tx, LAB, 1))
    assert len(take_blocks(clinic, greedy, 3, 50)) == BLOCKS_A_DAY + 3
    clinic.act(lambda tx: quotas.lift(tx, LAB, 0))
    assert hindrances(clinic, greedy)
    assert clinic.act(lambda tx: dict(tx.store.meta.quotas_lifted)) == {LAB: clinic.now_ms}


def test_a_word_under_a_clock_that_was_ahead_lifts_nothing_for_weeks(clinic):
    hub = clinic.coordinator
    for days in (20, -20):
        hub.skew_ms += days * DAY_MS
        hub.writer.believed.confirm()
        clinic.act(lambda tx: None)
        if days > 0:
            clinic.act(lambda tx: quotas.lift(tx, LAB, 1))
            assert clinic.act(lambda tx: quotas.is_lifted(tx, LAB, tx.now_ms))
    assert not clinic.act(lambda tx: quotas.is_lifted(tx, LAB, tx.now_ms))
    clinic.act(lambda tx: quotas.lift(tx, Author("WARD-PC"), 1))
    meta = hub.writer.store.meta
    assert list(meta.quotas_lifted) == list(meta.quotas_lifted_at) == ["WARD-PC"]


def test_a_block_of_a_clock_that_was_wrong_does_not_count_for_years(clinic, greedy):
    clinic.now_ms += 1000 * DAY_MS
    take_blocks(clinic, greedy, BLOCKS_A_DAY)
    ahead = clinic.coordinator.writer.now_ms
    hub = clinic.coordinator

    def act(tx):
        tx.now_ms = ahead - 500 * DAY_MS  # the clock is right again
        quotas.require_block(tx, LAB, pool.BLOCK)

    hub.write(act)


def test_blocks_of_a_stretch_that_nobody_believes_were_not_all_given_today(clinic, greedy):
    for turn in range(5):
        take_blocks(clinic, greedy, 1, turn)
        clinic.now_ms += 2 * DAY_MS
    given_ms = START_MS, clinic.now_ms - 1
    clinic.act(lambda tx: disbelieve(tx, COORDINATOR, *given_ms, "Sadia", "20 days ahead"))
    assert hindrances(clinic, greedy) == []
    greedy_blocks = take_blocks(clinic, greedy, 20, 50)
    assert len(greedy_blocks) <= 5 + BLOCKS_A_DAY + 1, "those of today count"
    assert hindrances(clinic, greedy)


def test_of_the_smallest_blocks_a_desk_gets_fifty(clinic, greedy):
    clinic.act(lambda tx: pool.change(tx, NumberRange.parse("8000000-8999999"), 10, None))
    assert len(take_blocks(clinic, greedy, 60)) == BLOCKS_OF_ANY_SIZE_A_DAY
    (why,) = hindrances(clinic, greedy)
    assert why.startswith("LAB1-PC got 50 blocks with 500 numbers within 24 hours")


# what else a terminal causes

SOME = Allowance("some", 3, DAY_MS)


def takes(clinic: Clinic, times: int, code: Author = LAB) -> list[bool]:
    return [clinic.act(lambda tx: quotas.takes(tx, code, SOME)) for _ in range(times)]


def spent(clinic: Clinic) -> list[Author]:
    found: list[Author] = clinic.act(lambda tx: quotas.spent(tx, SOME, tx.now_ms))
    return found


@pytest.mark.usefixtures("greedy")
def test_a_terminal_causes_so_much_at_once_and_then_one_more_in_each_time(clinic):
    assert spent(clinic) == []
    assert takes(clinic, 5) == [True] * 3 + [False] * 2
    assert spent(clinic) == [LAB]
    clinic.now_ms += DAY_MS - 1
    assert takes(clinic, 1) == [False]
    clinic.now_ms += 1
    assert takes(clinic, 2) == [True, False]
    clinic.now_ms += 30 * DAY_MS
    assert spent(clinic) == []
    assert takes(clinic, 5) == [True] * 3 + [False] * 2


@pytest.mark.usefixtures("greedy")
def test_what_one_terminal_causes_does_not_count_for_another(clinic):
    other = clinic.desk("OTHER").author
    assert takes(clinic, 4) == [True] * 3 + [False]
    assert takes(clinic, 4, other) == [True] * 3 + [False]
    assert spent(clinic) == [LAB, other]


@pytest.mark.usefixtures("greedy")
def test_a_restart_of_the_coordinator_forgets_nothing_and_what_is_over_is_not_kept(clinic):
    assert takes(clinic, 4)[-1] is False
    clinic.coordinator.reopen()
    assert takes(clinic, 1) == [False]
    clinic.now_ms += 4 * DAY_MS
    takes(clinic, 1, Author("OTHER"))
    assert list(clinic.coordinator.writer.store.meta.caused) == ["some OTHER"]


@pytest.mark.usefixtures("greedy")
def test_the_word_of_an_administrator_lifts_this_and_nobody_waits_for_longer_afterwards(clinic):
    assert not all(takes(clinic, 4))
    clinic.act(lambda tx: quotas.lift(tx, LAB, 1))
    assert spent(clinic) == []
    assert all(takes(clinic, 20))
    clinic.act(lambda tx: quotas.lift(tx, LAB, 0))
    assert takes(clinic, 1) == [False]
    clinic.now_ms += DAY_MS
    assert takes(clinic, 2) == [True, False]


@pytest.mark.usefixtures("greedy")
def test_a_clock_that_was_ahead_keeps_no_terminal_waiting(clinic):
    def at(ahead_ms):
        def act(tx):
            tx.now_ms += ahead_ms
            return quotas.takes(tx, LAB, SOME)

        return clinic.coordinator.write(act)

    assert [at(1000 * DAY_MS) for _ in range(4)] == [True] * 3 + [False]
    assert [at(0) for _ in range(4)] == [True] * 3 + [False]


@pytest.mark.usefixtures("greedy")
def test_what_was_not_written_after_all_does_not_count(clinic):
    def fails(tx):
        quotas.takes(tx, LAB, SOME)
        raise NotADirectoryError

    for _ in range(9):
        with pytest.raises(NotADirectoryError):
            clinic.coordinator.write(fails)
    assert takes(clinic, 4) == [True] * 3 + [False]


# online numbers


def ask(clinic: Clinic, number: int) -> bool:
    """True when the desk got a number for a new person."""
    record = RecordId(number.to_bytes(16))
    try:
        clinic.act(lambda tx: clinic.coordinator.arbiter.grant(tx, record, LAB))
    except TooManyNumbers:
        return False
    return True


def served(clinic: Clinic, people: range) -> bool:
    """True when the desk got a number for each of some people."""
    return [ask(clinic, number) for number in people] == [True] * len(people)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quotas, "AT_ONCE", 5)


@pytest.mark.usefixtures("few", "greedy")
def test_a_desk_gets_so_many_numbers_at_once_and_then_one_a_second(clinic):
    assert [ask(clinic, number) for number in range(7)] == [True] * 5 + [False] * 2
    clinic.now_ms += 3 * EVERY_MS
    assert [ask(clinic, number) for number in range(7, 12)] == [True] * 3 + [False] * 2
    clinic.now_ms += 100 * EVERY_MS
    assert [ask(clinic, number) for number in range(12, 19)] == [True] * 5 + [False] * 2


@pytest.mark.usefixtures("few", "greedy")
def test_who_asks_again_for_the_same_person_gets_the_same_number_and_it_does_not_count(clinic):
    assert [ask(clinic, 1) for _ in range(20)] == [True] * 20
    assert [ask(clinic, number) for number in range(1, 6)] == [True] * 5


@pytest.mark.usefixtures("few", "greedy")
def test_one_desk_does_not_use_up_what_another_one_may_have(clinic):
    other = clinic.desk("OTHER").author
    assert not served(clinic, range(9))
    arbiter = clinic.coordinator.arbiter
    assert clinic.act(lambda tx: arbiter.grant(tx, RecordId(b"o" * 16), other)).mrn


@pytest.mark.usefixtures("few", "greedy")
def test_a_word_of_an_administrator_and_then_who_was_refused(clinic):
    quota = clinic.coordinator.arbiter.quota
    assert quota.refused(clinic.now_ms) == []
    assert not served(clinic, range(9))
    assert quota.refused(clinic.now_ms) == [LAB]
    clinic.act(lambda tx: quotas.lift(tx, LAB, 1))
    assert served(clinic, range(20, 40))
    assert quota.refused(clinic.now_ms + quotas.ALARM_MS) == []


@pytest.mark.usefixtures("few", "greedy")
def test_a_clock_that_goes_back_keeps_nobody_waiting_for_longer(clinic):
    assert not served(clinic, range(9))
    quota = clinic.coordinator.arbiter.quota

    def at(ago_ms):
        def act(tx):
            tx.now_ms -= ago_ms
            quota.take(tx, LAB, "20260105", RecordId(ago_ms.to_bytes(16)))

        return act

    for ago_ms in (10 * DAY_MS, 10 * DAY_MS - EVERY_MS):
        try:
            clinic.coordinator.write(at(ago_ms))
        except TooManyNumbers:
            continue
        break
    else:
        raise AssertionError("it waits for the time that the clock had before")


@pytest.fixture
def unused_few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quotas, "UNUSED_MAX", 5)


@pytest.mark.usefixtures("unused_few")
def test_a_desk_that_registers_nobody_gets_no_more_numbers_of_that_day(clinic, greedy):
    assert [ask(clinic, number) for number in range(7)] == [True] * 5 + [False] * 2
    assert clinic.coordinator.arbiter.quota.refused(clinic.now_ms) == [LAB]
    clinic.coordinator.arbiter.quota = quotas.NumberQuota()  # it was started again
    assert not ask(clinic, 7)
    clinic.now_ms += DAY_MS
    assert [ask(clinic, number) for number in range(7, 14)] == [True] * 5 + [False] * 2


@pytest.mark.usefixtures("unused_few")
def test_whoever_registers_gets_as_many_as_before(clinic, greedy):
    hub = clinic.coordinator
    for number in range(20):
        assert ask(clinic, number)
        record = RecordId(number.to_bytes(16))
        (grant,) = hub.writer.write(lambda tx, r=record: tx.store.decisions.grants_of([r])[r])
        run = Run(LAB, greedy.signer, 2000 + number).then(person(number, grant.mrn, LAB))
        hub.exchange.merge(Merge((run.batch(),), hub.roots))
    assert hub.arbiter.quota.refused(clinic.now_ms) == []


@pytest.mark.usefixtures("unused_few", "greedy")
def test_an_honest_desk_costs_one_count_of_what_is_unused(clinic, monkeypatch):
    counted = []
    count = DecisionTables.unused_grants

    def noted(decisions, *what):
        counted.append(what)
        return count(decisions, *what)

    monkeypatch.setattr(DecisionTables, "unused_grants", noted)
    assert served(clinic, range(5))
    assert len(counted) == 1


@pytest.mark.usefixtures("unused_few", "greedy")
def test_a_number_that_was_not_given_after_all_does_not_count(clinic):
    hub = clinic.coordinator

    def fails(tx):
        hub.arbiter.grant(tx, RecordId(b"n" * 16), LAB)
        raise NotADirectoryError

    for _ in range(9):
        with pytest.raises(NotADirectoryError):
            hub.write(fails)
    assert [ask(clinic, number) for number in range(6)] == [True] * 5 + [False]


@pytest.mark.usefixtures("unused_few", "greedy")
def test_a_word_of_an_administrator_lifts_this_too(clinic):
    assert not served(clinic, range(6))
    clinic.act(lambda tx: quotas.lift(tx, LAB, 1))
    assert served(clinic, range(20, 30))


def test_the_bounds_are_above_what_an_honest_desk_needs():
    """A person every ten seconds at a desk that never rests is 8,640 a day."""
    assert AT_ONCE + DAY_MS // EVERY_MS > 8_640
    assert pool.BLOCK * BLOCKS_A_DAY > 8_640
    # A disk that is put back every night, with some tries on one day.
    assert quotas.RESTORES.every_ms <= DAY_MS
    assert quotas.RESTORES.at_once >= 10
    # A hundred clerks who choose a PIN on one day, and another one every month.
    assert quotas.PINS.at_once >= 100
    assert 30 * DAY_MS // quotas.PINS.every_ms >= 100


def test_people_without_a_number_get_theirs_whatever_was_granted(clinic, greedy, monkeypatch):
    monkeypatch.setattr(quotas, "AT_ONCE", 0)
    greedy.register(greedy.draft(), lambda _tx: Issued(None, True))
    pull(clinic.coordinator, greedy)
    assert clinic.coordinator.query("SELECT count(*) FROM grants") == [(1,)]
