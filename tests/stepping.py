"""A computer whose clock a test sets, and a replica on it."""

from __future__ import annotations

import contextlib
import random
from collections.abc import AsyncIterator
from pathlib import Path
from unittest import mock

from sync.engine import keys, replica
from sync.engine.replica import Replica
from sync.engine.writer import Shell
from sync.model.facts import Author
from tests.clinic import START_MS, ZONE

DAY_MS = 86_400_000
SIGNER = keys.Signer.from_seed(b"s" * 32)


class Computer:
    """What its clock shows, and what has passed."""

    def __init__(self) -> None:
        self.wall_ms = START_MS
        self.steady_ms = 1_000_000

    def passes(self, ms: int) -> None:
        """Time goes on, whatever the clock shows."""
        self.wall_ms += ms
        self.steady_ms += ms

    def shell(self) -> Shell:
        return Shell(lambda: self.wall_ms, random.Random(1).randbytes, lambda: self.steady_ms)


@contextlib.asynccontextmanager
async def opened(
    folder: Path, computer: Computer, author: str = "LAB1-PC"
) -> AsyncIterator[Replica]:
    """A replica in ``folder``, made if it is not there."""
    if not (folder / replica.DATABASE).exists():
        replica.init(folder, Author(author))
    with mock.patch.object(replica, "shell", computer.shell):
        one = await Replica.open(folder, SIGNER, SIGNER.public_key, zone=ZONE)
    try:
        yield one
    finally:
        await one.close()
