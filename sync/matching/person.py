"""A person as two registrations are compared: each field in one form, made once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Final, NamedTuple

from sync.matching.sounds import sound
from sync.matching.words import CACHED, parted, words
from sync.model import typed
from sync.model.demographics import ESTIMATED

PHONE_DIGITS: Final = 10
PHONE_DIGITS_MIN: Final = 6

_GENERIC_TEXT: Final = """
    house h no flat near street st road rd gali lane avenue place colony town mohallah mohalla
    chak ward village post office po block sector phase
    مکان نمبر گلی روڈ سڑک محلہ کالونی ٹاون چک نزد گاوں ڈاکخانہ بلاک سیکٹر فیز
"""
_GENERIC: Final = frozenset(_GENERIC_TEXT.split())
"""Words of addresses that say nothing of the place."""


class Born(NamedTuple):
    """A day of birth; ``day`` counts days, ``text`` is YYYY-MM-DD."""

    day: int
    text: str
    estimated: bool


class Person(NamedTuple):
    """What is compared of a person. What nobody said is empty or None.

    Attributes:
        name, father: words, see `sync.matching.words.words`.
        sex: M, F, O or empty.
        phone: digits without what stands before the national number.
        cnic: digits.
        number: the first number in the address.
        place: the sounds of the other words of the address.
    """

    name: tuple[str, ...]
    father: tuple[str, ...]
    born: Born | None
    sex: str
    phone: str
    cnic: str
    number: str
    place: frozenset[str]


def of(fields: Mapping[str, str | None]) -> Person:
    """Return the person with these demographics; see `sync.model.demographics.FIELDS`."""
    name, father = parted(fields.get("full_name") or "")
    number, place = placed(fields.get("address") or "")
    return Person(
        words(name),
        words(fields.get("father_name") or father),
        _born(fields.get("dob"), fields.get("dob_estimated") == ESTIMATED),
        fields.get("sex") or "",
        _phone(fields.get("phone") or ""),
        _cnic(fields.get("cnic") or ""),
        number,
        place,
    )


@lru_cache(CACHED)
def placed(address: str) -> tuple[str, frozenset[str]]:
    """The first number of an address, empty if there is none, and the sounds of its words."""
    found = [word for word in typed.tokens(typed.key(address)) if word not in _GENERIC]
    number = next((word for word in found if word[0].isdigit()), "")
    rest = (word if word[0].isdigit() else sound(word) for word in found if word != number)
    return number, frozenset(rest)


def _born(dob: str | None, estimated: bool) -> Born | None:
    if not dob:
        return None
    try:
        return Born(date.fromisoformat(dob).toordinal(), dob, estimated)
    except ValueError:
        return None  # of a program that does not check them, or of an old register


def _phone(phone: str) -> str:
    digits = re.sub("^(?:00|0+)", "", typed.digits(phone))[-PHONE_DIGITS:].lstrip("0")
    # Digits of which all are the same were typed because the form wants some.
    return digits if len(digits) >= PHONE_DIGITS_MIN and len(set(digits)) > 1 else ""


def _cnic(cnic: str) -> str:
    digits = typed.digits(cnic)
    return digits if digits.strip("0") else ""
