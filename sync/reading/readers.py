"""The threads that read, beside the one that writes."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Final, TypeVar

from sync.model import telephones
from sync.reading.connection import FoldedRegistry, ReadConnection
from sync.reading.snapshot import Snapshot

T = TypeVar("T")

THREADS: Final = 3
"""So that one long search keeps nobody waiting; each thread has a connection, and its cache."""


class Readers:
    """A fixed number of threads, each reading one snapshot after the other.

    Args:
        path: the database, absolute.
        today: the facility's day; called on these threads.
        region: where telephone numbers without a country code are from.
    """

    def __init__(
        self, path: Path, today: Callable[[], date], region: str = telephones.REGION
    ) -> None:
        folded = FoldedRegistry()
        self._copying = ReadConnection(path, today, folded, region)
        self._copy_lock = threading.Lock()
        self._free = deque(ReadConnection(path, today, folded, region) for _ in range(THREADS))
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="reader")

    async def read(self, act: Callable[[Snapshot], T]) -> T:
        """What ``act`` finds in a snapshot of the newest commit."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._read, act)

    async def close(self) -> None:
        """Wait for what is being read, and close the connections."""
        # Not on a thread of `asyncio.to_thread`: whatever hangs may have filled those.
        own = ThreadPoolExecutor(1, thread_name_prefix="closing")
        closing = asyncio.get_running_loop().run_in_executor(own, self._threads.shutdown)
        own.shutdown(wait=False)  # it ends with what it has begun
        await closing
        for connection in self._free:
            connection.close()
        with self._copy_lock:
            self._copying.close()

    @contextlib.contextmanager
    def copying(self) -> Iterator[sqlite3.Connection]:
        """A connection to what the daemon has open, for a thread that copies all of it.

        The file under the name of the database may be another one by then.
        """
        with self._copy_lock:
            yield self._copying.raw

    def _read(self, act: Callable[[Snapshot], T]) -> T:
        connection = self._free.pop()  # there are as many as threads
        try:
            with connection.snapshot() as snapshot:
                return act(snapshot)
        finally:
            self._free.append(connection)
