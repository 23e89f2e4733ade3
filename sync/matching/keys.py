"""Blocking keys: two people are compared only if they share one.

A key is a short text made of what two registrations of one person often have in common. Each key
leaves room for one kind of mistake: another telephone, another script, a wrong day of birth.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from typing import Final

from sync.matching import weights
from sync.matching.person import Person
from sync.matching.sounds import sound

RULE: Final = 3
"""Version of the keys; another one makes the index again."""

MARK: Final = "\u00a4"
"""Begins each key in the index: a letter for the index, and one that no word of a query has."""

ASKED_MAX: Final = 48
"""So many keys of one person are looked up at most, the most telling first."""

_YEARS: Final = 5
"""Years of birth are taken together by so many."""


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
    found += [("i", *one) for one in sorted(person.identifiers.items())]
    if person.phone:
        found.append(("p", person.phone[-7:]))
    name, father = _rarest(person.name), _rarest(person.father)
    if person.born is not None and not person.born.estimated:
        born, month, day = person.born.text.split("-")
        found.append(("d", born, *sorted((month, day))))  # clerks swap them
    found += [("n", *sorted((name[0], word))) for word in name[1:2] + father[:1] if name]
    found += _of_place(person, name[:1])
    if person.born is not None:
        year = int(person.born.text[:4])
        around = (2 if person.born.estimated else 1) if asked else 0
        found += [
            ("y", years, *pair)
            for pair in _pairs(name, father, person.sex)
            for years in range((year - around) // _YEARS, (year + around) // _YEARS + 1)
        ]
    return list(dict.fromkeys(map(_key, found)))


def _rarest(words: Iterable[str]) -> list[str]:
    """The sounds of some words, at most three, those that nearly everybody has last."""
    sounds = dict.fromkeys(map(sound, words))
    return sorted(sounds, key=lambda one: one in weights.FILLERS)[:3]


def _pairs(name: list[str], father: list[str], sex: str) -> list[tuple[str, ...]]:
    """What goes together with years of birth: two words, or one with the sex."""
    found = [
        tuple(sorted((one, other)))
        for at, one in enumerate(name)
        for other in name[at + 1 :] + father[:1]
    ]
    found += [(word, sex) for word in name[:2]]
    if father:
        # For a given name that was mistyped.
        found.append(("f", *sorted(father[:2]), sex))
    return list(dict.fromkeys(found))


def _of_place(person: Person, given: list[str]) -> list[tuple[object, ...]]:
    words = sorted(word for word in person.place if not word[0].isdigit() and len(word) > 1)[:2]
    if person.number:
        found: list[tuple[object, ...]] = [("a", person.number, word) for word in words]
        # In a large register a house number and a street are those of very many.
        return [*found, *(("h", person.number, word, one) for word in words[:1] for one in given)]
    return [("a", *words)] if len(words) > 1 else []


def _key(parts: tuple[object, ...]) -> str:
    """A key as a word for the index: 40 bits of a hash of its parts."""
    return MARK + blake2b("|".join(map(str, parts)).encode(), digest_size=5).hexdigest()
