"""Every message that two replicas exchange, and its bytes.

A message is packed as ``[type code, fields...]`` in msgpack and travels in a frame, see
`sync.protocol.wire`. The types of the fields say what they may be; `decode` checks every one of
them, so that a session never meets a value that its type does not promise.

Every request carries an id that the asker chose, counting up; its answer carries the same one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Final, NamedTuple

import msgspec
from msgspec import Meta, Struct

from sync.errors import BadMessage
from sync.model.clerks.pins import ClerkPin
from sync.model.facts import AnyAuthor, Bytes8, Bytes16, Bytes32, Bytes64, Incarnation, PersonId
from sync.model.numbers import Mrn
from sync.model.runs import Batch, End, Shard
from sync.protocol import limits, wire
from sync.protocol.addresses import AddressText, HeldAddresses, Port, SignedAddresses, TriedPort
from sync.protocol.questions import AuthorRow, Roots, ShardDigest, Wish

Id = Annotated[int, Meta(ge=0, le=limits.ID_MAX)]
Version = Annotated[int, Meta(ge=0, le=255)]
Code = Annotated[str, Meta(max_length=limits.CODE_MAX)]
Sentence = Annotated[str, Meta(max_length=limits.TEXT_MAX)]


class _Message(Struct, array_like=True, forbid_unknown_fields=True, frozen=True):
    """A message; its tag is its type code."""


class EndsRow(NamedTuple):
    """Signed ends of one shard, in the order in which the sender holds them."""

    author: AnyAuthor
    shard: Shard
    ends: Annotated[tuple[End, ...], Meta(max_length=limits.ENDS_MAX)]


class EndsAsked(NamedTuple):
    """A shard of which the ends are asked for, except the first ``skip`` of them."""

    author: AnyAuthor
    shard: Shard
    skip: Annotated[int, Meta(ge=0, le=limits.ID_MAX)]


# who is there


class Hello(_Message, tag=1, frozen=True):
    """Who I am, what I speak, what I hold; ``process`` is new with each start of a daemon."""

    versions: Annotated[tuple[Version, ...], Meta(min_length=1, max_length=limits.VERSIONS_MAX)]
    replica: Bytes16
    incarnation: Incarnation
    process: Bytes8
    author: AnyAuthor
    public_key: Bytes32
    nonce: Bytes32
    now_ms: Annotated[int, Meta(ge=0, le=limits.CLOCK_MS_MAX)]
    roots: Roots


class Proof(_Message, tag=2, frozen=True):
    """My signature over both hellos shows that the key is mine and that this is not a replay."""

    signature: Bytes64


class Welcome(_Message, tag=3, frozen=True):
    """You may sync with me; this is what I hold now."""

    roots: Roots


class Refusal(_Message, tag=4, frozen=True):
    """You may have the registry and nothing else, for this reason."""

    reason: Code
    why: Sentence


# what one side lacks


class GetSummary(_Message, tag=5, frozen=True):
    """Tell me of each author after ``after``, or of ``author`` only, what you hold."""

    id: Id
    author: AnyAuthor | None
    after: AnyAuthor | None


class Summary(_Message, tag=6, frozen=True):
    """One row an author, ascending; not ``last``: there are more after these."""

    id: Id
    rows: Annotated[tuple[AuthorRow, ...], Meta(max_length=limits.ROWS_MAX)]
    last: bool


class GetShards(_Message, tag=7, frozen=True):
    """Tell me the digests of the shards of an author, from number ``start`` on."""

    id: Id
    author: AnyAuthor
    start: Shard


class Shards(_Message, tag=8, frozen=True):
    """One row a shard, ascending; not ``last``: there are more after these."""

    id: Id
    author: AnyAuthor
    rows: Annotated[tuple[ShardDigest, ...], Meta(max_length=limits.ROWS_MAX)]
    last: bool


class GetEnds(_Message, tag=9, frozen=True):
    """Tell me where the runs of these shards end."""

    id: Id
    shards: Annotated[tuple[EndsAsked, ...], Meta(min_length=1, max_length=limits.SHARDS_ASKED_MAX)]


class Ends(_Message, tag=10, frozen=True):
    """A row for each of the first shards asked for; not ``complete``: the last one goes on."""

    id: Id
    rows: Annotated[tuple[EndsRow, ...], Meta(min_length=1, max_length=limits.SHARDS_ASKED_MAX)]
    complete: bool


class Want(_Message, tag=11, frozen=True):
    """Send me these runs."""

    id: Id
    wishes: Annotated[tuple[Wish, ...], Meta(min_length=1, max_length=limits.WISHES_MAX)]


class Batches(_Message, tag=12, frozen=True):
    """Runs that you want; what I do not hold is left out; not ``last``: there are more."""

    id: Id
    batches: Annotated[tuple[Batch, ...], Meta(max_length=limits.WISHES_MAX)]
    last: bool

    def __post_init__(self) -> None:
        _need_facts(self.batches)


# live


class Settled(_Message, tag=13, frozen=True):
    """I have pulled all that I lacked and hold this now: push to me from here on."""

    roots: Roots


class RootsNow(_Message, tag=14, frozen=True):
    """This is what I hold now; pull from me if it is not what you hold."""

    roots: Roots


class Push(_Message, tag=15, frozen=True):
    """New facts; I wait for your `Ack` before I send many more."""

    seq: Id
    batches: Annotated[tuple[Batch, ...], Meta(min_length=1, max_length=limits.BATCHES_MAX)]

    def __post_init__(self) -> None:
        _need_facts(self.batches)


class Ack(_Message, tag=16, frozen=True):
    """I have dealt with that push, durably, and hold this now."""

    seq: Id
    roots: Roots


class NumberRequest(_Message, tag=17, frozen=True):
    """I am ``terminal`` and need an online number for this record."""

    id: Id
    record: PersonId
    terminal: AnyAuthor


class NumberReply(_Message, tag=18, frozen=True):
    """The number for the record, or None and the code of what forbids it."""

    id: Id
    mrn: Mrn | None
    code: Code


class Probe(_Message, tag=19, frozen=True):
    """Would you answer a request for a number now?"""

    id: Id


class ProbeReply(_Message, tag=20, frozen=True):
    """Yes."""

    id: Id


class Ping(_Message, tag=21, frozen=True):
    """Are you still there?"""

    id: Id


class Pong(_Message, tag=22, frozen=True):
    """I am."""

    id: Id


class Error(_Message, tag=23, frozen=True):
    """You broke the protocol, or I cannot go on; I close."""

    code: Code
    why: Sentence


class Bye(_Message, tag=24, frozen=True):
    """I close, and nothing is wrong."""

    reason: Code


# where others are, from version 2 of the protocol on


class AddressesHeld(_Message, tag=25, frozen=True):
    """Of these replicas I have addresses; tell me of those that you have newer ones of."""

    rows: Annotated[tuple[HeldAddresses, ...], Meta(max_length=limits.ROWS_MAX)]


class Addresses(_Message, tag=26, frozen=True):
    """The newest addresses that I have of these replicas."""

    found: Annotated[
        tuple[SignedAddresses, ...], Meta(min_length=1, max_length=limits.SIGNED_ADDRESSES_MAX)
    ]


# what PINs of clerks are checked by, from version 2 of the protocol on


class GetPins(_Message, tag=27, frozen=True):
    """Tell me what the PINs of these clerks are checked by, who work at my desk."""

    id: Id
    clerks: Annotated[tuple[Bytes16, ...], Meta(min_length=1, max_length=limits.PINS_MAX)]


class Pins(_Message, tag=28, frozen=True):
    """This is what I know of them; who does not work at your desk is left out."""

    id: Id
    found: Annotated[tuple[ClerkPin, ...], Meta(max_length=limits.PINS_MAX)]


# which ports the other side reaches, from version 2 of the protocol on


class TryPorts(_Message, tag=29, frozen=True):
    """Connect to these ports of mine, at the address that this connection leads to."""

    id: Id
    ports: Annotated[tuple[Port, ...], Meta(min_length=1, max_length=limits.PORTS_MAX)]


class PortsTried(_Message, tag=30, frozen=True):
    """At that address I found these; none of them: I have tried some just now, and not again."""

    id: Id
    host: AddressText
    found: Annotated[tuple[TriedPort, ...], Meta(max_length=limits.PORTS_MAX)]


# a clerk's own PIN, from version 2 of the protocol on


class ChangePin(_Message, tag=31, frozen=True):
    """A clerk of my desk has shown her PIN and chosen another one: let it be this."""

    id: Id
    change: ClerkPin


class PinChanged(_Message, tag=32, frozen=True):
    """The PIN is changed, or it is not, with the code of what forbids it."""

    id: Id
    code: Code


Message = (
    Hello
    | Proof
    | Welcome
    | Refusal
    | GetSummary
    | Summary
    | GetShards
    | Shards
    | GetEnds
    | Ends
    | Want
    | Batches
    | Settled
    | RootsNow
    | Push
    | Ack
    | NumberRequest
    | NumberReply
    | Probe
    | ProbeReply
    | Ping
    | Pong
    | Error
    | Bye
    | AddressesHeld
    | Addresses
    | GetPins
    | Pins
    | TryPorts
    | PortsTried
    | ChangePin
    | PinChanged
)


# bytes


def encode(message: Message) -> bytes:
    """The frame of a message, zlib-packed where that is shorter.

    Raises:
        BadMessage: it is larger than a frame may be.
    """
    return wire.wrap(_ENCODER.encode(message))


def decode(frame: bytes) -> Message:
    """The message in a frame, every field checked.

    Raises:
        BadMessage: anything else; nothing but this is raised, whatever the bytes are.
    """
    payload = wire.unwrap(frame)
    try:
        message: Message = _DECODER.decode(payload)
    except (ValueError, RecursionError) as error:  # msgspec's errors, and text that is no UTF-8
        raise BadMessage(why=str(error)) from error
    return message


def _need_facts(batches: Iterable[Batch]) -> None:
    if any(batch.first >= batch.length for batch in batches):
        raise ValueError("a batch holds no facts")


_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(Message)
