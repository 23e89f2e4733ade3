"""The peer protocol of one connection, without I/O.

Both sides run the same code. The shell feeds frames, replies, commits and time, and drains what is
to be done with `Session.take`; it decides nothing. Each side pulls what it lacks, then the other
pushes what is new.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, Final

from sync.errors import ProtocolError
from sync.model.facts import Author, RecordId
from sync.model.runs import Batch
from sync.protocol import events, limits, messages
from sync.protocol.events import Close, Send
from sync.protocol.handshake import Setup, fault_of, hello_of, proof_bytes, refusal_of
from sync.protocol.machine import Machine
from sync.protocol.messages import Hello, Message
from sync.protocol.number_requests import Numbering
from sync.protocol.pieces import is_registry
from sync.protocol.push import Pushing, batch_key
from sync.protocol.questions import (
    Admittance,
    Allowed,
    Commit,
    IdentityQuery,
    Merge,
    Merged,
    PeerIdentity,
    Roots,
    RootsQuery,
    SignTails,
    StandingQuery,
)
from sync.protocol.rounds import Rounds
from sync.protocol.serve import Request, Serving
from sync.protocol.stage import Stage


class Session(Machine):
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
        super().__init__()
        self.stage = Stage.HELLO
        self.now_ms = now_ms
        self.peer: Hello | None = None
        self.parked: set[tuple[Author, int]] = set()
        self.merging: dict[int, frozenset[Any]] = {}
        self.peer_roots: Roots | None = None
        self.told_roots: Roots | None = None
        self._setup = setup
        self._heard_ms = self._stage_ms = self._compared_ms = now_ms
        self._inbox: deque[bytes] = deque()
        self._held: list[Message] = []
        self._hello: Hello | None = None
        self._serving = Serving(self)
        self._rounds = Rounds(self)
        self._pushing = Pushing(self, self._rounds)
        self._numbering = Numbering(self, self._pushing)
        self._checks = 0
        self._standing_asked = False
        self._welcomed = False
        self._welcomed_by_peer = False
        self._refusal = messages.Refusal("", "")
        self.ask(IdentityQuery(), self._on_identity)

    @property
    def mine(self) -> Hello | None:
        """Our own hello, once the replica has told who it is."""
        return self._hello

    @property
    def live(self) -> bool:
        """True while both sides hold all that the other told of when it settled."""
        return self.open and self._rounds.live

    # inputs

    def received(self, frame: bytes) -> None:
        """A frame has come from the peer."""
        if self.stage is Stage.CLOSED:
            return
        self._heard_ms = self.now_ms
        if not self._paused:
            self._read(frame)
        elif len(self._inbox) < limits.INBOX_MAX:
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
        self._pushing.committed(commit.batches, commit.source is self)

    def tick(self, now_ms: int) -> None:
        """Time passes: milliseconds of a clock that never goes back, at least once a second."""
        self.now_ms = now_ms
        if self.stage is Stage.CLOSED:
            return
        if self._late():
            self._fail("timeout", "no answer in time")
        elif self.stage in (Stage.REFUSING, Stage.EXPELLED):
            idle = now_ms - max(self._heard_ms, self._stage_ms)
            if (
                idle >= limits.REFUSED_IDLE_MS_MAX
                or now_ms - self._stage_ms >= limits.REFUSED_MS_MAX
            ):
                self.stop("refused")
        elif self.stage is Stage.DOCUMENT and now_ms - self._compared_ms >= limits.COMPARE_EVERY_MS:
            self._compared_ms = now_ms
            self.ask(RootsQuery(), self._rounds.compare)

    def ask_number(self, record: RecordId, terminal: Author) -> int:
        """Ask the peer for an online number; `events.NumberArrived` with this id answers."""
        return self._numbering.ask(record, terminal)

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
            self._put(messages.Bye(reason[: limits.CODE_MAX]))
            self._close(reason)

    # what its parts need

    @property
    def open(self) -> bool:
        """True while both sides allow each other to sync."""
        return self.stage is Stage.DOCUMENT

    @property
    def peer_author(self) -> Author:
        """Who the peer has proved to be."""
        return self._peer().author

    def send(self, message: Message, urgent: bool = False) -> None:
        """Send a message, if the standing of the peer allows that, (2) and (3)."""
        if is_registry(message) or self.stage is Stage.REFUSED:
            self._put(message, urgent)
        elif self.open and self._checks:
            self._held.append(message)
        elif self.open:
            self._put(message, urgent)

    def merge(self, batches: tuple[Batch, ...], then: Callable[[Merged], None]) -> None:
        """Merge batches that the peer sent, and park what is invalid."""

        def merged(reply: Merged) -> None:
            del self.merging[token]
            self._park(batches, reply)
            then(reply)
            self._numbering.merged(token)

        token = self.ask(Merge(batches, self.peer_roots, self.peer_author), merged)
        self.merging[token] = frozenset(map(batch_key, batches))

    # at the door

    @property
    def _paused(self) -> bool:
        return self._hello is None or (self._checks > 0 and self.stage is Stage.DOCUMENT)

    def _on_identity(self, identity: PeerIdentity) -> None:
        self.ask(SignTails(), lambda roots: self._greet(identity, roots))

    def _greet(self, identity: PeerIdentity, roots: Roots) -> None:
        self._hello = hello_of(self._setup, identity, roots)
        self._put(self._hello)

    def _on_hello(self, hello: Hello) -> None:
        mine = self._own_hello()
        fault = fault_of(hello, mine, self._setup.coordinator_key)
        if fault is not None:
            self._fail(*fault)
            return
        self.peer = hello
        self.peer_roots = hello.roots
        self.stage = Stage.PROOF
        self._put(messages.Proof(self._setup.sign(proof_bytes(mine, hello))))
        ahead_ms = hello.now_ms - self._setup.clock_ms
        if abs(ahead_ms) > limits.CLOCK_DIFFERENCE_MS_MAX:
            self.emit(events.PeerClock(ahead_ms))

    def _on_proof(self, proof: messages.Proof) -> None:
        mine, peer = self._own_hello(), self._peer()
        if not self._setup.verify(peer.public_key, proof.signature, proof_bytes(peer, mine)):
            self._fail("proof", "the signature does not prove the key")
            return
        self._enter(Stage.REGISTRY)
        self.emit(
            events.Established(
                peer.author, peer.replica, peer.incarnation, peer.process, peer.public_key
            )
        )
        if peer.roots.registry == mine.roots.registry:
            self._ask_standing()
        else:
            self._rounds.pull_registry(self._on_registry)

    def _on_registry(self) -> None:
        if self.stage is Stage.REFUSED:
            self._leave()
        else:
            self._ask_standing()

    def _ask_standing(self) -> None:
        self._standing_asked = True
        peer = self._peer()
        self.ask(StandingQuery(peer.author, peer.public_key), self._on_standing)

    def _check_standing(self) -> None:
        """The registry has changed: does it still allow the peer to sync?"""
        if self.stage not in (Stage.REGISTRY, Stage.DOCUMENT):
            return

        def checked(allowed: Allowed) -> None:
            self._checks -= 1
            self._on_standing(allowed)

        self._checks += 1
        peer = self._peer()
        self.ask(StandingQuery(peer.author, peer.public_key), checked)

    def _on_standing(self, allowed: Allowed) -> None:
        if self.stage not in (Stage.REGISTRY, Stage.DOCUMENT):
            return
        if not allowed.allowed:
            self._refuse(allowed)
        elif self._checks == 0:
            if not self._welcomed:
                self.ask(RootsQuery(), self._welcome)
            held, self._held = self._held, []
            for message in held:
                self._put(message)

    def _welcome(self, roots: Roots) -> None:
        if self.stage is Stage.REGISTRY and not self._welcomed and not self._checks:
            self._welcomed = True
            self.told_roots = roots
            self._put(messages.Welcome(roots))
            self._begin_documents()

    def _on_welcome(self, welcome: messages.Welcome) -> None:
        if self._welcomed_by_peer:
            raise ProtocolError(why="a second welcome")
        self._welcomed_by_peer = True
        self._rounds.announced(welcome.roots)
        self._begin_documents()

    def _refuse(self, standing: Allowed) -> None:
        self._rounds.cancel()
        self._pushing.on = False
        self._held.clear()
        self._put(refusal_of(standing))
        self._enter(Stage.EXPELLED if self._welcomed else Stage.REFUSING)

    def _on_refusal(self, refusal: messages.Refusal) -> None:
        before = self.stage
        self._refusal = refusal
        self._pushing.on = False
        self._enter(Stage.REFUSED)
        if before is Stage.DOCUMENT:
            self._rounds.cancel()
            self._rounds.pull_registry(self._on_registry)
        elif not self._rounds.running:
            self._leave()

    def _leave(self) -> None:
        self.emit(events.PeerRefused(self._refusal.reason, self._refusal.why))
        self.stop("refused")

    def _begin_documents(self) -> None:
        if self._welcomed and self._welcomed_by_peer:
            self._enter(Stage.DOCUMENT)
            self.emit(events.Welcomed())
            self.ask(RootsQuery(), self._rounds.first)

    def _park(self, batches: tuple[Batch, ...], merged: Merged) -> None:
        for batch, outcome in zip(batches, merged.outcomes, strict=True):
            shard = (batch.author, batch.shard)
            if outcome.entry is Admittance.INVALID and shard not in self.parked:
                self.parked.add(shard)
                self.emit(events.Parked(*shard, outcome.reason, outcome.why))
        if len(self.parked) > limits.PARKED_MAX:
            raise ProtocolError(why="too many shards with something invalid")

    # live

    def _on_settled(self, settled: messages.Settled) -> None:
        self._pushing.on = True
        self._rounds.on_settled(settled)

    def _late(self) -> bool:
        """True when the peer has kept us waiting too long, (8)."""
        now_ms = self.now_ms
        if self.stage in (Stage.HELLO, Stage.PROOF):
            return now_ms - self._stage_ms >= limits.HANDSHAKE_MS_MAX
        if self.stage is Stage.REGISTRY and not self._asked:
            return now_ms - self._heard_ms >= limits.ANSWER_MS_MAX
        return self._rounds.late or self._pushing.late

    def _own_hello(self) -> Hello:
        assert self._hello is not None, "no message is dealt with before our own hello"
        return self._hello

    def _peer(self) -> Hello:
        assert self.peer is not None, "this stage comes after the peer's hello"
        return self.peer

    def _enter(self, stage: Stage) -> None:
        self.stage = stage
        self._stage_ms = self._compared_ms = self.now_ms

    def _handle(self, message: Message) -> None:
        handler = _TABLE[self.stage].get(type(message))
        if handler is None:
            raise ProtocolError(why=f"{type(message).__name__} at a wrong time")  # (1)
        handler(self, message)

    def _guarded(self, act: Callable[[], None]) -> None:
        """The one place where a broken protocol ends a connection."""
        try:
            act()
        except ProtocolError as error:
            self._fail(error.code, error.facts["why"])

    def _read(self, frame: bytes) -> None:
        self._guarded(lambda: self._handle(messages.decode(frame)))

    def _read_inbox(self) -> None:
        while self._inbox and not self._paused and self.stage is not Stage.CLOSED:
            self._read(self._inbox.popleft())

    def _put(self, message: Message, urgent: bool = False) -> None:
        self._outputs.append(Send(messages.encode(message), urgent))

    def _fail(self, code: str, why: str, told: str | None = None) -> None:
        self._put(messages.Error(code, (told or why)[: limits.TEXT_MAX]))
        self._close(code)

    def _close(self, reason: str) -> None:
        self.stage = Stage.CLOSED
        self._pushing.on = False
        self._rounds.cancel()
        self._asked.clear()
        self._inbox.clear()
        self._held.clear()
        self._outputs.append(Close(reason))


Handler = Callable[[Session, Any], None]

_ENDING: Final[dict[type, Handler]] = {
    messages.Error: lambda session, error: session._close(error.code),
    messages.Bye: lambda session, bye: session._close(bye.reason),
}
_ALWAYS: Final[dict[type, Handler]] = {
    **_ENDING,
    messages.Ping: lambda session, ping: session._put(messages.Pong(ping.id)),
    messages.Pong: lambda session, pong: session.emit(events.PongArrived(pong.id)),
}
_REQUESTS: Final[dict[type, Handler]] = dict.fromkeys(
    (messages.GetSummary, messages.GetShards, messages.GetEnds, messages.Want),
    lambda session, request: session._serving.on_request(request),
)
_ANSWERS: Final[dict[type, Handler]] = dict.fromkeys(
    (messages.Summary, messages.Shards, messages.Ends, messages.Batches),
    lambda session, answer: session._rounds.on_answer(answer),
)
_LIVE: Final[dict[type, Handler]] = {
    messages.Settled: Session._on_settled,
    messages.RootsNow: lambda session, now: session._rounds.on_roots(now),
    messages.Push: lambda session, push: session._pushing.on_push(push),
    messages.Ack: lambda session, ack: session._pushing.on_ack(ack),
    messages.NumberRequest: lambda session, asked: session._numbering.on_request(asked),
    messages.NumberReply: lambda session, reply: session._numbering.on_reply(reply),
    messages.Probe: lambda session, probe: session.send(messages.ProbeReply(probe.id)),
    messages.ProbeReply: lambda session, reply: session.emit(events.ProbeArrived(reply.id)),
}
_REFUSAL: Final[dict[type, Handler]] = {messages.Refusal: Session._on_refusal}


def _serve_the_registry(session: Session, request: Request) -> None:
    """Requests that the peer sent before it could know that it is expelled are left alone, (2)."""
    if is_registry(request):
        session._serving.on_request(request)


def _ignore(_session: Session, _message: Message) -> None:
    """A message that the peer sent before it could know better."""


_TABLE: Final[dict[Stage, dict[type, Handler]]] = {
    Stage.HELLO: _ENDING | {messages.Hello: Session._on_hello},
    Stage.PROOF: _ENDING | {messages.Proof: Session._on_proof},
    Stage.REGISTRY: _ALWAYS
    | _REQUESTS
    | _ANSWERS
    | _REFUSAL
    | {messages.Welcome: Session._on_welcome},
    Stage.DOCUMENT: _ALWAYS | _REQUESTS | _ANSWERS | _REFUSAL | _LIVE,
    Stage.REFUSING: _ALWAYS | _REQUESTS | _REFUSAL | {messages.Welcome: _ignore},
    Stage.EXPELLED: _ALWAYS
    | dict.fromkeys(_REQUESTS, _serve_the_registry)
    | _REFUSAL
    | dict.fromkeys((*_ANSWERS, *_LIVE, messages.Welcome), _ignore),
    Stage.REFUSED: _ALWAYS | _ANSWERS,
}
"""What may come in which stage, and what deals with it; the rest breaks the protocol."""
