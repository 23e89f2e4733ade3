"""Which numbers are used: marks of days and ranges, claims and rivals, grants, look-alikes."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final, NamedTuple

from sync.model import facts, numbers
from sync.model.facts import Author, FactId, RecordId
from sync.model.numbers import Mrn, NumberRange
from sync.rules.admission import Rank
from sync.storage.queries import chunks, write_many

_CLAIMS: Final = (
    "SELECT 1 FROM patients WHERE mrn = ?1 UNION ALL"
    " SELECT 1 FROM patients WHERE claimed = ?1 AND claimed IS NOT mrn UNION ALL"
    " SELECT 1 FROM twins WHERE twin = ?1"
)


_BY_MRN: Final = "twins t JOIN patients p ON p.mrn = t.mrn"
_BY_FORMER: Final = "twins t JOIN patients p ON claimed = t.mrn"
_WRITTEN: Final = [
    f"SELECT author, count(*) FROM {table} WHERE author NOT IN (?, ?) AND {which}"
    f" AND {text} BETWEEN ? AND ? AND length({text}) = ? AND {text} NOT GLOB '*[^0-9]*'"
    " GROUP BY author"
    for table, which, text in (
        # What was granted to somebody is no claim of whoever registered him.
        ("patients", "mrn = claimed AND (numbered OR NOT well_formed)", "mrn"),
        ("patients", "claimed IS NOT mrn AND (numbered OR NOT well_formed)", "claimed"),
        (_BY_MRN, "claimed = p.mrn AND numbered", "twin"),
        (_BY_FORMER, "claimed IS NOT p.mrn AND numbered", "twin"),
    )
]
"""What registrations were written with, by their authors: the number itself, and a look-alike."""
_CLAIMING: Final = [
    f"SELECT count(*) FROM (SELECT 1 FROM {table} WHERE {which} AND {text} BETWEEN ? AND ?"
    f" AND length({text}) = ? LIMIT ?)"
    for table, which, text in (
        ("patients", "TRUE", "mrn"),
        ("patients", "claimed IS NOT mrn", "claimed"),
        (_BY_MRN, "TRUE", "twin"),
        (_BY_FORMER, "claimed IS NOT p.mrn", "twin"),
    )
]
"""Registrations that claim or claimed the number itself, or a look-alike."""


class Stray(NamedTuple):
    """Claims on numbers of a range of which their author may issue none."""

    range: NumberRange
    terminal: Author
    author: Author
    claims: int

    @property
    def are_many(self) -> bool:
        """True when somebody must hear of it."""
        return self.claims > numbers.STRAYS_MAX


class OldClaim(NamedTuple):
    """Who has a number that is to be imported."""

    record: RecordId
    operator: str | None
    key: bytes | None


class NumberTables:
    """Queries on what is known of numbers."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._execute = connection.execute

    # marks

    def raise_day_marks(self, marks: dict[str, int]) -> None:
        """Raise the highest counter seen of some facility days."""
        write_many(
            self._connection,
            "INSERT INTO day_marks VALUES (?, ?)"
            " ON CONFLICT (day) DO UPDATE SET highest = max(highest, excluded.highest)",
            list(marks.items()),
        )

    def day_mark(self, day: str) -> int:
        """The highest counter seen of a facility day (YYYYMMDD), 0 for none."""
        row = self._execute("SELECT highest FROM day_marks WHERE day = ?", (day,)).fetchone()
        return row[0] if row else 0

    def day_marks(self) -> dict[str, int]:
        """All of them."""
        return dict(self._execute("SELECT day, highest FROM day_marks"))

    def raise_range_marks(self, marks: dict[NumberRange, int]) -> None:
        """Raise the high-water marks of some ranges."""
        write_many(
            self._connection,
            'INSERT INTO range_marks VALUES (?, ?, ?) ON CONFLICT (start, "end")'
            " DO UPDATE SET highest = max(highest, excluded.highest)",
            [(range_.start, range_.end, highest) for range_, highest in marks.items()],
        )

    def range_mark(self, range_: NumberRange) -> int:
        """The highest number that this replica knows to have been used in a range, or 0."""
        row = self._execute(
            'SELECT highest FROM range_marks WHERE start = ? AND "end" = ?',
            (range_.start, range_.end),
        ).fetchone()
        return row[0] if row else 0

    def range_marks(self) -> dict[NumberRange, int]:
        """`range_mark` of all ranges that have one."""
        rows = self._execute('SELECT start, "end", highest FROM range_marks')
        return {NumberRange(start, end): highest for start, end, highest in rows}

    def highest_issued(self, range_: NumberRange, terminal: Author) -> int:
        """The highest number registered or printed by who may issue it for a terminal, or 0."""
        issued = "numbered AND terminal = ? AND author IN (terminal, ?)"
        highest = self.highest_printed(range_, (terminal,))
        for digits, low, high in by_length(range_):
            for column, which in (("mrn", "mrn = claimed"), ("claimed", "claimed IS NOT mrn")):
                row = self._execute(
                    f"SELECT max({column}) FROM patients WHERE {which} AND {column} BETWEEN ? AND ?"
                    f" AND length({column}) = ? AND {column} NOT GLOB '*[^0-9]*' AND {issued}",
                    (low, high, digits, terminal, facts.COORDINATOR),
                ).fetchone()
                highest = max(highest, int(row[0] or 0))
        return highest

    def highest_printed(self, range_: NumberRange, terminals: Collection[Author]) -> int:
        """The highest number of a range on a sheet of some terminals, or 0."""
        row = self._execute(
            "SELECT max(number) FROM sheet_numbers WHERE number BETWEEN ? AND ?"
            f" AND author IN ({', '.join('?' * len(terminals))})",
            (range_.start, range_.end, *terminals),
        ).fetchone()
        return row[0] or 0

    def claims_within(self, range_: NumberRange, most: int) -> int:
        """How often numbers of a range are claimed by registrations or on sheets, up to ``most``.

        A registration that claims another number than it was written with counts for both.
        """
        (found,) = self._execute(
            "SELECT count(*) FROM (SELECT 1 FROM sheet_numbers WHERE number BETWEEN ? AND ?"
            " LIMIT ?)",
            (range_.start, range_.end, most),
        ).fetchone()
        for digits, low, high in by_length(range_):
            for of in _CLAIMING:
                (claims,) = self._execute(of, (low, high, digits, most)).fetchone()
                found += claims
        return min(int(found), most)

    # strays

    def add_strays(self, found: Sequence[Stray]) -> None:
        """Count more stray claims."""
        write_many(
            self._connection,
            "INSERT INTO strays VALUES (?, ?, ?, ?, ?)"
            ' ON CONFLICT (start, "end", terminal, author)'
            " DO UPDATE SET claims = claims + excluded.claims",
            [
                (stray.range.start, stray.range.end, stray.terminal, stray.author, stray.claims)
                for stray in found
            ],
        )

    def count_strays(self, range_: NumberRange, terminal: Author) -> None:
        """Count the stray claims on a range of a terminal that came before the range."""
        found = Counter[Author]()
        within = (terminal, facts.COORDINATOR, range_.start, range_.end)
        self._count(
            found,
            "SELECT author, count(*) FROM sheet_numbers"
            " WHERE author NOT IN (?, ?) AND number BETWEEN ? AND ? GROUP BY author",
            within,
        )
        for digits, low, high in by_length(range_):
            for of in _WRITTEN:
                self._count(found, of, (terminal, facts.COORDINATOR, low, high, digits))
        self._execute(
            'DELETE FROM strays WHERE start = ? AND "end" = ? AND terminal = ?',
            (range_.start, range_.end, terminal),
        )
        self.add_strays([Stray(range_, terminal, *one) for one in found.items()])

    def _count(self, found: Counter[Author], sql: str, values: tuple[Any, ...]) -> None:
        """Add what a statement says of authors, (author, claims) each."""
        for author, claims in self._execute(sql, values):
            found[author] += claims

    def strays(self) -> list[Stray]:
        """All of them, in the order of their ranges."""
        rows = self._execute(
            'SELECT start, "end", terminal, author, claims FROM strays'
            ' ORDER BY start, "end", terminal, author'
        )
        return [Stray(NumberRange(start, end), *rest) for start, end, *rest in rows]

    def is_used(self, mrn: Mrn) -> bool:
        """True when ``mrn``, or one that looks like it, is somebody's or stands on a sheet."""
        row = self._execute(
            f"{_CLAIMS} UNION ALL SELECT 1 FROM sheet_numbers WHERE number = ?2 LIMIT 1",
            (mrn, numbers.plain_number(mrn)),
        ).fetchone()
        return row is not None

    def is_claimed(self, mrn: Mrn) -> bool:
        """True when some registration claims or claimed ``mrn``, or one that looks like it."""
        return self._execute(f"{_CLAIMS} LIMIT 1", (mrn,)).fetchone() is not None

    def carriers(self, mrn: Mrn, authors: Collection[Author]) -> list[FactId]:
        """The registrations by some authors that were written with ``mrn``.

        Some of them may have another one since.
        """
        rows = self._execute(
            "SELECT fact, author FROM patients WHERE mrn = ?1 AND claimed = ?1 UNION ALL"
            " SELECT fact, author FROM patients WHERE claimed = ?1 AND claimed IS NOT mrn",
            (mrn,),
        )
        return [FactId(fact) for fact, author in rows if author in authors]

    def claims_on(self, mrns: Sequence[Mrn]) -> dict[Mrn, list[OldClaim]]:
        """MRN -> whoever claims or claimed it; those that nobody does are left out."""
        found: dict[Mrn, list[OldClaim]] = {}
        for chunk, marks in chunks(mrns):
            rows = self._execute(
                f"SELECT mrn, record, operator, key_hash FROM patients WHERE mrn IN ({marks})"
                " UNION ALL SELECT claimed, record, operator, key_hash FROM patients"
                f" WHERE claimed IN ({marks}) AND claimed IS NOT mrn",
                chunk * 2,
            )
            for mrn, *claim in rows:
                found.setdefault(mrn, []).append(OldClaim(*claim))
        return found

    def granted_among(self, mrns: Sequence[Mrn]) -> set[Mrn]:
        """Those of ``mrns`` that were ever granted."""
        found: set[Mrn] = set()
        for chunk, marks in chunks(mrns):
            rows = self._execute(f"SELECT mrn FROM grants WHERE mrn IN ({marks})", chunk)
            found.update(mrn for (mrn,) in rows)
        return found

    def add_look_alikes(self, look_alikes: Sequence[tuple[Mrn, Mrn]]) -> None:
        """Keep legacy numbers under the numbers that they could be taken for."""
        write_many(self._connection, "INSERT OR IGNORE INTO twins VALUES (?, ?)", look_alikes)

    def look_alikes_of(self, mrns: Sequence[Mrn]) -> dict[Mrn, list[Mrn]]:
        """MRN -> the legacy numbers in use that could be taken for it."""
        found: dict[Mrn, list[Mrn]] = {}
        for chunk, marks in chunks(mrns):
            for look_alike, mrn in self._execute(
                f"SELECT twin, mrn FROM twins WHERE twin IN ({marks}) ORDER BY twin, mrn", chunk
            ):
                found.setdefault(look_alike, []).append(mrn)
        return found


class RivalTables:
    """The table ``rivals``: every claim on each number that more than one registration claims.

    Nearly every number is claimed once, and has no row here. Of the others the first claim is found
    by an index, so that a number that thousands claim costs no more than one that two claim.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute = connection.execute

    def put(self, mrn: Mrn, patient: int, rank: Rank, desk: Author | None = None) -> None:
        """Write the claim of a registration, or its new rank.

        Args:
            desk: the one whose sheets may cover the claim, if any.
        """
        number = numbers.plain_number(mrn)
        self._execute(
            "INSERT OR REPLACE INTO rivals VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (patient, mrn, number, *rank, desk),
        )

    def remove(self, patient: int) -> None:
        """Remove the claim of a registration."""
        self._execute("DELETE FROM rivals WHERE patient = ?", (patient,))

    def numbers_of(self, patients: Sequence[int]) -> dict[int, Mrn]:
        """Registration -> the number that it claims, for those that have rivals."""
        found: dict[int, Mrn] = {}
        for chunk, marks in chunks(patients):
            found.update(
                self._execute(f"SELECT patient, mrn FROM rivals WHERE patient IN ({marks})", chunk)
            )
        return found

    def some_of(self, mrn: Mrn, limit: int) -> list[int]:
        """Some of the registrations that claim a number, at most ``limit``."""
        rows = self._execute("SELECT patient FROM rivals WHERE mrn = ? LIMIT ?", (mrn, limit))
        return [patient for (patient,) in rows]

    def first_of(self, mrn: Mrn) -> int | None:
        """The registration whose claim on a number has the lowest rank, if it is a candidate."""
        row: tuple[int, int] | None = self._execute(
            "SELECT patient, excluded FROM rivals WHERE mrn = ?"
            " ORDER BY excluded, resolved, unjudged, serial, fact, patient LIMIT 1",
            (mrn,),
        ).fetchone()
        return row[0] if row and not row[1] else None

    def admitted_of(self, mrn: Mrn) -> list[int]:
        """The registrations with a claim on a number that verdicts admit."""
        rows = self._execute(
            # Named, because the other index on the number leads through all claims on it.
            "SELECT patient FROM rivals INDEXED BY rivals_admitted WHERE mrn = ? AND NOT unjudged",
            (mrn,),
        )
        return [patient for (patient,) in rows]

    def within(self, ranges: Collection[NumberRange]) -> set[int]:
        """The registrations that claim a number in one of ``ranges``, and have rivals."""
        found: set[int] = set()
        for range_ in ranges:
            rows = self._execute(
                "SELECT patient FROM rivals WHERE number BETWEEN ? AND ?",
                (range_.start, range_.end),
            )
            found.update(patient for (patient,) in rows)
        return found

    def typed_in(self, desk: Author, on_sheet: Sequence[int]) -> set[int]:
        """The registrations, with rivals, that a sheet of a desk with these numbers may cover."""
        found: set[int] = set()
        for chunk, marks in chunks(on_sheet):
            rows = self._execute(
                f"SELECT patient FROM rivals WHERE desk = ? AND number IN ({marks})",
                (desk, *chunk),
            )
            found.update(patient for (patient,) in rows)
        return found


def note_day(mrn: Mrn, days: dict[str, int]) -> None:
    """Raise the day's mark in ``days`` for an online number, or one that looks like one."""
    parts = numbers.online_parts(numbers.look_alike(mrn) or mrn)
    if parts is not None and parts[1] > days.get(parts[0], 0):
        days[parts[0]] = parts[1]


def by_length(range_: NumberRange) -> Iterator[tuple[int, str, str]]:
    """(digits, lowest, highest) for each length of number in a range.

    Numbers have no leading zeros, so those of one length are in the order of their texts.
    """
    for digits in range(len(str(range_.start)), len(str(range_.end)) + 1):
        low = max(range_.start, 10 ** (digits - 1))
        high = min(range_.end, 10**digits - 1)
        yield digits, str(low), str(high)
