"""Which times of facts are believed: an administrator may say that a clock was wrong.

A disbelief names an author and a stretch of time. What the author wrote, and says to have written
in that stretch, was written at some other time; that of a verdict on it is the next best. Like all
else this depends on the facts alone, in whatever order they come.

This is the one place where it is decided when something was done. Of registrations and corrections
the tables keep an `OwnTime`, out of which they compute ``created_at``, ``updated_at`` and
``made_at`` together with the verdicts (`sync.storage.schema`). Of all other facts `Times.iso` tells
it. Nobody else reads a time of a fact.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from sync.model import clock
from sync.model.facts import COORDINATOR, REGISTRY, Author, Disbelief, FactId
from sync.model.formats import iso_utc_of_ms, iso_utc_of_text, time_of_ms

CLOCK_MS: Final = 2 * clock.AHEAD_MS_MAX
"""A time that somebody tells (of a sheet of paper, of an earlier system) is further than this from
the hybrid time of its fact; one that the clock showed is nearer. A hybrid time goes ahead of its
clock by `clock.AHEAD_MS_MAX`, and whoever is registered may wait for the disk."""


class TimeStretch(NamedTuple):
    """A disbelief in force with its fact id, and when it was written, in milliseconds."""

    id: FactId
    said_ms: int
    fact: Disbelief


class OwnTime(NamedTuple):
    """When something was done, as its own fact tells it.

    ``text`` is ISO 8601 with an offset in whole seconds, None where nobody is to believe it. Then
    it was done before somebody said so, at ``doubted_ms`` at the latest, and ``zone`` is the offset
    in which its day is told ("+05:00").
    """

    text: str | None
    doubted_ms: int | None = None
    zone: str | None = None


class Times:
    """What is to be thought of the times of facts.

    ``disbelieved`` are the stretches in force, the oldest first.

    Args:
        written: (fact id, hybrid time, body) of registry facts; of these, disbeliefs count.
    """

    def __init__(self, written: Iterable[tuple[FactId, int, object]] = ()) -> None:
        said = [
            TimeStretch(ident, clock.unpack(hlc)[0], body)
            for ident, hlc, body in written
            if isinstance(body, Disbelief)
        ]
        replaced = {ident for one in said for ident in one.fact.replaces}
        self.disbelieved = sorted(
            (one for one in said if one.id not in replaced),
            key=lambda one: (one.fact.serial, one.id),
        )

    def believes(self, author: Author, hlc: int) -> bool:
        """True when what ``author`` wrote at this hybrid time was written then, as far as known."""
        return not self.disbelieved or not self._about(author, clock.unpack(hlc)[0])

    def at(self, author: Author, hlc: int) -> int:
        """When a fact was written, in milliseconds; at the latest, if its time is not believed.

        Then it was written before somebody said so: no more than that is certain. What the
        coordinator said of itself while its clock was wrong dates nothing, if it was said again.
        """
        ms = clock.unpack(hlc)[0]
        about = self._about(author, ms) if self.disbelieved else ()
        said = [one.said_ms for one in about]
        believed = [one_ms for one_ms in said if not self._about(COORDINATOR, one_ms)]
        return min(believed or said, default=ms)

    def own(
        self, author: Author, hlc: int, text: str = "", *, may_be_stated: bool = False
    ) -> OwnTime:
        """When something was done, as the fact about it tells.

        Args:
            hlc: the hybrid time of the fact.
            text: what it says itself, ISO 8601 with an offset; empty where that cannot be read.
            may_be_stated: somebody may have told it, who did not look at the clock of the author.
        """
        ms = clock.unpack(hlc)[0]
        at = datetime.fromisoformat(text) if text else time_of_ms(ms)
        if self.believes(author, hlc) or (may_be_stated and _is_stated(at, ms)):
            return OwnTime(at.isoformat(timespec="seconds"))
        return OwnTime(None, self.at(author, hlc), _offset(at))

    def iso(self, author: Author, hlc: int, text: str = "") -> str:
        """When something was done that no verdict is given on, as `sync.model.formats.iso_utc`.

        Args:
            hlc, text: see `own`.
        """
        own = self.own(author, hlc, text)
        if own.doubted_ms is not None:
            return iso_utc_of_ms(own.doubted_ms)
        return iso_utc_of_text(own.text or "")

    def believed_up_to(self, author: Author, hlc: int) -> int:
        """The latest hybrid time up to ``hlc`` that is believed of an author; negative for none."""
        while about := self._about(author, clock.unpack(hlc)[0]):
            hlc = clock.pack(min(one.fact.first_ms for one in about), 0) - 1
        return hlc

    def _about(self, author: Author, ms: int) -> list[TimeStretch]:
        name = one_name(author)
        return [
            one
            for one in self.disbelieved
            if one_name(one.fact.author) == name and one.fact.first_ms <= ms <= one.fact.last_ms
        ]


def one_name(author: Author) -> Author:
    """The coordinator writes under two names by one clock."""
    return COORDINATOR if author == REGISTRY else author


def _is_stated(at: datetime, ms: int) -> bool:
    """True for a time that is not that of the clock which a fact was written by."""
    apart = at - time_of_ms(ms)
    return abs(apart) > timedelta(milliseconds=CLOCK_MS)


def _offset(at: datetime) -> str:
    """The offset of a time in whole minutes, as both SQLite and ISO 8601 write it."""
    minutes = int((at.utcoffset() or timedelta()).total_seconds()) // 60
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
