"""Number formats and inclusive ranges: which number may be issued, and what it looks like.

Three kinds of Medical Record Number exist. *Online*: ``PAT-YYYYMMDD-NNNN``, the facility's day and
a counter that widens past 9999. *Plain*: digits without leading zeros, out of a terminal's range.
*Legacy*: what imported registers hold. Any other spelling of a number is malformed, so that one
number has one text.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final, NewType

from sync.errors import BadMrn, BadRange

Mrn = NewType("Mrn", str)
"""A Medical Record Number in canonical form."""

NUMBER_MAX: Final = 2_147_483_647
LEGACY_LENGTH_MAX: Final = 32
_DIGITS: Final = frozenset("0123456789")
_PREFIX: Final = "PAT-"
_COUNTER_WIDTH: Final = 4
_COUNTER_MAX: Final = 10**9


@dataclass(frozen=True, order=True, slots=True)
class NumberRange:
    """The numbers ``start`` to ``end``, both included.

    Raises:
        BadRange: not within 1 to `NUMBER_MAX`, or the end before the start.
    """

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 1 <= self.start <= NUMBER_MAX or not 1 <= self.end <= NUMBER_MAX:
            raise BadRange(text=self.text, why=f"numbers lie within 1 to {NUMBER_MAX}")
        if self.end < self.start:
            raise BadRange(text=self.text, why="the end lies before the start")

    @classmethod
    def parse(cls, text: str) -> NumberRange:
        """A range from ``START-END``.

        Raises:
            BadRange: says what is wrong.
        """
        start, dash, end = text.strip().partition("-")
        if not dash or not _is_plain(start.strip()) or not _is_plain(end.strip()):
            raise BadRange(text=text, why="it needs two numbers without leading zeros")
        return cls(int(start), int(end))

    @property
    def size(self) -> int:
        """How many numbers it holds."""
        return self.end - self.start + 1

    @property
    def text(self) -> str:
        """``START-END``."""
        return f"{self.start}-{self.end}"

    def __contains__(self, number: int) -> bool:
        return self.start <= number <= self.end

    def overlaps(self, other: NumberRange) -> bool:
        """True when they share a number, be it only the end of one and the start of the other."""
        return self.start <= other.end and other.start <= self.end


def next_number(range_: NumberRange, used_up_to: int) -> int | None:
    """The number after ``used_up_to``, None when the range is exhausted; never outside it."""
    number = max(range_.start, used_up_to + 1)
    return number if number in range_ else None


def parse_mrn(text: str) -> Mrn:
    """A number as someone typed or supplied it, without surrounding space.

    Raises:
        BadMrn: it is not in canonical form.
    """
    stripped = text.strip()
    why = _fault(stripped)
    if why is not None:
        raise BadMrn(text=text, why=why)
    return Mrn(stripped)


def is_canonical(value: object) -> bool:
    """True for the one spelling of a number."""
    return type(value) is str and _fault(value) is None


def plain_number(mrn: Mrn) -> int | None:
    """The number of a plain MRN as int, None for the other kinds."""
    return int(mrn) if _DIGITS.issuperset(mrn) else None


def online_mrn(day: str, counter: int) -> Mrn:
    """The online number of a facility day (YYYYMMDD): four digits, more from 10,000 on."""
    return Mrn(f"{_PREFIX}{day}-{counter:0{_COUNTER_WIDTH}d}")


def online_parts(mrn: Mrn) -> tuple[str, int] | None:
    """(YYYYMMDD, counter) of an online number, None for the other kinds."""
    if not mrn.startswith(_PREFIX):
        return None
    return mrn[4:12], int(mrn[13:])


def _is_plain(text: str) -> bool:
    return 0 < len(text) <= 10 and _DIGITS.issuperset(text) and text[0] != "0"


def _fault(text: str) -> str | None:
    """What keeps ``text`` from being a canonical number."""
    if not 0 < len(text) <= LEGACY_LENGTH_MAX:
        return f"it must have 1 to {LEGACY_LENGTH_MAX} characters"
    if _DIGITS.issuperset(text):
        if not _is_plain(text) or int(text) > NUMBER_MAX:
            return f"a plain number has no leading zeros and is at most {NUMBER_MAX}"
        return None
    if text.startswith(_PREFIX):
        return _online_fault(text)
    if not all("!" <= character <= "~" for character in text):
        return "only printable ASCII characters without spaces are allowed"
    return None


def _online_fault(text: str) -> str | None:
    day, dash, counter = text[4:12], text[12:13], text[13:]
    if len(day) != 8 or not _DIGITS.issuperset(day) or dash != "-":
        return "PAT- is followed by YYYYMMDD-NNNN"
    try:
        date(int(day[:4]), int(day[4:6]), int(day[6:]))
    except ValueError:
        return f"{day} is not a day"
    if len(counter) < _COUNTER_WIDTH or not _DIGITS.issuperset(counter):
        return "the counter has at least four digits"
    if (len(counter) > _COUNTER_WIDTH and counter[0] == "0") or not 0 < int(counter) < _COUNTER_MAX:
        return "the counter is zero, too large, or has extra zeros"
    return None
