"""What spreadsheet programs do to a table, and rows that are no people.

A number that is imported is somebody's for life, and its true form is then free for somebody else.
So a cell that a program has turned into something else is not taken as it stands. What is only odd
is taken if whoever imports says so, after having seen it.
"""

from __future__ import annotations

import re
from typing import Final

from sync.model import typed

_ERRORS: Final = re.compile(
    r"#(NAME\?|REF!|VALUE!|N/A|DIV/0!|NUM!|NULL!|SPILL!|CALC!|#+)", re.IGNORECASE
)
_SCIENTIFIC: Final = re.compile(
    r"[+-]?[0-9]+([.,][0-9]+)?E[+-][0-9]+|[0-9]+[.,][0-9]+E[0-9]+", re.IGNORECASE
)
_DECIMAL: Final = re.compile(r"[+-]?[0-9]+[.,]0+")
_ROUNDED: Final = re.compile(r"[0-9]{15}0+")
"""A spreadsheet keeps 15 digits of a number."""

_GROUPED: Final = re.compile(r"[0-9]{1,3}([,' ][0-9]{2,3})+")
_MONTHS: Final = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_DAY: Final = "(0?[1-9]|[12][0-9]|3[01])"
_MONTH: Final = f"(0?[1-9]|1[0-2]|({_MONTHS})[a-z]*)"
_DATE: Final = re.compile(
    rf"{_DAY}[-/. ]{_MONTH}([-/. ]([0-9]{{2}}|[0-9]{{4}}))?|({_MONTHS})[a-z]*[-/ ][0-9]{{2,4}}"
    r"|[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9:.]+)?",
    re.IGNORECASE,
)
_TOTALS: Final = re.compile(
    r"(grand |sub)?[- ]?totals?|sum|count|average|end of (report|file)|rows?"
)
_NUMBER_HEADERS: Final = frozenset(
    (
        *("mrn", "mrno", "mrnumber", "mr", "medicalrecordnumber", "regno", "registrationno"),
        *("registrationnumber", "number", "no"),
    )
)
_NAME_HEADERS: Final = frozenset(("fullname", "name", "patientname", "patient"))
_NOTHINGS: Final = frozenset(
    ("null", "none", "nil", "nan", "n/a", "na", "unknown", "undefined", "tbd", "x", "xx", "xxx")
)
_PAIRS: Final = {"cp1252": 1, "latin-1": 1, "cp1256": 3}
"""Encoding -> from how many pairs of its letters a text that is UTF-8 as well is no chance."""


def harm_to_number(text: str) -> str | None:
    """What a program has done to a number, as the rest of a sentence; None for a sound one."""
    cell = typed.code(text)
    found = None
    if _ERRORS.fullmatch(cell):
        found = "is the error of a formula"
    elif cell.startswith(("=", "@")):
        found = "is a formula"
    elif cell.startswith(("'", '"', "\u2018")):
        found = "begins with a quotation mark"
    elif _SCIENTIFIC.fullmatch(cell):
        found = "is a number that a spreadsheet has rounded; its last digits are lost"
    elif _DECIMAL.fullmatch(cell):
        found = "has decimals that a spreadsheet has added"
    elif _ROUNDED.fullmatch(cell):
        found = "has more digits than a spreadsheet keeps"
    elif cell.lower() in _NOTHINGS:
        found = "says that there is none"
    elif "\ufffd" in text:
        found = "has characters that an earlier conversion has lost"
    return found


def is_no_person(number: str, name: str) -> bool:
    """True for a total, and for a repeated header, whose cells say what the column is."""
    words = [" ".join(typed.key(cell).split()).strip(" :=.") for cell in (number, name)]
    if any(_TOTALS.fullmatch(word) for word in words):
        return True
    first, second = (re.sub(r"[^a-z]+", "", word) for word in words)
    return first in _NUMBER_HEADERS and (not second or second in _NAME_HEADERS)


def oddness(number: str, name: str, born: str, registered: str) -> str | None:
    """What is odd about a row, as a sentence; None for one that looks as others do.

    Args:
        born, registered: ISO 8601, empty if not known.
    """
    cell = typed.code(number)
    found = None
    if not any(character.isdigit() for character in cell):
        found = f"The number {cell} has no digit."
    elif cell.strip("0") == "":
        found = f"The number {cell} is nothing but zeros."
    elif _DATE.fullmatch(cell):
        found = f"The number {cell} may be a date that a spreadsheet has made of a number."
    elif _GROUPED.fullmatch(cell):
        found = f"The number {cell} has separators of thousands."
    elif not typed.has_letter(name):
        found = f"The name {typed.entered(name)} has no letter."
    elif is_garbled(name):
        found = f"The name {typed.entered(name)} looks garbled: is the encoding right?"
    elif sum(character.isdigit() for character in name) > len(name) / 2 or "@" in name:
        found = f"The name {typed.entered(name)} looks like the cell of another column."
    elif born and registered and born > registered[: len(born)]:
        found = f"Born on {born}, after being registered on {registered[:10]}."
    return found


def is_garbled(text: str) -> bool:
    """True for UTF-8 that was read as an encoding of one byte a letter, and for lost letters."""
    if "\ufffd" in text or any("\x80" <= character <= "\x9f" for character in text):
        return True
    if text.isascii():
        return False
    for encoding, pairs in _PAIRS.items():
        try:
            read = text.encode(encoding).decode("utf-8")
        except UnicodeError:
            continue
        if sum(not character.isascii() for character in read) >= pairs:
            return True
    return False
