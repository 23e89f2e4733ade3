"""What is held back of the time that is believed, so that one wrong clock makes nothing old."""

from __future__ import annotations

import random

import pytest

from sync.model.believed import NEAR_MS, PLAUSIBLE_MS
from sync.rules.ageing import GRACE_MS, Ageing

HOUR = 3_600_000
DAY = 24 * HOUR
START = 1_800_000_000_000


class World:
    """The true time, what is believed, and what is held back of that."""

    def __init__(self):
        self.true = START
        self.ahead = 0
        self.ageing = Ageing().after(START, 0)

    def look(self, passed):
        self.ageing = self.ageing.after(self.true + self.ahead, passed)

    def runs(self, ms, step=HOUR):
        for _ in range(ms // step):
            self.true += step
            self.look(step)

    def is_off(self, ms):
        self.true += ms
        self.look(0)

    def jumps(self, ms):
        self.ahead += ms
        self.look(0)

    @property
    def too_old(self):
        """By how much things count as older than they are."""
        return self.ahead - self.ageing.held_back_ms


def test_while_nothing_jumps_nothing_is_held_back():
    world = World()
    world.runs(90 * DAY)
    assert world.ageing.held_back_ms == 0
    world.jumps(NEAR_MS)
    assert world.ageing.held_back_ms == 0


@pytest.mark.parametrize("days", [1, 29, 59, 61, 3 * 365, 73 * 365])
def test_what_was_jumped_over_makes_nothing_older_for_sixty_counted_days(days):
    world = World()
    world.jumps(days * DAY)
    world.runs(GRACE_MS - HOUR)
    assert world.too_old == 0
    world.runs(HOUR)
    assert world.too_old == days * DAY, "nobody has set it right in all that time"


@pytest.mark.parametrize("days", [29, 3 * 365])
def test_one_that_is_taken_back_in_time_takes_nothing(days):
    world = World()
    world.jumps(days * DAY)
    world.runs(GRACE_MS - HOUR)
    world.jumps(-days * DAY)
    assert world.ageing.long_ms == 0
    world.runs(2 * GRACE_MS)
    assert world.too_old == 0


def test_the_grace_does_not_go_by_while_the_computer_is_off():
    world = World()
    world.jumps(3 * 365 * DAY)
    world.is_off(59 * DAY)
    world.is_off(59 * DAY)
    assert world.too_old < 0


@pytest.mark.parametrize(
    "off", [HOUR, 16 * HOUR, 64 * HOUR, 7 * DAY, 28 * DAY], ids=lambda ms: f"{ms // HOUR} h"
)
def test_a_computer_that_is_off_often_keeps_nothing_for_ever(off):
    world = World()
    for _ in range(400):
        world.runs(8 * HOUR)
        world.is_off(off)
        assert world.ageing.held_back_ms <= PLAUSIBLE_MS
    world.runs(GRACE_MS)
    assert world.ageing.held_back_ms == 0


def test_one_that_was_off_for_long_holds_that_back_for_a_while():
    world = World()
    world.is_off(200 * DAY)
    assert world.ageing.held_back_ms == 200 * DAY
    world.runs(GRACE_MS)
    assert world.ageing.held_back_ms == 0


@pytest.mark.parametrize("seed", range(40))
def test_no_history_with_one_wrong_jump_makes_anything_older_than_it_is(seed):
    chance = random.Random(seed)
    world = World()
    for _ in range(chance.randrange(30)):
        world.runs(chance.randrange(12) * HOUR)
        world.is_off(chance.randrange(90 * 24) * HOUR // chance.choice((1, 10, 100)))
    wrong = chance.choice((1, 20, 59, 61, 400, 26_000)) * DAY
    world.jumps(wrong)
    left = GRACE_MS - HOUR
    while left >= 24 * HOUR:
        ran = chance.randrange(24) * HOUR
        left -= ran
        world.runs(ran)
        world.is_off(chance.randrange(3 * 24) * HOUR)
        assert world.too_old <= 0
    world.jumps(-wrong)
    world.runs(GRACE_MS)
    assert world.ageing.held_back_ms == 0
    assert world.too_old == 0
