"""One simulated history from its seed to its last check, and what came of many."""

from __future__ import annotations

import contextlib
import itertools
import os
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from copy import copy
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from unittest import mock

from sync.engine import keys
from sync.model import bodies, facts
from sync.rules import registry
from sync.rules.registry import Entry, Registry
from tests.faults import Crash
from tests.simulation.ground import FACTS_OF_EVENT, Violation
from tests.simulation.invariants import heal
from tests.simulation.wide import KNOWN_FAULTS, WIDE_EVENTS, WIDE_FAULTS, WideWorld
from tests.simulation.world import FAULTS, World

STEPS = 30
HEAL_EVERY = 15
ANSWERS_KEPT = 50_000
"""So many answers of each function of `REMEMBERED` are known for the rest of a history."""

REMEMBERED = (
    (keys, "verify"),
    (facts, "decode"),
    (facts, "fact_id"),
    (bodies, "read"),
    (bodies, "read_kept"),
)
"""What depends on nothing but the bytes of a fact; every machine reads them, and more than once."""

REGISTRIES_KEPT = 64
"""So many registries are known for the rest of a history, because machines have the same ones."""

DAY_MS = 86_400_000
MEMORY = Path("/dev/shm")
"""Where files lie in memory, on systems that have it: nobody needs them after the history."""

SHRINK_S = 120.0
"""How long it is tried to do without steps of a history that failed."""

BROKEN_OFF = 0
"""The number of a violation that is none of a promise: the history could not go on."""


@dataclass
class Summary:
    """What happened in some histories.

    ``days`` are days of a clinic, ``pairs`` counts for two kinds of trouble in how many stretches
    between two heals both came, ``kinds`` are all kinds of trouble that could have come.
    """

    histories: int = 0
    events: int = 0
    days: float = 0.0
    happened: Counter[str] = field(default_factory=Counter)
    pairs: Counter[tuple[str, str]] = field(default_factory=Counter)
    kinds: set[str] = field(default_factory=set)

    def add(self, other: Summary) -> None:
        self.histories += other.histories
        self.events += other.events
        self.days += other.days
        self.happened += other.happened
        self.pairs += other.pairs
        self.kinds |= other.kinds

    @property
    def strangers(self) -> list[tuple[str, str]]:
        """Pairs of kinds of trouble that never met."""
        return [
            pair for pair in itertools.combinations(sorted(self.kinds), 2) if not self.pairs[pair]
        ]


@dataclass(frozen=True)
class Plan:
    """Which history it is: the same plan plays the same history.

    ``skip`` are steps that are left out; each step has randomness of its own, so the others stay as
    they are. ``known`` are kinds of wide events that show known faults, see `KNOWN_FAULTS`.
    """

    seed: int
    steps: int = STEPS
    wide: bool = False
    skip: frozenset[int] = frozenset()
    known: tuple[str, ...] = ()

    @property
    def command(self) -> str:
        """What plays it again with a trace."""
        words = ["python -m tests.simulation", f"--seed {self.seed}", f"--steps {self.steps}"]
        words += ["--wide"] * self.wide + [f"--known {name}" for name in self.known]
        if self.skip:
            words.append("--skip " + ",".join(map(str, sorted(self.skip))))
        return " ".join(words)

    def world(self, folder: Path, log: Callable[[str], None]) -> World:
        if not self.wide:
            return World(folder, self.seed, log)
        events = WIDE_EVENTS | {name: KNOWN_FAULTS[name] for name in self.known}
        return WideWorld(folder, self.seed, log, events)


def run(plan: Plan, log: Callable[[str], None] = lambda _line: None) -> Summary:
    """Play a history; and return what happened in it.

    Raises:
        Violation: names the invariant and the seed, and the step in ``step``; number `BROKEN_OFF`
            if anything else was raised that the history did not expect.
    """
    parent = MEMORY if os.access(MEMORY, os.W_OK) else None
    with (
        tempfile.TemporaryDirectory(prefix="mrnmesh-simulation-", dir=parent) as folder,
        contextlib.ExitStack() as stack,
    ):
        for module, name in REMEMBERED:
            answer = lru_cache(ANSWERS_KEPT)(getattr(module, name))
            stack.enter_context(mock.patch.object(module, name, answer))
        stack.enter_context(mock.patch.object(registry, "fold", _remembering(registry.fold)))
        step = 0
        try:
            world = plan.world(Path(folder), log)
            summary = Summary(kinds=set(WIDE_FAULTS if plan.wide else FAULTS))
            try:
                for step in _steps(plan, world, summary):
                    world.step(step)
            finally:
                world.close()
        except Violation as violation:
            violation.step = step
            raise
        except (Exception, Crash) as error:
            what = f"the history breaks off: {type(error).__name__}: {error}"
            violation = Violation(BROKEN_OFF, plan.seed, what)
            violation.step = step
            raise violation from error
    summary.histories, summary.events = 1, plan.steps - len(plan.skip)
    summary.days = world.passed_ms / DAY_MS
    summary.happened = world.happened
    return summary


def _remembering(fold: Callable[..., Registry]) -> Callable[..., Registry]:
    """The same fold, which knows what it has folded; each machine gets a registry of its own."""
    of_all = lru_cache(REGISTRIES_KEPT)(fold)

    def folded(entries: Iterable[Entry], known: Registry | None = None) -> Registry:
        if known is not None:
            return fold(entries, known)
        mine = copy(of_all(tuple(entries)))
        # What one machine did to its lists would else be done to those of all others.
        for name, value in vars(mine).items():
            if isinstance(value, list | dict):
                setattr(mine, name, value.copy())
        return mine

    return folded


def _steps(plan: Plan, world: World, summary: Summary) -> Iterator[int]:
    """The steps that are played; between them the clinic heals."""
    healed, before = 0, Counter[str]()
    for step in range(1, plan.steps + 1):
        if step not in plan.skip:
            yield step
        due = healed + max(HEAL_EVERY, world.facts // FACTS_OF_EVENT)
        if step >= due or step == plan.steps:
            healed = step
            met = sorted(summary.kinds & set(world.happened - before))
            summary.pairs.update(itertools.combinations(met, 2))
            before = world.happened.copy()
            heal(world)
            if world.work_through_conflicts() and step == plan.steps:
                heal(world)


def shrunk(
    plan: Plan,
    number: int,
    step: int,
    tell: Callable[[str], None] = lambda _line: None,
    within_s: float = SHRINK_S,
) -> Plan:
    """The same plan without steps that its violation does not need, as far as there is time.

    Args:
        number: of the violation, which came at this ``step``.
        tell: gets a line whenever it goes with fewer steps.
    """
    deadline = time.monotonic() + within_s

    def still_fails(tried: Plan) -> bool:
        if time.monotonic() > deadline:
            return False
        try:
            run(tried)
        except Violation as other:
            if is_same := other.number == number:
                tell(f"  it fails with {tried.steps - len(tried.skip)} of {plan.steps} steps too")
            return is_same
        return False

    least = plan
    if still_fails(shorter := replace(plan, steps=step)):
        least = shorter
    size = least.steps // 2
    while size and time.monotonic() < deadline:
        for first in range(1, least.steps + 1, size):
            last = min(first + size, least.steps + 1)
            fewer = replace(least, skip=least.skip | set(range(first, last)))
            if fewer.skip != least.skip and still_fails(fewer):
                least = fewer
        size //= 2
    return least
