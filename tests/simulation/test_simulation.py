"""Clinics in which everything goes wrong; `python -m tests.simulation` replays one."""

from collections import Counter

import pytest

from sync.model.facts import Action
from tests.simulation.history import Plan, run
from tests.simulation.layer import why_unavailable
from tests.simulation.wide import WIDE_EVENTS
from tests.simulation.world import EVENTS

NARROW, WIDE = 320, 80
PIECES = 2
MEASURED = 0
"""The one piece whose coverage is measured: that doubles its time, and the others add nothing."""
WHY = why_unavailable()
watched = pytest.mark.skipif(WHY is not None, reason=f"no layer below the files: {WHY}")

TROUBLE = {"shown", "duplicate_mrn", "branches", "new lives", *(f"{one}, done" for one in Action)}


def play(seeds: range, wide: bool) -> Counter[str]:
    happened: Counter[str] = Counter()
    for seed in seeds:
        happened += run(Plan(seed, wide=wide))
    return happened


@pytest.mark.parametrize(
    "piece",
    [
        pytest.param(piece, marks=() if piece == MEASURED else pytest.mark.no_cover)
        for piece in range(PIECES)
    ],
)
def test_nothing_happens_that_must_not(piece):
    each = NARROW // PIECES
    happened = play(range(piece * each, (piece + 1) * each), wide=False)
    assert set(happened) >= set(EVENTS) | TROUBLE, "every kind of trouble came"


@pytest.mark.soak
@watched
@pytest.mark.parametrize("piece", range(PIECES))
def test_nothing_happens_that_must_not_on_real_disks(piece):
    each = WIDE // PIECES
    happened = play(range(piece * each, (piece + 1) * each), wide=True)
    assert set(happened) >= set(WIDE_EVENTS) | {"power cut", "imported", "one_way"}


@pytest.mark.parametrize("wide", [False, pytest.param(True, marks=[watched, pytest.mark.soak])])
def test_a_seed_plays_the_same_history_again(wide):
    logs: list[list[str]] = [[], []]
    for log in logs:
        run(Plan(7, 30, wide), log.append)
    assert logs[0] == logs[1]
    assert len(logs[0]) > 30


def test_a_step_that_is_left_out_changes_no_other_step():
    whole, less = [], []
    run(Plan(7, 14), whole.append)
    run(Plan(7, 14, skip=frozenset({14})), less.append)
    same = less.index("heal")
    assert same > 14
    assert less[:same] == whole[:same]


@pytest.mark.soak
@pytest.mark.parametrize("piece", range(50))
def test_longer_histories(piece):
    for seed in range(100_000 + piece * 20, 100_020 + piece * 20):
        run(Plan(seed, 120))
