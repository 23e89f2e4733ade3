"""Which of two connections with one replica ends, and whether two copies of it are alive.

When a peer has proved one key on two connections, it is one of three things: a replica that has
dialled this one and was dialled by it, a replica that comes back while its old connection still
looks alive, or two live copies of one database, because a disk was cloned for example. Only the
last is reported.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from enum import Enum, auto
from typing import Final

from sync.model.facts import Author
from sync.network.connection import Connection
from sync.protocol.events import Established

PING_S_MAX: Final = 5.0
DUPLICATE: Final = "duplicate"
"""Why a connection ends with a replica with which there is another one."""
LIVE_COPIES: Final = "twins"
"""Why a connection ends with the second of two live copies of one database."""

log = logging.getLogger("mrnmesh.peering")


class Rivalry(Enum):
    """What becomes of two connections with one replica."""

    NEW_ENDS = auto()
    OLD_ENDS = auto()
    OLD_ENDS_IF_DEAD = auto()
    OLD_ENDS_IF_DEAD_ELSE_COPIES = auto()


def rivalry(
    old: Established, old_dialled: bool, new: Established, new_dialled: bool, our_replica: bytes
) -> Rivalry | None:
    """What becomes of two connections; None when they are with different replicas.

    Args:
        old_dialled: whether this side dialled the older connection.
        our_replica: the id of this side's replica.
    """
    if not _same_replica(old, new):
        return None
    if old.process != new.process:  # a daemon that was started anew, or two daemons
        return Rivalry.OLD_ENDS_IF_DEAD_ELSE_COPIES
    if old_dialled != new_dialled:
        # Both sides must end the same one: that which the replica with the smaller id dialled
        # stays.
        ours_stays = our_replica < new.replica
        return Rivalry.NEW_ENDS if new_dialled != ours_stays else Rivalry.OLD_ENDS
    if new_dialled:  # one replica under two addresses
        return Rivalry.NEW_ENDS
    return Rivalry.OLD_ENDS_IF_DEAD  # if it is not dead, the peer has two addresses, and ends one


def _same_replica(one: Established, other: Established) -> bool:
    """Names are only claimed; nobody is taken for another without having proved the same key."""
    return one.key == other.key and (
        one.replica == other.replica
        or (one.author, one.incarnation) == (other.author, other.incarnation)
    )


def with_key(key: bytes, among: Iterable[Connection]) -> Connection | None:
    """The connection with the replica that has proved a key, if there is one that goes on."""
    for connection in among:
        if connection.peer is not None and connection.peer.key == key and not connection.is_ending:
            return connection
    return None


def kept_instead_of(lost: Connection, among: Iterable[Connection]) -> Connection | None:
    """The connection that was kept when ``lost`` was closed as a duplicate, if it is there."""
    if lost.peer is None:
        return None
    for connection in among:
        if connection.peer is not None and connection.peer.replica == lost.peer.replica:
            return connection
    return None


class Copies:
    """Compares each new connection with those that there are.

    Args:
        found: called with the author of two live copies.
    """

    def __init__(self, found: Callable[[Author], None]) -> None:
        self._found = found
        self._challenges: set[asyncio.Task[None]] = set()

    def compare(
        self, new: Connection, peer: Established, our_replica: bytes, others: Iterable[Connection]
    ) -> None:
        """End the connections that there need not be beside ``new``, with ``peer``, or ``new``."""
        for old in others:
            if old is new or old.peer is None or old.is_ending:  # itself, unknown, or ending
                continue
            match rivalry(old.peer, old.dialled, peer, new.dialled, our_replica):
                case Rivalry.NEW_ENDS:
                    new.stop(DUPLICATE)
                case Rivalry.OLD_ENDS:
                    old.stop(DUPLICATE)
                case Rivalry.OLD_ENDS_IF_DEAD:
                    self._challenge(old, None, peer.author)
                case Rivalry.OLD_ENDS_IF_DEAD_ELSE_COPIES:
                    self._challenge(old, new, peer.author)

    async def close(self) -> None:
        """Challenge nobody any more."""
        for task in self._challenges:
            task.cancel()
        await asyncio.gather(*self._challenges, return_exceptions=True)

    def _challenge(self, old: Connection, copy: Connection | None, author: Author) -> None:
        """Cut the older connection if it is dead; if it is not, end that with its ``copy``."""

        async def challenge() -> None:
            if await old.ask(lambda session: session.ping(), PING_S_MAX) is None:
                old.abort("gone")
            elif copy is not None:
                log.warning("two computers are %s at the same time: one is a copy", author)
                copy.stop(LIVE_COPIES)
                self._found(author)

        task = asyncio.create_task(challenge())
        self._challenges.add(task)
        task.add_done_callback(self._challenges.discard)
