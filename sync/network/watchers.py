"""Waiting for something that is true after some change."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Watchers:
    """Those that wait, each for something of its own; they are asked again after every change."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Callable[[], bool], asyncio.Future[None]]] = []

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait for ``holds()`` to be true, now or right after some change."""
        if not holds():
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append((holds, future))
            await future

    def changed(self) -> None:
        """Something has changed: whoever has waited for it goes on."""
        waiting, self._waiting = self._waiting, []
        for holds, future in waiting:
            if future.done():  # whoever waited was cancelled
                continue
            if holds():
                future.set_result(None)
            else:
                self._waiting.append((holds, future))
