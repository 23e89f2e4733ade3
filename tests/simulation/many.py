"""Many histories, over the cores of a machine, and a file of those that are done."""

from __future__ import annotations

import gc
import json
import logging
import multiprocessing
import traceback
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any, Self

from tests.simulation.ground import Violation
from tests.simulation.history import BROKEN_OFF, Plan, Summary, run, shrunk

GARBAGE = 20_000
"""How many new objects there are before somebody looks which of them are garbage."""

PIECE = 10
"""How many histories a process plays before it tells of them."""

STEPS_SHRUNK_MAX = 400
"""A history that failed later than at this step is not shrunk: that takes hours."""

ROOT = Path(__file__).resolve().parent.parent.parent
PLAYED = (
    "sync/**",
    "node/**",
    "coordinator/**",
    "tests/simulation",
    "tests/sync/protocol",
    "tests",
)
"""The folders of what a history is made of."""


@dataclass(frozen=True)
class Failed:
    """A promise that was not kept: what was found, and what plays it again."""

    seed: int
    what: str
    command: str


@dataclass
class Outcome:
    """What came of some seeds."""

    seeds: tuple[int, ...]
    summary: Summary
    failed: list[Failed]

    def line(self) -> str:
        summary = vars(self.summary) | {
            "pairs": [[*pair, count] for pair, count in self.summary.pairs.items()],
            "kinds": sorted(self.summary.kinds),
        }
        return json.dumps(
            {"seeds": self.seeds, "summary": summary, "failed": [vars(one) for one in self.failed]}
        )

    @classmethod
    def of(cls, said: dict[str, Any]) -> Self:
        summary = Summary(**said["summary"])
        summary.happened = Counter(summary.happened)
        summary.pairs = Counter(
            {(one, other): count for one, other, count in said["summary"]["pairs"]}
        )
        summary.kinds = set(said["summary"]["kinds"])
        return cls(tuple(said["seeds"]), summary, [Failed(**one) for one in said["failed"]])


def play(plans: Sequence[Plan], jobs: int = 1, shrinks: bool = True) -> Iterator[Outcome]:
    """Play all plans in so many processes; what came of some of them, as soon as it is known."""
    pieces = [plans[first : first + PIECE] for first in range(0, len(plans), PIECE)]
    if jobs == 1:
        yield from (_play_piece(piece, shrinks) for piece in pieces)
        return
    # Started afresh: the process that asks may have threads.
    start = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(jobs, len(pieces)), start, prepare) as pool:
        waiting: set[Future[Outcome]] = set()
        try:
            for piece in pieces:
                waiting.add(pool.submit(_play_piece, piece, shrinks))
                if len(waiting) > 2 * jobs:
                    done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                    yield from (one.result() for one in done)
            yield from (one.result() for one in waiting)
        finally:
            pool.shutdown(cancel_futures=True)


def prepare() -> None:
    """Make this process one that plays histories, and does nothing else.

    What was imported lives as long as the process, so nobody looks through it for garbage again.
    """
    logging.getLogger("mrnmesh").setLevel(logging.CRITICAL)
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE)


def _play_piece(plans: Sequence[Plan], shrinks: bool) -> Outcome:
    summary, failed = Summary(), []
    for plan in plans:
        try:
            summary.add(run(plan))
        except Violation as violation:
            failed.append(_failed(plan, violation, shrinks))
    return Outcome(tuple(plan.seed for plan in plans), summary, failed)


def _failed(plan: Plan, violation: Violation, shrinks: bool) -> Failed:
    what = str(violation)
    if violation.number == BROKEN_OFF and violation.__cause__ is not None:
        frame = traceback.extract_tb(violation.__cause__.__traceback__)[-1]
        what += f" ({Path(frame.filename).name}, line {frame.lineno})"
    if shrinks and violation.step <= STEPS_SHRUNK_MAX:
        plan = shrunk(plan, violation)
    return Failed(plan.seed, what, plan.command)


def code() -> str:
    """A name for the code that is played: what was played with other code says nothing of it."""
    named = blake2b(digest_size=8)
    for folder in PLAYED:
        for path in sorted(ROOT.glob(f"{folder}/*.py")):
            named.update(path.read_bytes())
    return named.hexdigest()


class Done:
    """A file with a line for each piece that is done, so that a long run can go on.

    The first line names the code and the kind of history; the file of another one is refused.

    Raises:
        ValueError: the file is of other code, or of other histories.
    """

    def __init__(self, path: Path, kind: str) -> None:
        self._path = path
        head = f"{kind}, code {code()}"
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        if lines and lines[0] != head:
            raise ValueError(f"{path} is of {lines[0]}, and this is {head}: remove it")
        if not lines:
            path.write_text(head + "\n", encoding="utf-8")
        self.outcomes = [Outcome.of(json.loads(line)) for line in lines[1:]]

    def left(self, plans: Iterable[Plan]) -> list[Plan]:
        """Those that are not done yet."""
        done = {seed for outcome in self.outcomes for seed in outcome.seeds}
        return [plan for plan in plans if plan.seed not in done]

    def add(self, outcome: Outcome) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(outcome.line() + "\n")
