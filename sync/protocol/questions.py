"""What a session asks of its replica and what it hears back, as values.

A session does no I/O and knows no store: it hands out queries with a token and is given the reply
with that token later. `sync.engine.exchange` answers them, in the order in which they were asked.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from sync.model.facts import Author, Incarnation, RecordId, State
from sync.model.numbers import Mrn
from sync.model.runs import Batch, End


class Roots(NamedTuple):
    """Digests (32 bytes each) of all that `registry` and `coordinator` wrote, and of everything."""

    registry: bytes
    coordinator: bytes
    document: bytes


class AuthorRow(NamedTuple):
    """One author in a summary: its newest shard, the digest of that, and of all before it."""

    author: Author
    highest: int
    closed: bytes
    open: bytes


class ShardDigest(NamedTuple):
    """A shard and the digest of its signed ends."""

    number: int
    digest: bytes


class Wish(NamedTuple):
    """A run that somebody lacks: where it is to lead, and where the asker's own copies end."""

    author: Author
    shard: int
    target: End
    mine: tuple[End, ...]


class PeerIdentity(NamedTuple):
    """Who this replica is. ``public_key`` is the one that it signs with now."""

    author: Author
    replica: bytes
    incarnation: Incarnation
    public_key: bytes


# queries


class IdentityQuery(NamedTuple):
    """-> PeerIdentity."""


class RootsQuery(NamedTuple):
    """-> Roots."""


class SignTails(NamedTuple):
    """A session opens: sign what was written alone, and sign at once from now on. -> Roots."""


class Alone(NamedTuple):
    """The last session has ended; what is written now is signed when one opens. -> None."""


class SummaryQuery(NamedTuple):
    """-> tuple of AuthorRow, sorted; of one author only when it is named."""

    author: Author | None = None


class ShardsQuery(NamedTuple):
    """-> tuple of ShardDigest of an author, ascending."""

    author: Author


class EndsQuery(NamedTuple):
    """-> for each (author, shard) in order a tuple of End: the signed ends that are held of it."""

    shards: tuple[tuple[Author, int], ...]


class WishesQuery(NamedTuple):
    """What of these ends is lacking here? -> tuple of Wish."""

    ends: tuple[tuple[Author, int, tuple[End, ...]], ...]


class BatchesQuery(NamedTuple):
    """-> for each wish in order the Batch that grants it, or None if it is not held here."""

    wishes: tuple[Wish, ...]


class StandingQuery(NamedTuple):
    """May a replica that proved ``key`` sync under the name of ``author``? -> Allowed."""

    author: Author
    key: bytes


class Merge(NamedTuple):
    """Merge batches in one transaction. -> Merged, after its commit.

    ``peer`` are the newest roots that the peer told; they matter to a coordinator's verdict only.
    """

    batches: tuple[Batch, ...]
    peer: Roots | None = None
    peer_author: Author | None = None


class NumberQuery(NamedTuple):
    """A terminal asks for an online number. -> Granted. Only a coordinator can answer."""

    record: RecordId
    terminal: Author


Query = (
    IdentityQuery
    | RootsQuery
    | SignTails
    | Alone
    | SummaryQuery
    | ShardsQuery
    | EndsQuery
    | WishesQuery
    | BatchesQuery
    | StandingQuery
    | Merge
    | NumberQuery
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
