"""What an administrator must hear: alarms with a stable code, and what to do about each.

An alarm is computed from what is so now; when its cause is gone, it is gone. Its code is what the
documentation, the logs and the APIs call it by.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple


class AlarmLevel(StrEnum):
    """How much an alarm matters: a warning can wait until tomorrow, an alert cannot."""

    WARNING = "warning"
    ALERT = "alert"


class Alarm(NamedTuple):
    """Something is not as it should be. ``text`` says what, ``do`` what a person does about it.

    ``about`` names what it is about (a terminal, for example) where the text changes while the
    alarm stays the same, so that the log has it once. ``terms`` are what the text says of this very
    case, by name: pages say it in their own words and language.
    """

    code: str
    level: AlarmLevel
    text: str
    do: str
    about: str = ""
    terms: Mapping[str, str | int] = MappingProxyType({})

    @property
    def key(self) -> tuple[str, AlarmLevel, str]:
        """Equal for what is still the same alarm."""
        return self.code, self.level, self.about or self.text


Source = Callable[[], Iterable[Alarm]]


class Alarms:
    """All sources of alarms of one daemon; they are asked anew each time and must be cheap.

    Args:
        hints: makes the commands that a text names such that they can be pasted.
    """

    def __init__(self, hints: Callable[[str], str] = str) -> None:
        self._hints = hints
        self._sources: list[Source] = []
        self._before: dict[tuple[str, AlarmLevel, str], Alarm] = {}

    def add(self, source: Source) -> None:
        """Ask ``source`` from now on too."""
        self._sources.append(source)

    def now(self) -> list[Alarm]:
        """What is so now, alerts first; what two sources say in the same words is there once."""
        found: dict[tuple[object, str], Alarm] = {}
        for source in self._sources:
            for alarm in source():
                found.setdefault(
                    (alarm.key, alarm.text),
                    alarm._replace(text=self._hints(alarm.text), do=self._hints(alarm.do)),
                )
        return sorted(
            found.values(), key=lambda alarm: (alarm.level is not AlarmLevel.ALERT, alarm.code)
        )

    def news(self) -> tuple[list[Alarm], list[Alarm]]:
        """What has come up since the last call, and what has gone."""
        before, now = self._before, {alarm.key: alarm for alarm in self.now()}
        self._before = now
        come = [alarm for key, alarm in now.items() if key not in before]
        gone = [alarm for key, alarm in before.items() if key not in now]
        return come, gone
