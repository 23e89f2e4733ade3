"""Finding people: by what a clerk typed, and by other conditions.

The search index is filled behind the registrations (`sync.storage.search`). The newest
`UNINDEXED_MAX` people who are not in it yet are looked at directly, so that somebody who was just
registered is found. The answer says how many more there are, at whom no search has looked.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final, NamedTuple

from sync.model import demographics, facts, telephones, typed
from sync.reading.answers import PatientAnswer, PeopleQuery
from sync.reading.people import PeopleReader
from sync.storage import search

UNINDEXED_MAX: Final = 2000
"""So many rows are read and compared in some 20 ms."""

_INDEXED: Final = "coalesce((SELECT value FROM meta WHERE key = 'indexed'), 0)"
_UNINDEXED: Final = (
    f"SELECT id FROM (SELECT id FROM patients WHERE id > {_INDEXED}"
    " ORDER BY id DESC LIMIT ?1)"
    " UNION ALL SELECT patient FROM (SELECT patient FROM search_again"
    f" WHERE patient <= {_INDEXED} ORDER BY patient DESC LIMIT ?1)"
    " ORDER BY 1 DESC LIMIT ?1"
)
"""The newest of those who are not in the index, or not with the words that they have now."""

_UNINDEXED_COUNT: Final = (
    f"SELECT (SELECT count(*) FROM patients WHERE id > {_INDEXED})"
    f" + (SELECT count(*) FROM search_again WHERE patient <= {_INDEXED})"
)
_MATCHED: Final = (
    f"SELECT DISTINCT rowid >> {search.REVISION_BITS} AS id FROM search WHERE search MATCH ?"
)

_ANY_MERGED: Final = "SELECT 1 FROM settled WHERE survivor IS NOT NULL LIMIT 1"
_WHO_COUNTS: Final = (
    "SELECT DISTINCT coalesce((SELECT g.id FROM settled s"
    " JOIN patients g ON g.record = s.record AND g.fact = s.survivor"
    " WHERE s.patient = h.id), h.id) AS id FROM hits h"
)
"""The records that count, for all that were found; one that has not come yet cannot be shown."""


class FoundPeople(NamedTuple):
    """A page of people, and how many there are in all.

    ``not_searched`` is None for a query that needs no index, else how many it could not look at.
    """

    total: int
    people: list[PatientAnswer]
    not_searched: int | None = None


class SearchReader:
    """Searches within one snapshot."""

    def __init__(self, connection: sqlite3.Connection, people: PeopleReader, region: str) -> None:
        self._execute = connection.execute
        self._people = people
        self._region = region

    def page(self, query: PeopleQuery) -> FoundPeople:
        """A page of the people that a query names, the newest first."""
        terms, values = self._conditions(query)
        if query.query is not None or query.cnic is not None or query.phone is not None:
            return self._searched(query, terms, values)
        where = " AND ".join(terms) or "1"
        (count,) = self._execute(
            f"SELECT count(*) FROM patients p WHERE {where}", values
        ).fetchone()
        size = min(query.page_size, count - query.offset)
        if size <= 0:
            return FoundPeople(count, [])
        behind = count - query.offset - size  # SQLite counts its way to a page: from the nearer end
        order, offset = ("DESC", query.offset) if query.offset <= behind else ("ASC", behind)
        rows = self._execute(
            f"SELECT p.id FROM patients p WHERE {where} ORDER BY p.id {order} LIMIT ? OFFSET ?",
            (*values, size, offset),
        )
        return FoundPeople(count, self._people.by_ids([ident for (ident,) in rows]))

    def _searched(self, query: PeopleQuery, terms: list[str], values: list[Any]) -> FoundPeople:
        """A page of those who are found by words and meet all other conditions.

        A record that is merged is found as the one that counts for it.
        """
        unindexed = self._unindexed()
        (behind,) = self._execute(_UNINDEXED_COUNT).fetchone()
        not_searched = behind - len(unindexed)
        searches = self._searches(query, unindexed)
        if not all(one.match for one in searches):
            return FoundPeople(0, [], not_searched)
        where = [*(f"p.id IN ({one.found})" for one in searches), *terms]
        people = f"SELECT p.id FROM patients p WHERE {' AND '.join(where)}"
        if len(where) == 1:
            people = searches[0].found  # no need to look at each of them in the table of patients
        found = "found AS MATERIALIZED"
        if self._execute(_ANY_MERGED).fetchone():
            found = f"hits AS MATERIALIZED ({people}), {found}"
            people = _WHO_COUNTS
        # The index is asked once, because that is what takes the time.
        rows = self._execute(
            f"WITH {found} ({people}) SELECT (SELECT count(*) FROM found), id FROM"
            " (SELECT 1) LEFT JOIN (SELECT id FROM found ORDER BY id DESC LIMIT ? OFFSET ?)",
            (*(one.match for one in searches), *values, query.page_size, query.offset),
        ).fetchall()
        ids = [ident for _, ident in rows if ident is not None]
        return FoundPeople(rows[0][0], self._people.by_ids(ids), not_searched)

    def _searches(self, query: PeopleQuery, unindexed: Sequence[int]) -> list[_Search]:
        """One for each parameter that is looked up in the index.

        A CNIC and a phone number are compared by a condition of `_conditions` besides, so of the
        people that are not in the index all are candidates.
        """
        found = []
        if query.query is not None:
            starts = search.beginnings(query.query)
            found.append(_Search(search.match(starts), self._beginning(starts, unindexed)))
        if query.cnic is not None:
            digits = demographics.normal_cnic(query.cnic)
            found.append(_Search(search.exactly(digits), unindexed))
        if query.phone is not None:
            digits = telephones.normal(query.phone, self._region).lstrip("+")
            found.append(_Search(search.exactly(digits), unindexed))
        return found

    def _unindexed(self) -> list[int]:
        """The local ids of the newest people that the index does not know as they are now."""
        return [ident for (ident,) in self._execute(_UNINDEXED, (UNINDEXED_MAX,))]

    def _beginning(self, starts: Sequence[str], patients: Sequence[int]) -> list[int]:
        """Those of some people who have words with all these beginnings."""
        rows = self._execute(
            f"SELECT {', '.join(search.COLUMNS)} FROM patients WHERE id IN ({_listed(patients)})"
        )
        return [
            ident
            for ident, *values in rows
            if search.begins_all(starts, search.words_of(self._region, *values))
        ]

    def _conditions(self, query: PeopleQuery) -> tuple[list[str], list[Any]]:
        """The conditions of a query on the table of patients ``p``, with their values."""
        terms: list[str] = []
        values: list[Any] = []

        def need(term: str, *given: Any) -> None:
            terms.append(term)
            values.extend(given)

        if query.mrn is not None:
            mrn = typed.code(query.mrn)
            need("(p.mrn = ? OR (p.claimed = ? AND p.claimed IS NOT p.mrn))", mrn, mrn)
        if query.cnic is not None:
            need("replace(p.cnic, '-', '') = ?", demographics.normal_cnic(query.cnic))
        if query.phone is not None:
            need("e164(p.phone) = ?", telephones.normal(query.phone, self._region))
        if query.mrn_status is not None:
            need("p.status = ?", query.mrn_status)
        if query.terminal is not None:
            need("p.terminal = ?", facts.as_terminal_code(query.terminal))
        if query.created_from is not None:
            need("p.registered_at >= ?", query.created_from.isoformat())
        if query.created_to is not None:
            need("p.registered_at < ?", _day_after(query.created_to))
        return terms, values


class _Search(NamedTuple):
    """A query of the index, None if it can find nobody, and who is found without the index."""

    match: str | None
    unindexed: Sequence[int]

    @property
    def found(self) -> str:
        """SQL for the local ids of both; its one parameter is ``match``."""
        if not self.unindexed:
            return _MATCHED
        return f"{_MATCHED} UNION SELECT id FROM patients WHERE id IN ({_listed(self.unindexed)})"


def _listed(patients: Sequence[int]) -> str:
    """Local ids for ``IN``; written out, because there may be more than SQLite has parameters."""
    return ", ".join(map(str, patients))


def _day_after(day: date) -> str:
    return (day + timedelta(1)).isoformat() if day < date.max else f"{day}~"
