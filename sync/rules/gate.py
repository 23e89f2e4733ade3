"""The gate: which batches may enter a shard.

Yrs trusts its input, so nothing reaches it but bytes that equal the one canonical encoding of well
formed facts, whose chain of links from what this replica holds ends in a link that the author has
signed. The rules change only with the protocol version.

There are three answers: *accepted*; *not yet*, when something that may still arrive is missing;
*invalid*, when it can never become valid: the shard is then left alone on that connection.

Whoever has no key of the author must not be able to cause work. So the signature is checked by the
bytes of the batch alone, and nothing that is stored is looked at before it holds. After that, what
a batch costs does not depend on how much is stored: its place is found by its links.

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
from sync.model.facts import Author, Envelope, FactId, Link
from sync.model.runs import Batch, End
from sync.rules import registry


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
    its end, or, when ``branch`` is true, from the middle of it as a branch; ``link`` is the link
    before them. With no new facts only the signature may be newer.
    """

    batch: Batch
    end: End
    segment: Segment | None
    branch: bool
    link: Link
    facts: list[NewFact]


class NotYet(NamedTuple):
    """The batch must wait."""

    missing: Missing


class Invalid(NamedTuple):
    """The batch will never be valid."""

    fault: Fault
    why: str


class Shard(Protocol):
    """What the gate asks of the shard that a batch is for, and only once its signature holds."""

    @property
    def previous_held(self) -> bool:
        """True when the shard before it is here, at least in part, or when it is the first."""
        ...

    def reaches(self, client: int, clock: int) -> bool:
        """True when some run or branch of a client is as long as this."""
        ...

    def place(self, client: int, first: int, links: Sequence[Link]) -> tuple[Segment, int] | None:
        """How far a chain of links of a client is held, the first of them at clock ``first``.

        Returns:
            The segment that leads to the last one of ``links`` that is held, and the index of that;
            None when not even the first one is held.
        """
        ...

    def bytes_from(self, segment: Segment, clock: int) -> int:
        """How many bytes the facts of a segment have from a clock (not below its base) on."""
        ...


Verify = Callable[[bytes, bytes, bytes], bool]
"""(public key, signature, signed bytes) -> valid."""
Vouched = Callable[[Author, int, End], bool]
"""(author, shard, end) -> the coordinator of now vouches for that run of its own, up to there."""


def nobody_vouches(_author: Author, _shard: int, _end: End) -> bool:
    """For the runs of terminals, which only their own keys sign."""
    return False


def examine(
    batch: Batch,
    shard: Shard,
    keys: frozenset[bytes],
    verify: Verify,
    vouched: Vouched = nobody_vouches,
) -> Accepted | NotYet | Invalid:
    """May ``batch`` enter ``shard``?

    The checks go from what needs nothing but the batch to what needs what is stored, so what is
    invalid in itself is never kept waiting, and what nobody has signed costs no look at the store.

    Args:
        keys: all that the registry ever listed for the author, because what a key signed stays
            valid after it was withdrawn.
        vouched: where it is true, the end is as good as signed.
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
    if key is None and vouched is nobody_vouches:  # the registry may not have arrived yet
        return NotYet(Missing.KEY)
    ids = [facts_.fact_id(batch.author, fact) for fact in data]
    links = [batch.link]
    for ident in ids:
        links.append(runs.next_link(links[-1], ident))
    end = End(batch.client, batch.length, links[-1])
    if not vouched(batch.author, batch.shard, end):
        refused = _unsigned(batch, end, key, verify)
        if refused is not None:
            return refused
    try:
        chained = [
            NewFact(first + index, fact, ident, facts_.decode(fact), link)
            for index, (fact, ident, link) in enumerate(zip(data, ids, links[1:], strict=True))
        ]
    except BadFact as error:
        return Invalid(Fault.FACT, str(error))
    if not shard.previous_held:  # shards are opened in order, however high a number one may claim
        return NotYet(Missing.SHARD)
    return _attach(batch, links, chained, shard)


def _unsigned(batch: Batch, end: End, key: bytes | None, verify: Verify) -> NotYet | Invalid | None:
    """Why the signature of a batch does not count; None if it does."""
    if key is None:
        return NotYet(Missing.KEY)
    # The link names every fact before it, so this one signature covers those that are held too.
    if not verify(key, batch.signature, runs.signed_bytes(batch.author, batch.shard, end)):
        return Invalid(Fault.SIGNATURE, "the signature does not cover this end")
    return None


def _attach(
    batch: Batch, links: list[Link], chained: list[NewFact], shard: Shard
) -> Accepted | NotYet | Invalid:
    """Find where the batch goes on from what is held.

    Args:
        links: the batch's from its first clock to its length, one more than it has facts.
    """
    placed = shard.place(batch.client, batch.first, links)
    if placed is None and batch.first > 0:
        # Facts are missing before it, or it goes on from a branch that is not here yet.
        known = shard.reaches(batch.client, batch.first)
        return NotYet(Missing.LINK if known else Missing.CLOCK)
    segment, skip = placed or (None, 0)
    at = batch.first + skip
    fresh = chained[skip:]
    # The author's machine and a copy of it went on differently from here: both stay.
    branch = segment is not None and bool(fresh) and at < segment.length
    size = sum(len(fact.data) for fact in fresh)
    if segment is not None:
        size += segment.size
        if branch:  # without the facts that the other branch holds from here on
            size -= shard.bytes_from(segment, at)
    if size > runs.RUN_BYTES_MAX:
        return Invalid(Fault.RUN_SIZE, f"a run of {size} bytes")
    end = End(batch.client, batch.length, links[-1])
    return Accepted(batch, end, segment, branch, links[skip], fresh)
