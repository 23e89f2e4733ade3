"""What is new on one side goes to the other at once, within what the other can take.

The numbers in brackets are those of `sync.protocol.session.Session`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sync.errors import ProtocolError
from sync.model.facts import REGISTRY
from sync.model.runs import Batch
from sync.protocol import limits, messages
from sync.protocol.host import Host
from sync.protocol.pieces import batch_bytes, in_pieces
from sync.protocol.questions import Admittance, Merged, Roots, RootsQuery
from sync.protocol.rounds import Rounds


def batch_key(batch: Batch) -> tuple[Any, ...]:
    """What is equal in two batches only if they bring the same facts and signature."""
    return batch.author, batch.shard, batch.client, batch.length, batch.signature


class Window:
    """Pushes that are on their way: sequence number -> bytes."""

    def __init__(self) -> None:
        self.waiting_since_ms = 0
        self._sizes: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._sizes)

    def has_room(self, size: int) -> bool:
        """True when a push of so many bytes may go now."""
        total = sum(self._sizes.values()) + size
        return len(self._sizes) < limits.PUSHES_MAX and total <= limits.PUSHED_BYTES_MAX

    def add(self, seq: int, size: int, now_ms: int) -> None:
        """A push goes out."""
        if not self._sizes:
            self.waiting_since_ms = now_ms
        self._sizes[seq] = size

    def acknowledge(self, seq: int, now_ms: int) -> bool:
        """A push is dealt with; False when there was none of this number."""
        if self._sizes.pop(seq, None) is None:
            return False
        self.waiting_since_ms = now_ms
        return True


class Pushing:
    """The pushes of one session, both ways.

    The registry has a window of its own, so that no queue of people delays a revocation. ``on`` is
    true from the first `Settled` of the peer; ``dirty`` while something was dropped and the peer
    does not know it; ``drops`` counts how often something was dropped.
    """

    def __init__(self, host: Host, rounds: Rounds) -> None:
        self.on = False
        self.dirty = False
        self.drops = 0
        self._host = host
        self._rounds = rounds
        self._urgent = Window()
        self._ordinary = Window()
        self._receiving = 0

    @property
    def late(self) -> bool:
        """True when the peer has not acknowledged anything for too long, (8)."""
        return self.on and any(
            len(window) and self._host.now_ms - window.waiting_since_ms >= limits.ANSWER_MS_MAX
            for window in (self._urgent, self._ordinary)
        )

    def committed(self, batches: Sequence[Batch], by_peer: bool) -> None:
        """Push what was committed here, except what the peer has just sent itself.

        Args:
            by_peer: the peer of this session brought what was committed.
        """
        if not self.on:  # it will be pulled: the peer has not settled yet, (4)
            return
        host = self._host
        received = set().union(*host.merging.values()) if by_peer else set()
        fresh = [
            batch
            for batch in batches
            if batch_key(batch) not in received and (batch.author, batch.shard) not in host.parked
        ]
        self._push([batch for batch in fresh if batch.author == REGISTRY], True)
        self._push([batch for batch in fresh if batch.author != REGISTRY], False)

    def _push(self, batches: list[Batch], urgent: bool) -> None:
        window = self._urgent if urgent else self._ordinary
        for piece in in_pieces(batches, limits.BATCHES_MAX):
            size = sum(map(batch_bytes, piece))
            # After a gap the peer could not attach what follows, so nothing is pushed until it has
            # heard of the gap. Registry facts go on: they are few, and who may sync hangs on them.
            if (self.dirty and not urgent) or not window.has_room(size):
                self.dirty = True  # (6)
                self.drops += 1
                return
            seq = self._host.next_id()
            window.add(seq, size, self._host.now_ms)
            self._host.send(messages.Push(seq, piece), urgent)

    def on_ack(self, ack: messages.Ack) -> None:
        """The peer has dealt with a push.

        Raises:
            ProtocolError: there was no such push.
        """
        windows = (self._urgent, self._ordinary)
        if not any(window.acknowledge(ack.seq, self._host.now_ms) for window in windows):
            raise ProtocolError(why="an acknowledgement of nothing")
        self._host.peer_roots = ack.roots
        if self.dirty and not any(map(len, windows)):  # it has caught up with all that was sent
            self.dirty = False
            self._host.ask(RootsQuery(), self._rounds.send_roots)  # (6)

    def on_push(self, push: messages.Push) -> None:
        """The peer pushes.

        Raises:
            ProtocolError: it does not wait for our acknowledgements.
        """
        if self._receiving >= 2 * limits.PUSHES_MAX:  # both windows full
            raise ProtocolError(why="too many pushes at once")
        self._receiving += 1
        host, rounds = self._host, self._rounds

        def acknowledge(own: Roots) -> None:
            self._receiving -= 1
            host.sent_roots = own
            host.send(messages.Ack(push.seq, own))
            rounds.reconsider(own)

        def merged(reply: Merged) -> None:
            if any(outcome.entry is Admittance.NOT_YET for outcome in reply.outcomes):
                rounds.undone = True  # a round will bring what it needs, (5)
            host.ask(RootsQuery(), acknowledge)

        batches = [b for b in push.batches if (b.author, b.shard) not in host.parked]
        host.merge(tuple(batches), merged)
