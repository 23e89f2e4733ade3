"""The peer protocol of one connection, without I/O.

Both sides run the same code. The shell feeds frames, replies, commits and time, and drains what is
to be done with `Session.take`; it decides nothing. Each side pulls what it lacks, then the other
pushes what is new.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final

from sync.errors import ProtocolError
from sync.model.clerks.pins import ClerkPin
from sync.model.facts import Author, RecordId
from sync.model.runs import Batch
from sync.protocol import events, limits, messages
from sync.protocol.addresses import HeldAddresses, SignedAddresses
from sync.protocol.early import Early
from sync.protocol.events import Close, Send
from sync.protocol.handshake import (
    NOT_COORDINATOR,
    TELLS_ADDRESSES,
    TELLS_PINS,
    Handshake,
    Setup,
    Stage,
)
from sync.protocol.host import Machine
from sync.protocol.messages import Hello, Message
from sync.protocol.number_requests import HeldAnswers, Numbering, PinRequests
from sync.protocol.pieces import is_registry
from sync.protocol.push import Pushing, batch_key
from sync.protocol.questions import Admittance, Commit, Merge, Merged, Roots, RootsQuery
from sync.protocol.rounds import Rounds
from sync.protocol.serve import Request, Serving


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
    6. When something is dropped because the peer is slow, `RootsNow` makes the peer pull it as soon
       as the peer has caught up.
    7. Queries are answered in order, and a commit is reported before the answer of what caused it;
       so a number's grant goes out before the number, and is merged before the number arrives.
    8. Every list is bounded, and every wait for the peer has its limit. A peer that has not proved
       who it is costs a few small frames.
    9. Of what comes too early nothing but author and shard is kept, and only while the session
       lasts. When what it needs may have come, from whomever, a round asks for it again.

    Args:
        now_ms: of the clock that `tick` goes by, which never goes back.
    """

    def __init__(self, setup: Setup, now_ms: int) -> None:
        super().__init__()
        self.now_ms = now_ms
        self.parked: set[tuple[Author, int]] = set()
        self.merging: dict[int, frozenset[Any]] = {}
        self.early = Early()
        self.peer_roots: Roots | None = None
        self.sent_roots: Roots | None = None
        self._heard_ms = self._compared_ms = self._answered_ms = now_ms
        self._inbox: deque[bytes] = deque()
        self._inbox_bytes = 0
        self._serving = Serving(self)
        self._rounds = Rounds(self)
        self._pushing = Pushing(self, self._rounds)
        self._held_answers = HeldAnswers(self)
        self._numbering = Numbering(self, self._pushing, self._held_answers)
        self._pins = PinRequests(self, self._held_answers)
        self._handshake = Handshake(self, setup, self._rounds, self._pushing)
        self._handshake.begin()

    @property
    def stage(self) -> Stage:
        """How far the connection has come."""
        return self._handshake.stage

    @property
    def mine(self) -> Hello | None:
        """Our own hello, once the replica has said who it is."""
        return self._handshake.mine

    @property
    def version(self) -> int:
        """Of the protocol that both sides speak; 0 before the peer's hello."""
        return self._handshake.version

    @property
    def ahead_ms(self) -> int | None:
        """How far the clock of the peer was ahead of ours when it said who it is.

        None before, and where one of the two did not know the time.
        """
        return self._handshake.ahead_ms

    @property
    def peer(self) -> Hello | None:
        """The hello of the peer, which only claims what it says until the proof has come."""
        return self._handshake.peer

    @property
    def live(self) -> bool:
        """True while both sides hold everything that the other had when it settled."""
        return self.open and self._rounds.live

    # inputs

    def received(self, frame: bytes) -> None:
        """A frame has come from the peer."""
        if self.stage is Stage.CLOSED:
            return
        self._heard_ms = self.now_ms
        unproved = self.stage in (Stage.HELLO, Stage.PROOF)
        most = limits.INBOX_HELLO_MAX if unproved else limits.INBOX_MAX
        if unproved and len(frame) > limits.HELLO_BYTES_MAX:  # (8)
            self.fail("protocol", "a message too large for a greeting")
        elif not self._handshake.paused:
            self._read(frame)
        elif len(self._inbox) < most and self._inbox_bytes + len(frame) <= limits.INBOX_BYTES_MAX:
            self._inbox.append(frame)
            self._inbox_bytes += len(frame)
        else:  # (8)
            self.fail("protocol", "too many messages at once")

    def answered(self, token: int, reply: object) -> None:
        """The replica has answered the query with this token."""
        then = self._asked.pop(token, None)
        if then is None or self.stage is Stage.CLOSED:
            return
        self._answered_ms = self.now_ms
        self._guarded(lambda: then(reply))
        self._read_inbox()  # the answer may have been the one that the messages waited for

    def failed(self, token: int) -> None:
        """The replica could not answer: nothing can go on. Why stays on this side."""
        if self._asked.pop(token, None) is not None and self.stage is not Stage.CLOSED:
            self.fail("internal", "the replica failed")

    def committed(self, commit: Commit) -> None:
        """The replica has committed something; its ``source`` is the session that brought it."""
        if self.stage is Stage.CLOSED:
            return
        if commit.registry:  # before anything of this commit is pushed, (3)
            self._handshake.on_registry_change()
        self._pushing.committed(commit.batches, commit.source is self)
        if self.open and self.early.may_need(commit):
            self.ask(RootsQuery(), self._rounds.reconsider)  # (9)

    def tick(self, now_ms: int) -> None:
        """Time passes: milliseconds of a clock that never goes back, at least once a second."""
        self.now_ms = now_ms
        if self.stage is Stage.CLOSED:
            return
        since_ms = self._handshake.since_ms
        if self._late():
            self.fail("timeout", "no answer in time")
        elif self.stage is Stage.EXPELLED and now_ms - since_ms >= limits.EXPELLED_MS_MAX:
            self.stop("refused")
        elif self.stage in _REGISTRY_ONLY and now_ms - since_ms >= limits.REGISTRY_MS_MAX:
            # However much it talks: what was merged stays, and the next connection goes on there.
            self.fail("timeout", "the registry takes too long")
        elif self.stage is Stage.REFUSING:
            # A refused peer closes when it has the registry; one that does not is not waited for.
            idle_ms = now_ms - max(self._heard_ms, since_ms)
            refused_ms = now_ms - since_ms
            if idle_ms >= limits.REFUSED_IDLE_MS_MAX or refused_ms >= limits.REFUSED_MS_MAX:
                self.stop("refused")
        elif self.open and now_ms - max(self._compared_ms, since_ms) >= limits.COMPARE_EVERY_MS:
            self._compared_ms = now_ms
            self.ask(RootsQuery(), self._rounds.compare)

    def ask_number(self, record: RecordId, terminal: Author) -> int:
        """Ask the peer for an online number; `events.NumberArrived` with this id answers."""
        return self._numbering.ask(record, terminal)

    def probe(self) -> int:
        """Ask whether the peer would grant a number; `events.ProbeArrived` with this id answers."""
        ident = self.next_id()
        if self.stage is Stage.DOCUMENT:
            self.send(messages.Probe(ident))
        return ident

    def ping(self) -> int:
        """Ask whether the peer is there; `events.PongArrived` with this id answers."""
        ident = self.next_id()
        if self.stage not in (Stage.HELLO, Stage.PROOF, Stage.CLOSED):
            self.put(messages.Ping(ident))
        return ident

    def ask_addresses(self, held: Sequence[HeldAddresses]) -> None:
        """Ask for all addresses that are newer than these, or of others, where the peer can."""
        if self._handshake.version >= TELLS_ADDRESSES:
            self.send(messages.AddressesHeld(tuple(held[: limits.ROWS_MAX])))

    def tell_addresses(self, found: Sequence[SignedAddresses]) -> None:
        """Tell where replicas are reached, where the peer can make use of it."""
        if self._handshake.version >= TELLS_ADDRESSES:
            for at in range(0, len(found), limits.SIGNED_ADDRESSES_MAX):
                piece = found[at : at + limits.SIGNED_ADDRESSES_MAX]
                self.send(messages.Addresses(tuple(piece)))

    def ask_pins(self, clerks: Sequence[bytes]) -> None:
        """Ask what the PINs of clerks are checked by, where the peer can tell."""
        if self._handshake.version >= TELLS_PINS:
            for at in range(0, len(clerks), limits.PINS_MAX):
                piece = tuple(clerks[at : at + limits.PINS_MAX])
                self.send(messages.GetPins(self.next_id(), piece))

    def change_pin(self, change: ClerkPin) -> int:
        """Ask that a PIN counts from now on; `events.PinChangeArrived` with this id answers."""
        return self._pins.ask(change, self._handshake.version >= TELLS_PINS)

    def stop(self, reason: str) -> None:
        """Say goodbye and close."""
        if self.stage is not Stage.CLOSED:
            self.put(messages.Bye(reason[: limits.CODE_MAX]))
            self._close(reason)

    # what its parts need

    @property
    def open(self) -> bool:
        """True while both sides allow each other to sync."""
        return self.stage is Stage.DOCUMENT

    @property
    def peer_author(self) -> Author:
        """Who the peer has proved to be."""
        return self._handshake.peer_hello().author

    def send(self, message: Message, urgent: bool = False) -> None:
        """Send a message, if the standing of the peer allows that, (2) and (3)."""
        # A side that was refused sends requests for the registry only, and closes after them.
        if is_registry(message) or self.stage is Stage.REFUSED:
            self.put(message, urgent)
        elif self.open and self._handshake.checking:
            self._handshake.withhold(message)
        elif self.open:
            self.put(message, urgent)

    def put(self, message: Message, urgent: bool = False) -> None:
        """Send a message, whatever the standing of the peer is."""
        self._outputs.append(Send(messages.encode(message), urgent))

    def merge(self, batches: tuple[Batch, ...], then: Callable[[Merged], None]) -> None:
        """Merge batches that the peer sent, and park what is invalid before ``then`` is called."""

        def merged(reply: Merged) -> None:
            del self.merging[token]
            self._park(batches, reply)
            self.early.note(batches, reply)
            then(reply)
            self._held_answers.merged(token)  # (7)

        token = self.ask(Merge(batches, self.peer_roots, self.peer_author), merged)
        self.merging[token] = frozenset(map(batch_key, batches))

    def fail(self, code: str, why: str) -> None:
        """Close, because of a fault that the peer hears of."""
        self.put(messages.Error(code, why[: limits.TEXT_MAX]))
        if code not in _NOT_THEIRS:
            self.emit(events.Misbehaved(code, why))
        self._close(code)

    # inside

    def _park(self, batches: tuple[Batch, ...], merged: Merged) -> None:
        """Leave the shards alone in which something can never become valid.

        The peer would send it again in every round, and what is good in other shards must go on.
        """
        for batch, outcome in zip(batches, merged.outcomes, strict=True):
            shard = (batch.author, batch.shard)
            if outcome.entry is Admittance.INVALID and shard not in self.parked:
                self.parked.add(shard)
                self.emit(events.Parked(*shard, outcome.reason, outcome.why))
        if len(self.parked) > limits.PARKED_MAX:  # (8)
            raise ProtocolError(why="too many shards with something invalid")

    def _on_settled(self, settled: messages.Settled) -> None:
        self._pushing.on = True  # (4)
        self._rounds.on_settled(settled)

    def _late(self) -> bool:
        """True when the peer has kept us waiting too long, (8)."""
        if self.stage in (Stage.HELLO, Stage.PROOF):
            # Before our own hello the peer has nothing to answer: our replica is busy, not he late.
            is_his = self.mine is not None
            return is_his and self.now_ms - self._handshake.since_ms >= limits.HANDSHAKE_MS_MAX
        # With nothing asked of the replica, the next step to the welcome is the peer's.
        if self.stage is Stage.REGISTRY and not self._asked:
            return self.now_ms - max(self._heard_ms, self._answered_ms) >= limits.ANSWER_MS_MAX
        return self._rounds.late or self._pushing.late

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
            self.fail(error.code, error.facts["why"])

    def _read(self, frame: bytes) -> None:
        self._guarded(lambda: self._handle(messages.decode(frame)))

    def _read_inbox(self) -> None:
        # A message may end the session or make the next ones wait again.
        while self._inbox and not self._handshake.paused and self.stage is not Stage.CLOSED:
            frame = self._inbox.popleft()
            self._inbox_bytes -= len(frame)
            self._read(frame)

    def _close(self, reason: str) -> None:
        self._handshake.close()
        self._pushing.on = False
        self._rounds.cancel()
        self._asked.clear()
        self._inbox.clear()
        self._inbox_bytes = 0
        self.early.clear()
        self._outputs.append(Close(reason))


_REGISTRY_ONLY: Final = frozenset({Stage.REGISTRY, Stage.REFUSED})
"""Stages in which nothing but the registry is exchanged, and which the peer could make last."""
_NOT_THEIRS: Final = frozenset({"internal", "self", NOT_COORDINATOR})
"""Why a connection fails without a fault of the peer."""

Handler = Callable[[Session, Any], None]

_ENDING: Final[dict[type, Handler]] = {
    messages.Error: lambda session, error: session._close(error.code),
    messages.Bye: lambda session, bye: session._close(bye.reason),
}
_ALWAYS: Final[dict[type, Handler]] = {
    **_ENDING,
    messages.Ping: lambda session, ping: session.put(messages.Pong(ping.id)),
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
    messages.AddressesHeld: lambda session, held: session.emit(events.PeerHolds(held.rows)),
    messages.Addresses: lambda session, news: session.emit(events.AddressesArrived(news.found)),
    messages.GetPins: lambda session, request: session._serving.on_request(request),
    messages.ChangePin: lambda session, request: session._serving.on_request(request),
    messages.PinChanged: lambda session, done: session._pins.on_reply(done),
    messages.Pins: lambda session, pins: session.emit(events.PinsArrived(pins.found)),
    messages.TryPorts: lambda session, asked: session.emit(
        events.PortsAsked(asked.id, asked.ports)
    ),
    messages.PortsTried: lambda session, tried: session.emit(
        events.PortsArrived(tried.id, tried.host, tried.found)
    ),
}
_REFUSAL: Final[dict[type, Handler]] = {
    messages.Refusal: lambda session, refusal: session._handshake.on_refusal(refusal)
}


def _serve_the_registry(session: Session, request: Request) -> None:
    """Requests that the peer sent before it could know that it is expelled are left alone, (2)."""
    if is_registry(request):
        session._serving.on_request(request)


def _ignore(_session: Session, _message: Message) -> None:
    """A message that the peer sent before it could know better."""


_TABLE: Final[dict[Stage, dict[type, Handler]]] = {
    Stage.HELLO: _ENDING
    | {messages.Hello: lambda session, hello: session._handshake.on_hello(hello)},
    Stage.PROOF: _ENDING
    | {messages.Proof: lambda session, proof: session._handshake.on_proof(proof)},
    Stage.REGISTRY: _ALWAYS
    | _REQUESTS
    | _ANSWERS
    | _REFUSAL
    | {messages.Welcome: lambda session, welcome: session._handshake.on_welcome(welcome)},
    Stage.DOCUMENT: _ALWAYS | _REQUESTS | _ANSWERS | _REFUSAL | _LIVE,
    Stage.REFUSING: _ALWAYS | _REQUESTS | _REFUSAL | {messages.Welcome: _ignore},
    Stage.EXPELLED: _ALWAYS
    | dict.fromkeys(_REQUESTS, _serve_the_registry)
    | _REFUSAL
    | dict.fromkeys((*_ANSWERS, *_LIVE, messages.Welcome), _ignore),
    Stage.REFUSED: _ALWAYS | _ANSWERS,
}
"""What may come in which stage, and what deals with it; the rest breaks the protocol."""
