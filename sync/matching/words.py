"""The words of a person's name, as they are compared: titles gone, short forms written out.

Everything starts from `sync.model.typed.key`, so letters of Arabic and of Urdu keyboards, capitals
and marks make no difference here.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import Final, NamedTuple

from sync.model import typed

CACHED: Final = 1 << 13
"""Texts of which the answer is kept in memory, for the same names come again and again. Of a text
only the part that counts is kept, or whoever writes long ones would have all the memory."""

WORDS_MAX: Final = 10
"""Two names are compared word by word with word, so a name of very many words would cost the desks
of everybody very much. No name that somebody is called by has so many."""

WORD_LETTERS_MAX: Final = 20
NAME_LETTERS_MAX: Final = 60
"""Letters of one word and of all words of a name by which it is compared: to hold two words against
each other costs more the longer they are. Hardly any word of a name is so long, and no name is."""

_TITLES_TEXT: Final = """
    mr mrs ms miss mst mstr dr prof engr adv doctor professor master mister late
    haji hajji hajjan hajan hafiz hafiza qari maulana molana sufi mian baba
    syed sayed saiyed sayyed sayyid saied syeda sayeda sayyeda
    مسٹر مسز مس مسماہ مسمات ڈاکٹر پروفیسر مرحوم مرحومہ
    حاجی حاجن حافظ حافظہ قاری مولانا صوفی میان بابا سید سیدہ
"""
_TITLES: Final = frozenset(_TITLES_TEXT.split())
"""Some write them and some do not, so they say nothing of who somebody is."""

_SHORT_FORMS: Final = {
    "md": "muhammad",
    "mohd": "muhammad",
    "muhd": "muhammad",
    "mhd": "muhammad",
    "mohmd": "muhammad",
    "ahmd": "ahmad",
    "bb": "bibi",
}
_INITIALS: Final = {"m": "muhammad", "gh": "ghulam", "ch": "chaudhry"}
"""Short forms at the beginning of a longer name."""

_HALF_BIBI: Final = frozenset({"بی", "bi", "bee"})
_BIBI: Final = frozenset({"بیبی", "bibi"})
_MUHAMMAD: Final = re.compile(r"m[aou]h?[aou]mm?[aeiu]d|m[ou]h?m+[ae]d|m[ou]?hm+[ae]?d")
_MAHMOOD: Final = re.compile(r"m[ae]h?m(?:oo|u|ou)d")
_SERVANT: Final = "abd"
"""The first half of names such as Abdul Rehman, in both scripts."""

_SERVANT_JOINED: Final = re.compile(r"عبد[اع]ل(?!لہ$)(.+)|abd[aeiou][lrsztdn]?(?!l)(.{3,})$")
_SERVANT_ALONE: Final = re.compile(r"abd(?:[aeiou][lrsztdn]?)?|عبد|عبدال")
_ARTICLES: Final = frozenset({"ul", "ud", "ur", "us", "un", "uz", "ush", "al"})
"""As in Noor ul Ain and Zia ud Din, which others write as one word."""

_NON_JOINER: Final = "\u200c"
"""Stands between words on Urdu keyboards, and within a word that is written apart."""

_LINKS: Final = frozenset({"e", "i", "bin", "ibn", "bint"})
_RELATION: Final = re.compile(
    r"(?<!\w)(?:[sdw]\s*[/\\.]\s*o\b\.?|(?:son|daughter|wife) of\b|ولد|بنت|دختر|زوجہ)(?!\w)"
)


class Named(NamedTuple):
    """A name and the name of the father or husband behind it, empty if none is."""

    name: str
    father: str


def parted(name: str) -> Named:
    """Take apart what was typed as ``NAME s/o FATHER``, in either script.

    What stands behind the first `typed.NAME_READ_MAX` characters is left out.
    """
    return _parted(name[: typed.NAME_READ_MAX])


@lru_cache(CACHED)
def _parted(name: str) -> Named:
    key = typed.key(name)
    found = _RELATION.search(key)
    if found is None or not key[: found.start()].strip():
        return Named(name, "")
    father = key[found.end() :].strip(" :.")
    return Named(key[: found.start()].strip()[: typed.NAME_READ_MAX], father[: typed.NAME_READ_MAX])


def words(name: str) -> tuple[str, ...]:
    """The words of a name, each once, in the order in which they stand.

    A name of nothing but titles keeps them. What stands behind the first `WORDS_MAX` words, or
    behind so many letters as one word or all may have, is left out.
    """
    return _words(name[: typed.NAME_READ_MAX])


@lru_cache(CACHED)
def _words(name: str) -> tuple[str, ...]:
    found = typed.tokens(typed.key(name.replace(_NON_JOINER, " ")))[:WORDS_MAX]
    written: list[str] = []
    joining = False
    for at, word in enumerate(found):
        more = at + 1 < len(found)
        if joining:
            written[-1] += word
            joining = False
        elif written and more and word in _ARTICLES and written[-1] != _SERVANT:
            written[-1] += word
            joining = True
        elif not (written and more and word in _LINKS):
            written += _written(word, written, more)
    kept = [word for word in written if word not in _TITLES] or written
    return _short(dict.fromkeys(word[:WORD_LETTERS_MAX] for word in kept))


def _short(words: Collection[str]) -> tuple[str, ...]:
    """The first words, as far as they have no more than `NAME_LETTERS_MAX` letters together."""
    so_far = zip(words, accumulate(map(len, words)), strict=True)
    return tuple(word for word, letters in so_far if letters <= NAME_LETTERS_MAX)


def is_urdu(word: str) -> bool:
    """True for a word in Arabic letters."""
    return word[0] > "\u05ff"


def _written(word: str, before: Sequence[str], more: bool) -> tuple[str, ...]:
    """The form in which a word of a name is compared; none if it belongs to the one before.

    Args:
        before: the words in front of it, in that form.
        more: whether there are words behind it.
    """
    last = before[-1] if before else None
    if joined := _SERVANT_JOINED.fullmatch(word):
        return _SERVANT, joined[1] or joined[2]
    if _SERVANT_ALONE.fullmatch(word):
        return (_SERVANT,)
    if last == _SERVANT:
        return () if word in _ARTICLES else (word.removeprefix("ال"),)
    if word in _HALF_BIBI:
        return () if last in _BIBI else ("bibi" if word.isascii() else "بیبی",)
    if not before and more and word in _INITIALS:
        return (_INITIALS[word],)
    if _MUHAMMAD.fullmatch(word):
        return ("muhammad",)
    if _MAHMOOD.fullmatch(word):
        return ("mahmood",)
    return (_SHORT_FORMS.get(word, word),)
