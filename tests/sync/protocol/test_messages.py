"""The wire: every message comes back as it was, and nothing but `BadMessage` comes of any bytes."""

from __future__ import annotations

import contextlib
import gzip
import zlib
from pathlib import Path
from typing import Any

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import astuple

from sync.errors import BadMessage
from sync.model.clerks.pins import ClerkPin
from sync.model.facts import REGISTRY
from sync.model.runs import Batch, End
from sync.protocol import limits, messages
from sync.protocol.addresses import HeldAddresses, Reach, SignedAddresses, TriedPort
from sync.protocol.questions import AuthorRow, Roots, ShardDigest, Wish
from tests import bad_talk

RECORDED = Path(__file__).parent / "data" / "messages.gz"
DIGEST = bytes(range(32))
DESK: Any = "DESK1"
LONGEST: Any = "D" * 50
TEXT: Any = "text"
LINK: Any = b"l" * 16
INCARNATION: Any = b"I" * 8
RECORD: Any = b"r" * 16
MRN: Any = "PAT-20260105-0001"
ROOTS = Roots(b"r" * 32, b"c" * 32, b"d" * 32)
END = End(7, 3, LINK)
BATCH = Batch(DESK, 4, 7, 0, LINK, 3, b"update", b"k" * 8, b"s" * 64)
HELLO = messages.Hello(
    (1,), b"R" * 16, INCARNATION, b"P" * 8, DESK, b"K" * 32, b"N" * 32, 1_767_600_000_000, ROOTS
)
ONE_OF_EACH: list[Any] = [
    HELLO,
    messages.Proof(b"s" * 64),
    messages.Welcome(ROOTS),
    messages.Refusal("inactive", "the registry says so"),
    messages.GetSummary(1, None, None),
    messages.GetSummary(1, REGISTRY, DESK),
    messages.Summary(1, (AuthorRow(DESK, 9, DIGEST, DIGEST),), True),
    messages.GetShards(2, DESK, 1000),
    messages.Shards(2, DESK, (ShardDigest(0, DIGEST), ShardDigest(1, DIGEST)), False),
    messages.GetEnds(3, (messages.EndsAsked(DESK, 0, 5),)),
    messages.Ends(3, (messages.EndsRow(DESK, 0, (END, END)),), False),
    messages.Want(4, (Wish(DESK, 0, END, (END,)),)),
    messages.Batches(4, (BATCH, BATCH), True),
    messages.Batches(4, (), True),
    messages.Settled(ROOTS),
    messages.RootsNow(ROOTS),
    messages.Push(5, (BATCH,)),
    messages.Ack(5, ROOTS),
    messages.NumberRequest(6, RECORD, DESK),
    messages.NumberReply(6, MRN, ""),
    messages.NumberReply(6, None, "in_recovery"),
    messages.Probe(7),
    messages.ProbeReply(7),
    messages.Ping(8),
    messages.Pong(8),
    messages.Error("protocol", "a message at a wrong time"),
    messages.Bye("stopping"),
    messages.AddressesHeld((HeldAddresses(b"K" * 8, 3),)),
    messages.Addresses((SignedAddresses(DESK, b"K" * 32, 4, ("10.0.0.5:8481",), b"s" * 64),)),
    messages.GetPins(9, (b"c" * 16,)),
    messages.Pins(9, (ClerkPin(b"c" * 16, 2, "scrypt$15$8$3$a$b"),)),
    messages.Pins(9, ()),
    messages.TryPorts(10, (8481, 8483)),
    messages.PortsTried(10, "10.0.0.5", (TriedPort(8481, Reach.OPEN),)),
    messages.ChangePin(9, ClerkPin(b"c" * 16, 2, "scrypt$15$8$3$a$b")),
    messages.PinChanged(9, ""),
]


def test_no_bad_form_of_any_message_is_read():
    """The forms are made out of the declarations; nothing but `BadMessage` comes of any of them."""
    passed, forms = [], 0
    for kind in bad_talk.kinds():
        messages.decode(bad_talk.packed(bad_talk.right(kind)))
        for bad in (*bad_talk.wrong(kind), *bad_talk.no_frames(kind)):
            forms += 1
            with contextlib.suppress(BadMessage):
                passed.append((bad.what, messages.decode(bad.frame)))
    for bad in bad_talk.bombs():
        with pytest.raises(BadMessage):
            messages.decode(bad.frame)
    assert passed == []
    assert forms > 20 * len(bad_talk.kinds())


def frame(*parts: object) -> bytes:
    packed: bytes = msgpack.packb(parts)
    return b"\0" + packed


@pytest.mark.parametrize("message", ONE_OF_EACH, ids=lambda message: type(message).__name__)
def test_a_message_comes_back_as_it_was(message):
    decoded = messages.decode(messages.encode(message))
    assert decoded == message
    assert type(decoded) is type(message)


def test_every_class_of_message_is_tried():
    assert {type(message) for message in ONE_OF_EACH} == set(messages.Message.__args__)


def test_rows_come_back_as_their_classes():
    row: Any = (DESK, 0, (END,))
    ends = messages.decode(messages.encode(messages.Ends(1, (row,), True)))
    assert isinstance(ends, messages.Ends)
    assert type(ends.rows[0]) is messages.EndsRow
    assert type(ends.rows[0].ends[0]) is End


def test_too_large_a_message_is_not_sent():
    with pytest.raises(BadMessage):
        messages.encode(messages.Push(1, (BATCH._replace(update=b"x" * 130_000),) * 3))


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"\0",
        b"\2" + msgpack.packb([21, 1]),
        b"\0" + msgpack.packb([21, 1]) + b"more",
        b"\0\xc1",
        b"\0\x93",
        b"\0" + b"\x91" * 100_000,
        b"\0" + b"\xdd\xff\xff\xff\xff",
        b"\0\xd4\x05\x01",
        b"\0\xd6\xff\0\0\0\0",
        b"\1not zlib",
        b"\1" + zlib.compress(msgpack.packb([21, 1])) + b"more",
        b"\1" + zlib.compress(msgpack.packb([21, 1]))[:-1],
        b"\0" + b"x" * limits.FRAME_BYTES_MAX,
        frame(),
        frame(0, 1),
        frame(99, 1),
        frame("Ping", 1),
        frame(True, b"s" * 64),
        frame({}, 1),
        frame(21),
        frame(21, 1, 2),
        frame(21, -1),
        frame(21, 2**53),
        frame(21, 1.0),
        frame(21, True),
        frame(21, None),
        frame(2, b"s" * 63),
        frame(2, "s" * 64),
        frame(7, 1, "", 0),
        frame(7, 1, "D" * 51, 0),
        frame(7, 1, b"DESK1", 0),
        frame(7, 1, DESK, 2**32),
        frame(9, 1, []),
        frame(9, 1, [["D", 0, 0]] * 33),
        frame(9, 1, [["D", 0]]),
        frame(9, 1, "D"),
        frame(10, 1, [["D", 0, [[7, 0, LINK]]]], True),
        frame(10, 1, [["D", 0, [[7, 1001, LINK]]]], True),
        frame(10, 1, [["D", 0, [[2**53, 1, LINK]]]], True),
        frame(10, 1, [["D", 0, [[7, 1, LINK[1:]]]]], True),
        frame(10, 1, [["D", 0, []]], 1),
        frame(11, 1, []),
        frame(12, 1, [list(BATCH)] * 9, True),
        frame(12, 1, [list(BATCH._replace(first=3))], True),
        frame(12, 1, [list(BATCH._replace(update=b""))], True),
        frame(12, 1, [list(BATCH._replace(update=TEXT))], True),
        frame(12, 1, [list(BATCH._replace(length=1001))], True),
        frame(13, [b"r" * 32, b"c" * 32]),
        frame(13, [b"r" * 32, b"c" * 32, b"d" * 31]),
        frame(15, 1, []),
        frame(18, 1, " 42", ""),
        frame(18, 1, 42, ""),
        frame(18, 1, None, "c" * 65),
        frame(23, "protocol", "w" * 301),
        frame(1, [], *astuple(HELLO)[1:]),
        frame(1, [1] * 17, *astuple(HELLO)[1:]),
    ],
)
def test_what_is_malformed_is_a_bad_message(bad):
    with pytest.raises(BadMessage):
        messages.decode(bad)


def test_messages_are_read_as_the_first_reader_did():
    """Desks are updated one after the other, so both readers must take the same messages.

    The file holds messages with fields exchanged, left out or added, and bytes changed at random;
    beside each the frame that the first reader, which checked every field by hand, made of what
    it had read, nil if it was bad.
    """
    recorded = msgpack.unpackb(gzip.decompress(RECORDED.read_bytes()))
    assert len(recorded) == 4000
    for payload, encoded in recorded:
        try:
            found = messages.encode(messages.decode(b"\0" + payload))
        except BadMessage:
            found = None
        assert found == encoded, payload.hex()


def decoded_or_bad(data: bytes) -> None:
    try:
        message = messages.decode(data)
    except BadMessage:
        return
    assert messages.decode(messages.encode(message)) == message


@given(st.binary(max_size=200))
def test_any_bytes_are_a_message_or_bad(data):
    decoded_or_bad(data)
    decoded_or_bad(b"\0" + data)
    decoded_or_bad(b"\1" + zlib.compress(data))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 2**63) | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=20,
)


@given(st.integers(0, 30), st.lists(JSON, max_size=5))
def test_any_fields_are_a_message_or_bad(code, fields):
    decoded_or_bad(b"\0" + msgpack.packb([code, *fields]))


@given(st.sampled_from(ONE_OF_EACH), st.data())
@settings(max_examples=2 * settings.default.max_examples)
def test_a_mutated_frame_is_a_message_or_bad(message, data):
    changed = bytearray(messages.encode(message))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(changed) - 1))
        how = data.draw(st.sampled_from(["flip", "cut", "insert"]))
        if how == "flip":
            changed[at] = data.draw(st.integers(0, 255))
        elif how == "insert":
            changed[at:at] = data.draw(st.binary(min_size=1, max_size=4))
        elif len(changed) > 1:
            del changed[at]
    decoded_or_bad(bytes(changed))


@pytest.mark.parametrize(
    "make",
    [
        lambda batches: messages.Push(1, batches),
        lambda batches: messages.Batches(1, batches, True),
    ],
    ids=["Push", "Batches"],
)
def test_a_batch_without_facts_is_not_even_said(make):
    with pytest.raises(ValueError, match="a batch holds no facts"):
        make((BATCH, BATCH._replace(first=3)))
