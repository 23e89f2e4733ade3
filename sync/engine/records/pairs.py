"""What was decided about pairs of records, brought into the tables; see `sync.rules.pairs`.

A pair is looked at when a decision about it comes in, and when the fields of one of the two may
come from other facts. Where nobody has ever decided about a pair that costs one question.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Final

from sync.engine.corrections import sources
from sync.engine.effects import Due
from sync.model.facts import FactId, PairFact, RecordId
from sync.rules import pairs
from sync.rules.feed import Feed, FeedChange
from sync.rules.gate import NewFact
from sync.rules.pairs import PairKey
from sync.storage.records.pairs import KeptPair
from sync.storage.store import Store

_SETTLING: Final = frozenset(
    {FeedChange.MERGED, FeedChange.UNMERGED, FeedChange.VOIDED, FeedChange.UNVOIDED}
)
"""After these something else may have become of the pairs of a record."""


class Pairs:
    """Applies decisions about pairs for one fold.

    Args:
        due: says which pairs may be decided otherwise now.
        feed: says who is merged or void now, or no more.
    """

    def __init__(self, store: Store, due: Due, feed: Feed) -> None:
        self._store = store
        self._pairs = store.pairs
        self._due = due
        self._feed = feed
        self._noted = 0

    def apply(self, decisions: Iterable[tuple[NewFact, PairFact]]) -> None:
        """Keep what was decided, and work out again which pairs are two people.

        It comes last, because whether a decision holds needs the fields of both.
        """
        for fact, body in decisions:
            self._pairs.add(fact.id, fact.envelope, body)
            self._due.pairs.add(pairs.pair_of(body.one, body.other))
        noted = self._feed.entries[self._noted :]
        self._noted = len(self._feed.entries)
        others = {entry.patient for entry in noted if entry.change in _SETTLING}
        if self._due.shown and self._pairs.any():
            self._due.pairs |= self._pairs.with_any(self._reached())
        self._due.shown.clear()
        for pair in sorted(self._due.pairs):
            others |= self._decide(pair)
        self._due.pairs.clear()
        self._store.suggestions.settle(others)

    def _reached(self) -> set[FactId]:
        """The registrations whose fields may come from other facts, and to whom these lead."""
        found: set[FactId] = set()
        for start in self._due.shown:
            fact: FactId | None = start
            while fact is not None and fact not in found:
                found.add(fact)
                settled = self._store.merges.of_fact(fact)
                merge = settled.merge if settled is not None else None
                fact = merge.into if merge is not None else None
        return found

    def _decide(self, pair: PairKey) -> set[int]:
        """Work out whether a pair is two people; return its records (local ids) if that changed."""
        kept = self._pairs.about(pair)
        decision = in_force(self._store, kept)
        ident = decision.decision.id if decision is not None else None
        if self._pairs.decided(pair) == ident:
            return set()
        self._pairs.decide(pair, ident)
        record, one = kept[0].record, kept[0].decision.fact.one
        return {row.id for row in self._store.people.registrations_by_fact(record, one)}


def between(store: Store, one: FactId, other: FactId) -> KeptPair | None:
    """The decision by which two registrations cannot come to count as one, None if they can.

    Not only these two, but also all that are merged into them would be one person.
    """
    others = {other, *store.merges.above(other)}
    for first in (one, *store.merges.above(one)):
        for second in sorted(store.pairs.apart_from(first) & others):
            ident = store.pairs.decided(pairs.pair_of(first, second))
            kept = store.pairs.decision(ident) if ident is not None else None
            if kept is not None:
                return kept
    return None


def in_force(store: Store, kept: Iterable[KeptPair]) -> KeptPair | None:
    """Of the decisions about one pair the one by which it is two people now."""
    every = {one.decision.id: one for one in kept}
    records: dict[FactId, RecordId] = {}
    for one in every.values():
        fact = one.decision.fact
        records |= {fact.one: one.record, fact.other: fact.other_record}

    @cache
    def shown(registration: FactId) -> dict[str, FactId]:
        return sources(store, (records[registration], registration))

    found = pairs.in_force((one.decision for one in every.values()), shown)
    return every[found.id] if found is not None else None
