"""Telephone numbers in one form, however they were typed, by the rules of the ITU and of a region.

The library `phonenumbers` has the numbering plans of all countries. A number is kept as it was
typed; what this module returns serves comparing and searching, and is never part of a fact, since
numbering plans change.
"""

from __future__ import annotations

import functools
from typing import Final

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

from sync.model import typed

REGION: Final = "PK"
"""Where a number without a country code is from, unless the settings say otherwise."""

RULE: Final[str] = phonenumbers.__version__
"""The version of the numbering plans."""


def is_region(name: str) -> bool:
    """True for a country that has telephone numbers, by its two letters of ISO 3166."""
    return name in phonenumbers.SUPPORTED_REGIONS


def normal(number: str, region: str = REGION) -> str:
    """E.164 (``+923001234567``) where that is certain, else the digits alone.

    Args:
        number: as it was typed, in digits of any script.
        region: see `is_region`.
    """
    return _normal(number[: typed.NUMBER_READ_MAX], region)


@functools.lru_cache(4096)
def _normal(number: str, region: str) -> str:
    found = _parsed(number, region)
    if found is not None and phonenumbers.is_valid_number(found):
        return phonenumbers.format_number(found, PhoneNumberFormat.E164)
    code = _code(number)
    digits = typed.digits(code)
    # A number of another country is what it says, even where the plans do not know its block.
    if code.startswith("+"):
        return f"+{digits}"
    return f"+{digits[2:]}" if digits.startswith("00") else digits


def spellings(number: str, region: str = REGION) -> list[str]:
    """The runs of digits by which a number is found: as code, with country code, and without."""
    number = number[: typed.NUMBER_READ_MAX]
    found = [typed.digits(number), normal(number, region).lstrip("+")]
    parsed = _parsed(number, region)
    if parsed is not None and phonenumbers.is_valid_number(parsed):
        national = phonenumbers.format_number(parsed, PhoneNumberFormat.NATIONAL)
        found.append(typed.digits(national))
    return list(dict.fromkeys(filter(None, found)))


@functools.lru_cache(4096)
def _parsed(number: str, region: str) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(_code(number), region)
    except NumberParseException:
        return None


def _code(number: str) -> str:
    """A number in ASCII, without the parameters of RFC 3966 behind a semicolon.

    Nobody types them, and the library takes twice as long for each part of a domain that is none.
    """
    return typed.code(number).partition(";")[0]
