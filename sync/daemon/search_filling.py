"""Filling the search index behind the registrations, so that nobody who searches waits for it."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final

from sync.engine.replica import Replica

FILL_S: Final = 2.0
"""The index is filled at least so often..."""

FILL_CHANGES: Final = 64
"""...and after so many changes: each registration looks at those who are not in the index yet."""


class SearchFilling:
    """Keeps the search index of a replica filled."""

    def __init__(self, replica: Replica) -> None:
        self._replica = replica
        self._filled_at: int | None = None
        self._change = 0

    async def fill_in_time(self) -> None:
        """Fill the index when `FILL_S` have passed or `FILL_CHANGES` have come."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FILL_S):
                await self._replica.changed.beyond(self._change + FILL_CHANGES - 1)
        await self.fill()

    async def fill(self) -> None:
        """Bring into the index whoever is not in it yet, if anything was committed since.

        A piece at a time, so that a registration gets in between.
        """
        self._change = self._replica.changed.newest
        while self._filled_at != self._replica.commit_number:
            self._filled_at = await self._replica.index_some()
