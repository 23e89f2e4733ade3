"""The questions of a session to its replica, and the replies, as values.

A session does no I/O and knows no store: it hands out queries with a token, and the shell gives it
the reply with that token later. `sync.engine.exchange` answers them in the order in which they were
asked.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final, NamedTuple

from msgspec import Meta

from sync.model.clerks.pins import ClerkPin
from sync.model.facts import AnyAuthor, Author, Bytes32, Incarnation, RecordId, State
from sync.model.numbers import Mrn
from sync.model.runs import Batch, End, Shard
from sync.protocol import limits

KEY_MISSING: Final = "key_missing"
"""The reason of an `Outcome` that only the registry can change."""


class Roots(NamedTuple):
    """Digests (32 bytes each) of all that `registry` and `coordinator` wrote, and of everything."""

    registry: Bytes32
    coordinator: Bytes32
    document: Bytes32


class AuthorRow(NamedTuple):
    """One author in a summary: its newest shard, the digest of that, and of all before it."""

    author: AnyAuthor
    highest: Shard
    closed: Bytes32
    open: Bytes32


class ShardDigest(NamedTuple):
    """A shard and the digest of its signed ends."""

    number: Shard
    digest: Bytes32


class Wish(NamedTuple):
    """A run that somebody lacks: where it is to lead, and where the asker's own copies end."""

    author: AnyAuthor
    shard: Shard
    target: End
    mine: Annotated[tuple[End, ...], Meta(max_length=limits.OWN_ENDS_MAX)]


class PeerIdentity(NamedTuple):
    """Who this replica is. ``public_key`` is the one that it signs with now."""

    author: Author
    replica: bytes
    incarnation: Incarnation
    public_key: bytes


# queries


class IdentityQuery(NamedTuple):
    """Who is this replica? The reply is a `PeerIdentity`."""


class RootsQuery(NamedTuple):
    """What does this replica hold? The reply is `Roots`."""


class SignTails(NamedTuple):
    """A session opens: sign what was written alone, and sign at once from now on.

    The reply is `Roots`.
    """


class Alone(NamedTuple):
    """The last session has ended: what is written now is signed when the next one opens.

    The reply is None.
    """


class SummaryQuery(NamedTuple):
    """What is held of each author, or of one author?

    The reply is a tuple of `AuthorRow`, sorted.
    """

    author: Author | None = None


class ShardsQuery(NamedTuple):
    """Which shards of an author are held, from number ``start`` on?

    The reply is a tuple of `ShardDigest`, ascending; where there are more than `limits.ROWS_MAX`,
    one more than that.
    """

    author: Author
    start: int = 0


class DigestsQuery(NamedTuple):
    """What are the digests of these shards? The reply is a tuple, None for what is not held."""

    author: Author
    numbers: tuple[int, ...]


class EndsQuery(NamedTuple):
    """Which signed ends are held of these shards?

    The reply is a tuple with a tuple of `End` for each (author, shard), in order.
    """

    shards: tuple[tuple[Author, int], ...]


class WishesQuery(NamedTuple):
    """What of these ends is lacking here? The reply is a tuple of `Wish`."""

    ends: tuple[tuple[Author, int, tuple[End, ...]], ...]


class BatchesQuery(NamedTuple):
    """Which batches grant these wishes?

    The reply is a tuple with a `Batch` for each wish, in order; None stands for what is not held.
    """

    wishes: tuple[Wish, ...]


class StandingQuery(NamedTuple):
    """May a replica that proved ``key`` sync under the name of ``author``?

    The reply is `Allowed`.
    """

    author: Author
    key: bytes


class Merge(NamedTuple):
    """Merge batches. The reply is `Merged`, after the commit.

    ``peer`` are the newest roots that the peer said it holds; only a coordinator's verdict depends
    on them.
    """

    batches: tuple[Batch, ...]
    peer: Roots | None = None
    peer_author: Author | None = None


class NumberQuery(NamedTuple):
    """A terminal asks for an online number, which only a coordinator can grant.

    The reply is `Granted`.
    """

    record: RecordId
    terminal: Author


class PinsQuery(NamedTuple):
    """What are the PINs of these clerks checked by?

    The reply is a tuple of `ClerkPin`; those who do not work at ``desk`` are left out.
    """

    desk: Author
    clerks: tuple[bytes, ...]


class PinChangeQuery(NamedTuple):
    """A clerk has changed her PIN at a desk, which only a coordinator can let count.

    The reply is empty, or a stable error code.
    """

    desk: Author
    change: ClerkPin


Query = (
    IdentityQuery
    | RootsQuery
    | SignTails
    | Alone
    | SummaryQuery
    | ShardsQuery
    | DigestsQuery
    | EndsQuery
    | WishesQuery
    | BatchesQuery
    | StandingQuery
    | Merge
    | NumberQuery
    | PinsQuery
    | PinChangeQuery
)

# replies


class Allowed(NamedTuple):
    """``state`` is None for a terminal that the registry does not know.

    ``withdrawn``: the key was this terminal's once, and another computer has taken its place.
    """

    allowed: bool
    state: State | None
    withdrawn: bool = False


class Admittance(StrEnum):
    """The class of the gate's answer to one batch."""

    ACCEPTED = "accepted"
    NOT_YET = "not_yet"
    INVALID = "invalid"


class Outcome(NamedTuple):
    """The gate's answer to one batch, with its reason code and, if invalid, an explanation."""

    entry: Admittance
    reason: str = ""
    why: str = ""


class Merged(NamedTuple):
    """What became of each batch, in order; ``facts`` is how many were new."""

    outcomes: tuple[Outcome, ...]
    facts: int


class Granted(NamedTuple):
    """The number for a record; None and a stable error code when none can be given."""

    mrn: Mrn | None
    code: str = ""


class Commit(NamedTuple):
    """Something was committed: signed ``batches`` that are new here, and who brought them.

    ``source`` is the token that came with the merge, None for facts of this replica's own.
    """

    batches: tuple[Batch, ...]
    source: object
    registry: bool
