"""Once a day: is the record of who looked at whom still as it was written?"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Final

from sync.daemon.daemons import COORDINATOR, NODE, Daemon
from sync.engine.replica import Replica
from sync.model.alarms import Alarm, AlarmLevel
from sync.upkeep.looks import keeping
from sync.upkeep.looks.keeping import KeptLooks

CHECK_S: Final = 24 * 3600.0
PAUSE_S: Final = 0.05
"""Between two pieces, so that a long record takes little of what clerks wait for."""


class LooksWatch:
    """Checks the record of one replica, and reports when somebody has changed it.

    Args:
        own_keys: returns the public keys that this replica signs with, or has signed with.
    """

    def __init__(self, replica: Replica, own_keys: Callable[[], Collection[bytes]]) -> None:
        self._replica = replica
        self._own_keys = own_keys
        self._daemon = COORDINATOR if replica.identity.is_coordinator else NODE
        self._found: KeptLooks | None = None

    async def look(self, pause_s: float = PAUSE_S) -> None:
        """Check it now.

        Raises:
            StoreError: it cannot be read.
        """
        self._found = await keeping.check(self._replica, self._own_keys(), pause_s)

    def alarms(self) -> list[Alarm]:
        """What is so as of the last look."""
        found = self._found
        if found is None or found.is_whole:
            return []
        wrong = found.checked.wrong
        return [changed(self._daemon, found.first if wrong is None else wrong)]


def changed(daemon: Daemon, entry: int) -> Alarm:
    """The alarm that the record of a daemon is not as it was written, from an entry on."""
    return Alarm(
        "looks_changed",
        AlarmLevel.ALERT,
        f"The record of who looked at whom is not as it was written, at entry {entry}: "
        "somebody has changed the database.",
        f"Run `{daemon.command} looked verify`, compare with a backup of before, and "
        "find out who can write on this computer.",
        "looks",
        terms={"entry": entry},
    )
