"""Two people side by side, field by field: at which level of the table each agrees."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import exp, log
from typing import Final, NamedTuple

from sync.matching import weights
from sync.matching.likeness import Likeness, likeness, slip
from sync.matching.person import Born, Person
from sync.matching.sounds import sound
from sync.matching.words import is_urdu

Share = Callable[[str], float]
"""Sound -> the share of the names in this register that have a word of it; never 0."""

_SAME_WORD: Final = (Likeness.EXACT, Likeness.VARIANT, Likeness.SCRIPT)
_YEAR: Final = 365.25
_AGES: Final = ((1, "1"), (2, "2"), (3, "3"), (5, "5"), (10, "10"))


class Names(NamedTuple):
    """What two names say: logarithms of their likelihoods, and how they agree.

    ``agree`` is ``same``, ``part`` or ``other``; ``given`` tells whether the given names agree in
    spelling and not only in sound.
    """

    same: float
    relative: float
    stranger: float
    agree: str
    given: bool


def levels(one: Person, other: Person) -> Iterator[tuple[str, str]]:
    """The cheap fields of two people: (field, level) of each that both have."""
    if one.born is not None and other.born is not None:
        yield births(one.born, other.born)
    if one.sex and other.sex:
        yield "sex", "same" if one.sex == other.sex else "other"
    if one.phone and other.phone:
        yield "phone", _numbers(one.phone, other.phone)
    if one.cnic and other.cnic:
        yield "cnic", _numbers(one.cnic, other.cnic)
    both = one.identifiers.keys() & other.identifiers.keys()
    if both:
        agree = any(one.identifiers[name] == other.identifiers[name] for name in both)
        yield "identifier", "same" if agree else "other"


def births(one: Born, other: Born) -> tuple[str, str]:
    """How two days of birth agree; where one was estimated, how two ages do."""
    if one.estimated or other.estimated:
        years = abs(one.day - other.day) / _YEAR
        # A few days of grace, for ages are asked in whole years.
        return "age", next((level for most, level in _AGES if years <= most + 0.05), "more")
    if one.day == other.day:
        return "dob", "exact"
    year, month, day = one.text.split("-")
    other_year, other_month, other_day = other.text.split("-")
    if (year, month, day) == (other_year, other_day, other_month):
        return "dob", "swapped"
    differing = sum(a != b for a, b in zip(one.text, other.text, strict=True))
    if differing == 1 or abs(one.day - other.day) == 1:
        return "dob", "slip"
    if (month, day) == (other_month, other_day):
        return "dob", "month_day"
    return "dob", "year" if year == other_year else "other"


def places(one: Person, other: Person) -> str | None:
    """How two addresses agree; None if one has none."""
    here, there = one.place, other.place
    if not here or not there:
        return None
    share = len(here & there) / len(here | there)
    if share >= 0.5 and one.number and one.number == other.number:
        return "house"
    return "same" if share >= 0.6 else "near" if share >= 0.34 else "other"


def scripts(one: tuple[str, ...], other: tuple[str, ...]) -> str:
    """Whether two names are in one script: most people are written in the same one again."""
    return "same" if is_urdu(one[0]) == is_urdu(other[0]) else "other"


def names(one: tuple[str, ...], other: tuple[str, ...], share: Share) -> Names:
    """Compare two names word by word, in whatever order; a rare word says more than a common one.

    Args:
        one, other: at least one word each.
    """
    if len(one) != len(other):
        one, other = _joined(one, other), _joined(other, one)
    ours, tells = _weighed(one, share)
    _, also_tells = _weighed(other, share)
    pairs = _aligned(one, other, ours)
    first, second = _given(tells), _given(also_tells)
    left = [at for at in range(len(one)) if at not in {pair.here for pair in pairs}]
    right = [at for at in range(len(other)) if at not in {pair.there for pair in pairs}]
    telling = sum(tells[at] for at in left)
    also = sum(also_tells[at] for at in right)
    clash = min(telling, also)
    same = relative = stranger = 0.0
    agree = given = False
    for here, there, how in pairs:
        spelling = weights.SPELLINGS[how]
        by_chance = log(max(min(weights.WORD_SHARE_MAX, ours[here]), spelling.stranger))
        same += log(spelling.same)
        stranger += by_chance
        # Where other words differ, a word that only one of them has in front may be a family's.
        if (here == first and there == second) if clash else (here == first or there == second):
            agree = True
            given = given or how not in (Likeness.SOUND, Likeness.FAR)
            relative += max(by_chance, log(weights.RELATIVE_SHARES_GIVEN))
        else:
            relative += max(by_chance, log(weights.RELATIVE_SHARES_WORD))
    if clash:
        same += log(weights.OTHER_WORD_DIFFERS if agree else weights.GIVEN_NAME_DIFFERS)
    more = max(telling, also) - clash
    same += more * log(weights.WORD_MISSING if agree else weights.GIVEN_NAME_DIFFERS)
    common = len(left) + len(right) - telling - also
    same += min(2, common) * log(weights.COMMON_WORD_MISSING)
    if not pairs:
        same += log(weights.NOTHING_AGREES)
    how_much = "same" if not left and not right else "part" if agree and not clash else "other"
    return Names(same, relative, stranger, how_much, given)


def fathers(one: tuple[str, ...], other: tuple[str, ...], share: Share) -> Names:
    """Compare the names of two fathers; two brothers have one, and one person may name two."""
    found = names(one, other, share)
    same = found.same
    if found.agree == "other":
        same = max(same, found.stranger + log(weights.FATHER_DIFFERS))
    half = weights.RELATIVE_SAME_FATHER
    relative = found.stranger + log(half * exp(min(same - found.stranger, 300)) + 1 - half)
    return Names(same, relative, found.stranger, found.agree, found.given)


def costly(one: Person, other: Person, share: Share) -> Iterator[tuple[str, str | Names]]:
    """The other fields of two people, which cost more to compare: names, and where they live."""
    name, its_name = one.name, other.name
    if name and its_name:
        yield "name", names(name, its_name, share)
        yield "script", scripts(name, its_name)
    father, its_father = one.father, other.father
    if father and its_father:
        yield "father", fathers(father, its_father, beside(name, its_name, share))
    place = places(one, other)
    if place is not None:
        yield "address", place


def beside(one: tuple[str, ...], other: tuple[str, ...], share: Share) -> Share:
    """How frequent words are in the names of the fathers of two people with these names.

    Whoever has a family's name has a father who has it, so a word that both names have says little
    more if both fathers have it too.
    """
    common = set(map(sound, one)).intersection(map(sound, other))

    def known(of: str) -> float:
        return max(share(of), weights.FATHER_SHARES_WORD) if of in common else share(of)

    return known if common else share


def telling(name: Sequence[str], share: Share) -> float:
    """The most that the words of a name can say for anybody, as a logarithm."""
    best = log(max(one.same for one in weights.SPELLINGS.values()))
    return sum(best - log(share(sound(word))) for word in name)


def _numbers(one: str, other: str) -> str:
    if one == other:
        return "same"
    return "slip" if slip(one, other) else "other"


def _joined(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    """Join two neighbours in a name that the other name writes as one word, as Shah Zaib."""
    for at in range(len(one) - 1):
        together = one[at] + one[at + 1]
        if any(likeness(together, word) in _SAME_WORD for word in other):
            return (*one[:at], together, *one[at + 2 :])
    return one


class _Pair(NamedTuple):
    """Two words that agree, by their places in two names."""

    here: int
    there: int
    how: Likeness


def _aligned(one: tuple[str, ...], other: tuple[str, ...], shares: Sequence[float]) -> list[_Pair]:
    """Words that agree, each once; those that tell most are paired first.

    Args:
        shares: how frequent the words of ``one`` are.
    """
    found = []
    for here, word in enumerate(one):
        for there, its in enumerate(other):
            how = likeness(word, its)
            if how is not None:
                by_chance = shares[here] / weights.SPELLINGS[how].same
                found.append((by_chance, _Pair(here, there, how)))
    if len(found) > 1:
        found.sort()
    used: set[int] = set()
    taken: set[int] = set()
    pairs = []
    for _, pair in found:
        if pair.here not in used and pair.there not in taken:
            used.add(pair.here)
            taken.add(pair.there)
            pairs.append(pair)
    return pairs


def _weighed(name: tuple[str, ...], share: Share) -> tuple[list[float], list[bool]]:
    """How frequent each word of a name is, and whether it tells who somebody is."""
    sounds = [sound(word) for word in name]
    shares = [share(one) for one in sounds]
    return shares, [
        one not in weights.FILLERS and frequent < weights.COMMON
        for one, frequent in zip(sounds, shares, strict=True)
    ]


def _given(tells: Sequence[bool]) -> int:
    """The place of the given name: the first word that not everybody has."""
    return tells.index(True) if True in tells else 0
