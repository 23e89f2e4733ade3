"""An alarm about people who were probably sent twice, see `sync.reading.repeats`."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sync.engine.replica import Replica
from sync.model.alarms import Alarm, AlarmLevel
from sync.model.phrases import count
from sync.reading.snapshot import Snapshot

LOOK_S: Final = 10.0
LATELY: Final = timedelta(days=30)
"""How long the alarm stays when nobody decides; the list keeps them for good."""
SENT_TWICE: Final = "sent_twice"


class RepeatWatch:
    """Looks at those who came since it looked last."""

    def __init__(self, replica: Replica) -> None:
        self._replica = replica
        self._looked_at = 0
        self._keys: set[bytes] = set()
        self._count = 0

    async def look(self) -> None:
        """Look again."""
        since = (self._replica.today() - LATELY).isoformat()

        def look(snapshot: Snapshot) -> tuple[int, set[bytes], int]:
            keys = self._keys | snapshot.repeats.keys_after(self._looked_at)
            return snapshot.counts.newest_id(), keys, snapshot.repeats.open(keys, since)

        self._looked_at, self._keys, self._count = await self._replica.read(look)

    def alarms(self) -> list[Alarm]:
        """As of the last look."""
        return [alarm_of(self._count)] if self._count else []


def alarm_of(number: int) -> Alarm:
    """The alarm about so many people."""
    return Alarm(
        SENT_TWICE,
        AlarmLevel.WARNING,
        count(
            number,
            "person was probably sent twice: two people carry one Idempotency-Key.",
            "people were probably sent twice: each has a second one with the same Idempotency-Key.",
        ),
        "Look at both with `mrnmesh-conflicts sent-twice`. If they are one person, tell the desk "
        "which of the two cards to take back.",
        SENT_TWICE,
    )
