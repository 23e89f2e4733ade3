"""Frames: plain or packed, within the limits both packed and unpacked."""

from __future__ import annotations

import random
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.errors import BadMessage
from sync.protocol import limits, wire

NOISE = random.Random(1).randbytes(limits.FRAME_BYTES_MAX)


@given(st.binary(min_size=1, max_size=300), st.sampled_from([1, 99]))
def test_a_payload_comes_back_as_it_was(part, times):
    payload = part * times
    frame = wire.wrap(payload)
    assert wire.unwrap(frame) == payload
    assert len(frame) <= len(payload) + 1


def test_what_is_short_stays_plain_and_what_is_long_is_packed():
    short = b"people" * (wire.ZLIB_ABOVE_BYTES // 6)
    assert wire.wrap(short) == b"\0" + short
    assert wire.wrap(short + b"people")[:1] == b"\1"
    assert len(wire.wrap(short * 10)) < 200


def test_what_packing_does_not_shorten_stays_plain():
    assert wire.wrap(NOISE[:100_000]) == b"\0" + NOISE[:100_000]


def test_a_payload_is_shorter_than_a_frame_may_be():
    longest = NOISE[: limits.FRAME_BYTES_MAX - 1]
    assert wire.unwrap(wire.wrap(longest)) == longest
    for payload in (NOISE, bytes(limits.FRAME_BYTES_MAX)):  # however well it could be packed
        with pytest.raises(BadMessage):
            wire.wrap(payload)


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"\0",
        b"\1",
        b"\2x",
        b"\0" + NOISE,
        b"\1not zlib",
        b"\1" + zlib.compress(b"payload") + b"more",
        b"\1" + zlib.compress(b"payload")[:-1],
        b"\1" + zlib.compress(bytes(limits.FRAME_BYTES_MAX)),
    ],
)
def test_what_is_no_frame_is_a_bad_message(frame):
    with pytest.raises(BadMessage):
        wire.unwrap(frame)


def test_a_bomb_is_not_unpacked():
    bomb = b"\1" + zlib.compress(bytes(200_000_000), 9)
    assert len(bomb) < limits.FRAME_BYTES_MAX
    with pytest.raises(BadMessage):
        wire.unwrap(bomb)
