"""What a session hands out, as values: frames to send, queries to ask, and what has happened."""

from __future__ import annotations

from typing import NamedTuple

from sync.model.clerks.pins import ClerkPin
from sync.model.facts import Author, Incarnation
from sync.model.numbers import Mrn
from sync.protocol.addresses import HeldAddresses, SignedAddresses, TriedPort
from sync.protocol.questions import Query


class Send(NamedTuple):
    """Send this frame, after all others or, when ``urgent``, ahead of what is queued."""

    frame: bytes
    urgent: bool


class Ask(NamedTuple):
    """Ask the replica, one after the other, and give its reply back with this token."""

    token: int
    query: Query


class Close(NamedTuple):
    """Send what is queued and close; nothing comes after this. ``reason`` is a short code."""

    reason: str


class Established(NamedTuple):
    """The peer has proved who it is; whether it may sync is not decided yet."""

    author: Author
    replica: bytes
    incarnation: Incarnation
    process: bytes
    key: bytes


class Welcomed(NamedTuple):
    """Both sides allow each other to sync: the exchange of documents begins."""


class PeerRefused(NamedTuple):
    """The peer allows us the registry and nothing else; all of that has been merged."""

    reason: str
    why: str


class TurnedAway(NamedTuple):
    """We allow the peer the registry and nothing else; the reason is that of the refusal."""

    author: Author
    reason: str


class LiveNow(NamedTuple):
    """Both sides hold what the other had.

    When not ``complete``, something could not be merged, or the two do not have the same facts of
    the coordinator yet. It comes when both have settled, and again whenever they are found in step.
    """

    complete: bool


class NumberArrived(NamedTuple):
    """The answer to a request for a number; what the peer sent before it has been merged."""

    id: int
    mrn: Mrn | None
    code: str


class ProbeArrived(NamedTuple):
    """The peer has answered a probe."""

    id: int


class PongArrived(NamedTuple):
    """The peer has answered a ping."""

    id: int


class Parked(NamedTuple):
    """Something invalid came for a shard, which is left alone on this connection."""

    author: Author
    shard: int
    reason: str
    why: str


class Misbehaved(NamedTuple):
    """The peer has broken the rules, and the connection ends: a short code, and a sentence."""

    code: str
    why: str


class PeerClock(NamedTuple):
    """The peer's clock differs much from ours: it is ahead by so many milliseconds, or behind."""

    ahead_ms: int


class PeerHolds(NamedTuple):
    """Of these replicas the peer has addresses, and asks for newer ones and for those of others."""

    rows: tuple[HeldAddresses, ...]


class AddressesArrived(NamedTuple):
    """The peer says where replicas are reached; nobody has looked at the signatures yet."""

    found: tuple[SignedAddresses, ...]


class PinsArrived(NamedTuple):
    """The peer says what PINs of clerks are checked by."""

    found: tuple[ClerkPin, ...]


class PortsAsked(NamedTuple):
    """The peer wants to know which of its ports are reached from here."""

    id: int
    ports: tuple[int, ...]


class PortsArrived(NamedTuple):
    """The peer says at which address of ours it has tried ports, and how it found them."""

    id: int
    host: str
    found: tuple[TriedPort, ...]


class PinChangeArrived(NamedTuple):
    """The answer to the change of a PIN, an empty code for yes.

    What the peer sent before it has been merged.
    """

    id: int
    code: str


Event = (
    Established
    | Welcomed
    | PeerRefused
    | TurnedAway
    | LiveNow
    | NumberArrived
    | ProbeArrived
    | PongArrived
    | Parked
    | Misbehaved
    | PeerClock
    | PeerHolds
    | AddressesArrived
    | PinsArrived
    | PortsAsked
    | PortsArrived
    | PinChangeArrived
)
Output = Send | Ask | Close | Event
