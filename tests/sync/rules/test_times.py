"""Which times of facts are believed, whatever order the disbeliefs come in."""

import itertools
from datetime import timedelta, timezone

import pytest

from sync.model import clock
from sync.model.facts import COORDINATOR, REGISTRY, Author, Disbelief, FactId
from sync.model.formats import time_of_ms
from sync.rules.times import CLOCK_MS, OwnTime, Times, one_name

LAB, WARD = Author("LAB1-PC"), Author("WARD-PC")


def at(ms):
    return clock.pack(ms, 7)


def said(number, said_ms, author, first, last, *replaces):
    fact = Disbelief(number, tuple(ident(one) for one in replaces), author, first, last, "A", "b")
    return ident(number), at(said_ms), fact


def ident(number):
    return FactId(bytes([number]) * 16)


def test_the_latest_time_that_is_believed_lies_before_all_stretches_that_touch():
    every = [said(1, 500, LAB, 900, 999), said(2, 500, LAB, 700, 950), said(3, 500, LAB, 0, 600)]
    times = Times([*every, said(4, 500, WARD, 0, 2000)])
    found = [times.believed_up_to(LAB, at(ms)) for ms in (2000, 999, 900, 750, 699, 600)]
    before = clock.pack(700, 0) - 1
    assert found == [at(2000), before, before, before, at(699), -1]
    assert clock.unpack(before)[0] == 699


def test_where_nobody_says_otherwise_all_times_are_believed():
    times = Times()
    assert times.believes(LAB, at(5))
    assert times.at(LAB, at(5)) == 5


def test_a_stretch_holds_for_its_author_and_for_both_ends():
    times = Times([said(1, 500, LAB, 900, 999)])
    assert [times.believes(LAB, at(ms)) for ms in (899, 900, 999, 1000)] == [
        *(True, False, False, True)
    ]
    assert times.believes(WARD, at(950))
    assert times.at(LAB, at(950)) == 500, "at the latest then"
    assert times.at(LAB, at(899)) == 899


SAID = [said(1, 500, LAB, 1_000_000, 9_000_000)]
"""What the lab wrote within two and a half hours of the year 1970 is not to be believed."""


def shown(ms, zone=timezone(timedelta(hours=5))):
    return time_of_ms(ms, zone).isoformat()


def test_a_time_that_is_believed_is_stated_in_one_form():
    for text in ("1970-01-01T06:00:00+05:00", "19700101T060000.9+0500", "1970-W01-4T06:00+05:00"):
        assert Times().own(LAB, at(3_600_000), text) == OwnTime("1970-01-01T06:00:00+05:00")
    assert Times().own(LAB, at(3_600_000)) == OwnTime("1970-01-01T01:00:00+00:00")


def test_of_one_that_is_not_believed_the_latest_time_and_the_zone_are_known():
    times = Times(SAID)
    assert times.own(LAB, at(2_000_000), shown(2_000_000)) == OwnTime(None, 500, "+05:00")
    newfoundland = timezone(timedelta(hours=-3, minutes=-30))
    assert times.own(LAB, at(2_000_000), shown(2_000_000, newfoundland)).zone == "-03:30"
    assert times.own(LAB, at(2_000_000)) == OwnTime(None, 500, "+00:00")
    assert times.own(WARD, at(2_000_000), shown(2_000_000)).text


@pytest.mark.parametrize("apart", [CLOCK_MS + 1000, -CLOCK_MS - 1000])
def test_a_time_that_somebody_told_is_not_that_of_the_clock(apart):
    times, text = Times(SAID), shown(5_000_000 + apart)
    assert times.own(LAB, at(5_000_000), text, may_be_stated=True) == OwnTime(text)
    near = shown(5_000_000 + apart // 2)
    for own in (
        times.own(LAB, at(5_000_000), text),
        times.own(LAB, at(5_000_000), near, may_be_stated=True),
        times.own(LAB, at(5_000_000), may_be_stated=True),
    ):
        assert own.text is None


@pytest.mark.parametrize("ms", [0, (1 << 48) - 1])
@pytest.mark.parametrize(
    "text", ["", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-01-05T12:00Z"]
)
def test_times_at_the_edges_can_be_told(text, ms):
    for times in (Times(), Times([said(1, 500, LAB, 0, 1 << 48)])):
        assert times.own(LAB, at(ms), text, may_be_stated=True)
        assert times.iso(LAB, at(ms), text).endswith("Z")


def test_what_has_no_verdict_was_done_when_it_says_or_before_nobody_believed_it():
    text = "1970-01-01T05:50:00+05:00"
    assert Times().iso(LAB, at(3_000_000), text) == "1970-01-01T00:50:00Z"
    assert Times().iso(LAB, at(3_000_000)) == "1970-01-01T00:50:00Z"
    assert Times(SAID).iso(LAB, at(3_000_000), text) == "1970-01-01T00:00:00Z"


def test_both_names_of_the_coordinator_have_one_clock():
    for author in (COORDINATOR, REGISTRY):
        times = Times([said(1, 500, author, 900, 999)])
        assert not times.believes(COORDINATOR, at(950))
        assert not times.believes(REGISTRY, at(950))
    assert one_name(REGISTRY) == one_name(COORDINATOR) == COORDINATOR
    assert one_name(LAB) == LAB


def test_what_is_replaced_is_taken_back_in_any_order():
    written = [
        said(1, 500, LAB, 900, 999),
        said(2, 600, LAB, 0, 0, 1),
        said(3, 700, LAB, 950, 2000),
    ]
    for order in itertools.permutations(written):
        times = Times(order)
        assert times.believes(LAB, at(900))
        assert times.at(LAB, at(960)) == 700
        assert [one.fact.serial for one in times.disbelieved] == [2, 3]


def test_what_the_coordinator_said_of_itself_while_its_clock_was_wrong_can_be_said_again():
    """The first time was that of the wrong clock itself."""
    wrong, right = said(1, 100, COORDINATOR, 50, 200), said(2, 5000, COORDINATOR, 50, 200)
    assert Times([wrong]).at(COORDINATOR, at(60)) == 100, "nothing better is known"
    for order in itertools.permutations([wrong, right]):
        assert Times(order).at(COORDINATOR, at(60)) == 5000
