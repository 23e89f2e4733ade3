"""Which numbers are used: marks of days and ranges, claims and rivals, grants, look-alikes."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from sync.model import facts, numbers
from sync.model.facts import Author, FactId, RecordId
from sync.model.numbers import Mrn, NumberRange
from sync.rules.admission import Rank
from sync.storage.queries import chunks, write_many
from sync.storage.records.strays import StrayNumbers

_CLAIMS: Final = (
    "SELECT 1 FROM patients WHERE mrn = ?1 UNION ALL"
    " SELECT 1 FROM patients WHERE claimed = ?1 AND claimed IS NOT mrn UNION ALL"
    " SELECT 1 FROM twins WHERE twin = ?1"
)


class Stray(NamedTuple):
    """Registrations that claim numbers of a range of which their author may issue none."""

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
        self._strays = StrayNumbers(connection)

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

    def highest_used(self, range_: NumberRange) -> int:
        """The highest number of a range that is claimed, looked like, or on a sheet, or 0."""
        highest = max(self._highest(range_, "1", ()), self.highest_printed(range_, ()))
        for digits, low, high in by_length(range_):
            row = self._execute(
                "SELECT max(twin) FROM twins WHERE twin BETWEEN ? AND ? AND length(twin) = ?"
                " AND twin NOT GLOB '*[^0-9]*'",
                (low, high, digits),
            ).fetchone()
            highest = max(highest, int(row[0] or 0))
        return highest

    def highest_issued(self, range_: NumberRange, terminal: Author) -> int:
        """The highest number registered or printed by who may issue it for a terminal, or 0."""
        issued = "numbered AND terminal = ? AND author IN (terminal, ?)"
        registered = self._highest(
            range_, issued, (terminal, facts.COORDINATOR), decided="mrn = claimed"
        )
        return max(registered, self.highest_printed(range_, (terminal,)))

    def highest_printed(self, range_: NumberRange, terminals: Collection[Author]) -> int:
        """The highest number of a range on a sheet, of some terminals if any are named, or 0."""
        of = f" AND author IN ({', '.join('?' * len(terminals))})" if terminals else ""
        row = self._execute(
            f"SELECT max(number) FROM sheet_numbers WHERE number BETWEEN ? AND ?{of}",
            (range_.start, range_.end, *terminals),
        ).fetchone()
        return row[0] or 0

    def _highest(
        self, range_: NumberRange, condition: str, values: tuple[str, ...], decided: str = "1"
    ) -> int:
        """``decided``: which of the numbers count that are not what they were registered with."""
        highest = 0
        for digits, low, high in by_length(range_):
            for column, which in (("mrn", decided), ("claimed", "claimed IS NOT mrn")):
                row = self._execute(
                    f"SELECT max({column}) FROM patients WHERE {which} AND {column} BETWEEN ? AND ?"
                    f" AND length({column}) = ? AND {column} NOT GLOB '*[^0-9]*' AND {condition}",
                    (low, high, digits, *values),
                ).fetchone()
                highest = max(highest, int(row[0] or 0))
        return highest

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
        found: dict[Author, int] = dict(
            self._execute(
                "SELECT author, count(*) FROM sheet_numbers"
                " WHERE number BETWEEN ? AND ? AND author NOT IN (?, ?) GROUP BY author",
                (range_.start, range_.end, terminal, facts.COORDINATOR),
            )
        )
        for digits, low, high in by_length(range_):
            for column, which in (("mrn", "mrn = claimed"), ("claimed", "claimed IS NOT mrn")):
                rows = self._execute(
                    f"SELECT author, count(*) FROM patients WHERE {which}"
                    f" AND {column} BETWEEN ? AND ? AND length({column}) = ?"
                    f" AND {column} NOT GLOB '*[^0-9]*' AND numbered"
                    " AND author != ? AND NOT (author = ? AND terminal IS ?) GROUP BY author",
                    (low, high, digits, facts.COORDINATOR, terminal, terminal),
                )
                for author, claims in rows:
                    found[author] = found.get(author, 0) + claims
        self._execute(
            'DELETE FROM strays WHERE start = ? AND "end" = ? AND terminal = ?',
            (range_.start, range_.end, terminal),
        )
        self.add_strays([Stray(range_, terminal, *one) for one in found.items()])

    def strays(self) -> list[Stray]:
        """All of them, in the order of their ranges."""
        rows = self._execute(
            'SELECT start, "end", terminal, author, claims FROM strays'
            ' ORDER BY start, "end", terminal, author'
        )
        return [Stray(NumberRange(start, end), *rest) for start, end, *rest in rows]

    def strays_ahead(self, ranges: Mapping[NumberRange, int]) -> dict[NumberRange, int]:
        """How many numbers are claimed above how far a range is used, where others claim any.

        Args:
            ranges: range -> the highest number of it that counts as used.
        """
        found = {stray.range for stray in self.strays()}
        return {one: self._strays.above(one, ranges[one]) for one in ranges if one in found}

    def claims_of_others(
        self, range_: NumberRange, terminals: Collection[Author]
    ) -> dict[int, int]:
        """Number of a range -> how many registrations claim or claimed it, if any may not issue it.

        Args:
            terminals: those that the range was granted to. What they register with a number of it,
                or the coordinator for them, is left out.
        """
        marks = ", ".join("?" * len(terminals))
        issued = f"(numbered AND terminal IN ({marks}) AND author IN (terminal, ?)) IS NOT TRUE"
        found: dict[int, int] = {}
        for digits, low, high in by_length(range_):
            for column, which in (
                ("mrn", f"(claimed IS NOT mrn OR {issued})"),
                ("claimed", f"claimed IS NOT mrn AND {issued}"),
            ):
                rows = self._execute(
                    f"SELECT {column}, count(*) FROM patients WHERE {column} BETWEEN ? AND ?"
                    f" AND length({column}) = ? AND {column} NOT GLOB '*[^0-9]*' AND {which}"
                    f" GROUP BY {column}",
                    (low, high, digits, *terminals, facts.COORDINATOR),
                )
                for text, claims in rows:
                    found[int(text)] = found.get(int(text), 0) + claims
        return found

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
