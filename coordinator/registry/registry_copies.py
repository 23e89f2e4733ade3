"""The registry for a desk that is let in, and which of its runs are the coordinator's."""

from __future__ import annotations

from typing import Final, cast

from sync.engine.replica import Replica
from sync.model.facts import REGISTRY, VouchedEnd
from sync.model.runs import Batch, End
from sync.protocol.questions import SignTails, Wish, WishesQuery
from sync.reading.snapshot import Snapshot
from sync.trust.registry_copy import RegistryCopy, ShownEnds

_ASKED: Final = 200
"""Ends that are looked for at once, so that registrations get in between."""


async def copy_for(replica: Replica, shown: ShownEnds) -> RegistryCopy:
    """What a desk gets whose runs of the coordinator's names end as is shown."""
    unknown: set[VouchedEnd] = set()
    for first in range(0, len(shown.ends), _ASKED):
        asked = tuple(
            (end.author, end.shard, (End(*end[2:]),)) for end in shown.ends[first : first + _ASKED]
        )
        lacking = cast(tuple[Wish, ...], await replica.answer(WishesQuery(asked)))
        unknown |= {VouchedEnd(wish.author, wish.shard, *wish.target) for wish in lacking}
    # What was written alone is not signed yet, and the desk's own key may be in it.
    await replica.answer(SignTails())
    known = tuple(end for end in shown.ends if end not in unknown)
    return RegistryCopy(await replica.read(_registry), known)


def _registry(snapshot: Snapshot) -> tuple[Batch, ...]:
    """All that is signed of the registry; it grows with desks and ranges, not with people."""
    shards = snapshot.store.shards
    found = (shards.find(REGISTRY, number) for number, _ in shards.shard_ends(REGISTRY))
    return tuple(
        shards.batch(run, 0)
        for shard in found
        if shard is not None
        for run in shards.runs_of(shard.id)
        if run.signed > run.base
    )
