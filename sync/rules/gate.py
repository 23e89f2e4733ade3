"""The gate: which batches may enter a shard.

Yrs trusts its input, so nothing reaches it but bytes that equal the one canonical encoding of well
formed facts, whose chain of links from what this replica holds ends in a link that the author has
signed. The rules change only with the protocol version.

There are three answers: *accepted*; *not yet*, when something that may still arrive is missing;
*invalid*, when it can never become valid: the shard is then left alone on that connection.

A shard is seen as a tree of segments: a run, and the branches where a copy of the same machine went
on differently. A segment holds the facts ``base``..``length`` of its run; those before ``base`` lie
in its parent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import NamedTuple, Protocol

from sync.errors import BadFact, BadUpdate
from sync.model import facts as facts_
from sync.model import runs, yjs
from sync.model.facts import Envelope, FactId, Link
from sync.model.runs import Batch, End
from sync.rules import registry

SHARD_FACTS_MAX = 16 * runs.RUN_FACTS_MAX
SHARD_BYTES_MAX = 16 * runs.RUN_BYTES_MAX


class Missing(StrEnum):
    """Why a batch must wait: what is missing may still arrive."""

    KEY = "key_missing"
    SHARD = "lower_shard_missing"
    CLOCK = "clock_missing"
    LINK = "link_missing"


class Fault(StrEnum):
    """Why a batch can never become valid."""

    UPDATE = "not_canonical"
    FACT = "bad_envelope"
    POSITION = "position_differs"
    AUTHOR = "not_an_author"
    SIGNATURE = "bad_signature"
    RUN_SIZE = "run_too_large"
    SHARD_SIZE = "shard_too_large"


class Segment(NamedTuple):
    """A run or a branch as this replica holds it; ``size`` is its run's in bytes, from clock 0."""

    id: int
    client: int
    parent: int | None
    base: int
    length: int
    link: Link
    size: int


class NewFact(NamedTuple):
    """A fact that enters, at ``clock``, with the link after it."""

    clock: int
    data: bytes
    id: FactId
    envelope: Envelope
    link: Link


class Accepted(NamedTuple):
    """The batch may enter.

    ``facts`` are those that are not held yet. They go on from ``segment`` (None: a new run), at
    its end, or, when ``branch`` is true, from the middle of it as a branch. With no new facts only
    the signature may be newer.
    """

    batch: Batch
    end: End
    segment: Segment | None
    branch: bool
    facts: list[NewFact]


class NotYet(NamedTuple):
    """The batch must wait."""

    missing: Missing


class Invalid(NamedTuple):
    """The batch will never be valid."""

    fault: Fault
    why: str


class Shard(Protocol):
    """What the gate asks of the shard that a batch is for.

    ``facts`` and ``size`` (bytes) are what it holds; ``previous_held`` is true when this replica
    has the shard before it, at least in part, or when it is the first.
    """

    facts: int
    size: int
    previous_held: bool

    def segments(self, client: int) -> Sequence[Segment]:
        """Run and branches of a client, the run first."""
        ...

    def link_at(self, segment: Segment, clock: int) -> Link:
        """The link of a segment at ``clock``, from its base to its length."""
        ...

    def facts_of(self, segment: Segment, first: int) -> Sequence[bytes]:
        """Facts of a segment from clock ``first`` (not below its base) to its length."""
        ...


Verify = Callable[[bytes, bytes, bytes], bool]
"""(public key, signature, signed bytes) -> valid."""


def examine(
    batch: Batch, shard: Shard, keys: frozenset[bytes], verify: Verify
) -> Accepted | NotYet | Invalid:
    """May ``batch`` enter ``shard``?

    The checks go from cheap to dear, and from what needs no state to what needs it: so what is
    invalid in itself is never kept waiting for a key.

    Args:
        keys: all that the registry ever listed for the author, because what a key signed stays
            valid after it was withdrawn.
    """
    if not registry.is_author(batch.author):
        return Invalid(Fault.AUTHOR, "the author is neither a terminal code nor a coordinator name")
    try:
        client, first, data = yjs.decode_update(batch.update)
    except BadUpdate as error:
        return Invalid(Fault.UPDATE, str(error))
    # The batch says again what its update says; only if both agree is it safe to go by either.
    if (client, first, first + len(data)) != (batch.client, batch.first, batch.length):
        return Invalid(Fault.POSITION, "client, clock or length differ from the update's")
    if not 0 <= batch.shard <= runs.SHARD_MAX:
        return Invalid(Fault.POSITION, "the number of the part is out of bounds")
    if batch.length > runs.RUN_FACTS_MAX:
        return Invalid(Fault.RUN_SIZE, f"a run of {batch.length} records")
    if first == 0 and batch.link != runs.first_link(batch.author, batch.shard, client):
        return Invalid(Fault.POSITION, "the first link is not that of this run")
    key = next((key for key in keys if runs.key_id(key) == batch.key), None)
    if key is None:  # the registry may not have arrived yet
        return NotYet(Missing.KEY)
    if not shard.previous_held:  # shards are opened in order, however high a number one may claim
        return NotYet(Missing.SHARD)
    return _attach(batch, data, shard, key, verify)


def _attach(
    batch: Batch, data: list[bytes], shard: Shard, key: bytes, verify: Verify
) -> Accepted | NotYet | Invalid:
    """Find where the batch goes on from what is held, and check what is new of it."""
    segments = shard.segments(batch.client)
    start = _segment_with(batch.first, batch.link, segments, shard)
    if start is None and batch.first > 0:
        # Facts are missing before it, or it goes on from a branch that is not here yet.
        known = max((segment.length for segment in segments), default=0)
        return NotYet(Missing.CLOCK if batch.first > known else Missing.LINK)
    segment, skip = _common(start, batch.first, data, segments, shard) if start else (None, 0)
    try:
        chained = _chain(batch, data)
    except BadFact as error:
        return Invalid(Fault.FACT, str(error))
    end = End(batch.client, batch.length, chained[-1].link)
    # The link names every fact before it, so this one signature covers those that are held too.
    if not verify(key, batch.signature, runs.signed_bytes(batch.author, batch.shard, end)):
        return Invalid(Fault.SIGNATURE, "the signature does not cover this end")
    fresh = chained[skip:]
    at = batch.first + skip
    # The author's machine and a copy of it went on differently from here: both stay.
    branch = segment is not None and bool(fresh) and at < segment.length
    size = sum(len(fact.data) for fact in fresh)
    if segment is not None:
        size += segment.size
        if branch:  # without the facts that the other branch holds from here on
            size -= sum(map(len, shard.facts_of(segment, at)))
    if size > runs.RUN_BYTES_MAX:
        return Invalid(Fault.RUN_SIZE, f"a run of {size} bytes")
    # Honest authors stop long before; a batch with no new facts may still bring a signature.
    if fresh and (shard.facts > SHARD_FACTS_MAX or shard.size > SHARD_BYTES_MAX):
        return Invalid(Fault.SHARD_SIZE, f"this part holds {shard.facts} records already")
    return Accepted(batch, end, segment, branch, fresh)


def _segment_with(
    clock: int, link: Link, segments: Sequence[Segment], shard: Shard
) -> Segment | None:
    """The segment whose link at ``clock`` is ``link``."""
    for segment in segments:  # the end is compared first, because inner links must be computed
        if segment.base <= clock <= segment.length and (
            (clock == segment.length and segment.link == link)
            or (clock < segment.length and shard.link_at(segment, clock) == link)
        ):
            return segment
    return None


def _common(
    segment: Segment,
    first: int,
    data: Sequence[bytes],
    segments: Sequence[Segment],
    shard: Shard,
) -> tuple[Segment, int]:
    """How many facts of ``data``, which begin at clock ``first`` of ``segment``, are held already.

    Returns:
        The segment where the held part ends, which may be a branch of ``segment``, and the count.
    """
    skip = 0
    while True:
        held = shard.facts_of(segment, first + skip) if first + skip < segment.length else ()
        for mine in held:
            if skip == len(data) or data[skip] != mine:
                break
            skip += 1
        if skip == len(data):
            return segment, skip
        # The batch leaves this segment here: another branch that begins with its next fact?
        child = next(
            (
                other
                for other in segments
                if other.parent == segment.id
                and other.base == first + skip
                and shard.facts_of(other, other.base)[0] == data[skip]
            ),
            None,
        )
        if child is None:
            return segment, skip
        segment = child


def _chain(batch: Batch, data: Sequence[bytes]) -> list[NewFact]:
    chained: list[NewFact] = []
    link = batch.link
    for clock, fact in enumerate(data, batch.first):
        envelope = facts_.decode(fact)
        ident = facts_.fact_id(batch.author, fact)
        link = runs.next_link(link, ident)
        chained.append(NewFact(clock, fact, ident, envelope, link))
    return chained
