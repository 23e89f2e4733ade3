"""Blocking keys: two people are compared only if they share one.

A key is a short text made of what two registrations of one person often have in common. Each key
leaves room for one kind of mistake: another telephone, another script, a wrong day of birth.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from typing import Final

from sync.matching.person import Person
from sync.matching.sounds import sound

RULE: Final = 1
"""Version of the keys; another one makes the index again."""

MARK: Final = "\u00a4"
"""Begins each key in the index: a letter for the index, and one that no word of a query has."""

ASKED_MAX: Final = 48
"""So many keys of one person are looked up at most, the most telling first."""

_FILLERS: Final = frozenset({"md", "abd", "b", "glm"})
"""Sounds of words that very many names have; other words make better keys."""

_YEARS: Final = 5
"""Years of birth are taken together by so many."""

_ALPHABET: Final = "abcdefghijklmnopqrstuvwxyz234567"


def kept(person: Person) -> list[str]:
    """The keys under which somebody is found."""
    return _made(person, asked=False)


def asked(person: Person) -> list[str]:
    """The keys under which to look for somebody, with the years beside the year of birth."""
    return _made(person, asked=True)[:ASKED_MAX]


def _made(person: Person, *, asked: bool) -> list[str]:
    found: list[tuple[object, ...]] = []
    if person.cnic:
        found += [("c", person.cnic[:9]), ("C", person.cnic[-6:])]
    if person.phone:
        found.append(("p", person.phone[-7:]))
    name, father = _rarest(person.name, 3), _rarest(person.father, 2)[:1]
    pairs = _pairs(name, father, person.sex, alone=asked or len(name) < 2)
    found += _of_place(person)
    if person.born is not None:
        year, month, day = person.born.text.split("-")
        if not person.born.estimated:
            when = (year, *sorted((month, day)))  # clerks swap them
            found += [("d", *when, word) for word in name + father]
        around = (3 if person.born.estimated else 2) if asked else 0
        first, last = int(year) - around, int(year) + around
        found += [
            ("y", years, *pair)
            for pair in pairs
            for years in range(first // _YEARS, last // _YEARS + 1)
        ]
    found += [("n", *sorted((name[0], word))) for word in name[1:2] + father if name]
    return list(dict.fromkeys(map(_key, found)))


def _rarest(words: Iterable[str], most: int) -> list[str]:
    """The sounds of some words, those that nearly everybody has last."""
    sounds = dict.fromkeys(map(sound, words))
    return sorted(sounds, key=lambda one: one in _FILLERS)[:most]


def _pairs(name: list[str], father: list[str], sex: str, *, alone: bool) -> list[tuple[str, ...]]:
    """Pairs of sounds of a name and its father's, and the given name alone with the sex."""
    found = [
        tuple(sorted((one, other)))
        for at, one in enumerate(name)
        for other in name[at + 1 :] + father
    ]
    if name and alone:
        found.append((name[0], sex))
    return list(dict.fromkeys(found))


def _of_place(person: Person) -> list[tuple[object, ...]]:
    words = sorted(word for word in person.place if not word[0].isdigit() and len(word) > 1)[:2]
    if person.number:
        return [("a", person.number, word) for word in words]
    return [("a", *words)] if len(words) > 1 else []


def _key(parts: tuple[object, ...]) -> str:
    """A key as a word for the index: 40 bits of a hash of its parts."""
    digest = blake2b("|".join(map(str, parts)).encode(), digest_size=5).digest()
    number = int.from_bytes(digest)
    return MARK + "".join(_ALPHABET[number >> shift & 31] for shift in range(0, 40, 5))
