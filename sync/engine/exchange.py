"""What sessions ask of a replica: what it holds and lacks, and to take in what others wrote.

A batch that comes too early waits here, in memory, until what it needs has come. What waits is
bounded, and losing it loses nothing: its peer still has it, and the next session asks for it again.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

from sync.engine.transaction import Transaction
from sync.engine.writer import Writer
from sync.model.facts import COORDINATOR, REGISTRY, Author, Link
from sync.model.runs import Batch, End
from sync.protocol.questions import (
    Admittance,
    Allowed,
    Alone,
    BatchesQuery,
    EndsQuery,
    IdentityQuery,
    Merge,
    Merged,
    Outcome,
    PeerIdentity,
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
from sync.rules.gate import Accepted, NotYet, Segment
from sync.storage.shards import RunRow, ShardTables

WAITING_MAX: Final = 256
WAITING_BYTES_MAX: Final = 8 * 1024 * 1024

T = TypeVar("T")

Numbered = tuple[int, Batch]
"""A batch with its place among all that are looked at in one merge."""


class Exchange:
    """Answers sessions on the thread of its writer, which nothing else may use beside it.

    Args:
        coordinator_key: the public key that this replica pinned when it joined. No other one
            speaks for the coordinator, whatever any registry says.
        verify: checks a signature.
    """

    def __init__(self, writer: Writer, coordinator_key: bytes, verify: gate.Verify) -> None:
        self._writer = writer
        self._shards = writer.store.shards
        self._coordinator_key = coordinator_key
        self._verify = verify
        self._waiting: OrderedDict[tuple[Any, ...], Batch] = OrderedDict()

    @property
    def waiting_batches(self) -> int:
        """How many batches wait for something that is missing."""
        return len(self._waiting)

    def write(self, act: Callable[[Transaction], T]) -> T:
        """Run ``act`` in one transaction of the writer, see there.

        If it changes the registry, what waited for a key is looked at again.
        """
        before = self._writer.registry
        result = self._writer.write(act)
        if self._waiting and self._writer.registry is not before:
            self.merge(Merge(()))
        return result

    # what is held and lacked

    def answer(self, query: Query) -> object:
        """The reply that `sync.protocol.questions` names for a query; `Merge` goes to `merge`."""
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
            case ShardsQuery(author):
                return digests.shards(author)
            case EndsQuery(shards):
                return tuple(tuple(self._shards.ends_of(*shard)) for shard in shards)
            case WishesQuery(ends):
                return tuple(
                    wish
                    for author, number, theirs in ends
                    for wish in self._wishes(author, number, theirs)
                )
            case BatchesQuery(wishes):
                return tuple(self._granting(wish) for wish in wishes)
            case StandingQuery(author, key):
                return self._standing(author, key)
        raise TypeError(f"not a query for a replica's exchange: {query!r}")

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
        found = []
        for end in theirs:
            held = self._shards.runs_of(shard.id, end.client) if shard else []
            if not any(self._leads_to(author, number, run, end) for run in held):
                mine = tuple(
                    End(run.client, run.signed, run.signed_link)
                    for run in held
                    if run.signed_link is not None
                )
                found.append(Wish(author, number, end, mine))
        return found

    def _granting(self, wish: Wish) -> Batch | None:
        """What the wisher lacks of the run that leads to its target, if that is held here."""
        shard = self._shards.find(wish.author, wish.shard)
        if shard is None:
            return None
        for run in self._shards.runs_of(shard.id, wish.target.client):
            if not self._leads_to(wish.author, wish.shard, run, wish.target):
                continue
            # Only links show what the two have in common: one of the wisher's branches may be as
            # long as this run and hold other facts.
            common = [
                end.length
                for end in wish.mine
                if end.length <= run.signed
                and self._shards.link_at(wish.author, wish.shard, run, end.length) == end.link
            ]
            first = max(common, default=0)
            return self._shards.batch(run, first) if first < run.signed else None
        return None

    def _leads_to(self, author: Author, number: int, run: RunRow, end: End) -> bool:
        """True when the signed part of a run passes through ``end``.

        Below its base a run is its parent, which is asked for itself.
        """
        return (
            run.client == end.client
            and run.base < end.length <= run.signed
            and self._shards.link_at(author, number, run, end.length) == end.link
        )

    # merging

    def merge(self, query: Merge, source: object = None) -> Merged:
        """Merge batches, and those that waited for what they bring, in one transaction.

        Args:
            source: goes into the commit, so that it is not sent back to where it came from.

        Returns:
            What became of the batches of ``query``. How many facts were new counts also those
            that had waited.
        """
        count = len(query.batches)
        batches = list(enumerate((*query.batches, *self._waiting.values())))
        outcomes = {index: Outcome(Admittance.NOT_YET) for index, _ in batches}

        def act(tx: Transaction) -> tuple[Transaction, int]:
            return tx, self._merge_all(tx, batches[:count], batches[count:], outcomes)

        tx, facts = self._writer.write(act, source, query.peer)
        self._keep_waiting(
            [batch for index, batch in batches if outcomes[index].entry is Admittance.NOT_YET]
        )
        self._absorb(tx)
        return Merged(tuple(outcomes[index] for index in range(count)), facts)

    def _merge_all(
        self,
        tx: Transaction,
        fresh: list[Numbered],
        waiting: list[Numbered],
        outcomes: dict[int, Outcome],
    ) -> int:
        """Place whatever may enter, again and again while that lets more enter.

        What waits is looked at again only when its author's facts or the registry have changed.
        So each further round follows one that let in a batch, and the rounds come to an end.

        Args:
            outcomes: gets the gate's answer to each batch.

        Returns:
            How many facts are new.
        """
        facts = 0
        # Without anything fresh the registry has changed, which may help any that waits.
        now, later = (fresh, waiting) if fresh else (waiting, [])
        while now:
            changed: set[Author] = set()
            rest: list[Numbered] = []
            for index, batch in now:
                shard = StoredShard(self._shards, batch.author, batch.shard)
                answer = gate.examine(batch, shard, self._keys_of(tx, batch.author), self._verify)
                if isinstance(answer, Accepted):
                    tx.place(answer)
                    changed.add(batch.author)
                    facts += len(answer.facts)
                    outcomes[index] = Outcome(Admittance.ACCEPTED)
                    if batch.author == REGISTRY:
                        tx.fold_pending()  # the batches after it may be signed by keys in it
                elif isinstance(answer, NotYet):
                    outcomes[index] = Outcome(Admittance.NOT_YET, answer.missing)
                    rest.append((index, batch))
                else:
                    outcomes[index] = Outcome(Admittance.INVALID, answer.fault, answer.why)
            waiting = rest + later
            now = [item for item in waiting if REGISTRY in changed or item[1].author in changed]
            again = {index for index, _ in now}
            later = [item for item in waiting if item[0] not in again]
        return facts

    def _keys_of(self, tx: Transaction, author: Author) -> frozenset[bytes]:
        if author in (REGISTRY, COORDINATOR):
            return frozenset({self._coordinator_key})
        return tx.registry.keys_of(author)

    def _keep_waiting(self, batches: list[Batch]) -> None:
        """Keep what came too early, within bounds; what came last stands first and is kept."""
        self._waiting.clear()
        size = 0
        for batch in batches:
            size += len(batch.update)
            if len(self._waiting) >= WAITING_MAX or size > WAITING_BYTES_MAX:
                break
            key = (batch.author, batch.shard, batch.client, batch.first, batch.signature)
            self._waiting[key] = batch

    def _absorb(self, tx: Transaction) -> None:
        """Let our clock go on above the times that came in, as far as they are believable.

        A coordinator does not, because all others trust its clock: a desk with a fast one would
        set theirs ahead through it.
        """
        if self._writer.identity.is_coordinator:
            return
        for arrived in tx.arrived:
            self._writer.clock.absorb(self._shards.run(arrived.run).hlc, tx.now_ms)


class StoredShard:
    """A shard on disk as `sync.rules.gate` asks for it."""

    def __init__(self, shards: ShardTables, author: Author, number: int) -> None:
        self._shards = shards
        self._author = author
        self._number = number
        self.row = shards.find(author, number)
        self.facts = self.row.facts if self.row else 0
        self.size = self.row.size if self.row else 0
        self.previous_held = number == 0 or shards.find(author, number - 1) is not None
        self._runs: dict[int, RunRow] = {}

    def segments(self, client: int) -> list[Segment]:
        """Run and branches of a client, the run first."""
        if self.row is None:
            return []
        found = self._shards.runs_of(self.row.id, client)
        self._runs.update({run.id: run for run in found})
        return [run.segment for run in found]

    def link_at(self, segment: Segment, clock: int) -> Link:
        """The link of a segment at a clock."""
        return self._shards.link_at(self._author, self._number, self._runs[segment.id], clock)

    def facts_of(self, segment: Segment, first: int) -> list[bytes]:
        """The facts of a segment from a clock on."""
        return self._shards.facts_of(segment.id, first)
