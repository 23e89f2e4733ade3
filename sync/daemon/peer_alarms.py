"""Alarms about other replicas, and about the clock that this one has."""

from __future__ import annotations

import time
from collections.abc import Callable

from sync.model.alarms import Alarm, AlarmLevel
from sync.model.facts import Author

LIVE_COPIES_S = 3600.0
CLOCK_BEHIND_MS_MAX = 600_000


class PeerWatch:
    """Remembers for `LIVE_COPIES_S` seconds that two live copies of one desk were seen.

    Args:
        clock_behind_ms: how far this computer's clock lies behind what the coordinator said.
        now_s: seconds of a clock that does not go back.
    """

    def __init__(
        self, clock_behind_ms: Callable[[], int], now_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock_behind_ms = clock_behind_ms
        self._now_s = now_s
        self._seen: dict[Author, float] = {}

    def live_copies(self, author: Author) -> None:
        """Two computers were that desk at the same time."""
        self._seen[author] = self._now_s()

    def alarms(self) -> list[Alarm]:
        """The alarms that hold now."""
        now = self._now_s()
        self._seen = {author: at for author, at in self._seen.items() if now - at < LIVE_COPIES_S}
        found = [
            Alarm(
                "two_computers",
                AlarmLevel.ALERT,
                f"Two computers are {author} at the same time: one is a copy of the other.",
                "Find the copy and switch it off: only one of the two is let in. Keep its data "
                "folder, and bring in the people that it has registered: `mrnmesh-coordinator "
                f"terminals salvage {author} FOLDER`. Set it up again under a code of its own.",
                author,
            )
            for author in sorted(self._seen)
        ]
        behind_ms = self._clock_behind_ms()
        if behind_ms > CLOCK_BEHIND_MS_MAX:
            found.append(
                Alarm(
                    "clock_behind",
                    AlarmLevel.WARNING,
                    f"The clock of this computer is {behind_ms // 60_000} minutes behind.",
                    "Set it. After each power cut the same? Then its battery is empty.",
                    "clock",
                )
            )
        return found
