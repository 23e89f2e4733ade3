"""Pairs of a register from which weights can be estimated: a sample of it, read in small pieces.

A daemon writes beside it, so no snapshot is held for long.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Final

from sync.matching import estimating
from sync.matching.estimating import Estimate, SideBySide
from sync.matching.person import Person
from sync.reading.connection import ReadConnection
from sync.storage import search
from sync.storage.queries import chunks

PEOPLE_MAX: Final = 10_000
"""So many people, drawn by chance, are compared with those who are like them: some 40 s."""

NEAR_MAX: Final = 100_000
"""It is enough when so many pairs are found: some 100 MB of memory."""

RANDOM_PAIRS: Final = 40_000
PIECE: Final = 100
"""People who are read in one snapshot."""

_SEED: Final = 1969
"""The same register gives the same answer each time."""

Tell = Callable[[str, int, int], None]
"""What is done, how much of it, and of how much."""


def estimate(connection: ReadConnection, tell: Tell, sample: int = PEOPLE_MAX) -> Estimate:
    """Estimate the weights from what is in the index.

    Args:
        tell: called again and again; what it raises ends the estimate.
        sample: how many people are compared at most.

    Raises:
        TooFewPairs: the register does not show enough.
    """
    chance = Random(_SEED)
    drawn = _drawn(connection, chance, sample)
    near, asked, size = _near(connection, drawn, tell)
    apart = list(_random(connection, drawn, chance, tell))
    return estimating.estimate(
        near, apart, asked, size, lambda done, most: tell("weights", done, most)
    )


def _drawn(connection: ReadConnection, chance: Random, sample: int) -> list[int]:
    """Some of the people who are in the index, by local id."""
    with connection.snapshot() as snapshot:
        last = snapshot.store.meta.indexed
    ids = chance.sample(range(1, last + 1), min(sample, last))
    found: list[int] = []
    with connection.snapshot() as snapshot:
        for chunk, marks in chunks(ids):
            found += (
                patient
                for (patient,) in snapshot.store.connection.execute(
                    f"SELECT p.id FROM patients p WHERE p.id IN ({marks}) AND NOT EXISTS"
                    " (SELECT 1 FROM settled s WHERE s.patient = p.id AND s.action = 'void')",
                    chunk,
                )
            )
    return found


def _near(
    connection: ReadConnection, drawn: Sequence[int], tell: Tell
) -> tuple[list[SideBySide], int, int]:
    """The pairs that may be one person or relatives, of how many people, and how many there are.

    Each is compared with those who were registered before, so no pair is there twice.
    """
    found: list[SideBySide] = []
    asked = size = 0
    for start in range(0, len(drawn), PIECE):
        tell("people", start, len(drawn))
        with connection.snapshot() as snapshot:
            for patient in drawn[start : start + PIECE]:
                asked += 1
                near = snapshot.matching.near(patient)
                size = near.people
                pairs = (
                    estimating.compare(near.person, other, near.share)
                    for earlier, other in near.others.items()
                    if earlier < patient
                )
                found += (pair for pair in pairs if estimating.is_open(pair, size))
        if len(found) > NEAR_MAX:
            break
    return found, asked, size


def _random(
    connection: ReadConnection, drawn: Sequence[int], chance: Random, tell: Tell
) -> Iterator[SideBySide]:
    """Pairs that chance has put together."""
    people = _people(connection, drawn)
    if len(people) < 2:
        return
    with connection.snapshot() as snapshot:
        share, _ = snapshot.matching.shares(people)
    for number in range(min(RANDOM_PAIRS, len(people) * (len(people) - 1) // 2)):
        if number % PIECE == 0:
            tell("random pairs", number, RANDOM_PAIRS)
        one, other = chance.sample(people, 2)
        yield estimating.compare(one, other, share)


def _people(connection: ReadConnection, drawn: Sequence[int]) -> list[Person]:
    columns = ", ".join(search.COMPARED)
    found: list[Person] = []
    with connection.snapshot() as snapshot:
        for chunk, marks in chunks(drawn):
            rows = snapshot.store.connection.execute(
                f"SELECT {columns} FROM patients WHERE id IN ({marks})", chunk
            )
            found += (search.compared(*row) for row in rows)
    return found
