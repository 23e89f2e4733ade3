"""Forms of numbers: how the text on a card is made of a number, and a number of a text.

A text has a prefix, the digits of the number, a separator and check digits. The digits are those of
a plain number, with zeros in front up to a width, or day and counter of an online number
(``20261103-0001``). Facts keep the number without its form, so that claims, ranges and admission
know of none; the fact that gives the number names the form.

A *shape* says for each place of a text which characters may stand there. Two forms are *apart* if
no text can be of both, and every form is apart from all plain and online numbers, and from the
legacy ones that look like them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Final, NamedTuple

from msgspec import Meta

from sync.errors import BadNumberFormat
from sync.model import typed
from sync.model.numbers import (
    LEGACY_LENGTH_MAX,
    NUMBER_MAX,
    Mrn,
    NumberRange,
    online_mrn,
    online_parts,
    plain_number,
)
from sync.model.printed.checks import DIGITS, Check, check_digits

PREFIX_MAX: Final = 12
WIDTH_MAX: Final = 12
"""Two more than a number has digits: one without letters is told from plain numbers by them."""
COUNTER_DIGITS: Final = range(4, 10)
"""How many digits the counter of an online number has."""
_DAY_DIGITS: Final = 8


class PrintedKind(StrEnum):
    """Which numbers have a form; legacy ones are printed as they are."""

    PLAIN = "plain"
    ONLINE = "online"


class NumberFormat(NamedTuple):
    """How numbers of one kind are printed, in the order in which facts have it.

    ``width`` is that of plain numbers; the counter of online ones has its own, and theirs is 0.
    Prefix and separator are of capital letters, digits, ``-`` and ``.``.
    """

    kind: PrintedKind
    prefix: Annotated[str, Meta(max_length=PREFIX_MAX, pattern=r"\A[A-Z0-9.-]*\Z")]
    width: Annotated[int, Meta(ge=0, le=WIDTH_MAX)]
    separator: Annotated[str, Meta(max_length=1, pattern=r"\A[.-]?\Z")]
    check: Check

    @property
    def description(self) -> str:
        """What its texts look like: ``0`` for each digit, ``C`` for each check digit."""
        digits = "YYYYMMDD-0000" if self.kind is PrintedKind.ONLINE else "0" * self.width
        return f"{self.prefix}{digits}{self.separator}{'C' * self.check.length}"

    def text(self, mrn: Mrn) -> str:
        """The text of a number of its kind that is within its width."""
        digits = self._digits(mrn)
        printed = digits if self.kind is PrintedKind.PLAIN else f"{digits[:8]}-{digits[8:]}"
        return f"{self.prefix}{printed}{self.separator}{check_digits(self.check, digits)}"

    def holds(self, text: str) -> bool:
        """True when a text, as somebody typed it, has this form; its digits may be wrong."""
        return self._pattern.fullmatch(normal(text)) is not None

    def number(self, text: str) -> Mrn | None:
        """The number of a text of this form, None for any other text and for wrong digits."""
        found = self._pattern.fullmatch(normal(text))
        if found is None or check_digits(self.check, found[1] + (found[2] or "")) != found[3]:
            return None
        if self.kind is PrintedKind.PLAIN:
            return Mrn(str(int(found[1]))) if 0 < int(found[1]) <= NUMBER_MAX else None
        mrn = online_mrn(found[1], int(found[2]))
        # A counter with zeros too many is none, nor is a day that is in no calendar.
        is_exact = online_parts(mrn) is not None and self.text(mrn) == normal(text)
        return mrn if is_exact else None

    def fits(self, range_: NumberRange) -> bool:
        """True when the width is enough for all numbers of a range."""
        return len(str(range_.end)) <= self.width

    def is_for(self, kind: PrintedKind) -> bool:
        """True when it is a form of numbers of this kind that can be told from all without one."""
        return self.kind is kind and not _fault_of(self)

    def is_apart(self, other: NumberFormat) -> bool:
        """True when no text can be of both forms."""
        return _are_apart(self.shapes(), other.shapes())

    def require_sound(self) -> None:
        """Raise unless it is apart from all numbers that have no form.

        Raises:
            BadNumberFormat: says what is wrong with it.
        """
        fault = _fault_of(self)
        if fault:
            raise BadNumberFormat(format=self.description, why=fault)

    def _digits(self, mrn: Mrn) -> str:
        parts = online_parts(mrn)
        if parts is not None:
            return f"{parts[0]}{parts[1]:04d}"
        return f"{plain_number(mrn) or 0:0{self.width}d}"

    @property
    def _pattern(self) -> re.Pattern[str]:
        digits = (
            rf"([0-9]{{{_DAY_DIGITS}}})-([0-9]{{{COUNTER_DIGITS[0]},{COUNTER_DIGITS[-1]}}})"
            if self.kind is PrintedKind.ONLINE
            else rf"([0-9]{{{self.width}}})()"
        )
        check = f"([{self.check.alphabet}]{{{self.check.length}}})"
        return re.compile(re.escape(self.prefix) + digits + re.escape(self.separator) + check)

    def shapes(self) -> list[Shape]:
        """What may stand at each place of its texts; there are several for online numbers."""
        digits: list[Shape] = [[DIGITS] * self.width]
        if self.kind is PrintedKind.ONLINE:
            digits = [[DIGITS] * _DAY_DIGITS + ["-"] + [DIGITS] * n for n in COUNTER_DIGITS]
        check = [self.check.alphabet] * self.check.length
        return [[*self.prefix, *middle, *self.separator, *check] for middle in digits]


Shape = list[str]
"""For each place of a text the characters that may stand there."""


def normal(text: str) -> str:
    """What somebody typed, in capitals and without spaces, as forms are compared with it."""
    return "".join(typed.code(text).upper().split())


@lru_cache(maxsize=256)
def _fault_of(form: NumberFormat) -> str:
    """Why numbers of a form could be mistaken, empty where they could not.

    A clinic has few forms, and each of its ranges asks whenever the registry changes.
    """
    shapes = form.shapes()
    if (form.width == 0) != (form.kind is PrintedKind.ONLINE):
        return "plain numbers have a width, online numbers have their own"
    if form.separator and form.check is Check.NONE:
        return "a separator stands before check digits, and there are none"
    if max(map(len, shapes)) > LEGACY_LENGTH_MAX:
        return f"its numbers have more than {LEGACY_LENGTH_MAX} characters"
    if not _are_apart(shapes, _FORMLESS):
        return (
            "its numbers cannot be told from others: give it a prefix with a letter, a separator "
            "before the check digits, or more than ten digits that begin with another one than 0"
        )
    return ""


def _are_apart(some: Iterable[Shape], others: Iterable[Shape]) -> bool:
    return not any(_meet(one, other) for one in some for other in others)


def _meet(one: Shape, other: Shape) -> bool:
    """True when a text can be of both shapes."""
    return len(one) == len(other) and all(
        set(left) & set(right) for left, right in zip(one, other, strict=True)
    )


_FORMLESS: Final[list[Shape]] = [
    *([DIGITS] * length for length in range(1, len(str(NUMBER_MAX)) + 1)),
    *(["0", *[DIGITS] * length] for length in range(LEGACY_LENGTH_MAX)),
    *([*"PAT-", *[DIGITS] * 8, "-", *[DIGITS] * length] for length in range(1, 20)),
]
"""Plain numbers, those with zeros in front, and online ones with any number of zeros."""
