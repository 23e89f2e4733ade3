"""How much of what a replica holds goes into one message: pages of rows, and pieces of batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sync.facts import Author
from sync.messages import (
    BATCHES_MAX,
    ENDS_MAX,
    FRAME_BYTES_MAX,
    ROWS_MAX,
    WISHES_MAX,
    EndsAsked,
    EndsRow,
)
from sync.queries import AuthorRow, ShardRow
from sync.runs import Batch, End

BATCH_FIELDS_BYTES: Final = 512
PIECE_BYTES_MAX: Final = FRAME_BYTES_MAX - 4096


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


def shards_page(rows: Sequence[ShardRow], start: int) -> tuple[tuple[ShardRow, ...], bool]:
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
