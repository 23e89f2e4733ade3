"""What a clerk types into a search, as words of the index.

Everything that is typed must fit the person; for each part there are several words that would do: a
name as it is spelled or as it sounds, a number from its beginning or by its last digits, a year.
Words of the index with a mark in front are such that nobody types, see `MARKS`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from datetime import date
from typing import Final, NamedTuple

from sync.matching.person import PHONE_DIGITS
from sync.matching.sounds import sound
from sync.matching.words import parted, words
from sync.model import typed

RULE: Final = 1
"""Version of the words that this module looks for; another one makes the index again."""

SOUND: Final = "\u00a3"
PLACE: Final = "\u00a2"
PHONE_END: Final = "\u00a6"
CNIC_END: Final = "\u00a7"
BORN: Final = "d"
MARKS: Final = (SOUND, PLACE, PHONE_END, CNIC_END)
"""Before the sound of a word of a name, that of a word of the address, the digits of a telephone
number from the end, and those of a CNIC. A day and a year of birth have `BORN` before them."""

PARTS_MAX: Final = 8
LAST_MIN: Final = 4
LAST_CNIC_MIN: Final = 6
CNIC_DIGITS: Final = 13
HOUSE_DIGITS_MAX: Final = 5
AGE_MAX: Final = 120
YEAR_MIN: Final = 1900

_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        (
            *("jan january جنوری", "feb february فروری", "mar march مارچ", "apr april اپریل"),
            *("may مئی", "jun june جون", "jul july جولائی", "aug august اگست"),
            *("sep sept september ستمبر", "oct october اکتوبر", "nov november نومبر"),
            "dec december دسمبر",
        ),
        1,
    )
    for name in names.split()
}
_DAY: Final = re.compile(
    r"(?<![\w-])(?:(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})"
    r"|(?P<a>\d{1,2})[-/.](?P<b>\d{1,2})[-/.](?P<c>\d{4}|\d{2})"
    rf"|(?P<n>\d{{1,2}})[ -]?(?P<o>{'|'.join(sorted(_MONTHS, key=len, reverse=True))})"
    r"[ ,-]*(?P<z>\d{4}))(?![\w-])",
    re.IGNORECASE,
)


class Fit(NamedTuple):
    """A word of the index that would do; ``whole``: all of it, else a beginning."""

    text: str
    whole: bool = False


Part = tuple[Fit, ...]
"""One thing that was typed: a person fits who has any of these words."""


class Query(NamedTuple):
    """What was typed.

    Attributes:
        exact: the parts as they were typed; a person must fit all of them.
        broad: the parts with names as they sound; empty if there is nothing but numbers.
        words: the names that were typed, as `sync.matching.words.words` has them.
        numbers: the digits that were typed.
    """

    exact: tuple[Part, ...]
    broad: tuple[Part, ...]
    words: tuple[str, ...]
    numbers: tuple[str, ...]


def read(text: str, today: date) -> Query:
    """Read what a clerk typed.

    Args:
        today: from which ages are counted.
    """
    days: list[Part] = []

    def day(found: re.Match[str]) -> str:
        fits = tuple(_days(found, today))
        if not fits:
            return found[0]
        days.append((*fits, Fit(typed.digits(found[0]))))
        return " "

    rest = _DAY.sub(day, typed.code(text))
    numbers, coded, named = _sorted(rest)
    name = parted(" ".join(named))
    spoken = (*words(name.name), *words(name.father))[:PARTS_MAX]
    alone = not named and not days
    counted = [_number(digits, today, alone=alone) for digits in numbers]
    both = (*days, *counted, *coded)
    exact = tuple((Fit(word),) for word in typed.tokens(typed.key(" ".join(named))))
    broad = tuple(_name(word) for word in spoken)
    return Query(
        (*both, *exact)[:PARTS_MAX],
        (*both[: PARTS_MAX - len(broad)], *broad) if broad else (),
        spoken,
        tuple(numbers),
    )


def instead(query: Query, place: int) -> list[tuple[Part, ...]]:
    """The broad parts without one of the names, or with any word that begins like it.

    Args:
        place: which of ``query.words``; it may have been mistyped.
    """
    at = len(query.broad) - len(query.words) + place
    before, behind = query.broad[:at], query.broad[at + 1 :]
    start = Fit(query.words[place][:2])
    found = [(*before, (start,), *behind)]
    return [*found, before + behind] if before or behind else found


def completed(query: Query, complete: Collection[str]) -> Query:
    """The same, with some of the words that were typed as whole ones and not as beginnings."""

    def parts(of: Sequence[Part]) -> tuple[Part, ...]:
        return tuple(
            tuple(fit._replace(whole=fit.whole or fit.text in complete) for fit in part)
            for part in of
        )

    return query._replace(exact=parts(query.exact), broad=parts(query.broad))


def _sorted(text: str) -> tuple[list[str], list[Part], list[str]]:
    """The numbers in a text, the codes of letters and digits, and the other words.

    Runs of digits beside one another are one number, typed in groups.
    """
    numbers: list[str] = []
    coded: list[Part] = []
    named: list[str] = []
    before = False
    for chunk in text.split():
        digits = typed.digits(chunk)
        is_number = bool(digits) and not typed.has_letter(chunk)
        if is_number and before:
            numbers[-1] += digits
        elif is_number:
            numbers.append(digits)
        elif digits:
            coded += [(Fit(token),) for token in typed.tokens(typed.key(chunk))]
        else:
            named.append(chunk)
        before = is_number
    return numbers, coded, named


def _number(digits: str, today: date, *, alone: bool) -> Part:
    """The words that a number may stand for.

    Args:
        alone: nothing else was typed, so a short one is no age.
    """
    fits = [Fit(digits)]
    count = len(digits)
    for shorter in (digits.lstrip("0"), digits[-PHONE_DIGITS:].lstrip("0")):
        if shorter:
            fits.append(Fit(shorter))
    if count <= HOUSE_DIGITS_MAX:
        fits.append(Fit(PLACE + digits, whole=True))
    if LAST_MIN <= count <= PHONE_DIGITS:
        fits.append(Fit(PHONE_END + digits[::-1]))
    if LAST_CNIC_MIN <= count <= CNIC_DIGITS:
        fits.append(Fit(CNIC_END + digits[::-1]))
    if count == 4 and YEAR_MIN <= int(digits) <= today.year:
        fits.append(Fit(BORN + digits, whole=True))
    if count <= 3 and not alone and 0 < int(digits) <= AGE_MAX:
        latest = today.year - int(digits)
        fits += [Fit(f"{BORN}{year}", whole=True) for year in (latest, latest - 1)]
    if count == 8:
        parts = (digits[:4], digits[4:6], digits[6:]), (digits[4:], digits[2:4], digits[:2])
        fits += [Fit(born, whole=True) for one in parts if (born := _born(one, today))]
    return tuple(dict.fromkeys(fits))


def _name(word: str) -> Part:
    spoken = sound(word)
    fits = [Fit(word), Fit(SOUND + spoken, whole=True)]
    if len(spoken) > 1:
        fits.append(Fit(PLACE + spoken, whole=True))
    return tuple(fits)


def _days(found: re.Match[str], today: date) -> Iterator[Fit]:
    """The days of birth that a date may mean; day and month may stand in either order."""
    if found["y"]:
        numbers = [(found["y"], found["m"], found["d"])]
    elif found["o"]:
        numbers = [(found["z"], str(_MONTHS[found["o"].casefold()]), found["n"])]
    else:
        year = found["c"]
        if len(year) == 2:
            century = today.year // 100 - (int(year) > today.year % 100)
            year = f"{century}{year}"
        numbers = [(year, found["b"], found["a"]), (year, found["a"], found["b"])]
    for one in dict.fromkeys(numbers):
        if born := _born(one, today):
            yield Fit(born, whole=True)


def _born(numbers: Sequence[str], today: date) -> str | None:
    """The word of a day of birth from year, month and day; None if it cannot be one."""
    try:
        born = date(*map(int, numbers))
    except ValueError:
        return None
    return f"{BORN}{born:%Y%m%d}" if born.year >= YEAR_MIN and born <= today else None


def fits(parts: Sequence[Part], held: str) -> bool:
    """Whether somebody fits all parts.

    Args:
        held: the words under which the index has them, a space before and behind each.
    """
    return all(
        any((f" {fit.text} " if fit.whole else f" {fit.text}") in held for fit in part)
        for part in parts
    )
