"""Two hundred desks without a coordinator: a registration reaches all, none carries too much."""

from __future__ import annotations

import random

import pytest

from sync.network.neighbours import NEIGHBOURS_MAX
from tests.simulation.many_desks import ManyDesks

DESKS = 200
SEEDS = [1, 2]
SETTLED_S = 10.0
SECONDS = 3.0
"""In which a registration is to be everywhere."""


@pytest.fixture(params=SEEDS)
def clinic(request):
    clinic = ManyDesks(DESKS, request.param)
    clinic.run(SETTLED_S)
    return clinic


def halves(clinic: ManyDesks, seed: int) -> tuple[list[bytes], list[bytes]]:
    shuffled = random.Random(seed).sample(clinic.desks, DESKS)
    return shuffled[: DESKS // 2], shuffled[DESKS // 2 :]


def test_a_registration_is_everywhere_in_seconds_and_each_desk_sends_it_to_few(clinic):
    assert all(2 <= len(lines) <= NEIGHBOURS_MAX for lines in clinic.lines.values())
    for desk in clinic.desks[:20]:
        clinic.sent.clear()
        fact = clinic.register(desk)
        assert clinic.spread_s(fact, clinic.desks, SECONDS) < SECONDS
        clinic.run(1)
        assert max(clinic.sent.values()) <= NEIGHBOURS_MAX


def test_both_sides_of_a_cut_go_on_and_grow_together_again(clinic):
    here, there = halves(clinic, 5)
    clinic.part(dict.fromkeys(here, 1))
    for side in (here, there):
        fact = clinic.register(side[0])
        clinic.run(SECONDS)
        reached = sum(fact in clinic.holds[one] for one in side)
        assert reached >= 0.9 * len(side), "at once, while nobody has noticed the cut"
        assert clinic.spread_s(fact, side, 60) < 60, "when those have noticed who are cut off"
    clinic.run(300)
    clinic.dials.clear()
    clinic.run(60)
    assert max(clinic.dials.values()) <= 4 * NEIGHBOURS_MAX, "it dials few, and not for ever more"
    alone = clinic.register(here[1])
    assert clinic.spread_s(alone, here, SECONDS) < SECONDS
    assert not any(alone in clinic.holds[one] for one in there)
    clinic.mend()
    # Each desk waits for up to a minute before it dials again; the first to do so bring all.
    assert clinic.spread_s(alone, clinic.desks, 30) < 30
    clinic.run(150)
    clinic.sent.clear()
    assert clinic.spread_s(clinic.register(there[1]), clinic.desks, SECONDS) < SECONDS
    clinic.run(1)
    assert max(clinic.sent.values()) <= 2 * NEIGHBOURS_MAX
    assert sum(clinic.sent.values()) <= 1.5 * NEIGHBOURS_MAX * DESKS


def test_when_most_are_switched_off_the_others_stay_together(clinic):
    on = random.Random(3).sample(clinic.desks, 12)
    clinic.part({one: -1 for one in clinic.desks if one not in on})
    clinic.run(400)
    assert all(len(clinic.lines[one]) >= 2 for one in on), "two independent neighbours"
    assert clinic.spread_s(clinic.register(on[0]), on, SECONDS) < SECONDS
