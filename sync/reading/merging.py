"""Which record counts for which, within one snapshot, and two records side by side."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any, TypedDict

import msgspec

from sync.model.demographics import FIELDS
from sync.reading.answers import PatientAnswer
from sync.storage.queries import chunks


class Comparison(TypedDict):
    """Two records side by side; ``seen`` names what both say, for whoever decides about them."""

    one: PatientAnswer
    other: PatientAnswer
    differs: list[str]
    seen: str


def compared(one: PatientAnswer, other: PatientAnswer) -> Comparison:
    """Two records side by side."""
    left: dict[str, Any] = {**one}
    right: dict[str, Any] = {**other}
    differs = [name for name in FIELDS if left[name] != right[name]]
    return {"one": one, "other": other, "differs": differs, "seen": _seen(left, right)}


def _seen(*people: dict[str, Any]) -> str:
    """The same at every daemon, and in either order, while both records say the same."""
    names = ("record_id", "mrn", "merged_into", "voided", *FIELDS)
    said = sorted([str(person[name]) for name in names] for person in people)
    return blake2b(msgspec.json.encode(said), digest_size=12).hexdigest()


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
