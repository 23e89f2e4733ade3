"""Run or replay simulated histories."""

from __future__ import annotations

import argparse
import logging
import sys
import time

from tests.simulation.ground import Violation
from tests.simulation.history import STEPS, Plan, Told, run, shrunk
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
    parser.add_argument("--log", action="store_true", help="print events of several seeds too")
    given = parser.parse_args()
    logging.getLogger("mrnmesh").setLevel(logging.CRITICAL)
    failed: list[int] = []
    began = time.monotonic()
    told = Told()
    for seed in range(given.seed, given.seed + given.seeds):
        plan = Plan(seed, given.steps, given.wide, given.skip, tuple(given.known))
        talk = print if given.seeds == 1 or given.log else _say_nothing
        try:
            run(plan, talk, told)
        except Violation as violation:
            failed.append(seed)
            print(violation)
            if given.stop:
                break
            if given.seeds > 1:
                print("replay it, shrunk:", shrunk(plan, violation).command)
    _report(told, time.monotonic() - began, failed)
    return 1 if failed else 0


def _report(told: Told, seconds: float, failed: list[int]) -> None:
    print(
        f"{told.histories} histories, {told.events} events, {told.days:.0f} clinic-days"
        f" in {seconds:.1f} s ({told.events / seconds:.0f} events a second), {len(failed)} failed",
        *failed[:20],
    )
    print(", ".join(f"{name} {count}" for name, count in told.happened.most_common()))
    strangers = [" with ".join(pair) for pair in told.strangers]
    print(f"pairs of fault kinds that met in one history: {len(told.pairs)}")
    print(f"pairs that never met: {len(strangers)}", *strangers[:10], sep="; ")


def _numbers(text: str) -> frozenset[int]:
    return frozenset(map(int, text.split(",")))


def _say_nothing(_line: str) -> None:
    pass


if __name__ == "__main__":
    sys.exit(main())
