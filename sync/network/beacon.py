"""Beacon the other replicas of the facility by multicast, and being found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from sync.model.facts import COORDINATOR, Author
from sync.network.announcements import Announcement, replica_label
from sync.network.discovery import Discovery, Heard
from sync.network.neighbourhood import Neighbourhood
from sync.protocol.addresses import with_port


class KnownTerminal(Protocol):
    """What is needed of `sync.rules.registry.Terminal`."""

    @property
    def live_keys(self) -> frozenset[bytes]:
        """The keys with which it may sync."""
        ...


class KnownTerminals(Protocol):
    """What is needed of `sync.rules.registry.Registry`."""

    @property
    def terminals(self) -> Mapping[Author, KnownTerminal]:
        """By their codes."""
        ...


class Beacon:
    """Announces one replica under a name that only its own facility reads, and reads theirs.

    Args:
        registry: the registry as it is now.
        beside: what else this computer announces now.
    """

    def __init__(
        self,
        neighbourhood: Neighbourhood,
        registry: Callable[[], KnownTerminals],
        beside: Callable[[], tuple[Announcement, ...]] = tuple,
    ) -> None:
        self._here = neighbourhood.here
        self._neighbourhood = neighbourhood
        self._registry = registry
        self._beside = beside
        self._read: object = None
        self._names: dict[str, tuple[Author, bytes]] = {}
        self._discovery = Discovery(
            lambda: neighbourhood.hosts,
            self._announced,
            self._is_ours,
            self._heard,
            neighbourhood.now_s,
        )

    async def look(self) -> None:
        """Learn the names of those whom the registry knows, and begin anew where that is needed."""
        registry = self._registry()
        if registry is not self._read:
            self._read = registry
            hub = self._here.coordinator_key
            known = [(COORDINATOR, hub)]
            known += [
                (code, key) for code, one in registry.terminals.items() for key in one.live_keys
            ]
            self._names = {
                replica_label(hub, key): (author, key)
                for author, key in known
                if key != self._here.key
            }
        await self._discovery.look()

    async def close(self) -> None:
        """Say goodbye, and hear nothing any more."""
        await self._discovery.close()

    def _announced(self) -> tuple[Announcement, ...]:
        own = replica_label(self._here.coordinator_key, self._here.key)
        port = self._here.port
        said = () if port is None else (Announcement(own, port),)
        return (*said, *self._beside())

    def _is_ours(self, label: str) -> bool:
        return label in self._names

    def _heard(self, heard: Heard) -> None:
        known = self._names.get(heard.label)
        if known is not None:
            author, key = known
            places = (with_port(address, heard.port) for address in heard.addresses)
            self._neighbourhood.hint(key, author, *places)
