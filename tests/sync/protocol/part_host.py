"""The view that the parts of a session have of it, held by a test."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from sync.model.facts import Author
from sync.model.runs import Batch
from sync.protocol.early import Early
from sync.protocol.events import Event
from sync.protocol.messages import Message
from sync.protocol.questions import Merged, Query, Roots
from tests.sync.conftest import LAB

HERE = Roots(b"r" * 32, b"c" * 32, b"h" * 32)
THERE = Roots(b"r" * 32, b"c" * 32, b"t" * 32)


class PartHost:
    """A `sync.protocol.host.Host` that keeps what its part does; the test answers its queries."""

    def __init__(self) -> None:
        self.now_ms = 0
        self.parked: set[tuple[Author, int]] = set()
        self.early = Early()
        self.merging: dict[int, frozenset[Any]] = {}
        self.peer_roots: Roots | None = None
        self.sent_roots: Roots | None = None
        self.open = True
        self.peer_author = Author(LAB)
        self.sent: list[Any] = []
        self.urgent: list[Any] = []
        self.events: list[Any] = []
        self.ended: list[Any] = []
        self.asks: deque[tuple[Query, Callable[[Any], None]]] = deque()
        self.merges: deque[tuple[tuple[Batch, ...], Callable[[Merged], None]]] = deque()
        self._ids = 0

    def next_id(self) -> int:
        self._ids += 1
        return self._ids

    def send(self, message: Message, urgent: bool = False) -> None:
        (self.urgent if urgent else self.sent).append(message)

    def put(self, message: Message, urgent: bool = False) -> None:
        self.send(message, urgent)

    def ask(self, query: Query, then: Callable[[Any], None]) -> int:
        self.asks.append((query, then))
        return self.next_id()

    def merge(self, batches: tuple[Batch, ...], then: Callable[[Merged], None]) -> None:
        self.merges.append((batches, then))

    def emit(self, event: Event) -> None:
        self.events.append(event)

    def fail(self, code: str, why: str) -> None:
        self.ended.append((code, why))

    def stop(self, reason: str) -> None:
        self.ended.append(reason)

    def answer(self, reply: object) -> Query:
        """The replica answers the oldest query; returns that."""
        query, then = self.asks.popleft()
        then(reply)
        return query

    def merged(self, *outcomes: Any) -> tuple[Batch, ...]:
        """The replica has merged the oldest batches; returns them."""
        batches, then = self.merges.popleft()
        then(Merged(outcomes, len(batches)))
        return batches
