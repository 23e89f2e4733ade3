"""Hybrid times never go back, whatever the wall clock and the peers say."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from sync.model import clock
from sync.model.clock import AHEAD_MS_MAX, HybridClock

NOW = 1_767_600_000_000
TIMES = st.integers(-(2**40), 2**49)
COUNTERS = st.integers(0, 2**15 - 1)
MILLISECONDS = st.integers(0, 2**48 - 1)


@given(MILLISECONDS, COUNTERS, MILLISECONDS, COUNTERS)
def test_a_packed_time_orders_like_its_parts(ms, counter, other_ms, other_counter):
    one, other = clock.pack(ms, counter), clock.pack(other_ms, other_counter)
    assert clock.unpack(one) == (ms, counter)
    assert (one < other) == ((ms, counter) < (other_ms, other_counter))
    assert 0 <= one < 1 << 63


@given(st.lists(st.integers(-(2**40), 2**47)))
def test_each_time_is_later_than_all_before(times):
    """Backwards, standing still, before 1970: the wall clock may do what it likes."""
    hybrid = HybridClock()
    given_ = [hybrid.tick(now) for now in times]
    assert all(one < other for one, other in pairwise(given_))


@given(TIMES)
def test_a_time_always_fits_63_bits(now):
    assert 0 < HybridClock(clock.pack(5, 0)).tick(now) < 1 << 63


def test_a_new_time_is_the_wall_clocks_when_that_has_moved_on():
    hybrid = HybridClock(clock.pack(NOW, 9))
    assert clock.unpack(hybrid.tick(NOW + 1)) == (NOW + 1, 0)
    assert clock.unpack(hybrid.tick(NOW + 1)) == (NOW + 1, 1)
    assert clock.unpack(hybrid.tick(NOW - 5000)) == (NOW + 1, 2)


def test_a_full_counter_goes_on_in_the_next_millisecond():
    hybrid = HybridClock(clock.pack(NOW, 2**15 - 1))
    assert clock.unpack(hybrid.tick(NOW)) == (NOW + 1, 0)


def test_what_was_absorbed_lies_before_what_comes_next():
    hybrid = HybridClock()
    remote = clock.pack(NOW + AHEAD_MS_MAX, 7)
    assert hybrid.absorb(remote, NOW)
    assert hybrid.tick(NOW) == remote + 1


def test_a_time_more_than_ten_minutes_ahead_is_not_absorbed():
    hybrid = HybridClock()
    assert not hybrid.absorb(clock.pack(NOW + AHEAD_MS_MAX + 1, 0), NOW)
    assert clock.unpack(hybrid.tick(NOW)) == (NOW, 0)
    assert AHEAD_MS_MAX == 10 * 60 * 1000


def test_an_earlier_remote_time_changes_nothing():
    hybrid = HybridClock(clock.pack(NOW, 3))
    assert hybrid.absorb(clock.pack(NOW - 1, 9), NOW)
    assert hybrid.last == clock.pack(NOW, 3)
