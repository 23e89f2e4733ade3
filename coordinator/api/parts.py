"""The coordinator's HTTP API, put together. Every call but a few has a token."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from sync.http.operations import Operation


class Part(Protocol):
    """A part of the API."""

    def operations(self) -> list[Operation]:
        """What a client can ask of it."""
        ...


def operations(parts: Iterable[Part]) -> list[Operation]:
    """All operations of all parts."""
    return [operation for part in parts for operation in part.operations()]
