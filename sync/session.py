"""The peer protocol of one connection, without I/O.

Both sides run the same code. The shell feeds frames, replies, commits and time, and drains what is
to be done with `Session.take`; it decides nothing. Each side pulls what it lacks, then the other
pushes what is new.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from enum import StrEnum
from typing import Any, Final, NamedTuple

from sync import events, messages
from sync.errors import ProtocolError
from sync.events import Ask, Close, Event, Output, Send
from sync.facts import COORDINATOR, REGISTRY, Author, RecordId, State, is_terminal_code, pack
from sync.messages import Hello, Message
from sync.pull import PARKED_MAX, Answer, Pull
from sync.queries import (
    Allowed,
    BatchesQuery,
    Commit,
    EndsQuery,
    Entry,
    Granted,
    Identity,
    IdentityQuery,
    Merge,
    Merged,
    NumberQuery,
    Query,
    Roots,
    RootsQuery,
    ShardsQuery,
    SignTails,
    StandingQuery,
    SummaryQuery,
)
from sync.runs import Batch
from sync.serving import batch_bytes, ends_page, in_pieces, shards_page, summary_page
from sync.window import PUSHES_MAX, Window

VERSIONS: Final = (1,)
HANDSHAKE_MS_MAX: Final = 10_000
ANSWER_MS_MAX: Final = 60_000
REFUSED_IDLE_MS_MAX: Final = 10_000
REFUSED_MS_MAX: Final = 60_000
COMPARE_EVERY_MS: Final = 30_000
CLOCK_DIFFERENCE_MS_MAX: Final = 600_000
SERVED_AT_ONCE_MAX: Final = 16
NUMBERS_AT_ONCE_MAX: Final = 64
INBOX_MAX: Final = 256


class Stage(StrEnum):
    """How far a connection has come, as this side sees it."""

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


class Setup(NamedTuple):
    """What a session needs of its shell.

    ``nonce`` is 32 and ``process`` 8 random bytes, the former new for each session;
    ``coordinator_key`` is the key (32 bytes) that a peer named `@coordinator` must have;
    ``clock_ms`` the wall clock, told to the peer.
    """

    nonce: bytes
    process: bytes
    coordinator_key: bytes
    sign: Callable[[bytes], bytes]
    verify: Callable[[bytes, bytes, bytes], bool]
    clock_ms: int


def proof_bytes(prover: Hello, other: Hello) -> bytes:
    """What is signed to prove a hello: both hellos, so neither replayed nor reflected proofs do."""
    return b"mrnmesh hello 1\0" + pack((prover, other))


class Session:
    """One connection to a peer.

    What holds at any moment:

    1. A message that the table does not name for this stage closes the connection.
    2. Until both sides have welcomed each other, nothing but `@registry` is sent, asked for or
       merged. A peer that is refused gets the registry before the refusal, and nothing after it.
    3. While the registry has changed and the peer's standing is asked for again, no message of it
       is dealt with and nothing but the registry is sent.
    4. One pull runs at a time. It ends with `Settled`; only after that does the peer push.
    5. A round begins only for a reason that no earlier round had: a root of the peer with which
       none has ended, or something undone, once for each root of our own.
    6. What is dropped because the peer is slow is told of by `RootsNow` when it has caught up.
    7. Queries are answered in order, and a commit is heard of before the answer of what caused it;
       so a number's grant goes out before the number, and is merged before the number is told.
    8. Every list is bounded, and every wait for the peer has its limit.
    """

    def __init__(self, setup: Setup, now_ms: int) -> None:
        self.stage = Stage.HELLO
        self.live = False
        self.peer: Hello | None = None
        self.parked: set[tuple[Author, int]] = set()
        self._setup = setup
        self._now_ms = self._heard_ms = self._stage_ms = self._compared_ms = now_ms
        self._outputs: list[Output] = []
        self._asked: dict[int, Callable[[Any], None]] = {}
        self._counter = 0
        self._inbox: deque[bytes] = deque()
        self._held: list[Message] = []
        self._hello: Hello | None = None
        self._serving = 0
        # standing
        self._checks = 0
        self._standing_asked = False
        self._welcomed = False
        self._welcomed_by_peer = False
        self._refusal: messages.Refusal | None = None
        # pulling
        self._pull: Pull | None = None
        self._pull_ms = 0
        self._peer_roots: Roots | None = None
        self._begun_with: bytes | None = None
        self._ended_with: bytes | None = None
        self._tried_at: bytes | None = None
        self._undone = False
        self._again = False
        self._settled = False
        self._merging: dict[int, frozenset[tuple[Any, ...]]] = {}
        self._merged = False
        # pushing
        self._pushing = False
        self._windows = {True: Window(), False: Window()}
        self._dirty = False
        self._drops = 0
        self._receiving = 0
        # numbers
        self._numbers: set[int] = set()
        self._granting = 0
        self._arrivals: deque[tuple[set[int], events.NumberArrived]] = deque()
        self.ask(IdentityQuery(), self._on_identity)

    # inputs

    def take(self) -> list[Output]:
        """What is to be done since the last call, in order."""
        outputs, self._outputs = self._outputs, []
        return outputs

    def received(self, frame: bytes) -> None:
        """A frame has come from the peer."""
        if self.stage is Stage.CLOSED:
            return
        self._heard_ms = self._now_ms
        if not self._paused:
            self._guarded(lambda: self._handle(messages.decode(frame)))
        elif len(self._inbox) < INBOX_MAX:
            self._inbox.append(frame)
        else:
            self._fail("protocol", "too many messages at once")

    def answered(self, token: int, reply: object) -> None:
        """The replica has answered the query with this token."""
        then = self._asked.pop(token, None)
        if then is None or self.stage is Stage.CLOSED:
            return
        self._guarded(lambda: then(reply))
        self._read_inbox()

    def failed(self, token: int, error: str) -> None:
        """The replica could not answer: nothing can go on. ``error`` is not told to the peer."""
        if self._asked.pop(token, None) is not None and self.stage is not Stage.CLOSED:
            self._fail("internal", f"the replica failed ({error})", "the replica failed")

    def committed(self, commit: Commit) -> None:
        """The replica has committed something; its ``source`` is the session that brought it."""
        if self.stage is Stage.CLOSED:
            return
        if commit.registry and self._standing_asked:
            self._check_standing()  # (3)
        if self._pushing:
            received = set().union(*self._merging.values()) if commit.source is self else set()
            fresh = [
                batch
                for batch in commit.batches
                if _key(batch) not in received and (batch.author, batch.shard) not in self.parked
            ]
            self._push([batch for batch in fresh if batch.author == REGISTRY], urgent=True)
            self._push([batch for batch in fresh if batch.author != REGISTRY], urgent=False)

    def tick(self, now_ms: int) -> None:
        """Time passes: milliseconds of a clock that never goes back, at least once a second."""
        self._now_ms = now_ms
        if self.stage is Stage.CLOSED:
            return
        if self._late():
            self._fail("timeout", "no answer in time")
        elif self.stage in (Stage.REFUSING, Stage.EXPELLED):
            idle = now_ms - max(self._heard_ms, self._stage_ms)
            if idle >= REFUSED_IDLE_MS_MAX or now_ms - self._stage_ms >= REFUSED_MS_MAX:
                self.stop("refused")
        elif self.stage is Stage.DOCUMENT and now_ms - self._compared_ms >= COMPARE_EVERY_MS:
            self._compared_ms = now_ms
            self.ask(RootsQuery(), self._compare)

    def ask_number(self, record: RecordId, terminal: Author) -> int:
        """Ask the peer for an online number; `events.NumberArrived` with this id answers."""
        ident = self.next_id()
        if self.stage is Stage.DOCUMENT and len(self._numbers) < NUMBERS_AT_ONCE_MAX:
            self._numbers.add(ident)
            self.send(messages.NumberRequest(ident, record, terminal))
        else:
            self._emit(events.NumberArrived(ident, None, "busy"))
        return ident

    def probe(self) -> int:
        """Ask whether the peer would give a number; `events.ProbeArrived` with this id answers."""
        ident = self.next_id()
        if self.stage is Stage.DOCUMENT:
            self.send(messages.Probe(ident))
        return ident

    def ping(self) -> int:
        """Ask whether the peer is there; `events.PongArrived` with this id answers."""
        ident = self.next_id()
        if self.stage not in (Stage.HELLO, Stage.PROOF, Stage.CLOSED):
            self._put(messages.Ping(ident))
        return ident

    def stop(self, reason: str) -> None:
        """Say goodbye and close."""
        if self.stage is not Stage.CLOSED:
            self._put(messages.Bye(reason[: messages.CODE_MAX]))
            self._close(reason)

    # what a pull needs

    def next_id(self) -> int:
        """A number that was not used on this connection by this side."""
        self._counter += 1
        return self._counter

    def ask(self, query: Query, then: Callable[[Any], None]) -> None:
        """Ask the replica; ``then`` gets its reply."""
        token = self.next_id()
        self._asked[token] = then
        self._outputs.append(Ask(token, query))

    def send(self, message: Message) -> None:
        """Send a message when the peer's standing allows it, (2) and (3)."""
        if self.stage is Stage.CLOSED:
            return
        if self._checks and self._welcomed and not _is_registry(message):
            self._held.append(message)
        else:
            self._put(message)

    def merge(self, batches: tuple[Batch, ...], then: Callable[[Merged], None]) -> None:
        """Merge batches that the peer sent, and park what is invalid."""
        token = self._counter + 1
        self._merging[token] = frozenset(map(_key, batches))

        def merged(reply: Merged) -> None:
            del self._merging[token]
            self._merged = True
            self._park(batches, reply)
            then(reply)
            self._tell_numbers(token)

        author = self.peer.author if self.peer else None
        self.ask(Merge(batches, self._peer_roots, author), merged)
