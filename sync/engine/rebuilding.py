"""The projection made again from all facts, by the code that keeps it up to date."""

from __future__ import annotations

from collections.abc import Iterable

from sync.engine.fold import Fold
from sync.engine.sorting import Placed
from sync.model import facts, runs
from sync.rules import registry
from sync.rules.gate import NewFact
from sync.storage.store import Store


def rebuild(store: Store, pieces: int = 500) -> Iterable[int]:
    """Fill empty projection tables from all facts; yields how many facts each piece had."""
    known = registry.fold(())
    for shard, run in store.shards.all_runs():
        data = store.shards.facts_of(run.id, run.base)
        patients = store.shards.patient_ids(run.id)
        link = store.shards.link_at(shard.author, shard.number, run, run.base)
        for begin in range(0, len(data), pieces):
            new: list[NewFact] = []
            for clock_, fact in enumerate(data[begin : begin + pieces], run.base + begin):
                ident = facts.fact_id(shard.author, fact)
                link = runs.next_link(link, ident)
                new.append(NewFact(clock_, fact, ident, facts.decode(fact), link))
            fold = Fold(store, known)
            fold.apply([Placed(shard, run, new, patients[begin : begin + pieces])])
            known = fold.registry
            yield len(new)
