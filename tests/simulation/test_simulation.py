"""Clinics in which everything goes wrong; `python -m tests.simulation` replays one."""

import json
import os

import pytest

from sync.model.facts import Action, Allocator, State
from sync.model.numbers import Mrn
from tests.simulation.ground import Violation
from tests.simulation.history import Plan, Summary, run, shrunk
from tests.simulation.invariants import heal
from tests.simulation.layer import why_unavailable
from tests.simulation.many import Done, Failed, Outcome, play
from tests.simulation.wide import WIDE_EVENTS
from tests.simulation.world import EVENTS, World

NARROW, WIDE, SHORT = range(800), range(200), 10
LONG, LONG_STEPS = range(201, 203), 400
LONG_WIDE, LONG_WIDE_STEPS = range(200, 201), 200
"""A few long histories find other faults than many short ones."""

JOBS = os.cpu_count() or 1
WHY = why_unavailable()
pytestmark = pytest.mark.timeout(1500)
"""Histories take long on a computer that does other things besides."""

watched = pytest.mark.skipif(WHY is not None, reason=f"no layer below the files: {WHY}")

MERGES = {"merged, done", "unmerge, done", "unvoid, done", "chains", "rings", "asked", "answered"}
TROUBLE = {
    *("shown", "duplicate_mrn", "branches", "new lives"),
    *(f"{one}, done" for one in Action),
    *MERGES,
    *("printed again", "typed in here", "typed in there", "on a sheet"),
    *("two_people, done", "maybe_one, done", "two people", "two people, merged"),
    *("lost keys", "stolen keys", "enrolled again", "a thief's facts"),
}


def played(seeds, steps, wide=False):
    """What happened in these histories, in which every promise was kept."""
    summary = Summary()
    for outcome in play([Plan(seed, steps, wide) for seed in seeds], JOBS):
        assert not [(one.what, one.shrunk().plan.command) for one in outcome.failed]
        summary.add(outcome.summary)
    assert summary.histories == len(seeds)
    return summary


def test_nothing_happens_that_must_not():
    summary = played(NARROW, SHORT)
    assert set(summary.happened) >= set(EVENTS)
    long = played(LONG, LONG_STEPS)
    assert long.happened["shown"] > long.events / 12, "people still get numbers"
    summary.add(long)
    assert set(summary.happened) >= TROUBLE, "every kind of trouble came"


@watched
def test_nothing_happens_that_must_not_on_real_disks():
    summary = played(WIDE, SHORT, wide=True)
    assert set(summary.happened) >= set(WIDE_EVENTS) | {"power cut", "imported", "one_way"}
    long = played(LONG_WIDE, LONG_WIDE_STEPS, wide=True)
    assert long.happened["shown"] > long.events / 12


@pytest.mark.parametrize("wide", [False, pytest.param(True, marks=watched)])
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


def test_a_history_that_fails_is_shrunk_to_the_steps_that_it_needs(monkeypatch):
    step = World.step

    def failing(self, number):
        step(self, number)
        self.happened["bad"] += number in (4, 9)
        if number >= 9 and self.happened["bad"] == 2:
            raise self.violated(4, "steps 4 and 9 were both played")

    monkeypatch.setattr(World, "step", failing)
    (outcome,) = play([Plan(7, 12)])
    (failed,) = outcome.failed
    lines = []
    command = failed.shrunk(lines.append).plan.command
    assert command == "python -m tests.simulation --seed 7 --steps 9 --skip 1,2,3,5,6,7,8"
    assert lines[0] == "  it fails with 9 of 12 steps too"
    assert lines[-1] == "  it fails with 2 of 12 steps too"
    assert Failed.from_json(json.loads(json.dumps(failed.to_json()))) == failed
    assert shrunk(failed.plan, failed.number, failed.step, within_s=-1) == failed.plan


def test_a_history_that_breaks_off_fails_too(monkeypatch):
    def failing(self, number):
        raise KeyError(number)

    monkeypatch.setattr(World, "step", failing)
    with pytest.raises(Violation, match="invariant 0, seed 7: the history breaks off: KeyError"):
        run(Plan(7, 12))


def test_what_waits_for_what_a_desk_may_bring_waits_while_there_is_no_desk(tmp_path):
    """Its number may have been granted by a coordinator that was set back; a desk may know."""
    world = World(tmp_path, 3, lambda _line: None)
    coordinator, stray = world.coordinator.desk, world.nodes[0]
    waiting = "SELECT count(*) FROM patients WHERE judged_ms IS NULL"
    world._stray(stray, Mrn("999001"), stray.desk.author)
    world._grant_range("FRONT", Allocator.COORDINATOR)
    world._merge_some(world.coordinator, stray, everything=True)
    for code in {node.desk.author for node in world.nodes}:
        world._change_state(code, State.RETIRED)
    assert coordinator.query(waiting) == [(1,)]
    heal(world)  # at its end an administrator sets up new desks
    assert coordinator.query(waiting) == [(0,)]
    world.close()


def test_a_long_run_goes_on_where_it_was(tmp_path, monkeypatch):
    plans = [Plan(seed, 3) for seed in range(4)]
    done = Done(tmp_path / "done", "narrow")
    for outcome in play(plans[:2]):
        done.add(outcome)
    again = Done(tmp_path / "done", "narrow")
    assert again.left(plans) == plans[2:]
    assert again.outcomes == [Outcome((0, 1), outcome.summary, [])]
    with pytest.raises(ValueError, match="remove it"):
        Done(tmp_path / "done", "wide")
    monkeypatch.setattr("tests.simulation.many.code", lambda: "other")
    with pytest.raises(ValueError, match="code other: remove it"):
        Done(tmp_path / "done", "narrow")


@pytest.mark.soak
@pytest.mark.parametrize("piece", range(50))
def test_longer_histories(piece):
    for seed in range(100_000 + piece * 20, 100_020 + piece * 20):
        run(Plan(seed, 120))
