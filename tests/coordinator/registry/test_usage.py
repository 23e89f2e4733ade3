"""How far ranges are used, when a terminal needs more, and when its numbers will be used up."""

from datetime import date

import pytest

from coordinator.registry import usage
from coordinator.registry.usage import Forecast, RangeStanding, Usage
from sync.model.facts import Allocator, Author, Incarnation, State
from sync.model.numbers import NumberRange
from sync.rules.registry import Block, Terminal

LAB = Author("LAB1-PC")
INCARNATION = Incarnation(b"life-one")
TODAY = date(2026, 1, 5)


def terminal(has_node: bool = True) -> Terminal:
    keys = frozenset({b"k" * 32}) if has_node else frozenset()
    return Terminal(
        LAB,
        "Lab",
        State.ACTIVE,
        keys,
        frozenset(),
        frozenset(),
        INCARNATION,
        1,
        (),
        0,
        0,
        frozenset(),
        "",
        1,
    )


def standing(
    numbers: str,
    highest: int = 0,
    closed: str | None = None,
    allocator: Allocator = Allocator.NODE,
) -> RangeStanding:
    range_ = NumberRange.parse(numbers)
    block = Block(range_, LAB, INCARNATION, allocator, 0, False, range_.start, "test", (), 0, "")
    return RangeStanding(block, highest, closed)


UNUSED = standing("710000-719999")
USED_UP = standing("720000-729999", 729_999)
CLOSED = standing("730000-739999", 731_000, "the terminal was retired")
SOME = standing("740000-740009", 740_006)
MOST = standing("740000-740009", 740_007)


def test_an_unused_range_has_all_its_numbers_left():
    """By the earlier system's formula (end minus current) it would have 719,999 left."""
    found = usage.usage(terminal(), [UNUSED])
    assert found.text == "LAB1-PC: 0/10000 used (0.0%), 10000 remaining"
    assert UNUSED.remaining == 10_000


@pytest.mark.parametrize(
    ("ranges", "text"),
    [
        ([], "0/0 used (0.0%), 0 remaining"),
        ([SOME], "7/10 used (70.0%), 3 remaining"),
        ([standing("1-3", 1)], "1/3 used (33.3%), 2 remaining"),
        ([USED_UP], "10000/10000 used (100.0%), 0 remaining"),
        ([USED_UP, SOME], "7/10 used (70.0%), 3 remaining"),
        ([standing("5-6", 6), USED_UP], "10000/10000 used (100.0%), 0 remaining"),
        ([CLOSED], "0/0 used (0.0%), 0 remaining"),
        ([CLOSED, SOME, UNUSED], "7/10010 used (0.1%), 10003 remaining"),
        (
            [SOME, standing("1-100", 50, allocator=Allocator.COORDINATOR)],
            "7/10 used (70.0%), 3 remaining",
        ),
    ],
)
def test_what_a_terminal_holds_are_open_ranges_with_numbers(ranges, text):
    """Ten used-up ranges do not make a desk look 91 % full for ever."""
    assert usage.usage(terminal(), ranges).text == f"LAB1-PC: {text}"


@pytest.mark.parametrize(
    ("ranges", "why"),
    [
        ([], "no range yet"),
        ([UNUSED], None),
        ([SOME], None),
        ([MOST], "80.0 % of 10 used"),
        ([MOST, UNUSED], None),
        ([USED_UP], "no range with numbers left"),
        ([USED_UP, UNUSED], None),
        ([CLOSED], "no range with numbers left"),
        ([standing("1-100", allocator=Allocator.COORDINATOR)], "no range yet"),
    ],
)
def test_when_a_desk_needs_a_block(ranges, why):
    assert usage.need(terminal(), ranges) == why


@pytest.mark.parametrize(
    ("ranges", "why"),
    [
        ([], None),
        ([("1-100", 0, None, Allocator.COORDINATOR)], None),
        ([("1-100", 80, None, Allocator.COORDINATOR)], "80.0 % of 100 used"),
        ([("1-100", 9, "restored", Allocator.COORDINATOR)], "no range with numbers left"),
        ([("1-100", 99, None, Allocator.CLIENT)], None),
    ],
)
def test_when_a_terminal_without_a_node_needs_a_block(ranges, why):
    """Only where the coordinator issues: whoever brings numbers along would not know of it."""
    assert usage.need(terminal(has_node=False), [standing(*one) for one in ranges]) == why


def test_the_range_in_use_is_the_oldest_one_with_numbers():
    assert usage.in_use(terminal(), []) is None
    assert usage.in_use(terminal(), [USED_UP, SOME, UNUSED]) is SOME
    assert usage.in_use(terminal(), [SOME, USED_UP]) is SOME
    assert usage.in_use(terminal(), [CLOSED, USED_UP]) is USED_UP
    client = standing("1-100", 7, allocator=Allocator.CLIENT)
    assert usage.in_use(terminal(has_node=False), [client, UNUSED]) is client
    assert usage.in_use(terminal(), [client]) is client


def test_thresholds_count_what_is_used_of_what_is_held():
    assert [Usage(LAB, used, 10).has_reached(80) for used in (7, 8, 9)] == [False, True, True]
    assert not Usage(LAB, 0, 0).has_reached(80)


@pytest.mark.parametrize(
    ("used", "per_day", "found"),
    [
        (0, 40.0, Forecast(250, date(2026, 9, 12))),
        (9_990, 40.0, Forecast(0, TODAY)),
        (10_000, 1.0, Forecast(0, TODAY)),
        (0, 0.0, None),
        (0, 0.001, None),
    ],
)
def test_the_forecast(used, per_day, found):
    assert usage.forecast(Usage(LAB, used, 10_000), per_day, TODAY) == found


@pytest.mark.parametrize(
    ("recent", "first_day", "rate"),
    [
        (0, None, 0.0),
        (28, "2020-01-01", 1.0),
        (28, "2025-12-09", 1.0),
        (10, "2026-01-01", 2.0),
        (7, "2026-01-05", 7.0),
        (7, "2026-01-09", 7.0),
        (7, "yesterday", 0.0),
    ],
)
def test_a_rate_is_taken_over_four_weeks_or_since_the_first_one(recent, first_day, rate):
    assert usage.begin_of_rate(TODAY) == date(2025, 12, 9)
    assert usage.per_day(recent, first_day, TODAY) == rate
