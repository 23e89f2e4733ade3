"""Runs: links, ends, digests, what is signed, and the one canonical encoding of a stretch.

A run is the facts of one Yjs client in one shard, in order. Its *link* is a running hash that names
everything before it, so a signature over the newest link covers the whole run, and two copies of
one machine that went on differently are told apart.

The update encoding is Yjs update v1 for appends to one root ``Array`` named by the client id in
decimal (see ``src/utils/encoding.js`` of yjs and ``yrs/src/update.rs`` of y-crdt).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import Final, NamedTuple

from sync.errors import BadUpdate
from sync.model.facts import Author, FactId, Link, pack

CLIENT_MAX: Final = (1 << 53) - 1
RUN_FACTS_MAX: Final = 1000
RUN_BYTES_MAX: Final = 120 * 1024
SHARD_MAX: Final = (1 << 32) - 1
DIGEST_EMPTY: Final = blake2b(b"", digest_size=32).digest()

_STRUCT_ROOT: Final = 0x08
_STRUCT_AFTER: Final = 0x88
_ANY_BYTES: Final = 0x74


class End(NamedTuple):
    """Where a run, or a branch of it, ends: as many facts, and the link there."""

    client: int
    length: int
    link: Link


class Batch(NamedTuple):
    """What travels: the part of a run that the receiver lacks, up to its newest signature.

    ``link`` is the link at ``first``, the clock of the first fact in ``update``; ``signature`` by
    the key with the short id ``key`` covers the run up to ``length``.
    """

    author: Author
    shard: int
    client: int
    first: int
    link: Link
    length: int
    update: bytes
    key: bytes
    signature: bytes


def first_link(author: Author, shard: int, client: int) -> Link:
    """Link 0 of a run."""
    return Link(blake2b(pack((author, shard, client)), digest_size=16).digest())


def next_link(link: Link, fact: FactId) -> Link:
    """The link after one more fact."""
    return Link(blake2b(link + fact, digest_size=16).digest())


def signed_bytes(author: Author, shard: int, end: End) -> bytes:
    """What an author signs to vouch for a run up to ``end``."""
    return b"mrnmesh run 1\0" + pack((author, shard, end.client, end.length, end.link))


def key_id(public_key: bytes) -> bytes:
    """8 bytes that name an Ed25519 public key in a batch."""
    return blake2b(public_key, digest_size=8).digest()


def branch_client(link: Link, fact: FactId) -> int:
    """The Yjs client id under which a replica keeps a branch; it never leaves that replica."""
    return int.from_bytes(blake2b(b"branch" + link + fact, digest_size=8).digest()) & CLIENT_MAX


def shard_digest(ends: Iterable[End]) -> bytes:
    """BLAKE2b-256 of the sorted ends of a shard; equal digests prove equal facts."""
    return digest(b"".join(map(pack, sorted(ends))))


def author_digest(shards: Iterable[tuple[int, bytes]]) -> bytes:
    """Digest of an author's shards, given as (number, shard digest) in order of number."""
    return digest(b"".join(number.to_bytes(4) + value for number, value in shards))


def root_digest(authors: Iterable[tuple[Author, bytes]]) -> bytes:
    """Digest of a whole document, given as (author, author digest) in order of author."""
    return digest(b"".join(pack((author, value)) for author, value in authors))


def digest(data: bytes) -> bytes:
    """BLAKE2b-256."""
    return blake2b(data, digest_size=32).digest()


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


def state_vector(data: bytes) -> dict[int, int]:
    """Client -> clock of an encoded Yjs state vector (version 1)."""
    count, at = _read_varint(data, 0)
    vector: dict[int, int] = {}
    for _ in range(count):
        client, at = _read_varint(data, at)
        vector[client], at = _read_varint(data, at)
    return vector


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
        _, at = _read_varint(update, at)
        _, at = _read_varint(update, at)
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


def _varint(value: int) -> bytes:
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
