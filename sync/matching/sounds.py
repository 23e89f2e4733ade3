"""What a word sounds like, the same for Roman and Urdu spellings: its consonants.

Urdu writes no short vowels and Roman spellings mix theirs, so consonants are what both scripts
share: Muhammad, Mohd and محمد are one sound. Several words have one sound (Hassan, Hussain), so a
sound finds people, and `sync.matching.likeness` says how near two words really are.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from sync.matching.words import CACHED, is_urdu

_IRREGULAR: Final = {
    # Very many have these, so names with the same consonants must not be taken for them: Mahdi,
    # Madiha, Abid, Ubaid.
    "muhammad": "mhmd",
    "محمد": "mhmd",
    "abd": "qbd",
    "محمود": "mvd",
    "mahmood": "mvd",
    "اسحاق": "axk",  # in Roman letters its s and h look like one sh
    "اسحق": "axk",
}
_URDU: Final = {
    "ب": "b",
    "پ": "p",
    **dict.fromkeys("تٹط", "t"),
    **dict.fromkeys("ثسص", "s"),
    "ج": "j",
    "چ": "c",
    **dict.fromkeys("خکق", "k"),
    **dict.fromkeys("دڈ", "d"),
    **dict.fromkeys("ذزضظژ", "z"),
    **dict.fromkeys("رڑ", "r"),
    "ش": "x",
    **dict.fromkeys("غگ", "g"),
    "ف": "f",
    "ل": "l",
    "م": "m",
    "ن": "n",
}
_URDU_WEAK: Final = dict.fromkeys("اعوہحی", "")
"""Vowels, and letters so weak within a word that Roman spellings leave them out.

A letter of any other alphabet is kept as it is, or all words of that alphabet would be alike.
"""
_URDU_SOUNDS: Final = str.maketrans(_URDU_WEAK | _URDU)

_URDU_FIRST: Final = {"ا": "a", "ع": "a", "و": "v", "ی": "y", "ہ": "h", "ح": "h"}
_ROMAN_FIRST: Final = {**dict.fromkeys("aeiou", "a"), "w": "v", "v": "v", "y": "y", "h": "h"}
_SILENT_ARTICLE: Final = re.compile("(?<=..)ال(?=[تثدذرزسشصضطظن].)")
"""Before these letters the l of the article is not spoken: ضیاءالدین, Ziauddin."""

_ROMAN: Final = tuple(
    (re.compile(pattern), by)
    for pattern, by in (
        ("sh", "X"),
        ("ch", "C"),
        ("kh|ck", "k"),
        ("gh", "g"),
        ("ph", "f"),
        ("([tdbjz])h", r"\1"),
        ("x", "ks"),
        ("[qc]", "k"),
        ("[aeiouywvh]", ""),
        ("X", "x"),
        ("C", "c"),
    )
)
_SPELLED: Final = tuple(
    (re.compile(pattern), by)
    for pattern, by in (
        ("ee", "i"),
        ("oo", "u"),
        (r"(.)\1+", r"\1"),
        ("ie|ei|ai|ae|ay|ey|y|e", "i"),
        ("ou|au|aw|o|w|v", "u"),
        ("q", "k"),
        ("(?<=.)h", ""),
        (r"(.)\1+", r"\1"),
    )
)
_URDU_SPELLED: Final = str.maketrans(_URDU_WEAK | _URDU | {"و": "u", "ی": "i"})
_ROMAN_CONSONANT: Final = re.compile(
    "sh|ch|kh|ck|gh|ph|[tdbjz]h|bb|cc|dd|ff|gg|jj|kk|ll|mm|nn|pp|rr|ss|tt|zz|[b-df-gj-npqrstxz]"
)
_URDU_CONSONANT: Final = re.compile(f"[{''.join(_URDU)}]")
_RUN: Final = re.compile(r"(.)\1+")


@lru_cache(CACHED)
def sound(word: str) -> str:
    """The consonants of a word; a first vowel is ``a``, and a first h, w or y is kept.

    Args:
        word: one of `sync.matching.words.words`.
    """
    irregular = _IRREGULAR.get(word)
    if irregular is not None:
        return irregular
    if is_urdu(word):
        first = _URDU_FIRST.get(word[0], "")
        spoken = _SILENT_ARTICLE.sub("ا", word)
        rest = spoken.translate(_URDU_SOUNDS)
    else:
        first = _ROMAN_FIRST.get(word[0], "")
        rest = word
        for pattern, by in _ROMAN:
            rest = pattern.sub(by, rest)
    return first + _RUN.sub(r"\1", rest) or word[0]


@lru_cache(CACHED)
def spelled(word: str) -> str:
    """A word in which letters that clerks mix are one: Saeed and Said, ظفر and زفر."""
    if is_urdu(word):
        first = _URDU_FIRST.get(word[0], "")
        return first + word.translate(_URDU_SPELLED)
    for pattern, by in _SPELLED:
        word = pattern.sub(by, word)
    return word


def consonants(word: str) -> list[str]:
    """What stands before the first, between, and behind the consonants of a word's sound."""
    return (_URDU_CONSONANT if is_urdu(word) else _ROMAN_CONSONANT).split(word)
