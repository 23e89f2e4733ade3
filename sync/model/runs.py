"""Runs: links, ends, digests, and what is signed.

A run is the facts of one Yjs client in one shard, in order. Its *link* is a running hash that names
everything before it, so a signature over the newest link covers the whole run, and two copies of
one machine that went on differently are told apart. How a stretch of a run is written is in
`sync.model.yjs`.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from typing import Annotated, Final, NamedTuple

from msgspec import Meta

from sync.model.facts import AnyAuthor, Author, Bytes8, Bytes64, FactId, Link, pack

CLIENT_MAX: Final = (1 << 53) - 1
RUN_FACTS_MAX: Final = 1000
RUN_BYTES_MAX: Final = 120 * 1024
UPDATE_BYTES_MAX: Final = 128 * 1024
"""Of the update that carries a whole run."""
SHARD_MAX: Final = (1 << 32) - 1
SHARD_FACTS_MAX: Final = 16 * RUN_FACTS_MAX
"""Of a shard that is in step on all replicas; its author closes it at a sixteenth of that."""
SHARD_BYTES_MAX: Final = 16 * RUN_BYTES_MAX
SHARD_RUNS_MAX: Final = 1024
"""Runs and branches of such a shard: each process that writes begins one, with a fact at least."""

Shard = Annotated[int, Meta(ge=0, le=SHARD_MAX)]
Client = Annotated[int, Meta(ge=0, le=CLIENT_MAX)]
Length = Annotated[int, Meta(ge=1, le=RUN_FACTS_MAX)]


SHARD_ROW_BYTES: Final = 4 + 32


class End(NamedTuple):
    """Where a run, or a branch of it, ends: as many facts, and the link there."""

    client: Client
    length: Length
    link: Link


class Batch(NamedTuple):
    """What travels: the part of a run that the receiver lacks, up to its newest signature.

    ``link`` is the link at ``first``, the clock of the first fact in ``update``; ``signature`` by
    the key with the short id ``key`` covers the run up to ``length``.
    """

    author: AnyAuthor
    shard: Shard
    client: Client
    first: Annotated[int, Meta(ge=0, le=RUN_FACTS_MAX)]
    link: Link
    length: Length
    update: Annotated[bytes, Meta(min_length=1, max_length=UPDATE_BYTES_MAX)]
    key: Bytes8
    signature: Bytes64


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


def shard_row(number: int, value: bytes) -> bytes:
    """A shard with its digest, as `author_digest` takes it; `SHARD_ROW_BYTES` long."""
    return number.to_bytes(4) + value


def author_digest(rows: bytes | bytearray) -> bytes:
    """Digest of an author's shards, given as the `shard_row` of each in order of number."""
    return digest(rows)


CROWDED: Final = blake2b(b"crowded", digest_size=32).digest()
"""The digest of a shard beyond `SHARD_FACTS_MAX`, `SHARD_BYTES_MAX` or `SHARD_RUNS_MAX`."""


def root_digest(authors: Iterable[tuple[Author, bytes]]) -> bytes:
    """Digest of a whole document, given as (author, author digest) in order of author."""
    return digest(b"".join(pack((author, value)) for author, value in authors))


def digest(data: bytes | bytearray) -> bytes:
    """BLAKE2b-256."""
    return blake2b(data, digest_size=32).digest()
