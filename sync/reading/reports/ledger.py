"""What became of each number that somebody was registered with."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from enum import StrEnum
from typing import Final, NamedTuple

from sync.model.numbers import NumberRange
from sync.storage.numbers import by_length


class Fate(StrEnum):
    """What became of a number that a registration claims, the last that applies counts."""

    PRINTED = "printed"
    """It stands on a printed sheet, and nobody was registered with it."""
    REFUSED = "refused"
    """The coordinator refused it to whoever claims it, and nobody else has it."""
    FORMER = "former"
    """Its person was given another number instead."""
    MERGED = "merged"
    VOID = "void"
    WAITING = "waiting"
    IMPORTED = "imported"
    CONFIRMED = "confirmed"


_FATES: Final = tuple(Fate)
_OF_HOLDER: Final = (
    "CASE WHEN v.action = 'void' THEN 4 WHEN v.action = 'merge' THEN 3"
    " WHEN p.status = 'rejected' THEN 1 WHEN p.status = 'pending' THEN 5"
    " WHEN {imported} THEN 6 ELSE 7 END"
)
_GRANTED: Final = "EXISTS (SELECT 1 FROM grants g WHERE g.mrn = p.mrn)"
_PRINTED: Final = (
    " UNION ALL SELECT number, 0 FROM sheet_numbers"
    " WHERE number BETWEEN CAST(?1 AS INTEGER) AND CAST(?2 AS INTEGER)"
)


class ClaimedNumber(NamedTuple):
    """A number, or the counter of an online one, and what became of it."""

    number: int
    fate: Fate


class LedgerReader:
    """Numbers within one snapshot; each query goes along an index, over one stretch of numbers."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute = connection.execute

    def of_range(self, range_: NumberRange) -> Iterator[ClaimedNumber]:
        """The claimed numbers of a range, each once, in their order."""
        for digits, low, high in by_length(range_):
            within = "{0} BETWEEN ?1 AND ?2 AND length({0}) = ?3 AND {0} NOT GLOB '*[^0-9]*'"
            yield from self._claimed(
                within, "CAST(mrn AS INTEGER)", _GRANTED, (low, high, digits), _PRINTED
            )

    def of_day(self, day: str) -> Iterator[ClaimedNumber]:
        """The claimed online numbers of a facility day (YYYYMMDD), by their counters."""
        bounds = (f"PAT-{day}-", f"PAT-{day}-:")  # the character behind the digits
        yield from self._claimed(
            "{0} > ?1 AND {0} < ?2 AND substr({0}, 14) NOT GLOB '*[^0-9]*'",
            "CAST(substr(mrn, 14) AS INTEGER)",
            "0",
            bounds,
        )

    def granted_on(self, day: str) -> set[int]:
        """The counters of the online numbers of a facility day that were given to some record."""
        rows = self._execute(
            "SELECT CAST(substr(mrn, 14) AS INTEGER) FROM grants WHERE mrn > ? AND mrn < ?",
            (f"PAT-{day}-", f"PAT-{day}-:"),
        )
        return {counter for (counter,) in rows}

    def _claimed(
        self,
        within: str,
        number: str,
        imported: str,
        values: tuple[str | int, ...],
        more: str = "",
    ) -> Iterator[ClaimedNumber]:
        rows = self._execute(
            f"SELECT {number} AS number, max(fate) FROM ("
            f" SELECT p.mrn AS mrn, {_OF_HOLDER.format(imported=imported)} AS fate"
            " FROM patients p LEFT JOIN settled v ON v.patient = p.id"
            f" WHERE {within.format('p.mrn')} UNION ALL"
            " SELECT p.claimed, iif(p.status = 'rejected', 1, 2) FROM patients p"
            f" WHERE p.claimed IS NOT p.mrn AND {within.format('p.claimed')}{more})"
            " GROUP BY number ORDER BY number",
            values,
        )
        for found, fate in rows:
            yield ClaimedNumber(found, _FATES[fate])
