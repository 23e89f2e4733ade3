"""Which two registrations are two people, as administrators have decided.

A suggestion that two records are one person is dismissed by a fact about the pair. It names what
both records said then, field by field, by the facts whose values they showed. What holds:

1. Everything here is a function of the facts that are there, whatever their order of arrival.
2. A later decision replaces those before it. Where several stand beside one another, which only two
   coordinators of one backup can write, the pair is two people only if all of them say so: to show
   a suggestion once too often is safer than to hide it.
3. A decision holds as long as each field in which people are told apart shows the value of the same
   fact as then. So whatever corrects one of the two, before or after it in time, ends it unless it
   was seen; and so does a merge by which one shows the value of another record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final, NamedTuple

from sync.model.demographics import FIELDS
from sync.model.facts import FactId, PairFact
from sync.model.person import more

WATCHED: Final = tuple(field for field in FIELDS if field != "identity")
"""A correction of one of these, or of an identifier, may change whether two records are of one
person. That somebody has confirmed who a person is changes nothing that was seen; a name that
replaces a placeholder does."""

NAMED_MAX: Final = 64
"""As many as `sync.model.facts.Sources` holds."""

_NUMBERS: Final = (more.OWN, more.SHARED)


class PairKey(NamedTuple):
    """Two registrations in the order of their fact ids, so that each pair has one name."""

    first: FactId
    second: FactId


class DecidedPair(NamedTuple):
    """A fact about a pair, with its own id."""

    id: FactId
    fact: PairFact


def pair_of(one: FactId, other: FactId) -> PairKey:
    """The name of the pair of two registrations."""
    return PairKey(min(one, other), max(one, other))


def heads(decisions: Iterable[DecidedPair]) -> list[DecidedPair]:
    """Of the decisions about one pair those that no other replaces, by id."""
    every = sorted(decisions, key=lambda one: one.id)
    replaced = {ident for one in every for ident in one.fact.replaces}
    # Facts that replace each other in a circle, which nobody honest writes, are all heads.
    return [one for one in every if one.id not in replaced] or every


def in_force(
    decisions: Iterable[DecidedPair], shown: Callable[[FactId], Mapping[str, FactId]]
) -> DecidedPair | None:
    """The decision by which the two of a pair are two people now, None if none holds.

    Args:
        shown: for a registration the fact whose value it shows in each field that was corrected or
            taken from another record.
    """
    last = heads(decisions)
    if not all(one.fact.two_people for one in last):
        return None
    for one in last:
        fact = one.fact
        if _same(fact.seen_one, shown(fact.one)) and _same(fact.seen_other, shown(fact.other)):
            return one
    return None


def named(shown: Mapping[str, FactId]) -> dict[str, FactId]:
    """What a decision names of what a registration shows: the fields that tell people apart.

    Of more than `NAMED_MAX` the first ones by name count, here and when it is compared.
    """
    fields = sorted(field for field in shown if field in WATCHED or field.startswith(_NUMBERS))
    return {field: shown[field] for field in fields[:NAMED_MAX]}


def _same(seen: Mapping[str, FactId], now: Mapping[str, FactId]) -> bool:
    return named(seen) == named(now)
