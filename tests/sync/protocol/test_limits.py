"""The limits fit together: what one of them allows, no other forbids."""

from __future__ import annotations

import random
from typing import Any

import pytest
from msgspec.msgpack import encode as packed

from sync.model import runs, yjs
from sync.model.runs import Batch, End
from sync.protocol import limits, messages
from sync.protocol.questions import AuthorRow, ShardDigest, Wish
from tests.sync.protocol.test_messages import BATCH, DIGEST, LINK, LONGEST

NOISE = random.Random(1).randbytes(runs.UPDATE_BYTES_MAX)
BIGGEST_ID = limits.ID_MAX
END = End(runs.CLIENT_MAX, runs.RUN_FACTS_MAX, LINK)
ROW = AuthorRow(LONGEST, runs.SHARD_MAX, DIGEST, DIGEST)
WISH = Wish(LONGEST, runs.SHARD_MAX, END, (END,) * limits.OWN_ENDS_MAX)


def biggest_batch(update: bytes) -> Batch:
    first = runs.RUN_FACTS_MAX - 1
    return BATCH._replace(
        author=LONGEST,
        shard=runs.SHARD_MAX,
        client=runs.CLIENT_MAX,
        first=first,
        length=first + 1,
        update=update,
    )


def test_the_longest_run_fits_into_an_update():
    """Every fact costs a byte for its type and some for its length, most with many small facts."""
    size, longer = divmod(runs.RUN_BYTES_MAX, runs.RUN_FACTS_MAX)
    facts = [NOISE[: size + (number < longer)] for number in range(runs.RUN_FACTS_MAX)]
    assert sum(map(len, facts)) == runs.RUN_BYTES_MAX
    for last in (0, runs.RUN_FACTS_MAX):
        assert len(yjs.encode_update(runs.CLIENT_MAX, last, facts)) <= runs.UPDATE_BYTES_MAX


def test_the_fields_of_a_batch_take_no_more_than_is_reckoned_with():
    for update in (b"u", NOISE):
        batch = biggest_batch(update)
        assert len(packed(batch)) - len(update) <= limits.BATCH_FIELDS_BYTES_MAX


def test_a_piece_of_the_biggest_batches_fits_into_a_frame():
    fields = limits.BATCH_FIELDS_BYTES_MAX
    size = limits.PIECE_BYTES_MAX // limits.BATCHES_MAX - fields
    many = (biggest_batch(NOISE[:size]),) * limits.BATCHES_MAX
    one = (biggest_batch(NOISE),)
    for message in (messages.Push(BIGGEST_ID, many), messages.Batches(BIGGEST_ID, one, True)):
        assert len(messages.encode(message)) <= limits.FRAME_BYTES_MAX


def test_a_batch_of_any_size_may_be_pushed_into_an_empty_window():
    assert runs.UPDATE_BYTES_MAX + limits.BATCH_FIELDS_BYTES_MAX <= limits.PUSHED_BYTES_MAX
    assert limits.PIECE_BYTES_MAX <= limits.PUSHED_BYTES_MAX


PAGES: list[Any] = [
    messages.Summary(BIGGEST_ID, (ROW,) * limits.ROWS_MAX, True),
    messages.Shards(
        BIGGEST_ID, LONGEST, (ShardDigest(runs.SHARD_MAX, DIGEST),) * limits.ROWS_MAX, True
    ),
    messages.Ends(BIGGEST_ID, (messages.EndsRow(LONGEST, 1, (END,) * limits.ENDS_MAX),), True),
    messages.Want(BIGGEST_ID, (WISH,) * limits.WISHES_MAX),
    messages.GetEnds(
        BIGGEST_ID,
        (messages.EndsAsked(LONGEST, runs.SHARD_MAX, limits.ID_MAX),) * limits.SHARDS_ASKED_MAX,
    ),
]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: type(page).__name__)
def test_the_largest_page_fits_into_a_frame(page):
    assert len(packed(page)) < limits.FRAME_BYTES_MAX
    assert messages.decode(messages.encode(page)) == page


def test_a_peer_that_keeps_to_its_limits_does_not_fill_the_inbox():
    """All that it may have under way at once, as long as it waits for its answers."""
    windows = 2 * limits.PUSHES_MAX
    pieces = limits.WANTS_MAX * (limits.WISHES_MAX + 1)
    under_way = windows + pieces + limits.SERVED_AT_ONCE_MAX + 2 * limits.NUMBERS_AT_ONCE_MAX
    assert under_way < limits.INBOX_MAX


def test_time_limits_leave_room_for_each_other():
    assert limits.REFUSED_IDLE_MS_MAX < limits.REFUSED_MS_MAX
    assert limits.COMPARE_EVERY_MS < limits.ANSWER_MS_MAX
