"""The order of those whom a search has found: who fits best comes first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from sync.matching.likeness import Likeness, likeness
from sync.matching.person import names_of
from sync.matching.query import Query
from sync.matching.sounds import sound
from sync.matching.words import parted, words
from sync.model import typed

_AGREEING: Final[Mapping[Likeness, float]] = {
    Likeness.EXACT: 1.0,
    Likeness.SCRIPT: 0.95,
    Likeness.VARIANT: 0.9,
    Likeness.NEAR: 0.75,
    Likeness.SOUND: 0.6,
    Likeness.FAR: 0.4,
}
_BEGINS: Final = 0.85
_FATHER: Final = 0.7
"""A word of the father's name, beside one of the person's own."""

_PLACE: Final = 0.5
_ENDS: Final = 0.7
_EACH_WORD_MORE: Final = 0.01


def rank(query: Query, fields: Mapping[str, str | None], numbers: Sequence[str | None]) -> float:
    """How well somebody fits a query; the higher, the better.

    Args:
        fields: their demographics.
        numbers: their numbers, now and before.
    """
    full_name, father_name = names_of(fields)
    named = parted(full_name)
    name = words(named.name)
    father = words(father_name or named.father)
    fit = 0.0
    if query.numbers:
        held = (*numbers, fields.get("phone"), fields.get("cnic"))
        own = [typed.digits(one) for one in held if one]
        fit += sum(_number(digits, own) for digits in query.numbers)
    place = None
    for word in query.words:
        found = max(_word(word, name), _FATHER * _word(word, father))
        if not found and place is None:
            place = set(map(sound, words(fields.get("address") or "")))
        if not found and place is not None and sound(word) in place:
            found = _PLACE
        fit += found
    more = abs(len(name) - len(query.words)) if query.words else 0
    return fit - _EACH_WORD_MORE * more


def is_like(word: str, fields: Mapping[str, str | None]) -> bool:
    """Whether a word is nearly one of a person's name or their father's."""
    full_name, father_name = names_of(fields)
    named = parted(full_name)
    father = father_name or named.father
    return any(likeness(word, one) is not None for one in words(named.name) + words(father))


def _word(word: str, name: Sequence[str]) -> float:
    best = 0.0
    for one in name:
        how = likeness(word, one)
        found = _AGREEING[how] if how is not None else 0.0
        best = max(best, found, _BEGINS if one.startswith(word) else 0.0)
    return best


def _number(digits: str, own: Sequence[str]) -> float:
    plain = digits.lstrip("0")
    stripped = [one.lstrip("0") for one in own]
    if digits in own or plain in stripped:
        return 1.0
    if any(one.startswith(plain) for one in stripped if plain):
        return _BEGINS
    return _ENDS if any(one.endswith(digits) for one in stripped) else 0.0
