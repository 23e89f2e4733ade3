"""Which record counts for which, within one snapshot."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from sync.storage.queries import chunks


def standing_for(connection: sqlite3.Connection, patients: Sequence[int]) -> dict[int, int]:
    """Former record -> the one that counts (local ids), of those of ``patients`` that are merged.

    A record whose survivor has not come yet is left out.
    """
    found: dict[int, int] = {}
    for chunk, marks in chunks(patients):
        found.update(
            connection.execute(
                "SELECT s.patient, g.id FROM settled s"
                " JOIN patients g ON g.record = s.record AND g.fact = s.survivor"
                f" WHERE s.patient IN ({marks})",
                chunk,
            )
        )
    return found
