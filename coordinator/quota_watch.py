"""Alarms about desks that take more than an honest one, each with the name of the desk."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from coordinator.judging.arbiter import Arbiter
from sync.engine.replica import Replica
from sync.model.alarms import Alarm, AlarmLevel
from sync.model.facts import Author
from sync.model.phrases import count
from sync.reading.snapshot import Snapshot
from sync.storage.numbers import Stray

LOOK_S: Final = 30.0
STRAY_NUMBERS: Final = "stray_numbers"
TOO_MANY_NUMBERS: Final = "too_many_numbers"
TOO_MANY_PARTS: Final = "too_many_parts"
PARTS_MAX: Final = 20
"""Parts of the register that a desk began although the one before had room."""


class TakenByDesks(NamedTuple):
    """Claims on the ranges of others, and authors with how many parts that have room."""

    strays: list[Stray]
    parts: list[tuple[Author, int]]


class QuotaWatch:
    """Looks from time to time, and remembers what it saw for the alarms."""

    def __init__(self, replica: Replica, arbiter: Arbiter) -> None:
        self._replica = replica
        self._arbiter = arbiter
        self._seen = TakenByDesks([], [])

    async def look(self) -> None:
        """Look again."""
        self._seen = await self._replica.read(_look)

    def alarms(self) -> list[Alarm]:
        """What an administrator has to know, as of the last look."""
        refused = self._arbiter.quota.refused(self._replica.now_ms)
        return alarms_of(self._seen, refused)


def _look(snapshot: Snapshot) -> TakenByDesks:
    store = snapshot.store
    return TakenByDesks(
        [stray for stray in store.numbers.strays() if stray.are_many],
        snapshot.counts.parts_with_room(PARTS_MAX),
    )


def alarms_of(seen: TakenByDesks, refused: Iterable[Author]) -> list[Alarm]:
    """The alarms about what was seen, and about the terminals that were refused numbers."""
    return [
        *map(_stray, seen.strays),
        *map(_too_many_numbers, refused),
        *(_too_many_parts(author, parts) for author, parts in seen.parts),
    ]


def _stray(stray: Stray) -> Alarm:
    return Alarm(
        STRAY_NUMBERS,
        AlarmLevel.ALERT,
        f"{stray.author} has used {count(stray.claims, 'number')} of {stray.range.text}, which "
        f"only {stray.terminal} may give out. Nobody else gets them.",
        f"{stray.terminal} gets a new block in time. Look at the desk {stray.author}. If it is not "
        f"honest: `mrnmesh-coordinator terminals revoke {stray.author} --reason WHY`.",
        f"{stray.range.text} {stray.author}",
        terms={
            "desk": stray.author,
            "own": stray.terminal,
            "range": stray.range.text,
            "count": stray.claims,
        },
    )


def _too_many_numbers(code: Author) -> Alarm:
    return Alarm(
        TOO_MANY_NUMBERS,
        AlarmLevel.ALERT,
        f"{code} asks for more numbers than a desk needs: more at once, or more in a day with "
        "which it has registered nobody. For now it gets fewer, or none, and gives numbers of its "
        "own range.",
        f"Look at the desk. Does it need them? `mrnmesh-coordinator terminals allow {code}`.",
        code,
        terms={"desk": code},
    )


def _too_many_parts(author: Author, parts: int) -> Alarm:
    return Alarm(
        TOO_MANY_PARTS,
        AlarmLevel.WARNING,
        f"{author} has begun {count(parts, 'part')} of the register that it did not fill.",
        "Its software is faulty, or it is not honest. Look at the desk, and revoke it if need be: "
        f"`mrnmesh-coordinator terminals revoke {author} --reason WHY`.",
        author,
        terms={"desk": author, "count": parts},
    )
