"""Every message that two replicas exchange, its limits, and its bytes.

A message is packed as ``[type code, fields...]`` in msgpack and travels in a frame, see
`sync.protocol.wire`. `decode` checks the type, the length and the bounds of every field, so that a
session never meets a value that its type does not promise.

Every request carries an id that the asker chose, counting up; its answer carries the same one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import msgpack

from sync.errors import BadMessage
from sync.model import fields, numbers, runs
from sync.model.facts import CODE_LENGTH_MAX, INCARNATION_BYTES, Author, Incarnation, RecordId, pack
from sync.model.numbers import Mrn
from sync.model.runs import Batch, End
from sync.protocol import limits, wire
from sync.protocol.questions import AuthorRow, Roots, ShardDigest, Wish

_ARRAY_MAX: Final = max(limits.ENDS_MAX, limits.ROWS_MAX)


class EndsRow(NamedTuple):
    """Signed ends of one shard, in the order in which the sender holds them."""

    author: Author
    shard: int
    ends: tuple[End, ...]


class EndsAsked(NamedTuple):
    """A shard of which the ends are asked for, but for the first ``skip`` of them."""

    author: Author
    shard: int
    skip: int


# who is there


class Hello(NamedTuple):
    """Who I am, what I speak, what I hold; ``process`` is new with each start of a daemon."""

    versions: tuple[int, ...]
    replica: bytes
    incarnation: Incarnation
    process: bytes
    author: Author
    public_key: bytes
    nonce: bytes
    now_ms: int
    roots: Roots


class Proof(NamedTuple):
    """My signature over both hellos shows that the key is mine and that this is not a replay."""

    signature: bytes


class Welcome(NamedTuple):
    """You may sync with me; this is what I hold now."""

    roots: Roots


class Refusal(NamedTuple):
    """You may have the registry and nothing else, for this reason."""

    reason: str
    why: str


# what one side lacks


class GetSummary(NamedTuple):
    """Tell me of each author after ``after``, or of ``author`` only, what you hold."""

    id: int
    author: Author | None
    after: Author | None


class Summary(NamedTuple):
    """One row an author, ascending; not ``last``: there are more after these."""

    id: int
    rows: tuple[AuthorRow, ...]
    last: bool


class GetShards(NamedTuple):
    """Tell me the digests of the shards of an author, from number ``start`` on."""

    id: int
    author: Author
    start: int


class Shards(NamedTuple):
    """One row a shard, ascending; not ``last``: there are more after these."""

    id: int
    author: Author
    rows: tuple[ShardDigest, ...]
    last: bool


class GetEnds(NamedTuple):
    """Tell me where the runs of these shards end."""

    id: int
    shards: tuple[EndsAsked, ...]


class Ends(NamedTuple):
    """A row for each of the first shards asked for; not ``complete``: the last one goes on."""

    id: int
    rows: tuple[EndsRow, ...]
    complete: bool


class Want(NamedTuple):
    """Send me these runs."""

    id: int
    wishes: tuple[Wish, ...]


class Batches(NamedTuple):
    """Runs that you want; what I do not hold is left out; not ``last``: there are more."""

    id: int
    batches: tuple[Batch, ...]
    last: bool


# live


class Settled(NamedTuple):
    """I have pulled all that I lacked and hold this now: push to me from here on."""

    roots: Roots


class RootsNow(NamedTuple):
    """This is what I hold now; pull from me if it is not what you hold."""

    roots: Roots


class Push(NamedTuple):
    """New facts; I wait for your `Ack` before I send many more."""

    seq: int
    batches: tuple[Batch, ...]


class Ack(NamedTuple):
    """I have dealt with that push, durably, and hold this now."""

    seq: int
    roots: Roots


class NumberRequest(NamedTuple):
    """I am ``terminal`` and need an online number for this record."""

    id: int
    record: RecordId
    terminal: Author


class NumberReply(NamedTuple):
    """The number for the record, or None and the code of what forbids it."""

    id: int
    mrn: Mrn | None
    code: str


class Probe(NamedTuple):
    """Would you answer a request for a number now?"""

    id: int


class ProbeReply(NamedTuple):
    """Yes."""

    id: int


class Ping(NamedTuple):
    """Are you still there?"""

    id: int


class Pong(NamedTuple):
    """I am."""

    id: int


class Error(NamedTuple):
    """You broke the protocol, or I cannot go on; I close."""

    code: str
    why: str


class Bye(NamedTuple):
    """I close, and nothing is wrong."""

    reason: str


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
)


# bytes


def encode(message: Message) -> bytes:
    """The frame of a message, zlib-packed where that is shorter.

    Raises:
        BadMessage: it is larger than a frame may be.
    """
    return wire.wrap(pack((_CODES[type(message)], *message)))


def decode(frame: bytes) -> Message:
    """The message in a frame, every field checked.

    Raises:
        BadMessage: anything else; nothing but this is raised, whatever the bytes are.
    """
    payload = wire.unwrap(frame)
    try:
        parts = msgpack.unpackb(
            payload,
            raw=False,
            max_array_len=_ARRAY_MAX,
            max_map_len=0,
            max_ext_len=0,
            max_str_len=4 * limits.TEXT_MAX,
            max_bin_len=limits.UPDATE_BYTES_MAX,
        )
    except (ValueError, OverflowError, RecursionError, msgpack.UnpackException) as error:
        raise BadMessage(why="it is not msgpack within the limits") from error
    if type(parts) is not list or not parts or type(parts[0]) is not int:
        raise BadMessage(why="it is not an array that begins with a type code")
    layout = _LAYOUTS.get(parts[0])
    if layout is None:
        raise BadMessage(why="its type code is unknown")
    make, checks = layout
    try:
        message: Message = make(*fields.elements(parts[1:], checks))
    except fields.Wrong as error:
        raise BadMessage(why=f"{make.__name__}: {error}") from error
    return message


# layouts


def _author(value: Any) -> Author:
    if type(value) is not str or not 0 < len(value) <= CODE_LENGTH_MAX:
        raise fields.Wrong(f"an author is not a text of 1 to {CODE_LENGTH_MAX} characters")
    return Author(value)


def _mrn(value: Any) -> Mrn:
    if not numbers.is_canonical(value):
        raise fields.Wrong("an MRN is not in canonical form")
    mrn: Mrn = value
    return mrn


def _update(value: Any) -> bytes:
    if type(value) is not bytes or not 0 < len(value) <= limits.UPDATE_BYTES_MAX:
        raise fields.Wrong("an update is not bytes within the limit")
    return value


def _batch(value: Any) -> Batch:
    batch: Batch = _any_batch(value)
    if batch.first >= batch.length:
        raise fields.Wrong("a batch holds no facts")
    return batch


_id = fields.whole(0, limits.ID_MAX)
_shard = fields.whole(0, runs.SHARD_MAX)
_client = fields.whole(0, runs.CLIENT_MAX)
_count = fields.whole(1, runs.RUN_FACTS_MAX)
_digest = fields.exactly(32)
_key = fields.exactly(32)
_link = fields.exactly(16)
_code = fields.text(limits.CODE_MAX)
_why = fields.text(limits.TEXT_MAX)
_roots = fields.row(Roots, _digest, _digest, _digest)
_end = fields.row(End, _client, _count, _link)
_wish = fields.row(Wish, _author, _shard, _end, fields.many(_end, 0, limits.OWN_ENDS_MAX))
_any_batch = fields.row(
    Batch,
    _author,
    _shard,
    _client,
    fields.whole(0, runs.RUN_FACTS_MAX),
    _link,
    _count,
    _update,
    fields.exactly(8),
    fields.exactly(64),
)
_hello = (
    fields.many(fields.whole(0, 255), 1, limits.VERSIONS_MAX),
    fields.exactly(16),
    fields.exactly(INCARNATION_BYTES),
    fields.exactly(8),
    _author,
    _key,
    fields.exactly(32),
    fields.whole(0, limits.CLOCK_MS_MAX),
    _roots,
)


def _rows(row: fields.Field) -> tuple[fields.Field, ...]:
    return (_id, fields.many(row, 0, limits.ROWS_MAX), fields.flag)


_LAYOUTS: Final[dict[int, tuple[Callable[..., Any], tuple[fields.Field, ...]]]] = {
    1: (Hello, _hello),
    2: (Proof, (fields.exactly(64),)),
    3: (Welcome, (_roots,)),
    4: (Refusal, (_code, _why)),
    5: (GetSummary, (_id, fields.or_none(_author), fields.or_none(_author))),
    6: (Summary, _rows(fields.row(AuthorRow, _author, _shard, _digest, _digest))),
    7: (GetShards, (_id, _author, _shard)),
    8: (
        Shards,
        (
            _id,
            _author,
            fields.many(fields.row(ShardDigest, _shard, _digest), 0, limits.ROWS_MAX),
            fields.flag,
        ),
    ),
    9: (
        GetEnds,
        (
            _id,
            fields.many(
                fields.row(EndsAsked, _author, _shard, fields.whole(0, limits.ID_MAX)),
                1,
                limits.SHARDS_ASKED_MAX,
            ),
        ),
    ),
    10: (
        Ends,
        (
            _id,
            fields.many(
                fields.row(EndsRow, _author, _shard, fields.many(_end, 0, limits.ENDS_MAX)),
                1,
                limits.SHARDS_ASKED_MAX,
            ),
            fields.flag,
        ),
    ),
    11: (Want, (_id, fields.many(_wish, 1, limits.WISHES_MAX))),
    12: (Batches, (_id, fields.many(_batch, 0, limits.WISHES_MAX), fields.flag)),
    13: (Settled, (_roots,)),
    14: (RootsNow, (_roots,)),
    15: (Push, (_id, fields.many(_batch, 1, limits.BATCHES_MAX))),
    16: (Ack, (_id, _roots)),
    17: (NumberRequest, (_id, fields.exactly(16), _author)),
    18: (NumberReply, (_id, fields.or_none(_mrn), _code)),
    19: (Probe, (_id,)),
    20: (ProbeReply, (_id,)),
    21: (Ping, (_id,)),
    22: (Pong, (_id,)),
    23: (Error, (_code, _why)),
    24: (Bye, (_code,)),
}
"""Type code -> class, and the check of each of its fields."""

_CODES: Final[dict[Callable[..., Any], int]] = {make: code for code, (make, _) in _LAYOUTS.items()}
