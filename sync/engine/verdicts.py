"""What verdicts say, brought to the registrations and amendments that they judge.

A verdict names a stretch of a run and the link at its end. It applies to a run as soon as that run
has this link at that clock, and to no other run of the same client: a branch that went on with
other facts was never judged by it. So verdict and facts may come in either order, and in one
transaction or in several, and the tables say the same.
"""

from __future__ import annotations

from collections.abc import Sequence

from sync.engine.effects import Due
from sync.engine.sorting import Placed
from sync.model import facts
from sync.model.facts import Verdict
from sync.rules.admission import Judged
from sync.rules.feed import Feed
from sync.storage.shards import RunRow
from sync.storage.store import Store


class Verdicts:
    """Applies verdicts for one fold.

    Args:
        due: gets what follows from them and must be worked out again.
        feed: gets the people who are confirmed by them.
    """

    def __init__(self, store: Store, due: Due, feed: Feed) -> None:
        self._shards = store.shards
        self._people = store.people
        self._decisions = store.decisions
        self._amendments = store.amendments
        self._due = due
        self._feed = feed

    def on_arrival(self, placed: Sequence[Placed]) -> dict[tuple[int, int], Judged]:
        """What stored verdicts say of facts that arrive now, by (run, clock).

        It may also be the arrival of later facts that makes a verdict apply to earlier ones, which
        are stored already; to these it is applied here.
        """
        judged: dict[tuple[int, int], Judged] = {}
        for place in placed:
            # There are no people in the registry, and what was written just now nobody has judged.
            if place.shard.author == facts.REGISTRY or place.own:
                continue
            first = place.facts[0].clock
            links = {fact.clock + 1: fact.link for fact in place.facts}
            for at_ms, verdict in self._decisions.verdicts_of(
                place.shard.author, place.shard.number, place.run.client, links
            ):
                for clock in range(max(verdict.first, first), verdict.last):
                    reason = verdict.rejects.get(clock - verdict.first)
                    key = (place.run.id, clock)
                    before = judged.get(key, Judged())
                    judged[key] = before.and_also(reason is None, reason, at_ms)
                if verdict.first < first:
                    self._judge_stored(place.run, verdict.first, first, verdict, at_ms)
        return judged

    def apply(self, placed: Sequence[Placed], verdicts: Sequence[tuple[int, Verdict]]) -> None:
        """Apply new verdicts, (time in ms, verdict) each, to facts of earlier transactions."""
        seen = {place.run.id: place.facts[0].clock for place in placed}
        for at_ms, verdict in verdicts:
            shard = self._shards.find(verdict.author, verdict.shard)
            if shard is None:
                continue  # `on_arrival` finds it when the first fact of the shard comes
            found = self._shards.places.find(
                shard.id,
                shard.author,
                shard.number,
                verdict.client,
                verdict.last,
                (verdict.link,),
            )
            if found is None:
                continue  # its end has not come yet
            run = self._shards.run(found[0])
            if verdict.last > seen.get(run.id, run.length):
                continue  # its end came in this transaction, so `on_arrival` has applied it
            self._judge_stored(run, verdict.first, verdict.last, verdict, at_ms)

    def _judge_stored(
        self, run: RunRow, first: int, last: int, verdict: Verdict, at_ms: int
    ) -> None:
        """Apply a verdict to the stored facts ``first``..``last`` of a run and its parents."""
        while first < run.base and run.parent is not None:
            if run.base < last:
                self._judge_segment(run, run.base, last, verdict, at_ms)
                last = run.base
            run = self._shards.run(run.parent)
        self._judge_segment(run, first, last, verdict, at_ms)

    def _judge_segment(
        self, run: RunRow, first: int, last: int, verdict: Verdict, at_ms: int
    ) -> None:
        """Apply a verdict to facts that lie in this run itself."""
        self._due.corrections.update(self._amendments.judge(run.id, first, last, verdict, at_ms))
        # One statement admits all that nothing was said about before, which is nearly everything.
        # A verdict with rejects is brought to each registration by itself first, so that the
        # statement then finds only those that it does not reject.
        rows = self._people.unlike_others(run.id, first, last, bool(verdict.rejects))
        refused = {row.id for row in rows if row.clock - verdict.first in verdict.rejects}
        judged: dict[int, Judged] = {}
        for row in rows:
            # One fact may lie at several clocks. What the verdict says of each of them counts.
            before = judged.get(row.id, row.judged)
            is_plain = before == Judged() and not row.resolved and row.well_formed
            if row.id in refused or not is_plain:
                reason = verdict.rejects.get(row.clock - verdict.first)
                judged[row.id] = before.and_also(reason is None, reason, at_ms)
        for patient, together in judged.items():
            self._people.set_judged(patient, together)
            self._due.standings.add(patient)
        shared, admitted = self._people.admit_segment(run.id, first, last, at_ms)
        # To be admitted changes the holder only where another registration claims the number too.
        self._due.claims.update(shared)
        self._feed.admitted(admitted)
