"""With which others a replica keeps a connection, so that all together stay connected.

Replicas stand in a ring in the order of their keys, which are random. Each one keeps to those
beside it and to some farther along the ring, so news cross it in few steps, and it takes many
failures at once to cut anybody off. Whoever has the same members chooses the same pairs: both sides
dial.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

NEIGHBOURS_MAX: Final = 8
"""Up to so many others are all neighbours; of more, so many are."""


def chosen(me: bytes, others: Collection[bytes]) -> frozenset[bytes]:
    """The neighbours of ``me`` where ``others`` can be reached too."""
    members = set(others) - {me}
    if len(members) <= NEIGHBOURS_MAX:
        return frozenset(members)
    ring = sorted(members | {me})
    at = ring.index(me)
    found = {
        ring[(at + step) % len(ring)]
        for distance in distances(len(ring))
        for step in (distance, -distance)
    }
    return frozenset(found)


def wanted(me: bytes, others: Collection[bytes], away: Collection[bytes]) -> frozenset[bytes]:
    """Whom to dial: the neighbours among all, and those that stand in for who is away.

    Those that are away are dialled too, because a network that was cut in two grows together only
    over them: each side takes all of the other one to be away.
    """
    return chosen(me, others) | chosen(me, set(others) - set(away))


def distances(size: int) -> tuple[int, ...]:
    """How far along a ring of so many replicas neighbours are: two short ways and two long ones.

    The long ones are about the cube root and its square, so that each covers what the next shorter
    one would need many steps for.
    """
    near = round(size ** (1 / 3))
    return 1, 2, max(3, near), max(4, near * near)
