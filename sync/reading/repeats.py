"""People who were probably sent twice: registrations of several records with one idempotency key.

A program sends a request again under its key when it has heard no answer. Where the database that
knew the answer was set back, or where the program asked another desk, that makes a second person.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Sized
from typing import Final, TypedDict

from sync.model.facts import FactId
from sync.reading.answers import PatientAnswer
from sync.reading.pages import Page
from sync.reading.people import PeopleReader
from sync.storage.queries import chunks

OF_KEY_MAX: Final = 50
"""Registrations of one key that are looked at; a program that sends again makes two or three."""

_COUNTS: Final = "NOT EXISTS (SELECT 1 FROM settled s WHERE s.patient = p.id AND s.counts)"
"""A patient ``p`` is neither merged nor void."""


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

    def keys_after(self, patient: int, limit: int) -> tuple[set[bytes], int]:
        """Keys with several records of which one came after a local id, in that order.

        Args:
            limit: of so many registrations the keys are returned, at most.

        Returns:
            The keys, and the local id after which to look on.
        """
        rows = self._execute(
            # The first and the last of the index. To look for another record than theirs would lead
            # through all registrations of theirs under the key, however many there are.
            "SELECT p.id, p.key_hash FROM patients p WHERE p.id > ? AND p.key_hash IS NOT NULL"
            " AND (SELECT min(q.record) FROM patients q WHERE q.key_hash = p.key_hash)"
            " < (SELECT max(q.record) FROM patients q WHERE q.key_hash = p.key_hash)"
            " ORDER BY p.id LIMIT ?",
            (patient, limit),
        ).fetchall()
        if len(rows) == limit:
            return {key for _, key in rows}, rows[-1][0]
        newest = self._execute("SELECT coalesce(max(id), 0) FROM patients").fetchone()[0]
        return {key for _, key in rows}, newest

    def open(self, keys: Iterable[bytes], since_ms: int) -> set[bytes]:
        """Those of some keys that stand for several people of whom one came in lately.

        Of each key the last `OF_KEY_MAX` registrations are looked at, in the order of record ids.

        Args:
            since_ms: whoever the coordinator has seen first since then, or not yet, came in lately.
                When they were registered plays no part: a desk may have been alone for months.
        """
        several: dict[bytes, list[FactId]] = {}
        for key in sorted(keys):
            rows = self._execute(
                "SELECT p.record, p.fact, coalesce(p.judged_ms, ?) FROM patients p"
                f" WHERE p.key_hash = ? AND {_COUNTS} ORDER BY p.record DESC LIMIT ?",
                (since_ms, key, OF_KEY_MAX),
            ).fetchall()
            newest = max((judged_ms for *_, judged_ms in rows), default=0)
            if newest >= since_ms and len({record for record, *_ in rows}) > 1:
                several[key] = [fact for _, fact, _ in rows]
        apart = self._are_two_people({fact: key for key, ones in several.items() for fact in ones})
        return {key for key, ones in several.items() if apart[key] < _pairs_of(ones)}

    def _undecided(self, keys: Sequence[bytes]) -> dict[bytes, list[int]]:
        """Key -> the local ids of its people, if nobody has decided who of them is who."""
        found: dict[bytes, list[tuple[int, bytes, FactId]]] = {}
        for chunk, marks in chunks(keys):
            rows = self._execute(
                "SELECT p.key_hash, p.id, p.record, p.fact FROM patients p"
                f" WHERE p.key_hash IN ({marks})"
                f" AND {_COUNTS}",
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
            if apart[key] < _pairs_of(ones)
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


def _pairs_of(registrations: Sized) -> int:
    return len(registrations) * (len(registrations) - 1) // 2
