"""Comparing people behind the registrations, for the list of probable duplicates.

What desks wrote while they were apart nobody could compare at the time. So whoever was registered,
corrected, merged or taken apart is compared with all others once the change is here: some people at
a time, on a thread that reads, so that no clerk waits for it.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import msgspec

from sync.engine.replica import Replica
from sync.engine.transaction import Transaction
from sync.model.facts import Author
from sync.reading.matching import Found, in_words
from sync.reading.snapshot import Snapshot
from sync.storage.records.suggestions import Suggestion, SuggestionState

COMPARE_S: Final = 1.0
QUIET: Final = 25
"""So many people are compared at once where nothing has changed meanwhile, in some hundredths of a
second. A register of 100,000 is through in little over an hour."""
BUSY: Final = 5
"""As many as clerks of a large clinic register meanwhile, and no more: they go first."""

UNWRITTEN_MAX: Final = 1000
"""Changes after which it is written how far this has come, also where nobody was found. After a
restart so many are looked at once more."""

PARTNERS_MAX: Final = 5
"""Open pairs of one record that are looked at again when it is compared."""


class Compared(NamedTuple):
    """What comparing some people has found: pairs, and open ones that are not alike any more."""

    cursor: int
    found: list[Suggestion]
    unlike: list[tuple[int, int]]


class DuplicateList:
    """Keeps the list of probable duplicates of one replica.

    Args:
        own: the terminal whose people are compared; None for all.
    """

    def __init__(self, replica: Replica, own: Author | None = None) -> None:
        self._replica = replica
        self._own = own
        self._cursor: int | None = None
        self._written = 0
        self._newest = 0

    async def compare_some(self) -> None:
        """Compare the next people."""
        before, newest = await self.cursor(), self._replica.changed.newest
        if before == newest:  # most of the time; a look each second would keep an old computer busy
            return
        most = QUIET if newest == self._newest else BUSY
        self._newest = newest
        done = await self._replica.read(lambda snapshot: self._look(snapshot, before, most))
        if done.found or done.unlike or done.cursor - self._written >= UNWRITTEN_MAX:
            await self._replica.write(lambda tx: _write(tx, done))
            self._written = done.cursor
        self._cursor = done.cursor

    async def cursor(self) -> int:
        """The cursor of the last change whose people have been compared."""
        if self._cursor is None:
            self._written = await self._replica.read(lambda snapshot: snapshot.store.meta.compared)
            self._cursor = self._written
        return self._cursor

    def _look(self, snapshot: Snapshot, after: int, most: int) -> Compared:
        wanted = snapshot.suggestions.to_compare(after, most)
        found: dict[tuple[int, int], Suggestion] = {}
        unlike: list[tuple[int, int]] = []
        for patient in wanted.patients:
            if self._is_own(snapshot, patient):
                alike = snapshot.matching.alike(patient)
                found |= {one[:2]: one for one in (_suggestion(patient, one) for one in alike)}
                unlike += _unlike(snapshot, patient, {one.patient for one in alike})
        return Compared(
            wanted.cursor, list(found.values()), [pair for pair in unlike if pair not in found]
        )

    def _is_own(self, snapshot: Snapshot, patient: int) -> bool:
        return self._own is None or (
            snapshot.store.people.registration(patient).terminal == self._own
        )


def _suggestion(patient: int, found: Found) -> Suggestion:
    one, other = sorted((patient, found.patient))
    reasons = msgspec.json.encode(in_words(found.score)).decode()
    return Suggestion(one, other, found.grade, round(found.score.same, 4), reasons)


def _unlike(snapshot: Snapshot, patient: int, alike: set[int]) -> list[tuple[int, int]]:
    """The open pairs of a record that neither of the two is found in any more."""
    open_ = snapshot.store.suggestions.partners(patient, PARTNERS_MAX, SuggestionState.OPEN)
    return [
        (min(patient, other), max(patient, other))
        for other in open_
        if other not in alike
        and patient not in {one.patient for one in snapshot.matching.alike(other)}
    ]


def _write(tx: Transaction, done: Compared) -> None:
    tx.begin()
    tx.store.suggestions.put(done.found, tx.now_ms)
    tx.store.suggestions.drop(done.unlike)
    tx.store.meta.compared = done.cursor
