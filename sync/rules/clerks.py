"""Who works at which desk: the administrator's list of clerks, folded from facts of the registry.

What no other fact replaces, the *heads*, says what is so now. Of rival heads, which two
coordinators wrote that went on from one backup, the one counts that allows the least: a clerk that
either of them removed is gone, and works only where both say. A PIN that both gave by one number is
none: a desk would go on with whichever it has.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from sync.model.facts import Author, ClerkFact, ClerkRule, FactId


class ClerkEntry(NamedTuple):
    """A fact about clerks, and its id."""

    id: FactId
    fact: ClerkFact | ClerkRule


class Clerk(NamedTuple):
    """A clerk as the list has them now.

    ``desks`` is None for all desks; ``pin`` is which of their PINs is good, 0 for none;
    ``pins`` is how many they were ever given; ``heads`` are the facts that a next one replaces.
    """

    id: bytes
    name: str
    desks: frozenset[Author] | None
    pin: int
    pins: int
    removed: bool
    heads: tuple[FactId, ...]

    def works_at(self, desk: Author) -> bool:
        """True for a desk at which they work."""
        return not self.removed and (self.desks is None or desk in self.desks)


class Clerks(NamedTuple):
    """All clerks by id, those who were removed too, and whether other names may be typed.

    ``rule`` are the facts that a next rule replaces.
    """

    all: Mapping[bytes, Clerk]
    typing: bool
    rule: tuple[FactId, ...]

    @property
    def listed(self) -> list[Clerk]:
        """Those who were not removed, by name."""
        return sorted(
            (one for one in self.all.values() if not one.removed),
            key=lambda one: (one.name.casefold(), one.id),
        )

    def at(self, desk: Author) -> list[Clerk]:
        """Those who work at a desk, by name."""
        return [one for one in self.listed if one.works_at(desk)]


NO_CLERKS: Final = Clerks({}, True, ())


def fold(said: Iterable[ClerkEntry], known: Clerks = NO_CLERKS) -> Clerks:
    """The list that all of these facts make, in whatever order they come.

    Args:
        known: the list before; of each clerk whom ``said`` is about, and of the rule if it is about
            that, it has all facts.
    """
    clerks: dict[bytes, list[ClerkEntry]] = {}
    rules: list[ClerkEntry] = []
    for one in said:
        if isinstance(one.fact, ClerkFact):
            clerks.setdefault(one.fact.clerk, []).append(one)
        else:
            rules.append(one)
    changed = {ident: _clerk(ident, history) for ident, history in clerks.items()}
    if not rules:
        return known._replace(all={**known.all, **changed})
    heads = _heads(rules)
    return Clerks(
        {**known.all, **changed},
        all(head.fact.typing for head in heads if isinstance(head.fact, ClerkRule)),
        tuple(head.id for head in heads),
    )


def _clerk(ident: bytes, history: Sequence[ClerkEntry]) -> Clerk:
    newest = _heads(history)
    heads = [head.fact for head in newest if isinstance(head.fact, ClerkFact)]
    limits = [frozenset(head.desks) for head in heads if head.desks is not None]
    return Clerk(
        ident,
        heads[-1].name,
        frozenset.intersection(*limits) if limits else None,
        _pin(newest, history),
        max(one.fact.pin for one in history if isinstance(one.fact, ClerkFact)),
        any(head.removed for head in heads),
        tuple(head.id for head in newest),
    )


def _pin(heads: Sequence[ClerkEntry], history: Sequence[ClerkEntry]) -> int:
    """Which PIN is good, 0 for none."""
    said = {one.id: one.fact for one in history if isinstance(one.fact, ClerkFact)}
    newest = max(said[head.id].pin for head in heads)
    # The facts that gave it: what only changed something else goes back to one of them.
    given: set[FactId] = set()
    seen: set[FactId] = set()
    waiting = [head.id for head in heads if len(heads) > 1 and said[head.id].pin == newest]
    while waiting:
        one = waiting.pop()
        if one in seen:
            continue
        seen.add(one)
        before = [
            ident for ident in said[one].replaces if ident in said and said[ident].pin == newest
        ]
        waiting += before
        if not before:
            given.add(one)
    return newest if len(given) <= 1 else 0


def _heads(history: Sequence[ClerkEntry]) -> list[ClerkEntry]:
    """The facts that no other of ``history`` replaces, by id."""
    replaced = {ident for one in history for ident in one.fact.replaces}
    heads = [one for one in history if one.id not in replaced]
    # Facts that replace each other in a circle, which nobody honest writes, are all heads.
    return sorted(heads or history, key=lambda one: one.id)
