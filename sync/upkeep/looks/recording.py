"""Writing down who looked at whom: a look waits for nothing, and is on disk some seconds later.

What was seen within the last seconds before a power failure is therefore not in the record. A look
that is repeated soon is one look: pages ask again whenever something has changed.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

from aiohttp import web

from sync.engine.replica import Replica
from sync.engine.transaction import Transaction
from sync.errors import StoreError
from sync.model.clerks.known import Doer
from sync.model.facts import RecordId
from sync.storage.access.looks import Look, LookAct, note, packed
from sync.upkeep.looks.shown import shown_by, way_of

WRITE_S: Final = 5.0
AGAIN_S: Final = 600.0
"""Whoever sees somebody again within this time, in the same way, has looked once."""
NAMED_MAX: Final = 50
"""So many people are named in one entry; of a longer list it only says how many they were."""
QUEUE_MAX: Final = 5000
SEEN_MAX: Final = 20_000
_SEVERAL: Final = (LookAct.LISTED, LookAct.SUGGESTED)
"""Ways to see people of which several at once become one entry."""

log = logging.getLogger("mrnmesh.looks")


class _Where(NamedTuple):
    """Who looks, in what way and from where."""

    act: str
    who: str
    known: str
    way: str
    address: str


@dataclass
class _Waiting:
    """A look that is not written yet; ``records`` are those whom it shows."""

    at_ms: int
    where: _Where
    records: list[str]

    def as_entry(self) -> Look:
        named = [] if len(self.records) > NAMED_MAX else self.records
        ids = [RecordId(uuid.UUID(record).bytes) for record in named if record]
        return Look(self.at_ms, *self.where, len(self.records), packed(ids))


class LookRecorder:
    """Writes down who looked at whom.

    Args:
        doer: returns who makes a call, and how that is known.
        steady_s: seconds that only count what passes, whatever the clock shows.
        is_on: False where nothing is to be written down.
    """

    def __init__(
        self,
        replica: Replica,
        doer: Callable[[web.Request], Doer],
        steady_s: Callable[[], float],
        is_on: bool,
    ) -> None:
        self._replica = replica
        self._doer = doer
        self._steady_s = steady_s
        self._is_on = is_on
        self._queue: list[_Waiting] = []
        self._missed = 0
        self._has_failed = False
        self._writing: asyncio.Task[None] | None = None
        self._seen: OrderedDict[tuple[_Where, str], float] = OrderedDict()

    def saw(self, request: web.Request, act: LookAct, answer: object) -> None:
        """Note whom an answer shows; it is in memory only until `write`."""
        if not self._is_on or request.method == "HEAD":
            return
        shown = shown_by(request, answer)
        if not shown:
            return
        doer = self._doer(request)
        where = _Where(
            act, doer.name or "", doer.known or "", way_of(request), request.remote or ""
        )
        records = self._not_seen_lately(where, shown)
        # Long lists would fill the record, so they name nobody. What was printed is in somebody's
        # hands: all are named, in as many entries as they need.
        size = max(1, len(records)) if act in _SEVERAL else NAMED_MAX
        for first in range(0, len(records), size):
            part = records[first : first + size]
            self._put(_Waiting(self._replica.now_ms, where, part))

    async def write(self) -> None:
        """Write down what waits; when this returns, what was seen before it was called is written.

        With a full disk people must be able to look, still: it is tried again, and what there is
        no room for in memory is counted.
        """
        # A daemon that stops cancels the job that writes, and then calls this once more. A write
        # that has begun goes on all the same, and may fail: then its looks wait again.
        while self._writing is not None:
            await asyncio.wait([self._writing])
        if not self._queue and not self._missed:
            return
        self._writing = asyncio.create_task(self._write())
        await asyncio.shield(self._writing)

    async def _write(self) -> None:
        """Write down what waits; it waits again unless it was written."""
        taken, missed = self._queue, self._missed
        self._queue, self._missed = [], 0

        def act(tx: Transaction) -> None:
            tx.begin()
            tx.store.looks.add(*(one.as_entry() for one in taken))
            if missed:
                about = f"{missed} looks were not written down: the database could not be written"
                tx.store.looks.add(note(tx.now_ms, LookAct.MISSED, about))

        is_written = False
        try:
            await self._replica.write(act)
            is_written, self._has_failed = True, False
        except StoreError as error:
            if not self._has_failed:
                log.warning("who looked at whom cannot be written down yet: %s", error)
            self._has_failed = True
        finally:
            self._writing = None
            if not is_written:
                self._queue = taken + self._queue
                self._missed += missed + max(0, len(self._queue) - QUEUE_MAX)
                del self._queue[QUEUE_MAX:]

    def _not_seen_lately(self, where: _Where, shown: list[str]) -> list[str]:
        """Return those of ``shown`` whom nobody there has seen in this way for some time."""
        now, found = self._steady_s(), []
        for record in shown:
            key = where, record
            at = self._seen.get(key)
            if at is None or now - at >= AGAIN_S:
                found.append(record)
                self._seen[key] = now
                self._seen.move_to_end(key)
        while len(self._seen) > SEEN_MAX:
            self._seen.popitem(last=False)
        return found

    def _put(self, look: _Waiting) -> None:
        """Let a look wait; one of several people joins the one before where both are one's own."""
        last = self._queue[-1] if self._queue else None
        if (
            last is not None
            and last.where == look.where
            and look.where.act in _SEVERAL
            and len(last.records) + len(look.records) <= NAMED_MAX
        ):
            last.records += look.records
        elif len(self._queue) < QUEUE_MAX:
            self._queue.append(look)
        else:
            self._missed += 1
