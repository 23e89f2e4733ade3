"""Yjs updates: the one canonical encoding of a stretch of a run.

The encoding is Yjs update v1 for appends to one root ``Array`` named by the client id in decimal
(see ``src/utils/encoding.js`` of yjs and ``yrs/src/update.rs`` of y-crdt). Everything else that
Yjs could write is refused, because Yrs trusts its input.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from sync.errors import BadUpdate
from sync.model.runs import CLIENT_MAX, RUN_FACTS_MAX

_STRUCT_ROOT: Final = 0x08
_STRUCT_AFTER: Final = 0x88
_ANY_BYTES: Final = 0x74


def encode_update(client: int, first: int, facts: Sequence[bytes]) -> bytes:
    """The one encoding of the facts of ``client`` from clock ``first`` on (at least one fact)."""
    ident = _varint(client)
    out = bytearray(b"\x01\x01")
    out += ident
    out += _varint(first)
    if first == 0:
        name = str(client).encode()
        out.append(_STRUCT_ROOT)
        out += b"\x01"
        out += _varint(len(name))
        out += name
    else:
        out.append(_STRUCT_AFTER)
        out += ident
        out += _varint(first - 1)
    out += _varint(len(facts))
    for fact in facts:
        out.append(_ANY_BYTES)
        size = len(fact)
        if size < 0x80:
            out.append(size)
        else:
            out += _varint(size)
        out += fact
    out.append(0)
    return bytes(out)


def decode_update(update: bytes) -> tuple[int, int, list[bytes]]:
    """Client, first clock and facts of a canonical update.

    Raises:
        BadUpdate: any other bytes, however little they differ.
    """
    try:
        client, first, facts = _parse(update)
    except IndexError as error:
        raise BadUpdate(why="it ends in the middle") from error
    if client > CLIENT_MAX:
        raise BadUpdate(why="the client id is 2^53 or more")
    if encode_update(client, first, facts) != update:
        raise BadUpdate(why="it is not the canonical encoding of its records")
    return client, first, facts


def _parse(update: bytes) -> tuple[int, int, list[bytes]]:
    if update[:2] != b"\x01\x01":
        raise BadUpdate(why="it is not one struct of one client")
    client, at = _read_varint(update, 2)
    first, at = _read_varint(update, at)
    struct = update[at]
    at += 1
    if struct == _STRUCT_ROOT and first == 0:
        at += 1
        length, at = _read_varint(update, at)
        at += length
    elif struct == _STRUCT_AFTER and first > 0:
        # If the item before is another one, all bytes together are not the canonical encoding.
        at += len(_varint(client)) + len(_varint(first - 1))
    else:
        raise BadUpdate(why=f"a struct of kind {struct:#04x} at clock {first}")
    count, at = _read_varint(update, at)
    if not 0 < count <= RUN_FACTS_MAX:
        raise BadUpdate(why=f"{count} records, 1 to {RUN_FACTS_MAX} are allowed")
    facts: list[bytes] = []
    for _ in range(count):
        if update[at] != _ANY_BYTES:
            raise BadUpdate(why="an item is not bytes")
        size = update[at + 1]
        at += 2
        if size >= 0x80:
            size, at = _read_varint(update, at - 1)
        facts.append(update[at : at + size])
        at += size
    return client, first, facts


@lru_cache(maxsize=1024)
def _varint(value: int) -> bytes:
    # Kept, because a client id takes eight steps, and the same one comes with every batch.
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
        if shift > 63:
            raise BadUpdate(why="a number is too long")
