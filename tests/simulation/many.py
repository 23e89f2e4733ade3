"""Many histories, over the cores of a machine, and a file of those that are done."""

from __future__ import annotations

import gc
import json
import logging
import multiprocessing
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path
from typing import Any, Self

from tests.simulation.ground import Violation
from tests.simulation.history import BROKEN_OFF, Plan, Summary, run, shrunk

GARBAGE = 20_000
"""How many new objects there are before somebody looks which of them are garbage."""

PIECE_EVENTS = 300
"""About how many events a process plays before it tells of them."""

PIECES_OF_PROCESS = 20
"""Then another one goes on: what a history had in memory is free, but in pieces, and stays here."""

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
    """A promise that was not kept: what was found, by which history, and at which step of it."""

    what: str
    number: int
    step: int
    plan: Plan

    @classmethod
    def of(cls, plan: Plan, violation: Violation) -> Self:
        what = str(violation)
        if violation.number == BROKEN_OFF and violation.__cause__ is not None:
            frame = traceback.extract_tb(violation.__cause__.__traceback__)[-1]
            what += f" ({Path(frame.filename).name}, line {frame.lineno})"
        return cls(what, violation.number, violation.step, plan)

    def shrunk(self, tell: Callable[[str], None] = lambda _line: None) -> Self:
        """The same with fewer steps, if it fails without the others too."""
        return replace(self, plan=shrunk(self.plan, self.number, self.step, tell))

    def to_json(self) -> list[Any]:
        plan = self.plan
        known = [plan.seed, plan.steps, plan.wide, sorted(plan.skip), plan.known]
        return [self.what, self.number, self.step, known]

    @classmethod
    def from_json(cls, said: list[Any]) -> Self:
        what, number, step, (seed, steps, wide, skip, known) = said
        return cls(what, number, step, Plan(seed, steps, wide, frozenset(skip), tuple(known)))


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
            {
                "seeds": self.seeds,
                "summary": summary,
                "failed": [one.to_json() for one in self.failed],
            }
        )

    @classmethod
    def of(cls, said: dict[str, Any]) -> Self:
        summary = Summary(**said["summary"])
        summary.happened = Counter(summary.happened)
        summary.pairs = Counter(
            {(one, other): count for one, other, count in said["summary"]["pairs"]}
        )
        summary.kinds = set(said["summary"]["kinds"])
        return cls(tuple(said["seeds"]), summary, [Failed.from_json(one) for one in said["failed"]])


def play(plans: Sequence[Plan], jobs: int = 1) -> Iterator[Outcome]:
    """Play all plans in so many processes; what came of some of them, as soon as it is known."""
    size = max(1, PIECE_EVENTS // plans[0].steps) if plans else 1
    pieces = [plans[first : first + size] for first in range(0, len(plans), size)]
    if jobs == 1:
        yield from (_play_piece(piece) for piece in pieces)
        return
    # Started afresh: the process that asks may have threads.
    start = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(
        min(jobs, len(pieces)), start, prepare, max_tasks_per_child=PIECES_OF_PROCESS
    ) as pool:
        waiting: set[Future[Outcome]] = set()
        try:
            for piece in pieces:
                waiting.add(pool.submit(_play_piece, piece))
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


def _play_piece(plans: Sequence[Plan]) -> Outcome:
    summary, failed = Summary(), []
    for plan in plans:
        try:
            summary.add(run(plan))
        except Violation as violation:
            failed.append(Failed.of(plan, violation))
    return Outcome(tuple(plan.seed for plan in plans), summary, failed)


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
