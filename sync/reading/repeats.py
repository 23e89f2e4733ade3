"""People who were probably sent twice: registrations of several records with one idempotency key.

A program sends a request again under its key when it has heard no answer. Where the database that
knew the answer was set back, or where the program asked another desk, that makes a second person.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TypedDict

from sync.model.facts import FactId
from sync.reading.answers import PatientAnswer
from sync.reading.pages import Page
from sync.reading.people import PeopleReader
from sync.storage.queries import chunks


class SentTwice(TypedDict):
    """People who are probably one person, the first one first."""

    patients: list[PatientAnswer]


class RepeatsReader:
    """Keys that several records carry, within one snapshot."""

    def __init__(self, connection: sqlite3.Connection, people: PeopleReader) -> None:
        self._execute = connection.execute
        self._people = people

    def page(self, page: Page) -> tuple[int, list[SentTwice]]:
        """How many there are in all, and one page of them, the newest first."""
        # Of the covering index; each key has all its records beside one another there.
        keys = [
            key
            for (key,) in self._execute(
                "SELECT key_hash FROM patients WHERE key_hash IS NOT NULL"
                " GROUP BY key_hash HAVING min(record) < max(record)"
            )
        ]
        found = sorted(self._undecided(keys).values(), key=max, reverse=True)
        shown = found[page.offset : page.offset + page.page_size]
        return len(found), [
            {"patients": sorted(self._people.by_ids(ids), key=lambda one: one["id"])}
            for ids in shown
        ]

    def keys_after(self, patient: int) -> set[bytes]:
        """The keys with several records of which one came after a local id."""
        rows = self._execute(
            "SELECT DISTINCT p.key_hash FROM patients p WHERE p.id > ? AND p.key_hash IS NOT NULL"
            " AND EXISTS (SELECT 1 FROM patients q WHERE q.key_hash = p.key_hash"
            " AND q.record <> p.record)",
            (patient,),
        )
        return {key for (key,) in rows}

    def open(self, keys: Iterable[bytes], since: str) -> int:
        """How many of these keys stand for several people of whom one came lately.

        Args:
            since: a day, YYYY-MM-DD; whoever was registered on it or later came lately.
        """
        count = 0
        for ids in self._undecided(sorted(keys)).values():
            marks = ", ".join("?" * len(ids))
            newest = self._execute(
                f"SELECT max(substr(registered_at, 1, 10)) FROM patients WHERE id IN ({marks})", ids
            ).fetchone()[0]
            count += newest is not None and newest >= since
        return count

    def _undecided(self, keys: Sequence[bytes]) -> dict[bytes, list[int]]:
        """Key -> the local ids of its people, if nobody has decided who of them is who."""
        found: dict[bytes, list[tuple[int, bytes, FactId]]] = {}
        for chunk, marks in chunks(keys):
            rows = self._execute(
                "SELECT p.key_hash, p.id, p.record, p.fact FROM patients p"
                f" WHERE p.key_hash IN ({marks})"
                " AND NOT EXISTS (SELECT 1 FROM settled s WHERE s.patient = p.id AND s.counts)",
                chunk,
            )
            for key, *one in rows:
                found.setdefault(key, []).append(tuple(one))
        several = {
            key: ones for key, ones in found.items() if len({record for _, record, _ in ones}) > 1
        }
        apart = self._are_two_people(
            {fact: key for key, ones in several.items() for *_, fact in ones}
        )
        return {
            key: [ident for ident, *_ in ones]
            for key, ones in several.items()
            if apart[key] < len(ones) * (len(ones) - 1) // 2
        }

    def _are_two_people(self, keys: Mapping[FactId, bytes]) -> Counter[bytes]:
        """Key -> how many pairs of its registrations are two people, as was decided.

        Args:
            keys: the key of each registration.
        """
        found: Counter[bytes] = Counter()
        for chunk, marks in chunks([*keys]):
            for first, second in self._execute(
                f"SELECT first, second FROM two_people WHERE first IN ({marks})", chunk
            ):
                if keys[first] == keys.get(second):
                    found[keys[first]] += 1
        return found
