"""Keeping in touch: where a replica says it is, whom it dials, and what it does when it moves."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final, NamedTuple, Protocol

from sync.engine import keys
from sync.engine.transaction import Transaction
from sync.model.facts import COORDINATOR, Author
from sync.network import neighbours
from sync.network.address_book import AddressBook
from sync.network.connection import Connection
from sync.network.copies import with_key
from sync.network.dialling import Dialling, Target
from sync.network.telling import Telling
from sync.network.waiting import LOOKUPS
from sync.protocol import addresses

LOOK_S: Final = 1.0
KEEP_S: Final = 5.0
"""What has come is on disk after so many seconds."""
AWAY_S: Final = 600.0
"""Whoever could not be reached is away for so long, unless he is heard of; others stand in."""
PATIENCE_S: Final = 3.0
"""So long the one of a pair with the higher key waits for the other one to dial."""
COORDINATOR_PATIENCE_S: Final = 15.0
"""So long a coordinator waits for a desk that knows where it is."""
SPARE_S: Final = 60.0
"""A connection that this side has dialled and needs no more ends after so many seconds."""
HINTS_MAX: Final = 2
"""Of one replica; a later one takes the place of the oldest."""
HINT_PAUSE_S: Final = 10.0
"""A hint makes this replica dial at once, at most every so many seconds for each other one."""

log = logging.getLogger("mrnmesh.peering")


class Authored(Protocol):
    """What has an author."""

    @property
    def author(self) -> Author:
        """Whose replica it is."""
        ...


class Admitting(Protocol):
    """What is needed of `sync.rules.registry.Registry`."""

    def may_sync(self, author: Author, key: bytes) -> bool:
        """True when a replica with this key may sync."""
        ...


class KeepingReplica(Protocol):
    """What is needed of a replica; `sync.engine.replica.Replica` has it."""

    @property
    def identity(self) -> Authored:
        """Who it is."""
        ...

    @property
    def registry(self) -> Admitting:
        """Who may sync."""
        ...

    def read(self, act: Callable[[Any], list[bytes]]) -> Awaitable[list[bytes]]:
        """What ``act`` finds in a snapshot."""
        ...

    def write(self, act: Callable[[Transaction], None]) -> Awaitable[None]:
        """Run ``act`` in one transaction."""
        ...


class PeeringView(Protocol):
    """What is needed of `sync.network.peering.Peering`."""

    connections: list[Connection]
    dialling: Dialling


class _Hints:
    """Where somebody says that a replica is, without a signature, and when that was last used."""

    def __init__(self, author: Author) -> None:
        self.author = author
        self.addresses: list[str] = []
        self.used_s = -HINT_PAUSE_S

    def add(self, address: str) -> None:
        """The newest comes first."""
        others = [one for one in self.addresses if one != address]
        self.addresses = [address, *others][:HINTS_MAX]


class Here(NamedTuple):
    """Who this replica is, and whom its settings name.

    ``key`` is that of its facts; ``port`` is where it listens for others, None where they cannot
    reach it; ``coordinator`` is the address of the coordinator, empty at the coordinator itself,
    and ``coordinator_key`` the key by which it is known; ``peers`` are other addresses of the
    settings.
    """

    key: bytes
    port: int | None
    coordinator: str
    coordinator_key: bytes
    peers: tuple[str, ...] = ()


class Neighbourhood:
    """Dials the neighbours of a replica, and moves with this computer.

    What holds at any moment:

    1. It dials at most two times `neighbours.NEIGHBOURS_MAX` others beside the coordinator; a
       coordinator dials all desks that have been away for a while.
    2. An address that somebody signed is never displaced: hints are tried beside it, and each
       replica has at most `HINTS_MAX`.
    3. Nobody is dialled whom the registry does not let in.

    ``here`` says who this replica is; ``hosts`` are the addresses of this computer in its network,
    None before the first look; ``telling`` passes addresses on, and belongs to the connections of
    this replica; ``now_s`` is the clock that was handed in.

    Args:
        sign: makes the signature of this replica.
        own: those addresses, the likeliest first; it may take a moment, and has its own thread.
        now_s: a clock that never goes back.
    """

    def __init__(
        self,
        here: Here,
        replica: KeepingReplica,
        sign: Callable[[bytes], bytes],
        own: Callable[[], tuple[str, ...]],
        now_s: Callable[[], float],
    ) -> None:
        author = replica.identity.author
        self._book = AddressBook(author, here.key, sign, keys.verify, self._may_sync, now_s)
        self.telling = Telling(self._book, self.choose)
        self.here = here
        self._replica = replica
        self._peering: PeeringView
        self._own = own
        self.now_s = now_s
        self.hosts: tuple[str, ...] | None = None
        self._kept_s = now_s()
        self._hints: dict[bytes, _Hints] = {}
        self._sought: dict[bytes, str] = {}
        self._away_s: dict[bytes, float] = {}
        self._apart_s: dict[bytes, float] = {}
        self._spare_s: dict[bytes, float] = {}

    @property
    def coordinator(self) -> str:
        """Where the coordinator syncs now, as a URL, as far as is known."""
        key = self.here.coordinator_key
        line = with_key(key, self._peering.connections)
        if line is not None and line.dialled:
            return line.address
        return next(iter(self._urls(key)), self.here.coordinator)

    async def begin(self, peering: PeeringView) -> None:
        """Take up what was known before the restart, and dial; nothing else is called before."""
        self._peering = peering
        self._book.load(await self._replica.read(lambda snapshot: snapshot.store.meta.addresses()))
        url, key = self.here.coordinator, self.here.coordinator_key
        if url:
            target = Target(url, lambda: list(dict.fromkeys((url, *self._urls(key)))), key)
            self._peering.dialling.keep(target)
        self.choose()

    async def look(self) -> None:
        """Notice where this computer is now, and what has become of the others."""
        self._notice(await LOOKUPS.run(self._own))
        port = self.here.port
        own = () if port is None else _with_port(self.hosts or (), port)
        said = self._book.announce(own)
        news = ([said] if said is not None else []) + self._book.waited()
        if news:
            self.telling.spread(news, list(self._peering.connections))
        self.choose()
        if self.now_s() - self._kept_s >= KEEP_S:
            self._kept_s = self.now_s()
            await self.keep()

    async def keep(self) -> None:
        """Bring what has come to disk."""
        self._book.forget_others()
        changed = self._book.unsaved()

        def act(tx: Transaction) -> None:
            for key, packed in changed.items():
                tx.store.meta.keep_addresses(key, packed)

        if changed:
            await self._replica.write(act)  # where it fails, all of it is tried again
            self._book.saved(changed)

    def hint(self, key: bytes, author: Author, *places: str) -> None:
        """Somebody says, unsigned, that the replica with this key is at some addresses.

        Args:
            author: whose key it is by the registry.
            places: the likeliest first.
        """
        usable = [one for one in places if addresses.is_usable(one, heard_here=True)]
        if key == self.here.key or not usable:
            return
        hints = self._hints.setdefault(key, _Hints(author))
        for address in reversed(usable):
            hints.add(address)
        self._away_s.pop(key, None)
        self.choose()
        now_s = self.now_s()
        apart = with_key(key, self._peering.connections) is None
        if apart and now_s - hints.used_s >= HINT_PAUSE_S:
            hints.used_s = now_s
            is_coordinator = key == self.here.coordinator_key
            name = self.here.coordinator if is_coordinator else _name(author, key)
            self._peering.dialling.hurry(name, _url(usable[0]))

    def choose(self) -> None:
        """Dial those that are neighbours now, and nobody else."""
        now_s = self.now_s()
        others = self._others()
        up = {one.peer.key for one in self._peering.connections if one.peer is not None}
        for key in others:
            if key in up:
                self._apart_s.pop(key, None)
            else:
                self._apart_s.setdefault(key, now_s)
        wanted = self._wanted(others, up)
        for key in wanted - set(self._sought):
            if now_s - self._apart_s.get(key, now_s) >= self._patience_s(key):
                self._seek(key, others[key])
        for key in set(self._sought) - wanted:
            self._peering.dialling.leave(self._sought.pop(key))
        if self.here.coordinator:
            self._let_go(set(others) - wanted, now_s)

    # inside

    def _may_sync(self, author: Author, key: bytes) -> bool:
        if author == COORDINATOR:
            return key == self.here.coordinator_key
        return self._replica.registry.may_sync(author, key)

    def _others(self) -> dict[bytes, Author]:
        """Who may be dialled, without the coordinator, (3)."""
        others = self._book.others()
        for key, hints in self._hints.items():
            if self._may_sync(hints.author, key):
                others[key] = hints.author
        others.pop(self.here.coordinator_key, None)
        return others

    def _wanted(self, others: dict[bytes, Author], up: set[bytes]) -> frozenset[bytes]:
        if not self.here.coordinator:  # of a coordinator all want something, so all find it again
            return frozenset(others) - up
        now_s = self.now_s()
        for key, name in self._sought.items():
            if key not in up and self._peering.dialling.failures(name):
                self._away_s[key] = now_s
        if up.intersection(self._away_s):  # when one has come back, all may have
            self._away_s.clear()
        self._away_s = {
            key: since_s
            for key, since_s in self._away_s.items()
            if key in others and now_s - since_s < AWAY_S
        }
        return neighbours.wanted(self.here.key, others, self._away_s)

    def _patience_s(self, key: bytes) -> float:
        if not self.here.coordinator:
            return COORDINATOR_PATIENCE_S
        return 0.0 if self.here.key < key else PATIENCE_S

    def _seek(self, key: bytes, author: Author) -> None:
        name = self._sought[key] = _name(author, key)
        self._peering.dialling.keep(Target(name, lambda: self._urls(key), key))

    def _let_go(self, unwanted: set[bytes], now_s: float) -> None:
        """End connections that this side has dialled and needs no more.

        Whoever needs them on the other side dials, and those stay.
        """
        spare = {
            one.peer.key: one
            for one in self._peering.connections
            if one.dialled and one.peer is not None and one.address not in self.here.peers
        }
        self._spare_s = {key: self._spare_s.get(key, now_s) for key in set(spare) & unwanted}
        for key, since_s in self._spare_s.items():
            if now_s - since_s >= SPARE_S:
                spare[key].stop("spare")

    def _urls(self, key: bytes) -> list[str]:
        """Where a replica may be; what it has signed itself comes first, (2)."""
        hints = self._hints.get(key)
        found = (*self._book.of(key), *(hints.addresses if hints else ()))
        return [_url(address) for address in dict.fromkeys(found)]

    def _notice(self, hosts: tuple[str, ...]) -> None:
        if hosts == self.hosts:
            return
        before, self.hosts = self.hosts, hosts
        if before is None:
            return
        log.info("the addresses of this computer are now: %s", ", ".join(hosts) or "none")
        for connection in list(self._peering.connections):
            # It would be noticed half a minute later that nothing comes over them any more.
            if connection.own_host in _bare(before) - _bare(hosts):
                connection.abort("moved")
        self._away_s.clear()
        self._peering.dialling.hurry_all()


def _name(author: Author, key: bytes) -> str:
    return f"{author} ({key[:4].hex()})"


def _url(address: str) -> str:
    return f"wss://{address}/sync"


def _with_port(hosts: Iterable[str], port: int) -> tuple[str, ...]:
    """Those that mean the same to others; an interface of this computer means nothing to them."""
    every = (addresses.with_port(host, port) for host in hosts)
    return tuple(filter(addresses.is_usable, every))


def _bare(hosts: Iterable[str]) -> set[str]:
    """Addresses without the interfaces that some of them name."""
    return {host.partition("%")[0] for host in hosts}
