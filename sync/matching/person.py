"""A person as two registrations are compared: each field in one form, made once."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from datetime import date
from functools import lru_cache
from itertools import islice
from typing import Final, Literal, NamedTuple

from sync.matching.sounds import sound
from sync.matching.words import CACHED, WORD_LETTERS_MAX, parted, words
from sync.model import typed
from sync.model.demographics import ESTIMATED, NAMES
from sync.model.person import more
from sync.model.person.identity import is_placeholder

PHONE_DIGITS: Final = 10
PHONE_DIGITS_MIN: Final = 6

PLACE_WORDS_MAX: Final = 32
"""Words of an address by which it is compared, the first ones."""

PLACES_KEPT: Final = 1 << 11
"""Addresses of which the words are kept in memory; each has many."""

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


class Person:
    """What is compared of a person. What nobody said is empty or None.

    Most candidates are told apart by birth, sex and numbers, so the words of names and addresses
    are made only when they are asked for.

    Args:
        fields: demographics, see `sync.model.demographics.FIELDS`.

    Attributes:
        sex: M, F, O or empty.
        phone: digits without what stands before the national number.
        cnic: digits.
        numbers: all identifiers beside the CNIC, as they are kept.
        identifiers: those that belong to one person, by name, in the form that is compared.
    """

    __slots__ = (
        *("_address", "_father_name", "_full_name", "born", "cnic", "identifiers", "numbers"),
        *("phone", "sex"),
    )

    def __init__(self, fields: Mapping[str, str | None]) -> None:
        self.born = _born(fields.get("dob"), fields.get("dob_estimated") == ESTIMATED)
        self.sex = fields.get("sex") or ""
        self.phone = _phone_of((fields.get("phone") or "")[: typed.NUMBER_READ_MAX])
        self.cnic = _cnic(fields.get("cnic") or "")
        held = more.unpacked(fields.get("identifiers"))
        self.numbers = tuple(held.values())
        self.identifiers = {
            name: compared
            for name, text in held.items()
            if name.startswith(more.OWN) and (compared := more.compared(text))
        }
        self._full_name, self._father_name = names_of(fields)
        self._address = fields.get("address") or ""

    def without(self, *numbers: Literal["phone", "cnic"]) -> Person:
        """The same person, as if nobody had said these numbers."""
        other = copy(self)
        for number in numbers:
            setattr(other, number, "")
        return other

    @property
    def names(self) -> tuple[str, str]:
        """The name and the father's name as they were written; see `names_of`."""
        return self._full_name, self._father_name

    @property
    def name(self) -> tuple[str, ...]:
        """The words of the name, see `sync.matching.words.words`."""
        return words(parted(self._full_name).name)

    @property
    def father(self) -> tuple[str, ...]:
        """The words of the father's name, which may stand behind the name."""
        return words(self._father_name or parted(self._full_name).father)

    @property
    def number(self) -> str:
        """The first number in the address."""
        return placed(self._address)[0]

    @property
    def place(self) -> frozenset[str]:
        """The sounds of the other words of the address."""
        return placed(self._address)[1]


def names_of(fields: Mapping[str, str | None]) -> tuple[str, str]:
    """The name and the father's name, each empty where a placeholder stands for it.

    Two people who are called *Unknown* have no name in common, and a baby has not its mother's.
    """
    full_name, father_name = (fields.get(name) or "" for name in NAMES)
    named = parted(full_name)
    if is_placeholder(full_name, fields.get("name_placeholder")):
        full_name = ""
    elif named.father and is_placeholder(named.name, None):  # as in ``Unknown s/o Imran``
        full_name, father_name = "", father_name or named.father
    return full_name, "" if is_placeholder(father_name, None) else father_name


def placed(address: str) -> tuple[str, frozenset[str]]:
    """The first number of an address, empty if there is none, and the sounds of its words."""
    return _placed(address[: typed.READ_MAX])


@lru_cache(PLACES_KEPT)
def _placed(address: str) -> tuple[str, frozenset[str]]:
    telling = (word for word in typed.tokens(typed.key(address)) if word not in _GENERIC)
    found = [word[:WORD_LETTERS_MAX] for word in islice(telling, PLACE_WORDS_MAX)]
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


@lru_cache(CACHED)
def _phone_of(phone: str) -> str:
    digits = typed.digits(phone).lstrip("0")[-PHONE_DIGITS:].lstrip("0")
    # Digits of which all are the same were typed because the form wants some.
    return digits if len(digits) >= PHONE_DIGITS_MIN and len(set(digits)) > 1 else ""


def _cnic(cnic: str) -> str:
    digits = typed.digits(cnic)
    return digits if digits.strip("0") else ""
