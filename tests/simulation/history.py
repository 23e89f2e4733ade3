"""One simulated history from its seed to its last check, and what came of many."""

from __future__ import annotations

import itertools
import os
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.simulation.invariants import heal
from tests.simulation.world import FAULTS, World

STEPS = 36
HEAL_EVERY = 18
FACTS_OF_EVENT = 8
"""A heal looks at every fact, so between two of them lies an event for so many facts."""

DAY_MS = 86_400_000
MEMORY = Path("/dev/shm")
"""Where files lie in memory, on systems that have it: nobody needs them after the history."""


@dataclass
class Told:
    """What happened in some histories: events by name, days that passed, pairs that met."""

    histories: int = 0
    events: int = 0
    days: float = 0.0
    happened: Counter[str] = field(default_factory=Counter)
    pairs: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, world: World, events: int) -> None:
        self.histories += 1
        self.events += events
        self.days += world.passed_ms / DAY_MS
        self.happened += world.happened
        met = sorted(FAULTS & set(world.happened))
        self.pairs.update(itertools.combinations(met, 2))

    @property
    def strangers(self) -> list[tuple[str, str]]:
        """Pairs of fault kinds that never met in one history."""
        return [pair for pair in itertools.combinations(sorted(FAULTS), 2) if not self.pairs[pair]]


def run(
    seed: int,
    steps: int = STEPS,
    log: Callable[[str], None] = lambda _line: None,
    told: Told | None = None,
) -> Counter[str]:
    """Play a history; gives how often each event happened.

    Args:
        told: takes up what happened too.

    Raises:
        Violation: names the invariant and the seed.
    """
    parent = MEMORY if os.access(MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="mrnmesh-simulation-", dir=parent) as folder:
        world = World(Path(folder), seed, log)
        healed = 0
        try:
            for step in range(1, steps + 1):
                world.step()
                due = healed + max(HEAL_EVERY, world.facts // FACTS_OF_EVENT)
                if step >= due or step == steps:
                    healed = step
                    heal(world)
                    if world.work_through_conflicts():
                        heal(world)
        finally:
            world.close()
    if told is not None:
        told.add(world, steps)
    return world.happened
