"""Finding people: by what a clerk typed, and by other conditions.

The search index is filled behind the registrations (`sync.storage.search`). The newest
`UNINDEXED_MAX` people who are not in it yet are looked at directly, so that somebody who was just
registered is found. The answer says how many more there are, at whom no search has looked.
"""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any, Final, NamedTuple

import msgspec

from sync.matching.query import Part, Query, completed, fits, instead, read
from sync.matching.ranking import is_like, rank
from sync.model import demographics, facts, telephones, typed
from sync.model.facts import RecordId
from sync.model.person.identity import UNCONFIRMED
from sync.reading.answers import PatientAnswer, PeopleQuery, record_text
from sync.reading.counts import IS_UNCONFIRMED
from sync.reading.people import PeopleReader
from sync.storage import search

UNINDEXED_MAX: Final = 2000
"""So many rows are read and compared in some 20 ms."""

UNINDEXED_LETTERS: Final = 600_000
"""Letters of all their texts, twice as many as so many people have: what somebody may write of one
person is long enough for a hundred."""

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
FOUND_MAX: Final = 10_000
"""So many people are found at most, the newest; more than anybody leafs through."""

_MATCHED_NEWEST: Final = (
    f"SELECT DISTINCT id FROM (SELECT rowid >> {search.REVISION_BITS} AS id FROM search"
    f" WHERE search MATCH ? ORDER BY rowid DESC LIMIT {FOUND_MAX})"
)
RANKED_MAX: Final = 60
"""Of those who fit as it was typed, and of those who fit by sound, so many are put in order."""

ENOUGH: Final = 200
"""Where so many fit as it was typed, those who fit by sound are not looked for: nobody would see
them behind the others, and to find them takes longest then."""

GUESSED_MAX: Final = 300
"""People with a name that begins alike whose names are looked at then."""

_HAS_NUMBER: Final = "p.mrn = ? OR (p.claimed = ? AND p.claimed IS NOT p.mrn)"
_STANDS_FOR: Final = (
    "SELECT g.id FROM patients p JOIN settled s ON s.patient = p.id"
    f" JOIN patients g ON g.record = s.record AND g.fact = s.survivor WHERE {_HAS_NUMBER}"
)
"""The records that count for those that have or had a number."""

_HIDDEN: Final = (
    "EXISTS (SELECT 1 FROM hidden h WHERE h.patient = p.id AND h.field = '{}' AND {} = ?)"
)
"""It is a value of the person that a merge hides behind that of another record."""

_MERGED_INTO: Final = (
    "SELECT f.record FROM patients p JOIN settled s ON s.survivor = p.fact"
    " JOIN patients f ON f.id = s.patient WHERE p.record = ?"
)
"""The record ids that are merged into a record."""

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

    def __init__(
        self, connection: sqlite3.Connection, people: PeopleReader, today: date, region: str
    ) -> None:
        self._connection = connection
        self._execute = connection.execute
        self._people = people
        self._today = today
        self._region = region

    def page(self, query: PeopleQuery) -> FoundPeople:
        """A page of the people that a query names, those that fit best or else the newest first.

        Raises:
            MistypedNumber: it names a number that was mistyped.
        """
        query = self._with_number(query)
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

    def _with_number(self, query: PeopleQuery) -> PeopleQuery:
        """The same, with a number of some form that stands among the words as the number sought.

        Raises:
            MistypedNumber: a digit of it is wrong. Its other digits may be in somebody's number.
        """
        words = query.query
        if words is None or query.mrn is not None or not self._people.numbers.formats:
            return query
        if self._people.numbers.written(words) is not None:
            return msgspec.structs.replace(query, query=None, mrn=words)
        for word in words.split():
            if self._people.numbers.written(word) is not None:
                rest = " ".join(other for other in words.split() if other != word)
                return msgspec.structs.replace(query, query=rest or None, mrn=word)
        return query

    def _searched(self, query: PeopleQuery, terms: list[str], values: list[Any]) -> FoundPeople:
        """A page of those who are found by words and meet all other conditions.

        A record that is merged is found as the one that counts for it.
        """
        unindexed = self._unindexed()
        (behind,) = self._execute(_UNINDEXED_COUNT).fetchone()
        looked_at = len(unindexed)
        numbers = self._by_numbers(query, unindexed)
        if query.query is None:
            order = self._found(numbers, terms, values)
        else:
            held = self._held(unindexed)
            looked_at = len(held)

            def fitting(parts: Sequence[Part]) -> list[int]:
                beside = [ident for ident, words in held if fits(parts, words)]
                one = _Search(search.match(parts) or None, beside)
                return self._found([one, *numbers], terms, values)

            order = self._in_order(read(query.query, self._today), fitting)
        shown = order[query.offset : query.offset + query.page_size]
        people = {one["id"]: one for one in self._people.by_ids(shown)}
        return FoundPeople(len(order), [people[ident] for ident in shown], behind - looked_at)

    def _in_order(self, query: Query, fitting: Callable[[Sequence[Part]], list[int]]) -> list[int]:
        """Local ids of those who fit a query, the best first, and of equals the newest."""
        query = self._completed(query)
        exact = fitting(query.exact)
        known = set(exact)
        broad: list[int] = []
        if query.broad and len(exact) < ENOUGH:
            broad = [one for one in fitting(query.broad) if one not in known]
        if not exact and not broad:
            broad = self._mistyped(query, fitting)
        first = exact[:RANKED_MAX] + broad[:RANKED_MAX]
        ranks = {ident: rank(query, *who) for ident, who in self._fields(first)}
        first.sort(key=lambda ident: (-ranks[ident], -ident))
        return first + exact[RANKED_MAX:] + broad[RANKED_MAX:]

    def _completed(self, query: Query) -> Query:
        """The same, with names that very many have taken for complete.

        Beginnings take long where there are so many words with them; whoever typed the whole of a
        frequent name wants nobody with a longer one.
        """
        beginnings = {
            fit.text
            for part in query.exact + query.broad
            for fit in part
            if not fit.whole and typed.has_letter(fit.text)
        }
        shared = {word for word in beginnings if search.is_shared(self._connection, word)}
        return completed(query, shared)

    def _mistyped(self, query: Query, fitting: Callable[[Sequence[Part]], list[int]]) -> list[int]:
        """Those who fit if one of the names was mistyped."""
        found: list[int] = []
        for place, word in enumerate(query.words):
            if len(word) == 1:
                continue  # what is like a single letter sounds like it, and was found by that
            for parts in instead(query, place):
                some = fitting(parts)[:GUESSED_MAX]
                found += [one for one, who in self._fields(some) if is_like(word, who[0])]
        return list(dict.fromkeys(found))

    def _fields(
        self, patients: Sequence[int]
    ) -> list[tuple[int, tuple[dict[str, str | None], list[str | None]]]]:
        """The demographics and the numbers of some people, by local id."""
        rows = self._execute(
            f"SELECT {', '.join(search.COLUMNS)} FROM patients WHERE id IN ({_listed(patients)})"
        )
        return [
            (ident, (dict(zip(search.COMPARED, values, strict=True)), [mrn, claimed]))
            for ident, mrn, claimed, *values in rows
        ]

    def _found(
        self, searches: Sequence[_Search], terms: Sequence[str], values: Sequence[Any]
    ) -> list[int]:
        """Local ids of those who fit all searches and conditions, the newest first."""
        if not all(one.match for one in searches):
            return []
        where = [*(f"p.id IN ({one.found})" for one in searches), *terms]
        people = f"SELECT p.id FROM patients p WHERE {' AND '.join(where)}"
        if len(where) == 1:
            people = searches[0].newest  # no need to look at each in the table of patients
        found = "found AS MATERIALIZED"
        if self._execute(_ANY_MERGED).fetchone():
            found = f"hits AS MATERIALIZED ({people}), {found}"
            people = _WHO_COUNTS
        rows = self._execute(
            f"WITH {found} ({people}) SELECT id FROM found ORDER BY id DESC LIMIT {FOUND_MAX}",
            (*(one.match for one in searches), *values),
        )
        return [ident for (ident,) in rows]

    def _by_numbers(self, query: PeopleQuery, unindexed: Sequence[int]) -> list[_Search]:
        """A search for each parameter that is a number and looked up in the index.

        A CNIC and a phone number are compared by a condition of `_conditions` besides, so of the
        people that are not in the index all are candidates.
        """
        found = []
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

    def _held(self, patients: Sequence[int]) -> list[tuple[int, str]]:
        """Local id and words of some people, as the index would have them, the newest first.

        Where their texts are very long, the oldest are left out.
        """
        found = self._execute(
            f"SELECT {', '.join(search.COLUMNS)} FROM patients"
            f" WHERE id IN ({_listed(patients)}) ORDER BY id DESC"
        )
        rows, _ = search.within(found, UNINDEXED_LETTERS)
        return [(ident, search.words_of(self._region, *values)) for ident, *values in rows]

    def _mothers(self, record: str) -> list[str]:
        """The record id of a mother, and those that are merged into her record."""
        try:
            key = uuid.UUID(record).bytes
        except ValueError:
            return []
        merged = self._execute(_MERGED_INTO, (key,)).fetchall()
        return [record_text(RecordId(one)) for one in (key, *(one for (one,) in merged))]

    def _conditions(self, query: PeopleQuery) -> tuple[list[str], list[Any]]:
        """The conditions of a query on the table of patients ``p``, with their values."""
        terms: list[str] = []
        values: list[Any] = []

        def need(term: str, *given: Any) -> None:
            terms.append(term)
            values.extend(given)

        if query.mrn is not None:
            mrn = self._people.numbers.number(query.mrn)
            need(f"({_HAS_NUMBER} OR p.id IN ({_STANDS_FOR}))", mrn, mrn, mrn, mrn)
        if query.cnic is not None:
            digits = demographics.normal_cnic(query.cnic)
            hidden = _HIDDEN.format("cnic", "replace(h.text, '-', '')")
            need(f"(replace(p.cnic, '-', '') = ? OR {hidden})", digits, digits)
        if query.phone is not None:
            number = telephones.normal(query.phone, self._region)
            hidden = _HIDDEN.format("phone", "e164(h.text)")
            need(f"(e164(p.phone) = ? OR {hidden})", number, number)
        if query.mrn_status is not None:
            need("p.status = ?", query.mrn_status)
        if query.terminal is not None:
            need("p.terminal = ?", facts.as_terminal_code(query.terminal))
        if query.identity is not None:
            need(IS_UNCONFIRMED if query.identity == UNCONFIRMED else "p.identity IS NULL")
        if query.mother is not None:
            mothers = self._mothers(query.mother)
            need(f"p.mother IN ({', '.join('?' * len(mothers))})", *mothers)
        if query.created_from is not None:
            need("p.created_at >= ?", query.created_from.isoformat())
        if query.created_to is not None:
            need("p.created_at < ?", _day_after(query.created_to))
        return terms, values


class _Search(NamedTuple):
    """A query of the index, None if it can find nobody, and who is found without the index."""

    match: str | None
    unindexed: Sequence[int]

    @property
    def found(self) -> str:
        """SQL for the local ids of both; its one parameter is ``match``."""
        return _MATCHED + self._beside

    @property
    def newest(self) -> str:
        """The same for the newest of them, where nothing else has to hold."""
        return _MATCHED_NEWEST + self._beside

    @property
    def _beside(self) -> str:
        if not self.unindexed:
            return ""
        return f" UNION SELECT id FROM patients WHERE id IN ({_listed(self.unindexed)})"


def _listed(patients: Sequence[int]) -> str:
    """Local ids for ``IN``; written out, because there may be more than SQLite has parameters."""
    return ", ".join(map(str, patients))


def _day_after(day: date) -> str:
    return (day + timedelta(1)).isoformat() if day < date.max else f"{day}~"
