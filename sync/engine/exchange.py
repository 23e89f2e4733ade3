"""What sessions ask of a replica: what it holds and lacks, and to take in what others wrote.

A batch that comes too early is not kept: its peer still has it, and the session that brought it
asks for it again when what it needs has come (`sync.protocol.session`). So no peer can leave
anything here that would cost others something later.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Final

from sync.engine.issuing import Issued
from sync.engine.transaction import Transaction
from sync.engine.writer import Writer
from sync.errors import MrnmeshError
from sync.model.clerks.pins import ClerkPin
from sync.model.facts import COORDINATOR, REGISTRY, SIGNING_KEY, Author, Link, RecordId
from sync.model.runs import Batch, End
from sync.protocol import limits
from sync.protocol.questions import (
    Admittance,
    Allowed,
    Alone,
    BatchesQuery,
    DigestsQuery,
    EndsQuery,
    Granted,
    IdentityQuery,
    Merge,
    Merged,
    NumberQuery,
    Outcome,
    PeerIdentity,
    PinChangeQuery,
    PinsQuery,
    Query,
    Roots,
    RootsQuery,
    ShardsQuery,
    SignTails,
    StandingQuery,
    SummaryQuery,
    Wish,
    WishesQuery,
)
from sync.rules import gate
from sync.rules.gate import Accepted, Invalid, NotYet, Segment
from sync.rules.succession import NO_SUCCESSION, Succession
from sync.storage.shards import RunRow, ShardRow, ShardTables, longest_of

Granter = Callable[[Transaction, RecordId, Author], Issued]
PinChanger = Callable[[Transaction, Author, ClerkPin], None]

MERGED_FACTS: Final = 250
MERGED_BYTES: Final = 64 * 1024
"""What one transaction of a merge takes, unless its first batch is larger: some 50 ms of work."""
BATCH_AS_FACTS: Final = 9
"""A batch counts as so many facts more: its signature is verified, and its run is looked for. Else
hundreds of batches with one fact each would be one transaction, which registrations wait for."""
NOT_A_COORDINATOR: Final = "not_a_coordinator"

log = logging.getLogger("mrnmesh.replica")


class Exchange:
    """Answers sessions on the thread of its writer, which nothing else may use beside it.

    Args:
        coordinator_key: the public key that this replica pinned when it was enrolled. No other
            one speaks for the coordinator, but for former ones of which it says so itself.
        verify: checks a signature.
        succession: what that key is known to say of former ones before its facts are here.
        granter: issues an online number to a record of a connected terminal; None for a node.
        pin_changer: lets a PIN count that a clerk has chosen at a desk; None for a node.
    """

    def __init__(
        self,
        writer: Writer,
        coordinator_key: bytes,
        verify: gate.Verify,
        succession: Succession = NO_SUCCESSION,
        granter: Granter | None = None,
        pin_changer: PinChanger | None = None,
    ) -> None:
        self._writer = writer
        self._shards = writer.store.shards
        self._coordinator_key = coordinator_key
        self._verify = verify
        self._succession = succession
        self._granter = granter
        self._pin_changer = pin_changer

    # what is held and lacked

    def answer(self, query: Query) -> object:
        """The reply to a query that is neither for `decide` nor for `merge`.

        Raises:
            WitnessBehind: other computers may hear of no facts yet.
        """
        writer, digests = self._writer, self._writer.digests
        match query:
            case IdentityQuery():
                author, incarnation, _ = writer.identity
                return PeerIdentity(author, writer.replica, incarnation, writer.public_key)
            case RootsQuery():
                return digests.roots()
            case SignTails():
                return self._open_session()
            case Alone():
                writer.live = False
                return None
            case SummaryQuery(author):
                return digests.summary(author)
            case ShardsQuery(author, start):
                return digests.shards(author, start, limits.ROWS_MAX + 1)
            case DigestsQuery(author, numbers):
                return digests.of_shards(author, numbers)
            case EndsQuery(shards):
                return tuple(tuple(self._shards.ends_of(*shard)) for shard in shards)
            case WishesQuery(ends):
                return tuple(
                    wish
                    for author, number, theirs in ends
                    for wish in self._wishes(author, number, theirs)
                )
            case BatchesQuery(wishes):
                writer.disclosure.require()
                return tuple(self._granting(wish) for wish in wishes)
            case StandingQuery(author, key):
                return self._standing(author, key)
            case PinsQuery(desk, clerks):
                return self._pins(desk, clerks)
        raise TypeError(f"not a query for a replica's exchange: {query!r}")

    def _pins(self, desk: Author, clerks: Sequence[bytes]) -> tuple[ClerkPin, ...]:
        """What PINs are checked by, of those who work at a desk; a desk itself has none to give."""
        kept, known = self._writer.store.clerk_pins.all(), self._writer.registry.clerks.all
        return tuple(
            kept[one]
            for one in clerks
            if one in kept and one in known and known[one].works_at(desk)
        )

    def decide(self, query: NumberQuery | PinChangeQuery) -> Granted | str:
        """The reply to what only a coordinator can decide."""
        if isinstance(query, NumberQuery):
            return self._grant(query.record, query.terminal)
        return self._change_pin(query.desk, query.change)

    def _grant(self, record: RecordId, terminal: Author) -> Granted:
        granter = self._granter
        if granter is None:
            return Granted(None, NOT_A_COORDINATOR)
        try:
            issued = self._writer.write(lambda tx: granter(tx, record, terminal))
        except MrnmeshError as error:
            log.warning("no number for %s: %s", terminal, error)
            return Granted(None, error.code)
        return Granted(issued.mrn)

    def _change_pin(self, desk: Author, change: ClerkPin) -> str:
        changer = self._pin_changer
        if changer is None:
            return NOT_A_COORDINATOR
        try:
            self._writer.write(lambda tx: changer(tx, desk, change))
        except MrnmeshError as error:
            log.warning("a PIN that was changed at %s is not taken: %s", desk, error)
            return error.code
        return ""

    def _open_session(self) -> Roots:
        """Sign what was written alone, and from now on sign at once."""
        self._writer.live = True
        self._writer.sign_tails()
        return self._writer.digests.roots()

    def _standing(self, author: Author, key: bytes) -> Allowed:
        if author == COORDINATOR:
            return Allowed(key == self._coordinator_key, None)
        known = self._writer.registry
        terminal = known.terminals.get(author)
        if terminal is None:
            return Allowed(False, None)
        return Allowed(known.may_sync(author, key), terminal.state, key in terminal.withdrawn)

    def _wishes(self, author: Author, number: int, theirs: Sequence[End]) -> list[Wish]:
        """Which of a peer's ends lie beyond what is signed here."""
        shard = self._shards.find(author, number)
        mine: dict[int, tuple[End, ...]] = {}
        found = []
        for end in theirs:
            if self._run_to(shard, end) is None:
                if end.client not in mine:
                    mine[end.client] = self._own_ends(shard, end.client)
                found.append(Wish(author, number, end, mine[end.client]))
        return found

    def _own_ends(self, shard: ShardRow | None, client: int) -> tuple[End, ...]:
        """Where the signed runs of a client end here; of very many the longest.

        They say what the peer need not send, so with fewer of them it sends more, never too little.
        """
        connection = self._writer.store.connection
        runs = longest_of(connection, shard.id, client, limits.OWN_ENDS_MAX) if shard else []
        ends = [End(client, run.signed, run.signed_link) for run in runs if run.signed_link]
        ends.sort(key=lambda end: end.length, reverse=True)
        return tuple(ends[: limits.OWN_ENDS_MAX])

    def _granting(self, wish: Wish) -> Batch | None:
        """What the wisher lacks of the run that leads to its target, if that is held here."""
        run = self._run_to(self._shards.find(wish.author, wish.shard), wish.target)
        if run is None:
            return None
        # Only links show what the two have in common: one of the wisher's branches may be as long
        # as this run and hold other facts.
        common = [
            end.length
            for end in wish.mine
            if end.length <= run.signed
            and self._shards.link_at(wish.author, wish.shard, run, end.length) == end.link
        ]
        first = max(common, default=0)
        return self._shards.batch(run, first) if first < run.signed else None

    def _run_to(self, shard: ShardRow | None, end: End) -> RunRow | None:
        """The run in whose own signed part ``end`` lies, None where that is not held.

        Below its base a run is its parent, which is asked for itself.
        """
        found = held(self._shards, shard, end.client, end.length, (end.link,))
        return found[0] if found and end.length <= found[0].signed else None

    # merging

    def merge(self, query: Merge, source: object = None) -> Merged:
        """Merge batches in one transaction.

        What others need goes first: the registry for its keys, lower shards, earlier clocks. So
        each batch is looked at once, whatever their order was.

        Args:
            source: goes into the commit, so that it is not sent back to where it came from.
        """
        outcomes = [Outcome(Admittance.NOT_YET)] * len(query.batches)

        def act(tx: Transaction) -> tuple[Transaction, int]:
            facts, waits = 0, False
            for index in in_order(query.batches):
                batch = query.batches[index]
                if waits and batch.author != REGISTRY:
                    tx.fold_pending()  # it may be signed by a key that came with the registry
                    waits = False
                shard = StoredShard(self._shards, batch.author, batch.shard)
                answer = self._examined(tx, batch, shard)
                if isinstance(answer, Accepted):
                    tx.place(answer)
                    facts += len(answer.facts)
                    outcomes[index] = Outcome(Admittance.ACCEPTED)
                    # All that comes of the registry is folded at once, because each fold reads all
                    # of it. But the next batch of it may be signed by a former key in this one.
                    waits = batch.author == REGISTRY
                    if waits and any(one.envelope.kind == SIGNING_KEY for one in answer.facts):
                        tx.fold_pending()
                elif isinstance(answer, NotYet):
                    outcomes[index] = Outcome(Admittance.NOT_YET, answer.missing)
                else:
                    outcomes[index] = Outcome(Admittance.INVALID, answer.fault, answer.why)
            return tx, facts

        tx, facts = self._writer.write(act, source, query.peer)
        self._absorb(tx)
        return Merged(tuple(outcomes), facts)

    def _examined(
        self, tx: Transaction, batch: Batch, shard: StoredShard
    ) -> Accepted | NotYet | Invalid:
        if batch.author not in (REGISTRY, COORDINATOR):
            keys = tx.registry.keys_of(batch.author)
            return gate.examine(batch, shard, keys, self._verify)
        succession = tx.registry.succession
        if self._succession.former:
            succession = succession.joined(self._succession.said)
        keys = succession.trusted | {self._coordinator_key}
        if not succession.former:  # nearly everywhere: no other key has ever counted
            return gate.examine(batch, shard, keys, self._verify)
        return gate.examine(batch, shard, keys, self._verify, succession.vouches_for)

    def _absorb(self, tx: Transaction) -> None:
        """Let our clock go on above the times that came in, as far as they are believable.

        A coordinator does not, because all others trust its clock: a desk with a fast one would
        set theirs ahead through it.
        """
        if self._writer.identity.is_coordinator:
            return
        for arrived in tx.arrived:
            self._writer.clock.absorb(self._shards.run(arrived.run).hlc, tx.now_ms)


def in_order(batches: Sequence[Batch]) -> list[int]:
    """The indices of batches, so that none of them comes before what it goes on from.

    Authors stay in the order in which they came, but for the registry, which is first.
    """
    authors: dict[Author, int] = {}
    for index, batch in enumerate(batches):
        authors.setdefault(batch.author, index)

    def rank(index: int) -> tuple[bool, int, int, int]:
        batch = batches[index]
        return batch.author != REGISTRY, authors[batch.author], batch.shard, batch.first

    return sorted(range(len(batches)), key=rank)


def slices(query: Merge) -> Iterator[tuple[list[int], Merge]]:
    """A merge cut into transactions, so that a registration gets in between.

    A batch has one signature for all that is in it, so it is never cut.

    Yields:
        The indices of the batches of a part, and that part.
    """
    part: list[int] = []
    facts = size = 0
    for index in in_order(query.batches):
        batch = query.batches[index]
        own = batch.length - batch.first + BATCH_AS_FACTS
        facts += own
        size += len(batch.update)
        if part and (facts > MERGED_FACTS or size > MERGED_BYTES):
            yield part, query._replace(batches=tuple(query.batches[one] for one in part))
            part, facts, size = [], own, len(batch.update)
        part.append(index)
    yield part, query._replace(batches=tuple(query.batches[one] for one in part))


class StoredShard:
    """A shard on disk as `sync.rules.gate` asks for it; nothing is read before it asks."""

    def __init__(self, shards: ShardTables, author: Author, number: int) -> None:
        self._shards = shards
        self._author = author
        self._number = number

    @cached_property
    def row(self) -> ShardRow | None:
        """The shard, if anything of it is held."""
        return self._shards.find(self._author, self._number)

    @property
    def previous_held(self) -> bool:
        """True when the shard before it is here, at least in part, or when it is the first."""
        return self._number == 0 or self._shards.find(self._author, self._number - 1) is not None

    def reaches(self, client: int, clock: int) -> bool:
        """True when some run or branch of a client is as long as this."""
        return self.row is not None and self._shards.places.reaches(self.row.id, client, clock)

    def place(self, client: int, first: int, links: Sequence[Link]) -> tuple[Segment, int] | None:
        """How far a chain of links of a client is held."""
        found = held(self._shards, self.row, client, first, links)
        return (found[0].segment, found[1]) if found else None

    def bytes_from(self, segment: Segment, clock: int) -> int:
        """How many bytes the facts of a segment have from a clock on."""
        return self._shards.places.bytes_from(segment.id, clock)


def held(
    shards: ShardTables, shard: ShardRow | None, client: int, first: int, links: Sequence[Link]
) -> tuple[RunRow, int] | None:
    """How far a chain of links is held, see `sync.storage.places.Places.find`."""
    if shard is None:
        return None
    found = shards.places.find(shard.id, shard.author, shard.number, client, first, links)
    return (shards.run(found[0]), found[1]) if found else None
