"""Number formats and inclusive ranges: which number may be issued, and what it looks like.

Three kinds of Medical Record Number exist. *Online*: ``PAT-YYYYMMDD-NNNN``, the facility's day and
a counter that widens past 9999. *Plain*: digits without leading zeros, out of a terminal's range.
*Legacy*: any other short text, as registers that were taken over hold it, unchanged. Only a number
of the first two kinds is ever issued, and each of them has one spelling; a legacy number that looks
like another spelling of one has that one as its `look_alike`, which is then never issued.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final, NewType

from msgspec import Meta

from sync.errors import BadMrn, BadRange
from sync.model import typed

NUMBER_MAX: Final = 2_147_483_647
LEGACY_LENGTH_MAX: Final = 32
_CANONICAL: Final = r"[!-~]+(?: [!-~]+)*"

Mrn = NewType(
    "Mrn",
    Annotated[str, Meta(max_length=LEGACY_LENGTH_MAX, pattern=rf"\A{_CANONICAL}\Z")],
)
"""A Medical Record Number: plain, online or legacy, as it stands in facts and messages."""

WARNING_PERCENT: Final = 80
ALERT_PERCENT: Final = 90
"""How far what a terminal holds may be used before somebody should hear of it, and must."""
STRAYS_MAX: Final = 20
"""How often one desk may claim numbers of another's range before somebody must hear of it."""
_DIGITS: Final = frozenset("0123456789")
_PREFIX: Final = "PAT-"
_COUNTER_WIDTH: Final = 4
COUNTER_END: Final = 10**9
"""No counter of a day reaches this one."""
_LEGACY: Final = re.compile(_CANONICAL)
_PADDED: Final = re.compile(r"0+([1-9][0-9]{0,9})")
_LOOSE: Final = re.compile(r"PAT-([0-9]{8})-0*([1-9][0-9]{0,8})", re.IGNORECASE)


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
        start, dash, end = typed.code(text).partition("-")
        numbers = (start.strip(), end.strip())
        if not dash or not all(numbers):
            raise BadRange(text=text, why="its first or its last number is missing")
        for number in numbers:
            if not (number.isascii() and number.isdecimal()):
                raise BadRange(text=text, why=f"'{number}' is no number")
            if not _is_unpadded(number):
                raise BadRange(text=text, why=f"'{number}' begins with a zero, or is too long")
        return cls(*map(int, numbers))

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
        """True when they share a number, if only the end of one and the start of the other."""
        return self.start <= other.end and other.start <= self.end


def parse_mrn(text: str) -> Mrn:
    """A number as someone typed or supplied it, in ASCII and without surrounding space.

    Stricter than `is_canonical`: what looks like a number that is issued must be spelled like it.

    Raises:
        BadMrn: it is no number, or another spelling of one.
    """
    stripped = typed.code(text)
    why = _fault(stripped)
    if why is not None:
        raise BadMrn(text=text, why=why)
    return Mrn(stripped)


def legacy_mrn(text: str) -> Mrn:
    """A number of an earlier system, unchanged but in ASCII and without surrounding space.

    Raises:
        BadMrn: it is too long, or has other characters than numbers have.
    """
    # In ASCII two spaces may be what tells two numbers apart, so they are refused and not folded.
    stripped = text.strip() if text.isascii() else typed.code(text)
    if not 0 < len(stripped) <= LEGACY_LENGTH_MAX:
        raise BadMrn(text=text[:100], why=_LENGTH)
    if not is_canonical(stripped):
        raise BadMrn(text=text, why=_CHARACTERS)
    return Mrn(stripped)


def is_canonical(value: object) -> bool:
    """True for a text that is a number as it stands; a legacy one is its own only spelling."""
    return (
        type(value) is str
        and 0 < len(value) <= LEGACY_LENGTH_MAX
        and _LEGACY.fullmatch(value) is not None
    )


def plain_number(mrn: Mrn) -> int | None:
    """The number of a plain MRN as int, None for the other kinds."""
    return int(mrn) if _is_plain(mrn) else None


def series_of(text: str) -> tuple[str, int] | None:
    """The series of a number that can be issued, and its place there; None for any other text.

    Plain numbers are of the series ``""``, online ones of that of their day (YYYYMMDD).
    """
    return ("", int(text)) if _is_plain(text) else online_parts(Mrn(text))


def mrn_of(series: str, number: int) -> Mrn:
    """The number with a place in a series, see `series_of`."""
    return online_mrn(series, number) if series else Mrn(str(number))


def look_alike(mrn: Mrn) -> Mrn | None:
    """The plain or online number that a legacy one could be taken for, None if there is none.

    ``0001234`` -> ``1234``, ``pat-20241103-1`` -> ``PAT-20241103-0001``.
    """
    padded = _PADDED.fullmatch(mrn)
    if padded is not None:
        digits = padded.group(1)
        return Mrn(digits) if _is_plain(digits) else None
    loose = _LOOSE.fullmatch(mrn)
    if loose is None or not _is_day(loose.group(1)):
        return None
    canonical = online_mrn(loose.group(1), int(loose.group(2)))
    return canonical if canonical != mrn else None


def online_mrn(day: str, counter: int) -> Mrn:
    """The online number of a facility day (YYYYMMDD): four digits, more from 10,000 on."""
    return Mrn(f"{_PREFIX}{day}-{counter:0{_COUNTER_WIDTH}d}")


def online_parts(mrn: Mrn) -> tuple[str, int] | None:
    """(YYYYMMDD, counter) of an online number, None for the other kinds."""
    if not mrn.startswith(_PREFIX) or _online_fault(mrn) is not None:
        return None
    return mrn[4:12], int(mrn[13:])


_LENGTH: Final = f"it must have 1 to {LEGACY_LENGTH_MAX} characters"
_CHARACTERS: Final = (
    "only letters without accents, digits and signs of ASCII are allowed, and single spaces between"
)


def _is_unpadded(text: str) -> bool:
    return 0 < len(text) <= 10 and _DIGITS.issuperset(text) and text[0] != "0"


def _is_plain(text: str) -> bool:
    return _is_unpadded(text) and int(text) <= NUMBER_MAX


def _is_day(text: str) -> bool:
    try:
        date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return False
    return True


def _fault(text: str) -> str | None:
    """What keeps ``text`` from being a number that a client may supply."""
    if not 0 < len(text) <= LEGACY_LENGTH_MAX:
        return _LENGTH
    if _DIGITS.issuperset(text):
        if not _is_plain(text):
            return f"a plain number has no leading zeros and is at most {NUMBER_MAX}"
        return None
    if text.startswith(_PREFIX):
        return _online_fault(text)
    if not is_canonical(text) or " " in text:
        return "only printable ASCII characters without spaces are allowed"
    like = look_alike(Mrn(text))
    return f"write it as {like}" if like is not None else None


def _online_fault(text: str) -> str | None:
    day, dash, counter = text[4:12], text[12:13], text[13:]
    if len(day) != 8 or not _DIGITS.issuperset(day) or dash != "-":
        return "PAT- is followed by YYYYMMDD-NNNN"
    if not _is_day(day):
        return f"{day} is not a day"
    if len(counter) < _COUNTER_WIDTH or not _DIGITS.issuperset(counter):
        return "the counter has at least four digits"
    if (len(counter) > _COUNTER_WIDTH and counter[0] == "0") or not 0 < int(counter) < COUNTER_END:
        return "the counter is zero, too large, or has extra zeros"
    return None
