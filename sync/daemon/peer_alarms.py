"""Alarms about copies of a desk."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Final

from sync.model.alarms import Alarm, AlarmLevel
from sync.model.facts import Author
from sync.model.phrases import count

LIVE_COPIES_S: Final = 3600.0


class PeerWatch:
    """Remembers for `LIVE_COPIES_S` seconds that two live copies of one desk were seen.

    Args:
        now_s: seconds of a clock that does not go back.
    """

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._seen: dict[Author, float] = {}

    def live_copies(self, author: Author) -> None:
        """Two computers were that desk at the same time."""
        self._seen[author] = self._now_s()

    def alarms(self) -> list[Alarm]:
        """The alarms that hold now."""
        now = self._now_s()
        self._seen = {author: at for author, at in self._seen.items() if now - at < LIVE_COPIES_S}
        return [
            Alarm(
                "two_computers",
                AlarmLevel.ALERT,
                f"Two computers are {author} at the same time: one is a copy of the other. Both "
                f"were last seen {_ago(now - at)}; this alarm ends "
                f"{count(_minutes(LIVE_COPIES_S), 'minute')} after that.",
                "Find the copy and switch it off: only one of the two is let in. Keep its data "
                "folder, and bring in the people that it has registered: `mrnmesh-coordinator "
                f"terminals salvage {author} FOLDER`. Set it up again under a code of its own.",
                author,
                terms={"desk": author},
            )
            for author, at in sorted(self._seen.items())
        ]


def _minutes(seconds: float) -> int:
    return math.ceil(seconds / 60)


def _ago(seconds: float) -> str:
    """How long ago something was, without a number that changes all the time at first."""
    minutes = int(seconds // 60)
    return f"{count(minutes, 'minute')} ago" if minutes else "less than a minute ago"
