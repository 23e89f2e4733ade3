"""The feed of changes over HTTP, for programs that follow a register."""

from __future__ import annotations

import asyncio
from typing import Annotated, Final, TypedDict

import msgspec
from aiohttp import web
from msgspec import Meta

from sync.engine.replica import Replica
from sync.errors import Busy
from sync.http.operations import Needs, Operation, read_query
from sync.reading.answers import ChangeAnswer
from sync.reading.changes import CHANGES_MAX

WAIT_S_MAX: Final = 60
WAITING_MAX: Final = 64


class ChangesQuery(msgspec.Struct, kw_only=True, frozen=True):
    """Which changes, and how long to wait for one."""

    after: Annotated[int, Meta(ge=0, description="the cursor of the last change that you have")] = 0
    limit: Annotated[int, Meta(ge=1, le=CHANGES_MAX)] = 100
    wait: Annotated[
        int, Meta(ge=0, le=WAIT_S_MAX, description="seconds to wait for a change if there is none")
    ] = 0


class ChangeList(TypedDict):
    """Changes in the order in which they became durable; ask again with ``after`` = ``cursor``."""

    cursor: int
    more: bool
    results: list[ChangeAnswer]


class Changes:
    """The feed of one replica; calls may wait for the next change.

    Args:
        needs: who may read it.
    """

    def __init__(self, replica: Replica, needs: Needs) -> None:
        self._replica = replica
        self._needs = needs
        self._waiting = 0
        self._stopping = asyncio.Event()

    def operations(self) -> list[Operation]:
        """Return the operations of this part."""
        return [
            Operation(
                "GET",
                "/api/changes/",
                self.changes,
                "List what has changed after a cursor, or wait for it",
                needs=self._needs,
                query=ChangesQuery,
                errors=(Busy,),
                about="changes",
            ),
        ]

    async def changes(self, request: web.Request) -> ChangeList:
        """Return the changes after a cursor.

        With ``wait`` the call waits for the first one; when that time is over there are none.

        Raises:
            Busy: too many calls wait already.
        """
        query = read_query(request, ChangesQuery)
        if query.wait and self._replica.changed.newest <= query.after:
            await self._wait(query)
        found, newest = await self._replica.read(
            lambda snapshot: (
                snapshot.changes.after(query.after, query.limit),
                snapshot.changes.newest(),
            )
        )
        cursor = found[-1]["cursor"] if found else query.after
        return {"cursor": cursor, "more": newest > cursor, "results": found}

    def stop(self) -> None:
        """Answer all calls that wait for changes now, because the daemon stops."""
        self._stopping.set()

    async def _wait(self, query: ChangesQuery) -> None:
        """Wait until there is a change behind the cursor, time is over, or the daemon stops."""
        if self._waiting >= WAITING_MAX:
            raise Busy()
        self._waiting += 1
        tasks = [
            asyncio.create_task(self._replica.changed.beyond(query.after)),
            asyncio.create_task(self._stopping.wait()),
        ]
        try:
            await asyncio.wait(tasks, timeout=query.wait, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            self._waiting -= 1
