"""Alarms about desks that want to connect and that nobody has added."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from sync.model.alarms import Alarm, AlarmLevel
from sync.model.facts import Author

KNOCKED_S: Final = 600.0
"""A desk that is refused tries again at least every minute."""
KNOCKING_MAX: Final = 50
"""So many desks that are not known are told of at once."""


class KnockWatch:
    """Remembers for `KNOCKED_S` seconds a desk that is not in the registry, or not with its key.

    Args:
        now_s: seconds of a clock that does not go back.
    """

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._knocked: dict[Author, tuple[float, str]] = {}

    def turned_away(self, author: Author, reason: str) -> None:
        """A desk was refused; whether it is to be let in is for the administrator to say."""
        if reason not in ("unknown", "key"):
            return  # an administrator has decided about it
        self._knocked.pop(author, None)
        self._knocked[author] = (self._now_s(), reason)
        if len(self._knocked) > KNOCKING_MAX:
            del self._knocked[next(iter(self._knocked))]

    def welcomed(self, author: Author) -> None:
        """A desk may sync."""
        self._knocked.pop(author, None)

    def alarms(self) -> Iterator[Alarm]:
        """The alarms that hold now."""
        now = self._now_s()
        self._knocked = {
            author: knock for author, knock in self._knocked.items() if now - knock[0] < KNOCKED_S
        }
        for author, (_, reason) in sorted(self._knocked.items()):
            enrol = f"`mrnmesh-coordinator terminals enrol {author}`"
            if reason == "unknown":
                text = f"A desk that calls itself {author} wants to connect, and is not known here."
                do = f"If it is one of yours, enrol it: {enrol}."
            else:
                text = (
                    f"A computer that calls itself {author} wants to connect, and its key is not "
                    "that of the known one."
                )
                do = (
                    "If that desk was set up anew: `mrnmesh-coordinator terminals replace "
                    f"{author} --reason WHY`, then {enrol}. If not, find out which computer it is: "
                    "it needs a code of its own."
                )
            yield Alarm(
                "desk_unknown",
                AlarmLevel.WARNING,
                text,
                do,
                author,
                terms={"desk": author, "reason": reason},
            )
