"""Check digits: what is printed behind a number, so that a mistyped one is noticed.

Each algorithm takes decimal digits and returns one character, MOD 97,10 two. All notice every
single wrong digit. Two digits beside one another that were swapped are noticed

================  =================================================================================
``luhn``          except 0 and 9 (ISO/IEC 7812-1, annex B)
``luhn30``        always; the check character may be a letter (Luhn modulo 30, as OpenMRS has it)
``mod11_10``      except some pairs of digits, which depend on the digits before (ISO/IEC 7064)
``mod97_10``      always (ISO/IEC 7064)
``verhoeff``      always (J. Verhoeff, Error Detecting Decimal Codes, 1969)
``damm``          always (H. M. Damm, Total anti-symmetrische Quasigruppen, 2004)
================  =================================================================================

Without one (``none``) nothing is noticed.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Final

DIGITS: Final = "0123456789"
ALPHABET_30: Final = "0123456789ACDEFGHJKLMNPRTUVWXY"
"""The digits, and the letters that nobody takes for a digit: without B, I, O, Q, S and Z."""


class Check(StrEnum):
    """Which check digit a text has."""

    NONE = "none"
    LUHN = "luhn"
    LUHN_30 = "luhn30"
    MOD_11_10 = "mod11_10"
    MOD_97_10 = "mod97_10"
    VERHOEFF = "verhoeff"
    DAMM = "damm"

    @property
    def length(self) -> int:
        """How many characters it has."""
        return {Check.NONE: 0, Check.MOD_97_10: 2}.get(self, 1)

    @property
    def alphabet(self) -> str:
        """The characters that it may have."""
        return ALPHABET_30 if self is Check.LUHN_30 else DIGITS


def check_digits(check: Check, digits: str) -> str:
    """The check digits of some decimal digits; empty for `Check.NONE`."""
    return _ALGORITHMS[check](digits)


def _none(_digits: str) -> str:
    return ""


def _luhn(digits: str) -> str:
    return DIGITS[_luhn_modulo(digits, 10)]


def _luhn_30(digits: str) -> str:
    return ALPHABET_30[_luhn_modulo(digits, 30)]


def _luhn_modulo(digits: str, base: int) -> int:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        # The check character is the last one of all, so doubling begins beside it.
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value // base + value % base
    return -total % base


def _mod_11_10(digits: str) -> str:
    product = 10
    for digit in digits:
        product = ((product + int(digit)) % 10 or 10) * 2 % 11
    return str((11 - product) % 10)


def _mod_97_10(digits: str) -> str:
    return f"{98 - int(digits) * 100 % 97:02d}"


_FIVES: Final = (
    *((0, 1, 2, 3, 4, 5, 6, 7, 8, 9), (1, 2, 3, 4, 0, 6, 7, 8, 9, 5)),
    *((2, 3, 4, 0, 1, 7, 8, 9, 5, 6), (3, 4, 0, 1, 2, 8, 9, 5, 6, 7)),
    *((4, 0, 1, 2, 3, 9, 5, 6, 7, 8), (5, 9, 8, 7, 6, 0, 4, 3, 2, 1)),
    *((6, 5, 9, 8, 7, 1, 0, 4, 3, 2), (7, 6, 5, 9, 8, 2, 1, 0, 4, 3)),
    *((8, 7, 6, 5, 9, 3, 2, 1, 0, 4), (9, 8, 7, 6, 5, 4, 3, 2, 1, 0)),
)
"""The group of the symmetries of a pentagon, which does not commute."""
_INVERSE: Final = (0, 4, 3, 2, 1, 5, 6, 7, 8, 9)
_PERMUTED: Final = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)


def _verhoeff(digits: str) -> str:
    found = 0
    for place, digit in enumerate(reversed(digits), 1):
        value = int(digit)
        for _ in range(place % 8):  # the permutation has order 8
            value = _PERMUTED[value]
        found = _FIVES[found][value]
    return str(_INVERSE[found])


_QUASIGROUP: Final = (
    *("0317598642", "7092154863", "4206871359", "1750983426", "6123045978"),
    *("3674209581", "5869720134", "8945362017", "9438617205", "2581436790"),
)
"""Of order 10, totally anti-symmetric, with zeros on its diagonal; from Damm's thesis."""


def _damm(digits: str) -> str:
    found = 0
    for digit in digits:
        found = int(_QUASIGROUP[found][int(digit)])
    return str(found)


_ALGORITHMS: Final[dict[Check, Callable[[str], str]]] = {
    Check.NONE: _none,
    Check.LUHN: _luhn,
    Check.LUHN_30: _luhn_30,
    Check.MOD_11_10: _mod_11_10,
    Check.MOD_97_10: _mod_97_10,
    Check.VERHOEFF: _verhoeff,
    Check.DAMM: _damm,
}
