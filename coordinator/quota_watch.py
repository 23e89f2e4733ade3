"""Alarms about desks that take more than an honest one, each with the name of the desk."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Final, NamedTuple

from coordinator.judging.arbiter import Arbiter
from coordinator.registry import pool, quotas
from coordinator.registry.pool import KeptOut
from sync.engine.replica import Replica
from sync.model.alarms import Alarm, AlarmLevel
from sync.model.facts import Author
from sync.model.numbers import STRAYS_MAX
from sync.model.phrases import count
from sync.reading.snapshot import Snapshot
from sync.storage.numbers import Stray

LOOK_S: Final = 30.0
STRAY_NUMBERS: Final = "stray_numbers"
NUMBERS_OF_NO_RANGE: Final = "numbers_of_no_range"
TOO_MANY_NUMBERS: Final = "too_many_numbers"
TOO_MANY_PARTS: Final = "too_many_parts"
TOO_MANY_PINS: Final = "too_many_pins"
TOO_MANY_RESTORES: Final = "too_many_restores"
PARTS_MAX: Final = 20
"""Parts of the register that a desk began although the one before had room."""


class TakenByDesks(NamedTuple):
    """Claims on the ranges of others, and authors with how many parts that have room.

    ``restored`` and ``pins`` are the desks that had as many of `RESTORES` and of `PINS` in
    `coordinator.registry.quotas` as they get by themselves. ``outside`` are claims on numbers that
    no range has.
    """

    strays: list[Stray]
    parts: list[tuple[Author, int]]
    restored: list[Author]
    pins: list[Author]
    outside: list[KeptOut]


class QuotaWatch:
    """Looks from time to time, and remembers what it saw for the alarms."""

    def __init__(self, replica: Replica, arbiter: Arbiter) -> None:
        self._replica = replica
        self._arbiter = arbiter
        self._seen = TakenByDesks([], [], [], [], [])

    async def look(self) -> None:
        """Look again."""
        self._seen = await self._replica.read(partial(_look, now_ms=self._replica.now_ms))

    def alarms(self) -> list[Alarm]:
        """What an administrator has to know, as of the last look."""
        refused = self._arbiter.quota.refused(self._replica.now_ms)
        return alarms_of(self._seen, refused)


def _look(snapshot: Snapshot, now_ms: int) -> TakenByDesks:
    store = snapshot.store
    return TakenByDesks(
        [stray for stray in store.numbers.strays() if stray.are_many],
        snapshot.counts.parts_with_room(PARTS_MAX),
        quotas.spent(snapshot, quotas.RESTORES, now_ms),
        quotas.spent(snapshot, quotas.PINS, now_ms),
        [one for one in pool.kept_out(snapshot) if one.numbers > STRAYS_MAX or one.blocks],
    )


def alarms_of(seen: TakenByDesks, refused: Iterable[Author]) -> list[Alarm]:
    """The alarms about what was seen, and about the terminals that were refused numbers."""
    return [
        *map(_stray, seen.strays),
        *map(_outside, seen.outside),
        *map(_too_many_numbers, refused),
        *map(_too_many_restores, seen.restored),
        *map(_too_many_pins, seen.pins),
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


def _outside(found: KeptOut) -> Alarm:
    blocks = ", ".join(block.text for block in found.blocks)
    kept = (
        f" The pool does not give {blocks}: {found.desk} may have been given these numbers, and "
        "the coordinator has forgotten it."
        if blocks
        else ""
    )
    return Alarm(
        NUMBERS_OF_NO_RANGE,
        AlarmLevel.ALERT,
        f"{found.desk} has used {count(found.numbers, 'number')} that no range has. Nobody else "
        f"gets them.{kept}",
        f"Look at the desk {found.desk}. If it is not honest: `mrnmesh-coordinator terminals "
        f"revoke {found.desk} --reason WHY`. If the pool has no block left: "
        "`mrnmesh-coordinator pool set START-END`.",
        found.desk,
        terms={
            "desk": found.desk,
            "count": found.numbers,
            "blocks": len(found.blocks),
            "ranges": blocks,
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


def _too_many_restores(code: Author) -> Alarm:
    often = quotas.RESTORES_AT_ONCE
    return Alarm(
        TOO_MANY_RESTORES,
        AlarmLevel.ALERT,
        f"The records of {code} were put back from a backup, or copied, {often} times or more "
        "within a short time. For now it gets new numbers of its own after that only once a day. "
        "Without them it takes those of the coordinator, and can register nobody while it is cut "
        "off. Nobody whom it has registered is lost.",
        "Look at the desk: is its disk put back again and again? If that is meant: "
        f"`mrnmesh-coordinator terminals allow {code}`. If the desk is not honest: "
        f"`mrnmesh-coordinator terminals revoke {code} --reason WHY`.",
        code,
        terms={"desk": code, "count": often},
    )


def _too_many_pins(code: Author) -> Alarm:
    often = quotas.PINS_AT_ONCE
    return Alarm(
        TOO_MANY_PINS,
        AlarmLevel.WARNING,
        f"At {code} PINs of clerks were changed {often} times or more within a short time. For now "
        "one more is taken every four hours; the PINs of before stay good.",
        "Look at the desk. Did the clerks change them? "
        f"`mrnmesh-coordinator terminals allow {code}`. If the desk is not honest: "
        f"`mrnmesh-coordinator terminals revoke {code} --reason WHY`, and give the clerks new "
        "PINs.",
        code,
        terms={"desk": code, "count": often},
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
