"""The score: how probable it is that two registrations are one person, and what speaks for it.

After Fellegi and Sunter (A Theory for Record Linkage, 1969), with three classes instead of two: one
person, two relatives of one household, two strangers. What families share (telephone, address,
father) is as probable for relatives as for one person, so it never makes a duplicate by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import exp, inf, log
from typing import Final, NamedTuple

from sync.matching import weights
from sync.matching.comparing import Names, Share, costly, levels, telling
from sync.matching.person import Person
from sync.matching.weights import Grade, Weight

Logs = Mapping[tuple[str, str], tuple[float, float, float]]
"""Field and level -> the logarithms of its weights: one person, relatives, strangers."""


def logs(fields: Mapping[tuple[str, str], Weight]) -> Logs:
    """A table of weights as the score uses it."""
    return {
        finding: (log(weight.same), log(weight.relative), log(weight.stranger))
        for finding, weight in fields.items()
    }


_BIT: Final = log(2)

FIXED: Final = logs(weights.FIELDS)
"""The weights with which every desk scores."""


class Evidence(NamedTuple):
    """What one field says; ``bits`` are those by which it is for one person and not strangers."""

    field: str
    level: str
    bits: float


class Score(NamedTuple):
    """How probable it is that two registrations are one person, or two relatives.

    ``odds`` is the logarithm of the first against all else: it orders what ``same`` rounds to 1.
    ``given_name`` tells whether the given names agree in spelling, ``same_number`` whether
    CNICs do, or other identifiers that belong to one person.
    """

    same: float
    relative: float
    odds: float
    given_name: bool
    same_number: bool
    findings: tuple[Evidence, ...]


class Asked:
    """Somebody who is compared with others in a register.

    Args:
        people: how many there are in it.
        share: how frequent the words of names are in it.
        least: below so probable nobody is of interest, and may get less than the true score.
        table: other weights than those of every desk, to see what they would do.
    """

    def __init__(
        self,
        person: Person,
        people: int,
        share: Share,
        least: float = 0.0,
        table: Logs = FIXED,
    ) -> None:
        size = max(people, weights.PEOPLE_MIN)
        self._person = person
        self._share = share
        self._table = table
        self._prior = log(weights.SAME_PRIOR / size), log(weights.RELATIVES_PRIOR / size)
        self._least = log(least) if least else -inf
        place = _most_of("address", table)
        father = _Most(telling(person.father, share), -log(weights.RELATIVE_SAME_FATHER))
        # What the dear comparisons can still bring, each time that one of them is done.
        self._names_to_come = _Most(
            place.strangers + father.strangers + telling(person.name, share)
        )
        self._to_come = {
            "script": _Most(place.strangers + father.strangers, place.relatives + father.relatives),
            "father": place,
        }

    def score(self, other: Person) -> Score:
        """Compare with somebody of the register."""
        one = self._person
        same, relative = self._prior
        sums = _Sums(same, relative, self._table)
        for field, level in levels(one, other):
            sums.add_level(field, level)
        same_number = (bool(one.cnic) and one.cnic == other.cnic) or any(
            other.identifiers.get(name) == number for name, number in one.identifiers.items()
        )
        if sums.falls_short(self._least, self._names_to_come) and not same_number:
            return sums.nobody()
        given = False
        for field, found in costly(one, other, self._share):
            if isinstance(found, str):
                sums.add_level(field, found)
            else:
                sums.add_names(field, found)
                given = given or (field == "name" and found.given)
            most = self._to_come.get(field)
            if most is not None and sums.falls_short(self._least, most) and not same_number:
                return sums.nobody()
        return sums.score(given, same_number)


def grade(score: Score) -> Grade | None:
    """The grade of a score, None below all of them.

    What a household shares, a day of birth among it, is never more than *possible*: twins have all
    of it. For more the given name, the CNIC or another identifier must agree. Two people with one
    such number are always told of, because somebody must look.
    """
    if score.same < weights.GRADES[-1][1]:
        return "possible" if score.same_number else None
    if score.given_name or score.same_number:
        return next(name for name, least in weights.GRADES if score.same >= least)
    another = any(one.field == "name" and one.level == "other" for one in score.findings)
    if another and score.relative > weights.RELATIVE_AT_MOST * score.same:
        return None
    return "possible"


class _Most(NamedTuple):
    """The most that fields can say for one person, and against strangers or relatives (logs)."""

    strangers: float
    relatives: float = inf


def _most_of(field: str, table: Logs) -> _Most:
    found = [weights for (name, _), weights in table.items() if name == field]
    return _Most(
        max(same - stranger for same, _, stranger in found),
        max(same - relative for same, relative, _ in found),
    )


class _Sums:
    """The logarithms of three likelihoods, while one field after the other adds to them."""

    def __init__(self, same: float, relative: float, table: Logs) -> None:
        self._table = table
        self.same = same
        self.relative = relative
        self.stranger = 0.0
        self._found: list[tuple[str, str, float]] = []

    def add_level(self, field: str, level: str) -> None:
        """Add what a level of the table says."""
        self._add(field, level, *self._table[field, level])

    def add_names(self, field: str, found: Names) -> None:
        """Add what two names say."""
        self._add(field, found.agree, found.same, found.relative, found.stranger)

    def _add(self, field: str, level: str, same: float, relative: float, stranger: float) -> None:
        self.same += same
        self.relative += relative
        self.stranger += stranger
        self._found.append((field, level, same - stranger))

    def falls_short(self, least: float, most: _Most) -> bool:
        """Whether one person is less probable than ``least`` (log), whatever the rest says.

        Args:
            most: what the rest can say.
        """
        return (
            self.same + most.strangers < self.stranger + least
            or self.same + most.relatives < self.relative + least
        )

    def nobody(self) -> Score:
        """Return the score of somebody who is of no interest."""
        return Score(0.0, 0.0, self.same - self.stranger, False, False, self._evidence())

    def score(self, given_name: bool, same_number: bool) -> Score:
        """Return the score that follows from all that was added."""
        others = max(self.relative, self.stranger)
        others += log(exp(self.relative - others) + exp(self.stranger - others))
        odds = self.same - others
        same = 1 / (1 + exp(min(-odds, 700)))
        relative = (1 - same) * exp(self.relative - others)
        return Score(same, relative, odds, given_name, same_number, self._evidence())

    def _evidence(self) -> tuple[Evidence, ...]:
        return tuple(Evidence(field, level, bits / _BIT) for field, level, bits in self._found)
