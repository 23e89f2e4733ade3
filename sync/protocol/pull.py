"""One side of an exchange: find what the peer holds and this replica lacks, and merge it.

A pull is a list of steps written as a generator: it sends requests, waits for the answer of the
peer or of this replica, and goes on. It keeps no clock and does no I/O; `sync.protocol.session`
feeds it.

What holds at any moment:

1. Answers come in the order of the requests; any other answer breaks the protocol.
2. At most `limits.WANTS_MAX` wants of at most `limits.WISHES_MAX` runs are on their way, and the
   next is sent only after a merge has been committed.
3. Authors come in order: `@registry`, `@coordinator`, the others by name. What keys and ranges need
   is merged before what needs them. Shards of an author come in ascending order.
4. A batch that was not asked for is never merged.
5. A shard in which something was invalid is parked: nothing of it is asked for or merged again.
6. Each page of the peer leads further than the one before, so a round ends whatever the peer says.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple, TypeVar

from sync.errors import ProtocolError
from sync.model.facts import COORDINATOR, REGISTRY, Author
from sync.model.runs import SHARD_MAX, Batch, End
from sync.protocol import limits
from sync.protocol.host import Host
from sync.protocol.messages import (
    Batches,
    Ends,
    EndsAsked,
    EndsRow,
    GetEnds,
    GetShards,
    GetSummary,
    Shards,
    Summary,
    Want,
)
from sync.protocol.pieces import rest_of_ends
from sync.protocol.questions import (
    Admittance,
    AuthorRow,
    DigestsQuery,
    Merged,
    Query,
    SummaryQuery,
    Wish,
    WishesQuery,
)

Answer = Summary | Shards | Ends | Batches
T = TypeVar("T")


class _AskReplica(NamedTuple):
    """A step that waits for this replica's answer to a query."""

    query: Query


class _MergeBatches(NamedTuple):
    """A step that waits for the commit of a merge."""

    batches: tuple[Batch, ...]


class _WaitForPeer(NamedTuple):
    """A step that waits for the next answer of the peer."""


Steps = Generator[_AskReplica | _MergeBatches | _WaitForPeer, Any, T]


class Pull:
    """One round of pulling, of the registry or of the whole document.

    ``undone`` is true when the peer did not send something that it has, or when something could not
    be merged yet.

    Args:
        only: the author whose facts are pulled, None for all.
        done: called once, when the round has ended by itself.
    """

    def __init__(self, host: Host, only: Author | None, done: Callable[[Pull], None]) -> None:
        self.undone = False
        self._waits_for_peer = False
        self._host = host
        self._only = only
        self._done = done
        self._steps = self._run()
        self._asked: deque[tuple[int, type[Answer]]] = deque()
        self._wants: deque[tuple[Wish, ...]] = deque()
        self._arrived: deque[Answer] = deque()
        self._cancelled = False
        self._waiting_since_ms = 0

    def start(self) -> None:
        """Take the first step."""
        self._go_on(None)

    def cancel(self) -> None:
        """Take no more steps; answers that still come are not heard."""
        self._cancelled = True
        self._waits_for_peer = False

    @property
    def late(self) -> bool:
        """True when the peer owes an answer for too long.

        What our own replica needs for the work in between is no time of his.
        """
        waited_ms = self._host.now_ms - self._waiting_since_ms
        return bool(self._asked) and not self._cancelled and waited_ms >= limits.ANSWER_MS_MAX

    def received(self, answer: Answer) -> None:
        """The peer has answered.

        Raises:
            ProtocolError: nothing of the kind was asked for (1).
        """
        if not self._asked or self._asked[0] != (answer.id, type(answer)):
            raise ProtocolError(why="an answer to nothing that was asked")
        self._waiting_since_ms = self._host.now_ms
        if not isinstance(answer, Batches) or answer.last:  # a want is answered in several pieces
            self._asked.popleft()
        if isinstance(answer, Batches):
            # A piece holds a batch at least, except one that says that there are none. Pieces can
            # arrive for all wants at once while this replica is busy with a merge.
            limit = limits.WANTS_MAX * limits.WISHES_MAX + limits.WANTS_MAX
            if len(self._arrived) >= limit or (not answer.last and not answer.batches):
                raise ProtocolError(why="more pieces than batches")
        self._arrived.append(answer)
        if self._waits_for_peer:
            self._waits_for_peer = False
            self._go_on(self._arrived.popleft())

    def _go_on(self, value: object) -> None:
        if self._cancelled:  # while this replica thought, the peer was refused or the line closed
            return
        try:
            step = self._steps.send(value)
            while isinstance(step, _WaitForPeer) and self._arrived:  # it came before its turn
                step = self._steps.send(self._arrived.popleft())
        except StopIteration:
            self._cancelled = True
            self._done(self)
            return
        match step:
            case _AskReplica(query):
                self._host.ask(query, self._go_on)
            case _MergeBatches(batches):
                self._host.merge(batches, self._go_on)
            case _:
                self._waits_for_peer = True

    # steps

    def _run(self) -> Steps[None]:
        mine = {row.author: row for row in (yield _AskReplica(SummaryQuery(self._only)))}
        differing = yield from self._differing(mine)
        todo: list[EndsAsked] = []
        for theirs in sorted(differing, key=_rank):
            yield from self._author(theirs, mine.get(theirs.author), todo)
            if theirs.author in (REGISTRY, COORDINATOR):
                yield from self._flush(todo)  # (3)
        yield from self._flush(todo)

    def _differing(self, mine: dict[Author, AuthorRow]) -> Steps[list[AuthorRow]]:
        """The peer's rows that are not as ours, from all pages of its summary."""
        differing: list[AuthorRow] = []
        after: Author | None = None
        while True:
            request = self._ask(GetSummary(self._host.next_id(), self._only, after), Summary)
            page: Summary = yield request
            for row in page.rows:
                backwards = after is not None and row.author <= after  # (6)
                if backwards or self._only not in (None, row.author):
                    raise ProtocolError(why="a summary that is not in order")
                after = row.author
                if mine.get(row.author) != row:
                    differing.append(row)
            if page.last:
                return differing
            if not page.rows or len(differing) > limits.AUTHORS_MAX:  # (6)
                raise ProtocolError(why="a summary without end")

    def _author(
        self, theirs: AuthorRow, mine: AuthorRow | None, todo: list[EndsAsked]
    ) -> Steps[None]:
        """Put the shards of an author that differ on the list; work it off when it is long."""
        # Most often an author has only gone on in its newest shard: no digests need be compared.
        if mine is not None and (mine.highest, mine.closed) == (theirs.highest, theirs.closed):
            yield from self._add(theirs.author, [theirs.highest], todo)
            return
        start = 0
        while True:
            request = GetShards(self._host.next_id(), theirs.author, start)
            page: Shards = yield self._ask(request, Shards)
            if page.author != theirs.author:
                raise ProtocolError(why="shards of another author")
            for row in page.rows:
                if row.number < start:  # (6)
                    raise ProtocolError(why="shards that are not in order")
                start = row.number + 1
            # Only of this page: of whom one author has a million shards, all do.
            numbers = tuple(row.number for row in page.rows)
            own = yield _AskReplica(DigestsQuery(theirs.author, numbers))
            pairs = zip(page.rows, own, strict=True)
            found = [row.number for row, digest in pairs if digest != row.digest]
            yield from self._add(theirs.author, found, todo)
            if page.last or start > SHARD_MAX:
                return
            if not page.rows:  # (6)
                raise ProtocolError(why="shards without end")

    def _add(self, author: Author, numbers: Sequence[int], todo: list[EndsAsked]) -> Steps[None]:
        for number in numbers:
            if (author, number) not in self._host.parked:  # (5)
                todo.append(EndsAsked(author, number, 0))
            if len(todo) == limits.SHARDS_ASKED_MAX:  # as many as one request may name
                yield from self._flush(todo)

    def _flush(self, todo: list[EndsAsked]) -> Steps[None]:
        """Get what the peer has of these shards and we lack."""
        asked = list(todo)
        todo.clear()
        while asked:
            page: Ends = yield self._ask(GetEnds(self._host.next_id(), tuple(asked)), Ends)
            _check_ends(asked, page)
            wishes: list[Wish] = []
            for piece in _compared_at_once(page.rows):
                wishes += yield _AskReplica(WishesQuery(piece))
            yield from self._wish(wishes)
            asked = rest_of_ends(asked, page.rows, page.complete)

    def _wish(self, wishes: Sequence[Wish]) -> Steps[None]:
        """Get runs and merge them, one want in one transaction."""
        left = _chunks(wishes, limits.WISHES_MAX)
        chunk = next(left, None)
        while chunk or self._wants:
            while chunk and len(self._wants) < limits.WANTS_MAX:  # (2)
                self._ask(Want(self._host.next_id(), chunk), Batches)
                self._wants.append(chunk)
                chunk = next(left, None)
            batches = yield from self._granted()
            if batches:
                merged: Merged = yield _MergeBatches(batches)
                # What was missing may come with another author: it is pulled once more later.
                if any(outcome.entry is Admittance.NOT_YET for outcome in merged.outcomes):
                    self.undone = True

    def _granted(self) -> Steps[tuple[Batch, ...]]:
        """What the peer sent for the oldest want, all of it."""
        wishes = self._wants[0]
        lacking = [(wish.author, wish.shard, wish.target.client) for wish in wishes]
        found: list[Batch] = []
        last = False
        while not last:
            page: Batches = yield _WaitForPeer()
            for batch in page.batches:
                run = (batch.author, batch.shard, batch.client)
                if run not in lacking:
                    raise ProtocolError(why="a batch that was not asked for")  # (4)
                lacking.remove(run)
                found.append(batch)
            last = page.last
        self._wants.popleft()
        if lacking:  # the peer no longer holds it as it said, or keeps it back
            self.undone = True
        return tuple(
            batch
            for batch in found
            if (batch.author, batch.shard) not in self._host.parked  # (5)
        )

    def _ask(
        self, request: GetSummary | GetShards | GetEnds | Want, answer: type[Answer]
    ) -> _WaitForPeer:
        if not self._asked:
            self._waiting_since_ms = self._host.now_ms
        self._asked.append((request.id, answer))
        self._host.send(request)
        return _WaitForPeer()


def _rank(row: AuthorRow) -> tuple[int, Author]:  # (3)
    return {REGISTRY: 0, COORDINATOR: 1}.get(row.author, 2), row.author


def _check_ends(asked: Sequence[EndsAsked], page: Ends) -> None:
    shards = [(shard.author, shard.shard) for shard in asked[: len(page.rows)]]
    if shards != [(row.author, row.shard) for row in page.rows]:
        raise ProtocolError(why="ends of other shards than those asked for")
    if not page.complete and not page.rows[-1].ends:  # (6)
        raise ProtocolError(why="ends without end")


def _compared_at_once(
    rows: Sequence[EndsRow],
) -> Iterator[tuple[tuple[Author, int, tuple[End, ...]], ...]]:
    """Rows in pieces of few ends each, so that a registration gets in between."""
    piece: list[tuple[Author, int, tuple[End, ...]]] = []
    room = limits.ENDS_COMPARED_MAX
    for row in rows:
        for ends in _chunks(row.ends, limits.ENDS_COMPARED_MAX):
            if len(ends) > room:
                yield tuple(piece)
                piece, room = [], limits.ENDS_COMPARED_MAX
            piece.append((row.author, row.shard, ends))
            room -= len(ends)
    if piece:
        yield tuple(piece)


def _chunks(items: Sequence[T], size: int) -> Iterator[tuple[T, ...]]:
    rest = iter(items)
    while chunk := tuple(islice(rest, size)):
        yield chunk
