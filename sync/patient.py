"""Demographic fields: which there are, what is valid, and their normal forms.

Texts are kept as entered, trimmed and in Unicode NFC. Normal forms (E.164 phone, 13-digit CNIC, a
search key that folds Arabic and Urdu letter variants) serve searching and comparing only.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from typing import Final

from sync.errors import InvalidPatient

FIELDS: Final = (
    "full_name",
    "father_name",
    "dob",
    "dob_estimated",
    "sex",
    "phone",
    "cnic",
    "address",
)
REQUIRED: Final = ("full_name", "sex", "phone", "dob")
SEXES: Final = ("M", "F", "O")

LENGTH_MAX: Final = {
    "full_name": 200,
    "father_name": 200,
    "dob": 10,
    "dob_estimated": 4,
    "sex": 1,
    "phone": 30,
    "cnic": 15,
    "address": 500,
}
_BYTES_MAX: Final = 4096
_AGE_YEARS_MAX: Final = 150
_PHONE: Final = re.compile(r"\+?[0-9][0-9 ()./-]*")
_CNIC: Final = re.compile(r"[0-9]{5}-[0-9]{7}-[0-9]|[0-9]{13}")
_LETTERS: Final = str.maketrans(
    {
        "ي": "ی",
        "ى": "ی",
        "ئ": "ی",
        "ك": "ک",
        "ه": "ہ",
        "ة": "ہ",
        "ۃ": "ہ",
        "ھ": "ہ",
        "أ": "ا",
        "إ": "ا",
        "آ": "ا",
        "ؤ": "و",
        "ـ": "",
    }
)


def well_formed(value: object) -> bool:
    """True for a map of short names to texts, as facts carry it; unknown names are allowed."""
    return (
        type(value) is dict
        and len(value) <= 64
        and all(
            type(name) is str
            and 0 < len(name) <= 64
            and type(text) is str
            and len(text.encode("utf-8", "surrogatepass")) <= _BYTES_MAX
            for name, text in value.items()
        )
    )


def validate(
    given: Mapping[str, object], today: date, required: tuple[str, ...] = REQUIRED
) -> dict[str, str]:
    """The fields to store, cleaned; empty ones are left out.

    Args:
        given: what a client sent; names other than `FIELDS` are ignored.
        today: the facility's day by trusted now.
        required: fields that must not be empty.

    Raises:
        InvalidPatient: field -> what is wrong, all of them at once.
    """
    wrong: dict[str, str] = {}
    fields: dict[str, str] = {}
    for name in FIELDS:
        value = given.get(name)
        if value is None:
            text = ""
        elif isinstance(value, str):
            text = unicodedata.normalize("NFC", " ".join(value.split()))
        else:
            wrong[name] = "must be a text"
            continue
        if not text:
            if name in required:
                wrong[name] = "this field is required"
            continue
        why = _fault(name, text, today)
        if why is not None:
            wrong[name] = why
        else:
            fields[name] = text
    if wrong:
        raise InvalidPatient(wrong)
    return fields


def normal_phone(text: str) -> str:
    """E.164 where it can be told (a leading 0 is Pakistan's trunk prefix), else the digits."""
    digits = "".join(character for character in text if character.isdigit())
    if text.lstrip().startswith("+"):
        return f"+{digits}"
    if digits.startswith("00"):
        return f"+{digits[2:]}"
    if digits.startswith("0") and len(digits) in (10, 11):
        return f"+92{digits[1:]}"
    return digits


def normal_cnic(text: str) -> str:
    """The 13 digits of a CNIC."""
    return text.replace("-", "")


def search_key(text: str) -> str:
    """Lower case without diacritics, with the letter variants of Urdu keyboards folded."""
    decomposed = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    plain = "".join(character for character in decomposed if not unicodedata.combining(character))
    return plain.translate(_LETTERS).casefold()


def _fault(name: str, text: str, today: date) -> str | None:
    if len(text) > LENGTH_MAX[name]:
        return f"at most {LENGTH_MAX[name]} characters are allowed"
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in text):
        return "control characters are not allowed"
    if name == "sex" and text not in SEXES:
        return "must be M, F or O"
    if name == "dob":
        return _dob_fault(text, today)
    if name == "phone":
        digits = sum(character.isdigit() for character in text)
        if not _PHONE.fullmatch(text) or not 7 <= digits <= 15:
            return "must have 7 to 15 digits, as in 03001234567 or +92 300 1234567"
    if name == "cnic" and not _CNIC.fullmatch(text):
        return "must be #####-#######-# or 13 digits"
    return None


def _dob_fault(text: str, today: date) -> str | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:  # week dates such as 1990-W01-1 are read too
        return "must be a date as YYYY-MM-DD"
    if day > today:
        return "lies in the future"
    if day.year < today.year - _AGE_YEARS_MAX:
        return f"lies more than {_AGE_YEARS_MAX} years back"
    return None
