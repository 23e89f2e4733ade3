"""What of a run can still be sent, where records of it have changed or are missing.

A signature covers a run from its first record to its end, so a run with one changed record is
refused as a whole. Its author can sign the records before that one. The others are what they were,
as the tables prove by their ids, but no link of before leads to them. They go into a run of their
own, whose client follows from what is in it: whoever does this again signs the same run, and a
record that comes in two runs is one record for everybody.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from sync.errors import BadFact
from sync.model import facts, runs, yjs
from sync.model.facts import Link
from sync.model.runs import Batch, End
from sync.storage.shards import RunRow, ShardRow, by_clock
from sync.storage.store import Store


class RunSigner(Protocol):
    """What signs in the name of an author: `sync.engine.keys.Signer`."""

    public_key: bytes

    def sign(self, data: bytes) -> bytes:
        """64-byte signature."""
        ...


def batches(
    store: Store, shard: ShardRow, run: RunRow, changed: Collection[int], signer: RunSigner
) -> list[Batch]:
    """All records of a run that are what they were, signed by their author.

    Args:
        changed: the clocks of those that are not, and of those that are missing.
        signer: of the author.
    """
    data = by_clock(store.connection, run.id)
    good = [
        clock
        for clock in range(run.base, run.length)
        if clock in data and clock not in changed and is_record(data[clock])
    ]
    # What a branch goes on from may have changed too, so all of it goes into the other run.
    before = [] if run.base else [clock for at, clock in enumerate(good) if clock == at]
    rest = good[len(before) :]
    found = []
    link = runs.first_link(shard.author, shard.number, run.client)
    if before:
        head = [data[clock] for clock in before]
        found.append(_signed(shard, run.client, head, signer))
        link = _end(shard, link, head)
    if rest:
        last = [data[clock] for clock in rest]
        client = runs.branch_client(link, facts.fact_id(shard.author, last[0]))
        found.append(_signed(shard, client, last, signer))
    return found


def is_record(data: bytes) -> bool:
    """Whether the gate takes it: what nothing proves may be anything."""
    try:
        facts.decode(data)
    except BadFact:
        return False
    return True


def _end(shard: ShardRow, link: Link, data: list[bytes]) -> Link:
    for one in data:
        link = runs.next_link(link, facts.fact_id(shard.author, one))
    return link


def _signed(shard: ShardRow, client: int, data: list[bytes], signer: RunSigner) -> Batch:
    first = runs.first_link(shard.author, shard.number, client)
    end = End(client, len(data), _end(shard, first, data))
    return Batch(
        shard.author,
        shard.number,
        client,
        0,
        first,
        end.length,
        yjs.encode_update(client, 0, data),
        runs.key_id(signer.public_key),
        signer.sign(runs.signed_bytes(shard.author, shard.number, end)),
    )
