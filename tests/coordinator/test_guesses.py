"""Wrong codes: the address that sends many of them is held up, for a while, and no other."""

import pytest

from coordinator import guesses
from coordinator.guesses import Guesses

HERE = "10.0.0.7"


class Clock:
    now_s = 0.0

    def __call__(self):
        return self.now_s


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def counted(clock):
    return Guesses(clock)


def guess(counted, address=HERE, times=guesses.WRONG_MAX):
    for _ in range(times):
        counted.note_wrong(address)


def test_who_sends_many_wrong_codes_is_held_up(counted):
    guess(counted, times=guesses.WRONG_MAX - 1)
    assert not counted.is_held_up(HERE)
    counted.note_wrong(HERE)
    assert counted.is_held_up(HERE)
    assert not counted.is_held_up("10.0.0.8")


def test_it_ends_some_time_after_the_last_one(counted, clock):
    guess(counted)
    clock.now_s += guesses.WAIT_S - 1
    counted.note_wrong(HERE)
    clock.now_s += guesses.WAIT_S - 1
    assert counted.is_held_up(HERE)
    clock.now_s += 1
    assert not counted.is_held_up(HERE)
    guess(counted, times=1)
    assert not counted.is_held_up(HERE)


def test_no_more_addresses_are_remembered_than_so_many(counted):
    for number in range(guesses.ADDRESSES_MAX + 10):
        counted.note_wrong(f"address {number}")
    assert len(counted._wrong) == guesses.ADDRESSES_MAX


def test_alarms_name_who_guesses_and_whose_code_was_shown_twice(counted, clock):
    assert counted.alarms() == []
    guess(counted)
    counted.note_second_key("LAB1-PC")
    second, guessed = counted.alarms()
    assert (second.code, guessed.code) == ("code_used_twice", "code_guessed")
    assert "LAB1-PC" in second.text
    assert HERE in guessed.text
    clock.now_s += guesses.ALARM_S
    assert counted.alarms() == []


def test_of_many_who_guess_only_some_are_named(counted):
    for number in range(5):
        guess(counted, f"10.0.0.{number}")
    (alarm,) = counted.alarms()
    assert "10.0.0.0, 10.0.0.1, 10.0.0.2 and more" in alarm.text


def test_no_more_terminals_are_remembered_than_so_many(counted):
    for number in range(guesses.ADDRESSES_MAX + 10):
        counted.note_second_key(f"PC-{number}")
    assert len(counted.alarms()) == guesses.ADDRESSES_MAX


def test_other_addresses_of_the_same_network_of_ipv6_are_no_way_round(counted):
    for number in range(guesses.WRONG_MAX):
        counted.note_wrong(f"fd00:0:0:1::{number}")
    assert counted.is_held_up("fd00:0:0:1:ffff::9")
    assert not counted.is_held_up("fd00:0:0:2::1")
    (alarm,) = counted.alarms()
    assert "fd00:0:0:1::/64" in alarm.text
