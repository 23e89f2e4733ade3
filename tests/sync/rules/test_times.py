"""Which times of facts are believed, whatever order the disbeliefs come in."""

import itertools

from sync.model import clock
from sync.model.facts import COORDINATOR, REGISTRY, Author, Disbelief, FactId
from sync.rules.times import Times

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


def test_both_names_of_the_coordinator_have_one_clock():
    for author in (COORDINATOR, REGISTRY):
        times = Times([said(1, 500, author, 900, 999)])
        assert not times.believes(COORDINATOR, at(950))
        assert not times.believes(REGISTRY, at(950))


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
