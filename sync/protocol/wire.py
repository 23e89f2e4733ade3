"""What goes over the wire: one byte, 0 for plain and 1 for zlib, and the packed message after it.

A frame has at most `FRAME_BYTES_MAX` bytes, and so has what it unpacks to.
"""

from __future__ import annotations

import zlib
from typing import Final

from sync.errors import BadMessage
from sync.protocol import limits

ZLIB_ABOVE_BYTES: Final = 1024

_PLAIN: Final = b"\0"
_ZLIB: Final = b"\1"
_ZLIB_LEVEL: Final = 6


def wrap(payload: bytes) -> bytes:
    """The frame of a payload, zlib-packed where that is shorter.

    Raises:
        BadMessage: it is larger than a frame may be.
    """
    if len(payload) >= limits.FRAME_BYTES_MAX:
        raise BadMessage(
            why=f"{len(payload)} bytes, fewer than {limits.FRAME_BYTES_MAX} are allowed"
        )
    if len(payload) > ZLIB_ABOVE_BYTES:
        packed = zlib.compress(payload, _ZLIB_LEVEL)
        if len(packed) < len(payload):
            return _ZLIB + packed
    return _PLAIN + payload


def unwrap(frame: bytes) -> bytes:
    """The payload of a frame.

    Raises:
        BadMessage: it is none, or unpacks to more than a frame may hold.
    """
    if not 1 < len(frame) <= limits.FRAME_BYTES_MAX:
        raise BadMessage(why=f"a frame of {len(frame)} bytes")
    if frame[:1] == _PLAIN:
        return frame[1:]
    if frame[:1] != _ZLIB:
        raise BadMessage(why="its first byte is neither 0 nor 1")
    unpacker = zlib.decompressobj()
    try:
        payload = unpacker.decompress(frame[1:], limits.FRAME_BYTES_MAX)
    except zlib.error as error:
        raise BadMessage(why="it is not zlib") from error
    if not unpacker.eof or unpacker.unused_data or len(payload) >= limits.FRAME_BYTES_MAX:
        raise BadMessage(why="it does not unpack to one message within the limits")
    return payload
