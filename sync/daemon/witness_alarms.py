"""An alarm for a daemon that can give no number because its witness cannot be told."""

from __future__ import annotations

import contextlib
from typing import Final

from sync.engine.replica import Replica
from sync.errors import StoreError, WitnessShared
from sync.model.alarms import Alarm, AlarmLevel
from sync.witness.memory import Witness

LOOK_S: Final = 10.0

UNWRITABLE: Final = Alarm(
    "witness_unwritable",
    AlarmLevel.ALERT,
    "The witness, which remembers the numbers that were given, cannot be written. No number is "
    "given here.",
    "Look at the disk that the witness is on, its free space, and who may write there; all goes on "
    "by itself then.",
)
SHARED: Final = Alarm(
    "witness_shared",
    AlarmLevel.ALERT,
    "A second copy of this data folder runs on this computer, with the same witness. No number is "
    "given here.",
    "Stop the copy, then restart this daemon.",
)


class WitnessWatch:
    """Tries again from time to time to write what could not be written."""

    def __init__(self, replica: Replica, witness: Witness) -> None:
        self._replica = replica
        self._witness = witness

    async def look(self) -> None:
        """Find out whether the witness can be written again, if it could not be."""
        if self._witness.file.failure is not None:
            # On the writer's thread, as whatever else is written to it.
            with contextlib.suppress(StoreError):
                await self._replica.write(lambda _tx: self._witness.try_again())

    def alarms(self) -> list[Alarm]:
        """What is so since somebody last tried."""
        failure = self._witness.file.failure
        if failure is None:
            return []
        path, why = self._witness.file.path, failure.facts.get("why")
        if isinstance(failure, WitnessShared):
            return [SHARED._replace(text=f"{SHARED.text} ({path})", about=str(path))]
        return [UNWRITABLE._replace(text=f"{UNWRITABLE.text} ({path}: {why})", about=str(path))]
