"""Lists cut into pages and batches into pieces that each fit into one message."""

from __future__ import annotations

from collections.abc import Sequence

from sync.model.facts import REGISTRY, Author
from sync.model.runs import Batch, End
from sync.protocol import limits
from sync.protocol.messages import (
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
from sync.protocol.questions import AuthorRow, ShardDigest


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
    """How many bytes of a message a batch takes at most."""
    return len(batch.update) + limits.BATCH_FIELDS_BYTES_MAX


def in_pieces(
    batches: Sequence[Batch], each_max: int = limits.WISHES_MAX
) -> list[tuple[Batch, ...]]:
    """Batches in order, cut into pieces that each fit into one message; no batches make no piece.

    Args:
        each_max: how many batches a piece may hold.
    """
    pieces: list[list[Batch]] = []
    room = 0
    for batch in batches:
        size = batch_bytes(batch)
        if not pieces or size > room or len(pieces[-1]) == each_max:
            pieces.append([])
            room = limits.PIECE_BYTES_MAX
        pieces[-1].append(batch)
        room -= size
    return [tuple(piece) for piece in pieces]


def summary_page(
    rows: Sequence[AuthorRow], after: Author | None
) -> tuple[tuple[AuthorRow, ...], bool]:
    """The next rows after that of author ``after``, and whether they are the last."""
    rest = [row for row in rows if after is None or row.author > after]
    return tuple(rest[: limits.ROWS_MAX]), len(rest) <= limits.ROWS_MAX


def shards_page(rows: Sequence[ShardDigest], start: int) -> tuple[tuple[ShardDigest, ...], bool]:
    """The next rows from shard number ``start`` on, and whether they are the last."""
    rest = [row for row in rows if row.number >= start]
    return tuple(rest[: limits.ROWS_MAX]), len(rest) <= limits.ROWS_MAX


def ends_page(
    asked: Sequence[EndsAsked], held: Sequence[Sequence[End]]
) -> tuple[tuple[EndsRow, ...], bool]:
    """Rows for the first of the shards ``asked``, and whether the last row ends with its shard.

    ``held`` are all ends of each of these shards.
    """
    rows: list[EndsRow] = []
    room = limits.ENDS_MAX
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
