"""Which times of facts are believed: an administrator may say that a clock was wrong.

A disbelief names an author and a stretch of time. What the author wrote, and says to have written
in that stretch, was written at some other time; that of a verdict on it is the next best. Like all
else this depends on the facts alone, in whatever order they come.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sync.model import clock
from sync.model.facts import COORDINATOR, REGISTRY, Author, Disbelief, FactId


class TimeStretch(NamedTuple):
    """A disbelief in force with its fact id, and when it was written, in milliseconds."""

    id: FactId
    said_ms: int
    fact: Disbelief


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

    def believed_up_to(self, author: Author, hlc: int) -> int:
        """The latest hybrid time up to ``hlc`` that is believed of an author; negative for none."""
        while about := self._about(author, clock.unpack(hlc)[0]):
            hlc = clock.pack(min(one.fact.first_ms for one in about), 0) - 1
        return hlc

    def _about(self, author: Author, ms: int) -> list[TimeStretch]:
        name = _one_name(author)
        return [
            one
            for one in self.disbelieved
            if _one_name(one.fact.author) == name and one.fact.first_ms <= ms <= one.fact.last_ms
        ]


def _one_name(author: Author) -> Author:
    """The coordinator writes under two names by one clock."""
    return COORDINATOR if author == REGISTRY else author
