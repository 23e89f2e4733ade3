"""How many numbers were left on each day, counted back from what is left now."""

from datetime import date

from coordinator.registry.usage import Account, Rate, Usage
from coordinator.reports.reach import Left, burn_down, grants_of
from sync.model.facts import Allocator, Author
from sync.model.numbers import NumberRange
from sync.reading.reports.registrations import DayCount
from sync.rules.registry import Block
from tests.clinic import START_MS, ZONE

LAB = Author("LAB1-PC")


def test_a_desk_that_uses_its_numbers_and_gets_a_block():
    account = Account(Usage(LAB, 30, 200), Rate(), None)
    counts = [
        DayCount("2026-01-03", "LAB1-PC", 5, 10, 0, 0),
        DayCount("2026-01-05", "LAB1-PC", 0, 20, 0, 0),
        DayCount("2026-01-05", "WARD-PC", 0, 99, 0, 0),
    ]
    granted = [("2026-01-04", 100)]
    assert burn_down(account, counts, granted, date(2026, 1, 2), date(2026, 1, 5)) == [
        Left("2026-01-02", 100),
        Left("2026-01-03", 90),
        Left("2026-01-04", 190),
        Left("2026-01-05", 170),
    ]


def test_only_open_ranges_count_on_the_day_on_which_they_were_granted_if_that_is_known():
    range_ = NumberRange(100, 199)
    block = Block(range_, LAB, None, Allocator.NODE, 0, False, 1, "", (), START_MS, "")
    undated = block._replace(is_dated=False)
    blocks = [block, block._replace(closed=True), undated]
    assert grants_of(blocks, ZONE) == [("2026-01-05", 100)]
