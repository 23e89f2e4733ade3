"""How near two words of names are: the same, spelled otherwise, mistyped, or of one sound."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from enum import IntEnum
from functools import lru_cache
from itertools import groupby
from typing import Final

from sync.matching.sounds import consonants, sound, spelled
from sync.matching.words import is_urdu

CACHED: Final = 1 << 15
SCRIPTS_CACHED: Final = 1 << 13
"""Pairs of words of which the answer is kept in memory: of any two, and of two scripts."""


class Likeness(IntEnum):
    """How two words agree, the best first."""

    EXACT = 0
    VARIANT = 1
    """Clerks write this name in both ways."""
    NEAR = 2
    """One slip of a finger, or two in a long word."""
    SOUND = 3
    """The same consonants, and other vowels: often another name."""
    SCRIPT = 4
    """One name in two scripts."""
    FAR = 5
    """Two slips in a word of middle length."""


@lru_cache(CACHED)
def likeness(one: str, other: str) -> Likeness | None:
    """How two words of names (`sync.matching.words.words`) agree; None if they do not."""
    if one == other:
        return Likeness.EXACT
    first, second = sound(one), sound(other)
    urdu = is_urdu(one)
    if urdu != is_urdu(other):
        return _across(other, one) if urdu else _across(one, other)
    if spelled(one) == spelled(other):
        return Likeness.VARIANT
    shorter, longer = sorted((one, other), key=len)
    if first == second and len(first) > 1:
        if urdu:
            return Likeness.NEAR if len(longer) > 4 and slip(one, other) else Likeness.SOUND
        near = slip(spelled(one), spelled(other)) and _feminine(one) == _feminine(other)
        enough = min(len(spelled(one)), len(spelled(other))) > 3
        return Likeness.VARIANT if near and enough else Likeness.SOUND
    if len(shorter) > 2 and slip(one, other):
        return Likeness.NEAR
    if len(longer) > 4 and len(shorter) > 3 and distance(one, other, 2) <= 2:
        return Likeness.NEAR if len(shorter) > 6 else Likeness.FAR
    if len(shorter) > 3 and slip(spelled(one), spelled(other)):
        return Likeness.FAR
    return None


def _feminine(word: str) -> bool:
    return bool(_FEMININE.search(word))


def _across(roman: str, urdu: str) -> Likeness | None:
    """How a Roman and an Urdu word agree."""
    first, second = sound(roman), sound(urdu)
    if first == second:
        if vowels_agree(roman, urdu):
            return Likeness.SCRIPT
        return Likeness.SOUND if len(first) > 1 else None
    return Likeness.FAR if min(len(first), len(second)) > 2 and slip(first, second) else None


_LONG: Final = {"و": "ouwv", "ی": "iey", "ا": "a"}
"""An Urdu letter for a long vowel -> Roman letters of which there is one then."""

_WEAK: Final = {**dict.fromkeys("wvouو", "u"), **dict.fromkeys("yieی", "i")}
"""A letter that may be a vowel or a weak consonant -> one letter for both scripts."""

_SHORT: Final = re.compile("[aeiouhwvy]?|[aeiou]h|h[aeiou]|ue")
_FEMININE: Final = re.compile("a(?:h|y|i)?$")


@lru_cache(SCRIPTS_CACHED)
def vowels_agree(roman: str, urdu: str) -> bool:
    """Whether the vowels between the consonants of two words of one sound may be the same.

    Urdu writes long vowels only, so where it has none the Roman word must have a short one:
    حسن is Hassan, and not Hussain. Where their consonants cannot be set side by side it is True.
    """
    ones, others = consonants(roman), consonants(urdu)
    if len(ones) == len(others) == 1:
        return _weak_agree(roman, urdu)
    if len(ones) != len(others) or len(ones) < 2:
        return True
    first, *between, end = zip(ones, others, strict=True)
    return (
        _long_agree(first[0], first[1][1:].replace("ا", ""))
        and all(_agree(spoken, written) for spoken, written in between)
        and _ends_agree(*end)
    )


def _weak_agree(roman: str, urdu: str) -> bool:
    """Whether two words without a firm consonant may be one: حوا is Hawa, and حیا is Haya.

    Each w, v and y is written in Urdu, and so it is asked whether Urdu has these, and nothing that
    the Roman word has no letter for.
    """
    full = _weak(roman)
    firm = _weak(letter for letter in roman if letter in "wvy")
    written = _weak(urdu)
    return _is_within(firm, written) and _is_within(written, full)


def _weak(word: Iterable[str]) -> list[str]:
    """The weak letters of a word, of several alike beside one another one."""
    found = [_WEAK[letter] for letter in word if letter in _WEAK]
    return [letter for letter, _ in groupby(found)]


def _is_within(few: Sequence[str], many: Sequence[str]) -> bool:
    """Whether all of these stand in there, in this order."""
    left = iter(many)
    return all(one in left for one in few)


def _agree(spoken: str, written: str) -> bool:
    """Whether a Roman gap between consonants may be an Urdu one."""
    return _long_agree(spoken, written) if written else bool(_SHORT.fullmatch(spoken))


def _long_agree(spoken: str, written: str) -> bool:
    # Of several letters for one vowel, as in ذوالفقار, one is enough.
    long = {letter for one in written for letter in _LONG.get(one, "")}
    return not long or not long.isdisjoint(spoken)


def _ends_agree(spoken: str, written: str) -> bool:
    """Whether two endings may be one: Tahir is no Tahira, in whatever script."""
    if written.endswith(("ا", "ہ")) or not written:
        return bool(written) == bool(_FEMININE.search(spoken))
    return not spoken or _long_agree(spoken + "i" * spoken.endswith("a"), written)


def slip(one: str, other: str) -> bool:
    """True for at most one letter added, left out, changed, or swapped with its neighbour."""
    if abs(len(one) - len(other)) > 1:
        return False
    at, shorter = 0, min(len(one), len(other))
    while at < shorter and one[at] == other[at]:
        at += 1
    return (
        one[at + 1 :] == other[at + 1 :]
        or one[at + 1 :] == other[at:]
        or one[at:] == other[at + 1 :]
        or (one[at : at + 2] == other[at : at + 2][::-1] and one[at + 2 :] == other[at + 2 :])
    )


def distance(one: str, other: str, most: int) -> int:
    """The optimal string alignment distance of two words, counted up to ``most`` + 1.

    Each letter added, left out or changed is one, and so are two neighbours that are swapped. The
    cost grows with the length of the words, not with its square: places further apart than
    ``most`` are left out.
    """
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        now = [row] + [most + 1] * len(other)
        for column in range(max(1, row - most), min(len(other), row + most) + 1):
            wanted = other[column - 1]
            cost = min(last[column] + 1, now[column - 1] + 1, last[column - 1] + (letter != wanted))
            if row > 1 and column > 1 and letter == other[column - 2] and wanted == one[row - 2]:
                cost = min(cost, before[column - 2] + 1)
            now[column] = cost
        if min(now) > most:
            return most + 1
        before, last = last, now
    return last[-1]
