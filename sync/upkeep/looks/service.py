"""Who looked at whom, as a daemon keeps it: what observes, what writes, what shows."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

from aiohttp import web

from sync.daemon.jobs import Jobs
from sync.engine import keys
from sync.engine.records.lost_entries import LOOK_S, Marks
from sync.engine.replica import Replica
from sync.errors import StoreError
from sync.http.operations import Needs, Operation
from sync.model.clerks.known import Doer
from sync.upkeep.looks.keeping import LOST_ENTRIES, REMOVE_S, LookKeeper
from sync.upkeep.looks.recording import WRITE_S, LookRecorder
from sync.upkeep.looks.serving import LooksApi
from sync.upkeep.looks.watching import CHECK_S, LooksWatch

log = logging.getLogger("mrnmesh.looks")
_NAME: Final = "who looked at whom"


class Looks:
    """The record of one replica.

    Args:
        days: for how many it is kept; None: nothing is written down.
        doer: returns who makes a call, and how that is known.
        needs: who may see it.
    """

    def __init__(
        self,
        replica: Replica,
        signer: keys.Signer,
        witness: Marks,
        days: int | None,
        doer: Callable[[web.Request], Doer],
        needs: Needs,
    ) -> None:
        self._replica = replica
        self._witness = witness
        self._keeper = LookKeeper(replica, signer, days)
        self._recorder = LookRecorder(replica, doer, replica.steady_s, is_on=days is not None)
        self._api = LooksApi(replica, needs, self._own_keys)
        self._watch = LooksWatch(replica, self._own_keys)
        self.alarms = self._watch.alarms
        self.saw = self._recorder.saw
        self.operations: Callable[[], list[Operation]] = self._api.operations

    async def start(self) -> None:
        """Write what was lost of it, and whether it is kept; a full disk keeps no daemon down."""
        try:
            await LOST_ENTRIES.look_back(self._replica, self._witness)
            await self._keeper.start()
        except StoreError as error:
            log.warning("%s: the record lacks an entry: %s", _NAME, error)

    def begin(self, jobs: Jobs) -> None:
        """Write down what is seen from now on, and remove what is old."""
        jobs.every(WRITE_S, f"writing {_NAME}", self._recorder.write)
        jobs.every(CHECK_S, f"checking {_NAME}", self._watch.look)
        jobs.every(LOOK_S, f"counting {_NAME}", self._count)
        jobs.every(REMOVE_S, f"removing old entries of {_NAME}", self._keeper.remove_old)

    async def write(self) -> None:
        """Write down what waits, before the daemon ends; if that fails it ends all the same."""
        try:
            await self._recorder.write()
        except Exception:
            log.exception("%s: the last looks are not in the record", _NAME)

    async def _count(self) -> None:
        await LOST_ENTRIES.tell(self._replica, self._witness)

    def _own_keys(self) -> set[bytes]:
        """The keys that this replica signs with, or has signed with: either may be replaced."""
        registry, identity = self._replica.registry, self._replica.identity
        former = registry.succession.former if identity.is_coordinator else ()
        own = registry.keys_of(identity.author)
        return {self._replica.public_key, *own, *former}
