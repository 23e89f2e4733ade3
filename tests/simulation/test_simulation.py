"""Two hundred clinics in which everything goes wrong; `python -m tests.simulation` replays one."""

from collections import Counter

import pytest

from sync.model.facts import Action
from tests.simulation.history import run
from tests.simulation.world import EVENTS

SEEDS = 200
PIECES = 5
MEASURED = 0
"""The one piece whose coverage is measured: that doubles its time, and the others add nothing."""


@pytest.mark.parametrize(
    "piece",
    [
        pytest.param(piece, marks=() if piece == MEASURED else pytest.mark.no_cover)
        for piece in range(PIECES)
    ],
)
def test_nothing_happens_that_must_not(piece):
    each = SEEDS // PIECES
    happened: Counter[str] = Counter()
    for seed in range(piece * each, (piece + 1) * each):
        happened += run(seed)
    trouble = {"shown", "duplicate_mrn", "branches", "new lives"}
    trouble |= {f"{action}, done" for action in Action}
    assert set(happened) >= set(EVENTS) | trouble, "every kind of trouble came"


def test_a_seed_plays_the_same_history_again():
    logs: list[list[str]] = [[], []]
    for log in logs:
        run(7, 30, log.append)
    assert logs[0] == logs[1]
    assert len(logs[0]) > 30


@pytest.mark.soak
@pytest.mark.parametrize("piece", range(50))
def test_longer_histories(piece):
    for seed in range(100_000 + piece * 20, 100_020 + piece * 20):
        run(seed, 120)
