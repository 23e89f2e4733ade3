"""How far a connection has come."""

from __future__ import annotations

from enum import StrEnum


class Stage(StrEnum):
    """How far a connection has come, as one side sees it."""

    HELLO = "hello"
    PROOF = "proof"
    REGISTRY = "registry"
    DOCUMENT = "document"
    REFUSING = "refusing"
    """The peer was never allowed more than the registry."""
    EXPELLED = "expelled"
    """The peer was allowed to sync and is no longer."""
    REFUSED = "refused"
    """The peer allows us the registry only; we close when we have it."""
    CLOSED = "closed"
