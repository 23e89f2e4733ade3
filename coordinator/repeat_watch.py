"""Alarms about people with two records: who was probably sent twice, and who waits on the list.

See `sync.reading.repeats` and `sync.reading.records.suggestions`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sync.engine.replica import Replica
from sync.model.alarms import Alarm, AlarmLevel
from sync.model.phrases import count
from sync.reading.records.suggestions import Wanted
from sync.reading.snapshot import Snapshot

LOOK_S: Final = 10.0
LATELY: Final = timedelta(days=30)
"""How long the alarm stays when nobody decides; the list keeps them for good."""
SENT_TWICE: Final = "sent_twice"
DUPLICATES_WAITING: Final = "duplicates_waiting"
KEYS_MAX: Final = 500
"""Keys that are looked at again and again; the alarm counts no more, and the list has all."""
WAITING_MANY: Final = 25
"""So many pairs that nobody has decided about are more than an administrator does in passing."""


class RepeatWatch:
    """Looks at those who came since it looked last, and counts the pairs that wait."""

    def __init__(self, replica: Replica) -> None:
        self._replica = replica
        self._looked_at = 0
        self._keys: set[bytes] = set()
        self._count = 0
        self._waiting = 0

    async def look(self) -> None:
        """Look again."""
        since_ms = self._replica.now_ms - LATELY // timedelta(milliseconds=1)

        def look(snapshot: Snapshot) -> tuple[int, set[bytes], int, int]:
            keys, upto = self._keys, self._looked_at
            if len(keys) < KEYS_MAX:
                new, upto = snapshot.repeats.keys_after(upto, KEYS_MAX - len(keys))
                keys = keys | new
            found = snapshot.repeats.open(keys, since_ms)
            waiting = snapshot.suggestions.count(Wanted("open"))
            # Somebody may open again what was decided, so they are only dropped to have room.
            return upto, keys if len(keys) < KEYS_MAX else found, len(found), waiting

        found = await self._replica.read(look)
        self._looked_at, self._keys, self._count, self._waiting = found

    def alarms(self) -> list[Alarm]:
        """As of the last look."""
        found = [alarm_of(self._count)] if self._count else []
        if self._waiting >= WAITING_MANY:
            found.append(waiting_alarm(self._waiting))
        return found


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
        terms={"count": number},
    )


def waiting_alarm(number: int) -> Alarm:
    """The alarm about so many pairs of records."""
    return Alarm(
        DUPLICATES_WAITING,
        AlarmLevel.WARNING,
        f"{number:,} pairs of records are probably one person each, and nobody has decided yet.",
        "Work through them: `mrnmesh-conflicts duplicates --work`. Do not merge because two "
        "records look alike: ask the person, or look at the paper file.",
        DUPLICATES_WAITING,
        terms={"count": number},
    )
