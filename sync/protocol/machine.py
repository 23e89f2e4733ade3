"""What a protocol without I/O consists of, whatever it says: outputs, and queries on their way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sync.protocol.events import Ask, Event, Output
from sync.protocol.questions import Query


class Machine:
    """Collects outputs until they are taken, and gives each reply to whom asked for it."""

    def __init__(self) -> None:
        self._outputs: list[Output] = []
        self._asked: dict[int, Callable[[Any], None]] = {}
        self._counter = 0

    def take(self) -> list[Output]:
        """What is to be done since the last call, in order."""
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
        """Tell the shell of something."""
        self._outputs.append(event)
