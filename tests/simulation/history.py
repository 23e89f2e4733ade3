"""One simulated history from its seed to its last check."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from tests.simulation.invariants import heal
from tests.simulation.world import World

STEPS = 36
HEAL_EVERY = 18


def run(
    seed: int, steps: int = STEPS, log: Callable[[str], None] = lambda _line: None
) -> Counter[str]:
    """Play a history; gives how often each event happened.

    Raises:
        Violation: names the invariant and the seed.
    """
    with tempfile.TemporaryDirectory(prefix="mrnmesh-simulation-") as folder:
        world = World(Path(folder), seed, log)
        try:
            for step in range(1, steps + 1):
                world.step()
                if step % HEAL_EVERY == 0 or step == steps:
                    heal(world)
                    if world.work_through_conflicts():
                        heal(world)
        finally:
            world.close()
        return world.happened
