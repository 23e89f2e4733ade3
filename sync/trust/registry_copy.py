"""What the coordinator gives a desk that it lets in: the registry, and what it knows of the desk's.

A desk that the coordinator's former signing key let in holds facts under the coordinator's names.
It shows where each run of them ends. What the coordinator does not know may be a thief's, and so
may what has come since the desk showed it.
"""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from sync.model.facts import COORDINATOR, REGISTRY, VouchedEnd
from sync.model.runs import Batch
from sync.storage.store import Store

SHOWN_MAX: Final = 10_000
"""Ends that a desk shows."""
SHOWN_BYTES_MAX: Final = 2 * 1024 * 1024
COPY_BYTES_MAX: Final = 64 * 1024 * 1024
CODE: Final = "Enrolment-Code"
"""The header by which a desk asks: the bytes that name its code, a dot, its secret, as hex."""
TAKES: Final = "Takes-Registry"
"""The header of a desk that can follow the coordinator to its next signing key."""


class ShownEnds(msgspec.Struct, frozen=True):
    """Where the runs of the coordinator's names end at a desk."""

    ends: Annotated[tuple[VouchedEnd, ...], Meta(max_length=SHOWN_MAX)] = ()


class RegistryCopy(msgspec.Struct, frozen=True):
    """All that is signed of the registry, and which of the ends that a desk showed are known."""

    batches: tuple[Batch, ...]
    known: Annotated[tuple[VouchedEnd, ...], Meta(max_length=SHOWN_MAX)] = ()


def shown_of(store: Store) -> ShownEnds:
    """What a desk shows; of very many runs the registry's, and then the newest."""
    return ShownEnds(tuple(all_ends(store)[:SHOWN_MAX]))


def all_ends(store: Store) -> list[VouchedEnd]:
    """Where all runs of the coordinator's names end: the registry's, and then the newest first."""
    return [
        VouchedEnd(author, number, *end)
        for author in (REGISTRY, COORDINATOR)
        for number, ends in reversed(store.shards.shard_ends(author))
        for end in ends
    ]
