"""A session as its parts see it, and what every protocol without I/O consists of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from sync.model.facts import Author
from sync.model.runs import Batch
from sync.protocol.early import Early
from sync.protocol.events import Ask, Event, Output
from sync.protocol.messages import Message
from sync.protocol.questions import Merged, Query, Roots


class Host(Protocol):
    """A session, as its parts see it.

    ``parked`` are the shards in which something invalid came, ``early`` those of which something
    came too early; ``merging`` the keys of the batches of each merge that has not ended, by its
    token; ``peer_roots`` and ``sent_roots`` what the peer and this side last said that they hold.
    """

    now_ms: int
    parked: set[tuple[Author, int]]
    early: Early
    merging: dict[int, frozenset[Any]]
    peer_roots: Roots | None
    sent_roots: Roots | None

    @property
    def open(self) -> bool:
        """True while both sides allow each other to sync."""
        ...

    @property
    def peer_author(self) -> Author:
        """Who the peer is."""
        ...

    def next_id(self) -> int:
        """A number that was not used on this connection by this side."""
        ...

    def send(self, message: Message, urgent: bool = False) -> None:
        """Send a message, if the standing of the peer allows that."""
        ...

    def put(self, message: Message, urgent: bool = False) -> None:
        """Send a message, whatever the standing of the peer is."""
        ...

    def ask(self, query: Query, then: Callable[[Any], None]) -> int:
        """Ask the replica; ``then`` gets its reply. Returns the token of the query."""
        ...

    def merge(self, batches: tuple[Batch, ...], then: Callable[[Merged], None]) -> None:
        """Merge batches that the peer sent, and park what is invalid before ``then`` is called."""
        ...

    def emit(self, event: Event) -> None:
        """Report an event to the shell."""
        ...

    def fail(self, code: str, why: str) -> None:
        """Close, because of a fault that the peer hears of."""
        ...

    def stop(self, reason: str) -> None:
        """Say goodbye and close."""
        ...


class Machine:
    """Collects outputs until they are taken, and hands each reply to the part that asked for it."""

    def __init__(self) -> None:
        self._outputs: list[Output] = []
        self._asked: dict[int, Callable[[Any], None]] = {}
        self._counter = 0

    def take(self) -> list[Output]:
        """Everything to be done that was not taken before, in order."""
        outputs, self._outputs = self._outputs, []
        return outputs

    def next_id(self) -> int:
        """A number that was not used on this connection by this side."""
        self._counter += 1
        return self._counter

    def ask(self, query: Query, then: Callable[[Any], None]) -> int:
        """Ask the replica; ``then`` gets its reply. Returns the token of the query."""
        token = self.next_id()
        self._asked[token] = then
        self._outputs.append(Ask(token, query))
        return token

    def emit(self, event: Event) -> None:
        """Report an event to the shell."""
        self._outputs.append(event)
