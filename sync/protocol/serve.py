"""What is answered to a peer's requests, in pages and pieces that each fit into one message."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from sync.errors import ProtocolError
from sync.model.facts import REGISTRY, Author
from sync.model.runs import Batch, End
from sync.protocol.host import Host
from sync.protocol.messages import (
    BATCHES_MAX,
    ENDS_MAX,
    ROWS_MAX,
    WISHES_MAX,
    Batches,
    Ends,
    EndsAsked,
    EndsRow,
    GetEnds,
    GetShards,
    GetSummary,
    Message,
    Push,
    Shards,
    Summary,
    Want,
)
from sync.protocol.questions import (
    AuthorRow,
    BatchesQuery,
    EndsQuery,
    Query,
    ShardDigest,
    ShardsQuery,
    SummaryQuery,
)
from sync.protocol.wire import FRAME_BYTES_MAX

BATCH_FIELDS_BYTES: Final = 512
PIECE_BYTES_MAX: Final = FRAME_BYTES_MAX - 4096

SERVED_AT_ONCE_MAX: Final = 16

Request = GetSummary | GetShards | GetEnds | Want


class Serving:
    """The requests of the peer of one session, a bounded number of them at once."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._serving = 0

    def on_request(self, request: Request) -> None:
        """Answer a request.

        Raises:
            ProtocolError: too many at once, or about what the peer may not have.
        """
        if not self._host.open and not is_registry(request):
            raise ProtocolError(why="only the registry may be asked for")
        if self._serving >= SERVED_AT_ONCE_MAX:
            raise ProtocolError(why="too many requests at once")
        query, answers = plan(request)

        def answer(reply: Any) -> None:
            self._serving -= 1
            for message in answers(reply):
                self._host.send(message)

        self._serving += 1
        self._host.ask(query, answer)


def plan(request: Request) -> tuple[Query, Callable[[Any], list[Message]]]:
    """The query that a request needs, and what makes the answer of its reply."""
    match request:
        case GetSummary(ident, author, after):
            return SummaryQuery(author), lambda rows: [Summary(ident, *summary_page(rows, after))]
        case GetShards(ident, author, start):
            return ShardsQuery(author), lambda rows: [
                Shards(ident, author, *shards_page(rows, start))
            ]
        case GetEnds(ident, asked):
            return EndsQuery(tuple((shard.author, shard.shard) for shard in asked)), lambda held: [
                Ends(ident, *ends_page(asked, held))
            ]
    return BatchesQuery(request.wishes), lambda batches: _batches(request.id, batches)


def _batches(ident: int, granted: Sequence[Batch | None]) -> list[Message]:
    pieces = in_pieces([batch for batch in granted if batch is not None]) or [()]
    last = len(pieces) - 1
    return [Batches(ident, piece, at == last) for at, piece in enumerate(pieces)]


def is_registry(message: Message) -> bool:
    """True for an exchange that is about the coordinator's registry and nothing else."""
    match message:
        case GetSummary() | GetShards() | Shards():
            return message.author == REGISTRY
        case GetEnds():
            return all(shard.author == REGISTRY for shard in message.shards)
        case Summary() | Ends():
            return all(row.author == REGISTRY for row in message.rows)
        case Want():
            return all(wish.author == REGISTRY for wish in message.wishes)
        case Batches() | Push():
            return all(batch.author == REGISTRY for batch in message.batches)
    return False


def batch_bytes(batch: Batch) -> int:
    """At most this many bytes of a message does a batch take."""
    return len(batch.update) + BATCH_FIELDS_BYTES


def in_pieces(batches: Sequence[Batch], each_max: int = WISHES_MAX) -> list[tuple[Batch, ...]]:
    """Batches in order, in as few pieces as fit into one message each; none give no piece."""
    pieces: list[list[Batch]] = []
    room = 0
    for batch in batches:
        size = batch_bytes(batch)
        if not pieces or size > room or len(pieces[-1]) == min(each_max, BATCHES_MAX):
            pieces.append([])
            room = PIECE_BYTES_MAX
        pieces[-1].append(batch)
        room -= size
    return [tuple(piece) for piece in pieces]


def summary_page(
    rows: Sequence[AuthorRow], after: Author | None
) -> tuple[tuple[AuthorRow, ...], bool]:
    """The next rows after that of author ``after``, and whether they are the last."""
    rest = [row for row in rows if after is None or row.author > after]
    return tuple(rest[:ROWS_MAX]), len(rest) <= ROWS_MAX


def shards_page(rows: Sequence[ShardDigest], start: int) -> tuple[tuple[ShardDigest, ...], bool]:
    """The next rows from shard number ``start`` on, and whether they are the last."""
    rest = [row for row in rows if row.number >= start]
    return tuple(rest[:ROWS_MAX]), len(rest) <= ROWS_MAX


def ends_page(
    asked: Sequence[EndsAsked], held: Sequence[Sequence[End]]
) -> tuple[tuple[EndsRow, ...], bool]:
    """Rows for the first of the shards ``asked``, and whether the last row ends with its shard.

    ``held`` are all ends of each of these shards.
    """
    rows: list[EndsRow] = []
    room = ENDS_MAX
    complete = True
    for shard, ends in zip(asked, held, strict=True):
        part = tuple(ends[shard.skip : shard.skip + room])
        complete = shard.skip + len(part) >= len(ends)
        rows.append(EndsRow(shard.author, shard.shard, part))
        room -= len(part)
        if room == 0:
            break
    return tuple(rows), complete


def rest_of_ends(
    asked: Sequence[EndsAsked], rows: Sequence[EndsRow], complete: bool
) -> list[EndsAsked]:
    """What is still to be asked for after an answer with ``rows``."""
    rest = list(asked[len(rows) :])
    if not complete:
        last = asked[len(rows) - 1]
        rest.insert(0, last._replace(skip=last.skip + len(rows[-1].ends)))
    return rest
