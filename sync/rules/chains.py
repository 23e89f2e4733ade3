"""A chain of entries: what its hashes mean, and whether it is whole.

The hash of an entry is BLAKE2b-256 of the hash before it and of all else that the entry says, so
an entry that is changed, removed or put in between breaks the chain from there on. The first entry
follows 32 zero bytes.

It shows what was done to entries afterwards. What whoever owns the computer leaves out before it
is written, or a chain that they make anew from the start, it cannot show by itself; a head that
somebody has noted elsewhere can.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from typing import Any, Final, Generic, NamedTuple, TypeVar

import msgpack

S = TypeVar("S", bound=tuple[Any, ...])

HASH_BYTES: Final = 32
START: Final = bytes(HASH_BYTES)
"""What the first entry follows."""


class ChainEntry(NamedTuple, Generic[S]):
    """An entry; ``number`` counts from 1 without a gap."""

    number: int
    said: S
    hash: bytes


class Head(NamedTuple):
    """The newest entry, which stands for all before it."""

    number: int
    hash: bytes


BEGINNING: Final = Head(0, START)
"""The head of a chain without entries."""


class Checked(NamedTuple):
    """Whether a chain is whole: ``wrong`` is the number of the first entry that does not fit."""

    head: Head
    wrong: int | None


class Checkpoint(NamedTuple):
    """The newest entry that was removed, which the chain goes on from.

    Attributes:
        at_ms: when it was removed, in milliseconds since 1970.
        key: the public key (32 bytes) of the replica that removed it.
        signature: its signature (64 bytes) over `signed_bytes`.
    """

    head: Head
    at_ms: int
    key: bytes
    signature: bytes


def signed_bytes(chain: bytes, head: Head, at_ms: int) -> bytes:
    """What the signature of a `Checkpoint` is over.

    Args:
        chain: what names the chain, so that no checkpoint counts for another one.
    """
    said: bytes = msgpack.packb([chain, *head, at_ms])
    return b"mrnmesh checkpoint 1\0" + said


def next_hash(before: bytes, number: int, said: tuple[Any, ...]) -> bytes:
    """The hash of an entry that follows the one with the hash ``before``."""
    return blake2b(before + msgpack.packb([number, *said]), digest_size=HASH_BYTES).digest()


def check(entries: Iterable[ChainEntry[Any]], since: Head = BEGINNING) -> Checked:
    """Look at the entries of a chain, the oldest first.

    Args:
        since: the last entry that is not there any more, `BEGINNING` if all are.
    """
    head = since
    for entry in entries:
        number = head.number + 1
        if entry.number != number or entry.hash != next_hash(head.hash, number, entry.said):
            return Checked(head, number)
        head = Head(number, entry.hash)
    return Checked(head, None)
