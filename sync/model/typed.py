"""What a person types or pastes: how it is kept, and what it is compared by.

There are three readings of one text, and everything that people type goes through one of them:

- `entered`: a name or an address, kept in the letters that were typed;
- `code`: a telephone number, a date, a medical record number: what machines read. Digits of every
  script, wide letters and typographic hyphens become ASCII, and marks that nobody sees go;
- `key`: what two names are compared and searched by. It is made of Unicode's own data and of one
  small table. Keys are never part of a fact, so that a better rule may replace this one: raise
  `RULE` then, and search indexes are made again.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

RULE: Final = 3
"""Version of what `key` and `words` make of a text."""

READ_MAX: Final = 500
"""Characters of a text by which it is compared and searched, in the form in which that is done. No
name or address that somebody may type is longer."""

NAME_READ_MAX: Final = 200
"""Characters of a name by which two people are compared. Nobody may type more."""

NUMBER_READ_MAX: Final = 100
"""Characters of a telephone number by which it is compared."""

GROWTH: Final = 18
"""NFKC makes at most so many letters of one, ﷺ."""


def _points(*ranges: tuple[int, int]) -> frozenset[str]:
    return frozenset(chr(point) for first, last in ranges for point in range(first, last + 1))


_BIDI_FORMAT: Final = _points((0x202A, 0x202E), (0x2066, 0x2069))
"""They come along when one copies from a chat, and would turn round what is shown behind them."""

_UNSEEN: Final = _points(
    (0x00AD, 0x00AD),  # soft hyphen
    (0x034F, 0x034F),  # combining grapheme joiner
    (0x061C, 0x061C),  # Arabic letter mark
    (0x115F, 0x1160),  # Hangul fillers: letters by category, but empty
    (0x17B4, 0x17B5),  # Khmer inherent vowels
    (0x180B, 0x180F),  # Mongolian variation selectors and vowel separator
    (0x200B, 0x200F),  # zero-width space, non-joiner, joiner, marks of direction
    (0x202A, 0x202E),  # embedding and override of direction
    (0x2060, 0x206F),  # word joiner, invisible operators, isolates
    (0x2800, 0x2800),  # Braille blank
    (0x3164, 0x3164),  # Hangul filler
    (0xFE00, 0xFE0F),  # variation selectors
    (0xFEFF, 0xFEFF),  # byte order mark
    (0xFFA0, 0xFFA0),  # half-width Hangul filler
    (0xFFF0, 0xFFFB),  # reserved, and marks of annotations
    (0x1BCA0, 0x1BCA3),  # shorthand format controls
    (0x1D173, 0x1D17A),  # musical format controls
    (0xE0000, 0xE0FFF),  # tags, and more variation selectors
)
"""Default_Ignorable_Code_Point of Unicode's DerivedCoreProperties, and the blanks that are none."""

_APOSTROPHES: Final = "'`´ʹʻʼʽʾʿˈˊˋ‘’‛′＇ꞌ"
_JOINTS: Final = frozenset(_APOSTROPHES) | {"\u200c", "\u200b", "\u00ad", "\u2060"}
"""Within a name some write them, some a space, and some nothing at all."""

_LETTER_CATEGORIES: Final = frozenset({"Lu", "Ll", "Lt", "Lo"})
"""Not ``Lm``: a tatweel or a raised comma alone is no name."""

_LETTERS: Final = str.maketrans(
    {
        # Keyboards for Arabic and for Urdu have different letters for one sound, and clerks leave
        # the hamza out.
        "ي": "ی",
        "ى": "ی",
        "ئ": "ی",
        "ې": "ی",
        "ے": "ی",
        "ۓ": "ی",
        "ك": "ک",
        "ڪ": "ک",
        "ه": "ہ",
        "ة": "ہ",
        "ۃ": "ہ",
        "ۀ": "ہ",
        "ۂ": "ہ",
        "ە": "ہ",
        "ھ": "ہ",
        "أ": "ا",
        "إ": "ا",
        "آ": "ا",
        "ٱ": "ا",
        "ٲ": "ا",
        "ٳ": "ا",
        "ؤ": "و",
        "ۆ": "و",
        "ں": "ن",  # noon ghunna
        "ڻ": "ن",
        "ء": None,
        "ـ": None,  # tatweel only stretches a word
        # Latin letters that Unicode does not take apart, as people write them without the stroke.
        "đ": "d",
        "ð": "d",
        "ø": "o",
        "ł": "l",
        "ħ": "h",
        "ı": "i",
        "ŧ": "t",
        "ŋ": "n",
        "ĸ": "k",
        "æ": "ae",
        "œ": "oe",
        "þ": "th",
        "ə": "e",
    }
)
_NO_DIGITS: Final = re.compile("[^0-9]+")
_RUN: Final = re.compile(r"[^\W_]+")
_UNUSUAL: Final = re.compile(r"[^\w\x00-\x7f،۔]")
"""Neither a letter or digit nor a separator that everybody uses: a mark, or something else."""

_DROPPED: Final = str.maketrans(dict.fromkeys(_UNSEEN | frozenset(_APOSTROPHES)))
_SPLIT: Final = str.maketrans(dict.fromkeys(_JOINTS, " "))
_CODE: Final = str.maketrans(
    {
        **dict.fromkeys(_UNSEEN),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\u30fc\ufe58\ufe63", "-"),
        **dict.fromkeys("\u066b\u3002", "."),
        "\u2044": "/",
        "\u2215": "/",
    }
)


def entered(text: str) -> str:
    """A name or an address as it is kept: in NFC, with single spaces, without unseen ends."""
    if text.isascii():
        return " ".join(text.split())
    kept = "".join(character for character in text if character not in _BIDI_FORMAT)
    found = " ".join(kept.split())
    while found and (found[0] in _UNSEEN or found[-1] in _UNSEEN):
        found = found.strip("".join(_UNSEEN)).strip()
    return unicodedata.normalize("NFC", found)


def code(text: str) -> str:
    """What machines are to read, in ASCII where that is what was meant; with single spaces."""
    if text.isascii():
        return " ".join(text.split())
    plain = unicodedata.normalize("NFKC", text).translate(_CODE)
    return " ".join(_in_ascii_digits(plain).split())


def digits(text: str) -> str:
    """The digits at the beginning of a text, see `READ_MAX`, of whatever script, in ASCII."""
    return _NO_DIGITS.sub("", _in_ascii_digits(_compatible(text)))


def key(text: str) -> str:
    """What names are compared by: small letters without marks, variants of letters folded.

    Only the beginning of a text counts, see `READ_MAX`.
    """
    if text.isascii():
        return text[:READ_MAX].translate(_DROPPED).casefold()
    # A letter with a mark in one piece (ئ) and in two (ی and a hamza) must have one key, and so
    # must capitals (Đ, İ). Hence the table comes after both.
    plain = unicodedata.normalize("NFKD", _compatible(text).casefold())
    kept = "".join(character for character in plain if not unicodedata.combining(character))
    return _in_ascii_digits(kept.translate(_DROPPED).translate(_LETTERS))


def words(text: str) -> list[str]:
    """The words by which a text is found, each a key, without repetitions.

    Where there is an apostrophe or a zero-width non-joiner, there are both the word without it and
    its two parts, because a clerk may type either.
    """
    found = tokens(key(text))
    if not _JOINTS.isdisjoint(text):
        found += tokens(key(text.translate(_SPLIT)))
    return list(dict.fromkeys(found))


def tokens(text: str) -> list[str]:
    """The runs of letters, marks and digits in a key."""
    if not _UNUSUAL.search(text):
        return _RUN.findall(text)
    return "".join(character if _is_of_word(character) else " " for character in text).split()


def has_letter(text: str) -> bool:
    """True when there is a letter of some script, one that can be seen and stands by itself."""
    return any(
        unicodedata.category(character) in _LETTER_CATEGORIES and character not in _UNSEEN
        for character in text
    )


def on_one_line(text: str) -> str:
    """What somebody elsewhere says: it begins no line, and moves no cursor of a terminal."""
    return "".join(one if one.isprintable() else " " for one in text)


def has_control(text: str) -> bool:
    """True for characters that are no text: controls, and halves of surrogate pairs."""
    return any(unicodedata.category(character) in ("Cc", "Cs") for character in text)


def rule(*parts: str) -> str:
    """What the keys in a search index depend on; another value makes the index again.

    Args:
        parts: whatever else the index depends on, for example the region of telephone numbers.
    """
    return "/".join((str(RULE), unicodedata.unidata_version, *parts))


def _compatible(text: str) -> str:
    """The beginning of a text in NFKC, of which it has at most `READ_MAX` characters."""
    if len(text) * GROWTH <= READ_MAX:
        return unicodedata.normalize("NFKC", text)  # as nearly all names are
    letters = end = 0
    for character in text[:READ_MAX]:
        # Looked at one by one, because the form of the whole is what takes long.
        letters += len(unicodedata.normalize("NFKC", character))
        if letters > READ_MAX:
            break
        end += 1
    return unicodedata.normalize("NFKC", text[:end])


def _is_of_word(character: str) -> bool:
    return character.isalnum() or unicodedata.category(character).startswith("M")


def _in_ascii_digits(characters: Iterable[str]) -> str:
    return "".join(
        character if character < "\x80" else _ascii_digit(character) for character in characters
    )


def _ascii_digit(character: str) -> str:
    value = unicodedata.decimal(character, None)
    return character if value is None else str(value)
