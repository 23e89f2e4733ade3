"""Run or replay simulated histories."""

from __future__ import annotations

import argparse
import logging
import sys
import time
from collections import Counter

from tests.simulation.ground import Violation
from tests.simulation.history import STEPS, run


def main() -> int:
    """Play the histories that the command line names; 1 if something happened that must not."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="the first seed")
    parser.add_argument("--seeds", type=int, default=1, help="how many seeds")
    parser.add_argument("--steps", type=int, default=STEPS, help="events in each history")
    parser.add_argument("--log", action="store_true", help="print events of several seeds too")
    given = parser.parse_args()
    logging.getLogger("mrnmesh").setLevel(logging.ERROR)
    failed = []
    began = time.monotonic()
    happened: Counter[str] = Counter()
    for seed in range(given.seed, given.seed + given.seeds):
        talk = print if given.seeds == 1 or given.log else _say_nothing
        try:
            happened += run(seed, given.steps, talk)
        except Violation as violation:
            failed.append(seed)
            print(violation)
    seconds = time.monotonic() - began
    print(f"{given.seeds} histories in {seconds:.1f} s, {len(failed)} failed", *failed[:20])
    print(", ".join(f"{name} {count}" for name, count in happened.most_common()))
    return 1 if failed else 0


def _say_nothing(_line: str) -> None:
    pass


if __name__ == "__main__":
    sys.exit(main())
