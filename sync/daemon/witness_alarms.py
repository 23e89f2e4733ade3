"""An alarm for a daemon that can give no number because its witness cannot be told."""

from __future__ import annotations

import contextlib
from typing import Final

from sync.engine.replica import Replica
from sync.engine.witness import Witness
from sync.errors import StoreError, WitnessShared
from sync.model.alarms import Alarm, AlarmLevel

LOOK_S: Final = 10.0


class WitnessWatch:
    """Tries again from time to time to write what could not be written."""

    def __init__(self, replica: Replica, witness: Witness) -> None:
        self._replica = replica
        self._witness = witness

    async def look(self) -> None:
        """Find out whether the witness can be written again, if it could not be."""
        if self._witness.failure is not None:
            # On the writer's thread, as whatever else is written to it.
            with contextlib.suppress(StoreError):
                await self._replica.write(lambda _tx: self._witness.try_again())

    def alarms(self) -> list[Alarm]:
        """What is so since somebody last tried."""
        failure = self._witness.failure
        if failure is None:
            return []
        path = self._witness.path
        if isinstance(failure, WitnessShared):
            text = f"A second copy of this data folder runs here: it has written {path}."
            do = "Stop the copy, then restart this daemon."
        else:
            text = f"The witness {path} cannot be written: {failure.facts['why']}."
            do = "Free some space on its disk, or let the user of this daemon write there."
        return [
            Alarm(
                failure.code,
                AlarmLevel.ALERT,
                f"{text} Until that is mended, no number is given here.",
                do,
                str(path),
            )
        ]
