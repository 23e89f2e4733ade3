"""What the parts of a session need of the session that they belong to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from sync.model.facts import Author
from sync.model.runs import Batch
from sync.protocol.events import Event
from sync.protocol.messages import Message
from sync.protocol.questions import Merged, Query, Roots


class Host(Protocol):
    """A session, as its parts see it.

    ``parked`` are the shards in which something invalid came; ``merging`` the batches of each merge
    that is on its way; ``peer_roots`` and ``told_roots`` what each side last said that it holds.
    """

    now_ms: int
    parked: set[tuple[Author, int]]
    merging: dict[int, frozenset[Any]]
    peer_roots: Roots | None
    told_roots: Roots | None

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

    def ask(self, query: Query, then: Callable[[Any], None]) -> int:
        """Ask the replica; ``then`` gets its reply. Returns the token of the query."""
        ...

    def merge(self, batches: tuple[Batch, ...], then: Callable[[Merged], None]) -> None:
        """Merge batches that the peer sent, and park what is invalid before it calls back."""
        ...

    def emit(self, event: Event) -> None:
        """Tell the shell of something."""
        ...
