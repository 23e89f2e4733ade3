"""Run or replay simulated histories."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from tests.simulation.ground import Violation
from tests.simulation.history import STEPS, Plan, Summary, run
from tests.simulation.many import Done, Failed, Outcome, play, prepare
from tests.simulation.wide import KNOWN_FAULTS


def main() -> int:
    """Play the histories that the command line names; 1 if something happened that must not."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="the first seed")
    parser.add_argument("--seeds", type=int, default=1, help="how many seeds")
    parser.add_argument("--steps", type=int, default=STEPS, help="events in each history")
    parser.add_argument("--wide", action="store_true", help="real folders, files and disks")
    parser.add_argument(
        "--known", action="append", default=[], choices=KNOWN_FAULTS, help="a known fault, too"
    )
    parser.add_argument("--skip", type=_numbers, default=frozenset(), help="steps to leave out")
    parser.add_argument("--stop", action="store_true", help="end with the first that fails")
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, help="how many processes play"
    )
    parser.add_argument("--into", type=Path, help="a file of what is done, to go on from later")
    given = parser.parse_args()
    prepare()
    plans = [
        Plan(seed, given.steps, given.wide, given.skip, tuple(given.known))
        for seed in range(given.seed, given.seed + given.seeds)
    ]
    if len(plans) == 1:
        return _replay(plans[0])
    before: list[Outcome] = []
    done = None
    if given.into is not None:
        kind = f"{'wide' if given.wide else 'narrow'} histories of {given.steps} events"
        try:
            done = Done(given.into, " ".join([kind, *given.known]))
        except ValueError as error:
            parser.error(str(error))
        before, plans = done.outcomes, done.left(plans)
        print(f"{sum(len(one.seeds) for one in before)} are done, {len(plans)} are left")
    return _play(plans, given.jobs, before, done, given.stop)


def _replay(plan: Plan) -> int:
    """One history, with its trace."""
    began = _core_seconds()
    try:
        summary = run(plan, print)
    except Violation as violation:
        print(f"{Failed.of(plan, violation).what} (step {violation.step})")
        return 1
    _report(summary, _core_seconds() - began, [])
    return 0


def _play(
    plans: list[Plan], jobs: int, before: Iterable[Outcome], done: Done | None, stops: bool
) -> int:
    summary, failed = Summary(), []
    for outcome in before:
        summary.add(outcome.summary)
        failed += outcome.failed
    events, began = summary.events, _core_seconds()
    for outcome in play(plans, 1 if stops else jobs):
        summary.add(outcome.summary)
        for one in outcome.failed:
            print(one.what, f"replay it: {one.plan.command}", sep="\n", flush=True)
            failed.append(one if stops else _shrunk(one))
        if done is not None:
            done.add(outcome)
        if stops and failed:
            break
    _report(summary, _core_seconds() - began, failed, events)
    return 1 if failed else 0


def _shrunk(failed: Failed) -> Failed:
    print("which steps it needs is looked for ...", flush=True)
    shorter = failed.shrunk(partial(print, flush=True))
    print(f"or: {shorter.plan.command}", flush=True)
    return shorter


def _core_seconds() -> float:
    """How long all processes of this run have worked, whatever else the machine does."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _report(summary: Summary, seconds: float, failed: list[Failed], before: int = 0) -> None:
    """What happened, and how fast the events came that were not played ``before``."""
    print(
        f"{summary.histories} histories kept all promises, {len(failed)} failed:"
        f" {summary.events} events, {summary.days:.0f} clinic-days; {seconds:.1f} s of one core,"
        f" {(summary.events - before) / seconds:.0f} events in each"
    )
    for one in failed[:20]:
        print(f"  {one.plan.command}")
    print(", ".join(f"{name} {count}" for name, count in summary.happened.most_common()))
    strangers = [" with ".join(pair) for pair in summary.strangers]
    print(f"pairs of kinds of trouble that met between two heals: {len(summary.pairs)}")
    print(f"pairs that never met: {len(strangers)}", *strangers[:10], sep="; ")


def _numbers(text: str) -> frozenset[int]:
    return frozenset(map(int, text.split(",")))


if __name__ == "__main__":
    sys.exit(main())
