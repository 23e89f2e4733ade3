"""Failures to sign in: a guesser is shut out, the owner and the console are not."""

import pytest

from coordinator.errors import TooManyFailures
from coordinator.users import attempts
from coordinator.users.attempts import ADDRESS, OWN, REMEMBERED_MAX, STRANGERS, Attempts

HERE, DESK, GUESSER = "127.0.0.1", "192.168.1.5", "192.168.1.66"


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def tries(clock):
    return Attempts(clock)


def fails(tries, user, address, times=1):
    """How often it could be tried before it was refused."""
    for done in range(times):
        try:
            tries.begin(user, address)
        except TooManyFailures:
            return done
    return times


def signs_in(tries, user, address):
    tries.begin(user, address)
    tries.succeeded(user, address)


def test_a_guesser_gets_some_tries_and_then_one_a_minute(tries, clock):
    assert fails(tries, "sadia", GUESSER, 100) == OWN.failures
    clock.now += OWN.seconds - 1
    with pytest.raises(TooManyFailures, match="Wait 1 s"):
        tries.begin("sadia", GUESSER)
    clock.now += 1
    assert fails(tries, "sadia", GUESSER, 100) == 1


def test_whoever_signs_in_begins_anew(tries):
    for _ in range(3):
        assert fails(tries, "sadia", DESK, OWN.failures - 1) == OWN.failures - 1
        signs_in(tries, "sadia", DESK)


def test_whoever_has_one_name_gets_no_more_tries_for_others_by_signing_in(tries):
    failed = 0
    for n in range(100):
        failed += fails(tries, f"user {n}", GUESSER)
        if fails(tries, "own", GUESSER):
            tries.succeeded("own", GUESSER)
    assert failed == ADDRESS.failures


def test_one_address_cannot_try_all_names(tries):
    assert sum(fails(tries, f"user {n}", GUESSER) for n in range(100)) == ADDRESS.failures


def test_many_addresses_cannot_try_one_name(tries):
    tried = sum(fails(tries, "sadia", f"10.0.0.{n}") for n in range(1, 200))
    assert tried == STRANGERS.failures


def test_they_cannot_lock_out_whoever_has_signed_in_from_here(tries):
    signs_in(tries, "sadia", DESK)
    for n in range(1, 200):
        fails(tries, "sadia", f"10.0.0.{n}", 10)
    signs_in(tries, "sadia", DESK)
    with pytest.raises(TooManyFailures):
        tries.begin("sadia", "192.168.1.7")


@pytest.mark.parametrize("console", [HERE, "127.0.1.1", "::1", "::ffff:127.0.0.1"])
def test_the_console_is_never_shut_out_by_the_network(tries, console):
    for n in range(1, 200):
        fails(tries, "sadia", f"10.0.0.{n}", 10)
    signs_in(tries, "sadia", console)


def test_at_the_console_each_name_counts_for_itself(tries):
    assert fails(tries, "sadia", HERE, 100) == OWN.failures
    assert sum(fails(tries, f"user {n}", HERE) for n in range(100)) == 100


@pytest.mark.parametrize("address", [HERE, DESK])
def test_a_try_that_nobody_has_looked_at_is_no_failure(tries, address):
    for _ in range(100):
        tries.begin("sadia", address)
        tries.take_back("sadia", address)
    assert fails(tries, "sadia", address, 100) == OWN.failures


def test_addresses_of_one_household_are_one(tries):
    tried = sum(fails(tries, "sadia", f"2001:db8:0:1::{n:x}") for n in range(1, 100))
    assert tried == OWN.failures
    assert attempts._place("fe80::1%eth0") == attempts._place("fe80::2")


def test_only_so_much_is_remembered(tries):
    for n in range(REMEMBERED_MAX):
        fails(tries, f"user {n}", f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}")
    assert len(tries._empty_at) == REMEMBERED_MAX
    signs_in(tries, "sadia", DESK)
