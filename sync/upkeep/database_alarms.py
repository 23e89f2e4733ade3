"""Alarms about what the database, or the disk that it is on, refuses now."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from sync.engine.replica import Replica
from sync.engine.transaction import Transaction
from sync.errors import StoreError
from sync.model.alarms import Alarm, AlarmLevel

TRY_AGAIN_S: Final = 5.0
"""How often a daemon tries what failed, so that it goes on by itself when it works again."""

_READS_GO_ON: Final = "Nobody can be registered; people can still be found."

OTHER: Final = Alarm(
    "store_fails",
    AlarmLevel.ALERT,
    "The database cannot be used.",
    "Run the `doctor` command on this computer, and do what it says.",
)
REFUSALS: Final = (
    Alarm(
        "disk_full",
        AlarmLevel.ALERT,
        f"The disk is full. {_READS_GO_ON}",
        "Free some space on the disk of the data folder; all goes on by itself then.",
    ),
    Alarm(
        "disk_read_only",
        AlarmLevel.ALERT,
        f"The database can only be read. {_READS_GO_ON}",
        "See whether the disk was mounted for reading only, as a system does with a failing disk,"
        " and who may write to register.db and to its folder.",
    ),
    Alarm(
        "disk_forbidden",
        AlarmLevel.ALERT,
        "The system does not let this daemon use its files.",
        "Let the user of the daemon read and write the data folder and all that is in it, and see"
        " that its disk is connected.",
    ),
    Alarm(
        "disk_unwritable",
        AlarmLevel.ALERT,
        "The disk of the database fails.",
        "Look at the disk and its cables, and make a backup on another disk.",
    ),
    Alarm(
        "store_busy",
        AlarmLevel.ALERT,
        f"Another program keeps the database busy. {_READS_GO_ON}",
        "End that program: no other one than the daemon may use register.db.",
    ),
    Alarm(
        "store_exchanged",
        AlarmLevel.ALERT,
        f"The database was exchanged or removed while the daemon runs. {_READS_GO_ON}",
        "Do not stop the daemon: it still has everything. Move the very file back, and all goes"
        " on. If that is not to be had, make a backup now; only then stop the daemon, and restore"
        " that backup into a new folder.",
    ),
    OTHER,
)
_BY_CODE: Final = MappingProxyType({alarm.code: alarm for alarm in REFUSALS})


class DatabaseWatch:
    """The alarms of a database's health, other than that it is damaged."""

    def __init__(self, replica: Replica) -> None:
        self._replica = replica

    def alarms(self) -> list[Alarm]:
        """What is refused now."""
        health = self._replica.health
        found = (health.reading, health.writing)
        by_code = {error.code: error for error in found if error is not None}
        return [alarm_of(error) for error in by_code.values()]

    async def try_again(self) -> None:
        """Write and read if that failed the last time, so that it is known when it works again.

        Raises:
            StoreError: it does not.
        """
        health = self._replica.health
        if health.writing is not None:
            await self._replica.write(Transaction.begin)
        if health.reading is not None:
            await self._replica.read(lambda snapshot: snapshot.store.meta.commits)


def alarm_of(error: StoreError) -> Alarm:
    """The alarm that reports an error of the database."""
    alarm = _BY_CODE.get(error.code, OTHER)
    path, why = error.facts.get("path", ""), error.facts.get("why", error)
    return alarm._replace(text=f"{alarm.text} ({path}: {why})", about=error.code)
