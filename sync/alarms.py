"""What an administrator must hear: alarms with a stable code, and what to do about each.

An alarm is computed from what is so now; when its cause is gone, it is gone. Its code is what the
documentation, the logs and the APIs call it by.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import NamedTuple


class Level(StrEnum):
    """How much an alarm matters: a warning can wait until tomorrow, an alert cannot."""

    WARNING = "warning"
    ALERT = "alert"


class Alarm(NamedTuple):
    """Something is not as it should be. ``text`` says what, ``do`` what a person does about it."""

    code: str
    level: Level
    text: str
    do: str


Source = Callable[[], Iterable[Alarm]]


class Alarms:
    """All sources of alarms of one daemon; they are asked anew each time and must be cheap."""

    def __init__(self) -> None:
        self._sources: list[Source] = []
        self._told: set[Alarm] = set()

    def add(self, source: Source) -> None:
        """Ask ``source`` from now on too."""
        self._sources.append(source)

    def now(self) -> list[Alarm]:
        """What is so now, alerts first."""
        found = [alarm for source in self._sources for alarm in source()]
        return sorted(found, key=lambda alarm: (alarm.level is not Level.ALERT, alarm.code))

    def news(self) -> tuple[list[Alarm], list[Alarm]]:
        """What has come up since the last call, and what has gone."""
        now = self.now()
        come = [alarm for alarm in now if alarm not in self._told]
        gone = sorted(self._told.difference(now))
        self._told = set(now)
        return come, gone
