"""The feed of changes over HTTP, for programs that follow a register."""

from __future__ import annotations

import asyncio
from typing import Annotated, Final, TypedDict

import msgspec
from aiohttp import web
from msgspec import Meta

from sync.engine.replica import Replica
from sync.errors import Busy, CursorBeyond, FeedRestarted
from sync.http.operations import Needs, Operation, read_query
from sync.http.own import OWN_PLACES, is_own
from sync.reading.answers import ChangeAnswer
from sync.reading.changes import CHANGES_MAX
from sync.reading.snapshot import Snapshot
from sync.storage.access.looks import LookAct

WAIT_S_MAX: Final = 60
WAITING_MAX: Final = 64
GONE_S: Final = 1.0
"""How often it is seen whether somebody who waits is still there."""


class ChangesQuery(msgspec.Struct, kw_only=True, frozen=True):
    """Which changes, and how long to wait for one."""

    after: Annotated[int, Meta(ge=0, description="the cursor of the last change that you have")] = 0
    epoch: (
        Annotated[str, Meta(max_length=32, description="the epoch in which you got that cursor")]
        | None
    ) = None
    limit: Annotated[int, Meta(ge=1, le=CHANGES_MAX)] = 100
    wait: Annotated[
        int, Meta(ge=0, le=WAIT_S_MAX, description="seconds to wait for a change if there is none")
    ] = 0


class ChangeList(TypedDict):
    """Changes in the order in which they became durable.

    Ask again with ``after`` = ``cursor`` and the same ``epoch``. It changes when the database was
    set back: cursors may then mean other changes than those that a client knows by them.
    """

    epoch: str
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
                errors=(Busy, CursorBeyond, FeedRestarted),
                about="changes",
                look=LookAct.LISTED,
            ),
        ]

    async def changes(self, request: web.Request) -> ChangeList:
        """Return the changes after a cursor.

        With ``wait`` the call waits for the first one; when that time is over there are none.

        Raises:
            Busy: too many calls wait already.
            CursorBeyond, FeedRestarted: the client goes by cursors that this feed does not have.
        """
        query = read_query(request, ChangesQuery)
        if query.wait and self._replica.changed.newest <= query.after:
            # A cursor that is not there is not waited for.
            await self._replica.read(lambda snapshot: _require_here(snapshot, query))
            await self._wait(request, query)
        return await self._replica.read(lambda snapshot: _answer(snapshot, query))

    def stop(self) -> None:
        """Answer all calls that wait for changes now, because the daemon stops."""
        self._stopping.set()

    async def _wait(self, request: web.Request, query: ChangesQuery) -> None:
        """Wait until there is a change behind the cursor, time is over, or the daemon stops.

        Who has gone meanwhile gives up the place within a second.
        """
        if self._waiting >= WAITING_MAX + (OWN_PLACES if is_own(request) else 0):
            raise Busy()
        self._waiting += 1
        tasks = [
            asyncio.create_task(self._replica.changed.beyond(query.after)),
            asyncio.create_task(self._stopping.wait()),
        ]
        try:
            loop = asyncio.get_running_loop()
            end = loop.time() + query.wait
            done: set[asyncio.Task[object]] = set()
            while not done and (left := end - loop.time()) > 0 and _is_there(request):
                done, _ = await asyncio.wait(
                    tasks, timeout=min(left, GONE_S), return_when=asyncio.FIRST_COMPLETED
                )
        finally:
            for task in tasks:
                task.cancel()
            self._waiting -= 1


def _is_there(request: web.Request) -> bool:
    """True while the caller's connection stands."""
    return request.transport is not None and not request.transport.is_closing()


def _require_here(snapshot: Snapshot, query: ChangesQuery) -> str:
    """Return the epoch of the feed, if the query goes by it."""
    epoch = snapshot.store.local.feed_epoch
    snapshot.changes.require_here(query.after, query.epoch, epoch)
    return epoch


def _answer(snapshot: Snapshot, query: ChangesQuery) -> ChangeList:
    epoch = _require_here(snapshot, query)
    found = snapshot.changes.after(query.after, query.limit)
    cursor = found[-1]["cursor"] if found else query.after
    more = snapshot.changes.newest() > cursor
    return {"epoch": epoch, "cursor": cursor, "more": more, "results": found}
