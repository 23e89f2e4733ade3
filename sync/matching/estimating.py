"""The weights of the score, estimated from pairs of a register of which nobody knows the truth.

By expectation maximisation (Dempster, Laird and Rubin, Maximum Likelihood from Incomplete Data via
the EM Algorithm, 1977): how probable it is that each pair is one person, two relatives or two
strangers follows from the weights, and the weights follow from that, until both stay as they are.

Two things keep the classes what they are. What names say is not estimated: it follows from how
frequent their words are here. And the fixed weights count as much as some pairs that were looked
at, so what a register hardly shows stays as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import exp, log
from typing import Final, NamedTuple

from sync.errors import TooFewPairs
from sync.matching import weights
from sync.matching.comparing import Share, costly, levels
from sync.matching.person import Person
from sync.matching.scoring import FIXED, Logs, logs
from sync.matching.weights import Weight

PAIRS_MIN: Final = 100
"""So many pairs of one person, and of relatives, there must be at least: with fewer, one share in
ten of them may be wrong by half of it. Chosen."""

RANDOM_MIN: Final = 10_000
"""So many random pairs there must be at least. Chosen."""

ROUNDS_MAX: Final = 30
STILL: Final = 0.005
"""It ends when no logarithm of a weight changes by more. Chosen."""

COUNT_AS: Final = 100.0
COUNT_AS_STRANGERS: Final = 10_000.0
"""The fixed weights count as so many pairs of one person or of relatives, and of strangers.
Chosen: as many as there must be at least."""

OPEN_FROM: Final = 1e-4
"""A pair that is less probably one person or relatives teaches nothing of either. Chosen."""


class SideBySide(NamedTuple):
    """Two people side by side.

    Attributes:
        findings: field and level of each field that both have.
        names: logarithms of how probable their names are: one person, relatives, strangers.
    """

    findings: tuple[tuple[str, str], ...]
    names: tuple[float, float, float]


class Classes(NamedTuple):
    """How many of a person's pairs are of one person, and of relatives, in a register of a size."""

    same: float
    relatives: float
    people: int


class Estimate(NamedTuple):
    """What was estimated.

    Attributes:
        fields: the weights, by field and level, as `sync.matching.weights.FIELDS`.
        asked: how many people were compared with those who are like them.
        same, relatives: how many of the pairs were taken for one person, and for relatives.
        rounds: after how many it ended.
    """

    fields: Mapping[tuple[str, str], Weight]
    asked: int
    same: float
    relatives: float
    rounds: int


def compare(one: Person, other: Person, share: Share) -> SideBySide:
    """Set two people side by side."""
    findings = list(levels(one, other))
    same = relative = stranger = 0.0
    for field, found in costly(one, other, share):
        if isinstance(found, str):
            findings.append((field, found))
        else:
            same += found.same
            relative += found.relative
            stranger += found.stranger
    return SideBySide(tuple(findings), (same, relative, stranger))


def is_open(pair: SideBySide, people: int) -> bool:
    """Whether two may be one person or relatives by the fixed weights."""
    return sum(_chances(pair, FIXED, _begin(people))) >= OPEN_FROM


def estimate(
    near: Sequence[SideBySide],
    random: Sequence[SideBySide],
    asked: int,
    people: int,
    tell: Callable[[int, int], None],
) -> Estimate:
    """Estimate all weights of fields.

    Args:
        near: pairs that may be one person or relatives (`is_open`), of people who were compared
            with all who are like them.
        random: pairs that chance has put together, for the weights of strangers.
        asked: how many people were compared.
        people: how many there are in the register.
        tell: called with the round and the most rounds.

    Raises:
        TooFewPairs: the register does not show enough.
    """
    table, classes = FIXED, _begin(people)
    chances = [_chances(pair, table, classes) for pair in near]
    _require_enough(chances, random)
    fields: Mapping[tuple[str, str], Weight] = weights.FIELDS
    for done in range(1, ROUNDS_MAX + 1):
        tell(done, ROUNDS_MAX)
        apart = [1 - sum(_chances(pair, table, classes)) for pair in random]
        fields = _weights(near, chances, random, apart)
        before, table = table, logs(fields)
        classes = _classes(chances, asked, people)
        chances = [_chances(pair, table, classes) for pair in near]
        if _moved(before, table) < STILL:
            break
    same, relatives = _totals(chances)
    return Estimate(fields, asked, same, relatives, done)


def _begin(people: int) -> Classes:
    size = max(people, weights.PEOPLE_MIN)
    return Classes(weights.SAME_PRIOR, weights.RELATIVES_PRIOR, size)


def _require_enough(chances: Iterable[tuple[float, float]], random: Sequence[SideBySide]) -> None:
    same, relatives = _totals(chances)
    if min(same, relatives) < PAIRS_MIN or len(random) < RANDOM_MIN:
        raise TooFewPairs(
            same=round(same),
            relatives=round(relatives),
            least=PAIRS_MIN,
            random=len(random),
            least_random=RANDOM_MIN,
        )


def _totals(chances: Iterable[tuple[float, float]]) -> tuple[float, float]:
    same = relatives = 0.0
    for one, other in chances:
        same += one
        relatives += other
    return same, relatives


def _chances(pair: SideBySide, table: Logs, classes: Classes) -> tuple[float, float]:
    """How probable it is that a pair is one person, and that it is relatives."""
    same, relative, stranger = pair.names
    same += log(classes.same / classes.people)
    relative += log(classes.relatives / classes.people)
    for finding in pair.findings:
        its_same, its_relative, its_stranger = table[finding]
        same += its_same
        relative += its_relative
        stranger += its_stranger
    most = max(same, relative, stranger)
    one, two, three = exp(same - most), exp(relative - most), exp(stranger - most)
    total = one + two + three
    return one / total, two / total


def _classes(chances: Sequence[tuple[float, float]], asked: int, people: int) -> Classes:
    """How many of one person's pairs are what, with the fixed ones as those of some people more."""
    same, relatives = _totals(chances)
    begin = _begin(people)
    return Classes(
        (same + COUNT_AS * begin.same) / (asked + COUNT_AS),
        (relatives + COUNT_AS * begin.relatives) / (asked + COUNT_AS),
        begin.people,
    )


def _weights(
    near: Sequence[SideBySide],
    chances: Sequence[tuple[float, float]],
    random: Sequence[SideBySide],
    apart: Sequence[float],
) -> dict[tuple[str, str], Weight]:
    """How often each level was found among the pairs of each class."""
    same = _shares(near, [one for one, _ in chances], COUNT_AS, 0)
    relative = _shares(near, [other for _, other in chances], COUNT_AS, 1)
    stranger = _shares(random, apart, COUNT_AS_STRANGERS, 2)
    return {
        finding: Weight(same[finding], relative[finding], stranger[finding], "estimated")
        for finding in weights.FIELDS
    }


def _shares(
    pairs: Sequence[SideBySide], counts: Sequence[float], count_as: float, place: int
) -> dict[tuple[str, str], float]:
    """The share of each level of a field, of the pairs in which both have that field.

    Args:
        counts: as how much each pair counts.
        count_as: as how many pairs the fixed weights count.
        place: which of the fixed weights.
    """
    found = dict.fromkeys(weights.FIELDS, 0.0)
    for pair, count in zip(pairs, counts, strict=True):
        for finding in pair.findings:
            found[finding] += count
    fixed = {finding: weight[place] for finding, weight in weights.FIELDS.items()}
    totals: dict[str, float] = {}
    of_fixed: dict[str, float] = {}
    for (field, level), count in found.items():
        totals[field] = totals.get(field, 0.0) + count
        of_fixed[field] = of_fixed.get(field, 0.0) + float(fixed[field, level])
    return {
        (field, level): (count + count_as * float(fixed[field, level]) / of_fixed[field])
        / (totals[field] + count_as)
        for (field, level), count in found.items()
    }


def _moved(before: Logs, now: Logs) -> float:
    """The greatest change of a weight."""
    return max(
        abs(one - other)
        for finding, values in now.items()
        for one, other in zip(values, before[finding], strict=True)
    )
