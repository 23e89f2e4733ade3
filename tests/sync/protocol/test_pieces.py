"""Lists are cut into pages and batches into pieces; put together they are what was cut."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.model.facts import COORDINATOR, REGISTRY
from sync.protocol import limits, messages
from sync.protocol.messages import (
    Batches,
    Ends,
    EndsAsked,
    EndsRow,
    GetEnds,
    GetShards,
    GetSummary,
    Push,
    Shards,
    Summary,
    Want,
)
from sync.protocol.pieces import (
    batch_bytes,
    ends_page,
    in_pieces,
    is_registry,
    rest_of_ends,
    shards_page,
    summary_page,
)
from sync.protocol.questions import AuthorRow, ShardDigest, Wish
from tests.sync.protocol.test_messages import BATCH, DESK, DIGEST, END, LINK, ONE_OF_EACH

sizes = st.sampled_from([1, 100, 10_000, 100_000, 131_072])


# pieces


@given(st.lists(sizes, max_size=30), st.sampled_from([1, 3, limits.WISHES_MAX, 1000]))
def test_pieces_hold_all_batches_in_order_and_each_fits(lengths, each_max):
    batches = [BATCH._replace(client=n, update=bytes(size)) for n, size in enumerate(lengths)]
    pieces = in_pieces(batches, each_max)
    assert [batch for piece in pieces for batch in piece] == batches
    for piece in pieces:
        assert 0 < len(piece) <= each_max
        assert sum(map(batch_bytes, piece)) <= limits.PIECE_BYTES_MAX


@given(st.lists(sizes, min_size=2, max_size=30))
def test_no_two_pieces_side_by_side_would_fit_into_one(lengths):
    pieces = in_pieces([BATCH._replace(update=bytes(size)) for size in lengths])
    for one, next_one in pairwise(pieces):
        together = sum(map(batch_bytes, one)) + batch_bytes(next_one[0])
        assert len(one) == limits.WISHES_MAX or together > limits.PIECE_BYTES_MAX


def test_no_batches_make_no_piece():
    assert in_pieces([]) == []


# pages


@pytest.mark.parametrize("count", [0, 1, limits.ROWS_MAX, limits.ROWS_MAX + 1, 2500])
def test_pages_of_a_summary_hold_all_rows(count):
    rows = [AuthorRow(f"D{n:05}", 0, DIGEST, DIGEST) for n in range(count)]
    after, found, last = None, [], False
    while not last:
        page, last = summary_page(rows, after)
        assert len(page) <= limits.ROWS_MAX
        found += page
        after = page[-1].author if page else None
    assert found == rows


@pytest.mark.parametrize("count", [0, 1, limits.ROWS_MAX, limits.ROWS_MAX + 1, 2500])
def test_pages_of_shards_hold_all_rows(count):
    rows = [ShardDigest(3 * n, DIGEST) for n in range(count)]
    start, found, last = 0, [], False
    while not last:
        page, last = shards_page(rows, start)
        found += page
        start = page[-1].number + 1 if page else 0
    assert found == rows


@given(st.lists(st.integers(0, 12), min_size=1, max_size=8), st.integers(1, 9))
def test_pages_of_ends_hold_all_ends_of_all_shards(counts, room):
    held = {
        number: [END._replace(client=1000 * number + n) for n in range(count)]
        for number, count in enumerate(counts)
    }
    asked = [EndsAsked(DESK, number, 0) for number in held]
    found: dict[int, list[Any]] = {number: [] for number in held}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits, "ENDS_MAX", room)
        for _ in range(sum(counts) + len(counts)):
            if not asked:
                break
            rows, complete = ends_page(asked, [held[one.shard] for one in asked])
            assert sum(len(row.ends) for row in rows) <= room
            for row in rows:
                found[row.shard] += row.ends
            asked = rest_of_ends(asked, rows, complete)
    assert asked == []
    assert found == held


def test_a_page_of_ends_that_is_full_at_the_end_of_a_shard_is_complete(monkeypatch):
    monkeypatch.setattr(limits, "ENDS_MAX", 2)
    asked = [EndsAsked(DESK, 0, 0), EndsAsked(DESK, 1, 0)]
    rows, complete = ends_page(asked, [(END, END), (END,)])
    assert (len(rows), complete) == (1, True)
    assert rest_of_ends(asked, rows, complete) == [EndsAsked(DESK, 1, 0)]


def test_a_page_of_ends_that_is_full_within_a_shard_goes_on_there(monkeypatch):
    monkeypatch.setattr(limits, "ENDS_MAX", 2)
    asked = [EndsAsked(DESK, 0, 5), EndsAsked(DESK, 1, 0)]
    rows, complete = ends_page(asked, [(END,) * 9, (END,)])
    assert (rows, complete) == ((EndsRow(DESK, 0, (END, END)),), False)
    assert rest_of_ends(asked, rows, complete) == [EndsAsked(DESK, 0, 7), EndsAsked(DESK, 1, 0)]


# the registry


def about(author: Any) -> list[Any]:
    """One message of each kind that can be about the registry alone."""
    batch = BATCH._replace(author=author)
    return [
        GetSummary(1, author, None),
        GetShards(1, author, 0),
        GetEnds(1, (EndsAsked(author, 0, 0),)),
        Want(1, (Wish(author, 0, END, ()),)),
        Summary(1, (AuthorRow(author, 0, DIGEST, DIGEST),), True),
        Shards(1, author, (ShardDigest(0, LINK),), True),
        Ends(1, (EndsRow(author, 0, ()),), True),
        Batches(1, (batch,), True),
        Push(1, (batch,)),
    ]


@pytest.mark.parametrize("message", about(REGISTRY), ids=lambda message: type(message).__name__)
def test_what_is_about_the_registry_alone(message):
    assert is_registry(message)


@pytest.mark.parametrize("author", [COORDINATOR, DESK])
def test_what_is_about_somebody_else(author):
    assert not any(map(is_registry, about(author)))


def test_what_is_about_the_registry_and_somebody_else():
    mixed = BATCH._replace(author=REGISTRY), BATCH
    assert not is_registry(Push(1, mixed))
    assert not is_registry(GetSummary(1, None, None)), "it asks for everybody"


def test_no_other_message_is_about_the_registry():
    kinds = {type(message) for message in about(REGISTRY)}
    others = [message for message in ONE_OF_EACH if type(message) not in kinds]
    assert len(others) > 10
    assert not any(map(is_registry, others))
    assert {type(message) for message in others} | kinds == set(messages.Message.__args__)
