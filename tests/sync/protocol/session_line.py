"""Sessions between the replicas of a test in one thread: every frame and every reply by hand.

`Link` is one connection between two desks. `Line` runs any number of them until nothing moves any
more; a seeded generator picks who moves next, so that a history can be run again.
"""

from __future__ import annotations

import random
from collections import deque
from typing import Any

from sync.engine import keys
from sync.protocol import messages
from sync.protocol.events import Ask, Close, Send
from sync.protocol.handshake import Setup
from sync.protocol.questions import Granted, Merge, NumberQuery, PinChangeQuery
from sync.protocol.session import Session
from tests.clinic import Desk


class Port:
    """One side of a connection: a session, what it still asks, and what it has sent."""

    def __init__(self, desk: Desk, signer: keys.Signer | None = None, **changed: Any) -> None:
        clinic = desk.clinic
        self.desk = desk
        signer = signer or desk.signer
        setup = Setup(
            clinic.random.randbytes(32),
            clinic.random.randbytes(8),
            desk.pinned,
            signer.sign,
            keys.verify,
            clinic.now_ms,
        )
        self.session = Session(setup._replace(**changed), 0)
        self.asks: deque[Ask] = deque()
        self.wire: deque[bytes] = deque()
        self.sent: list[Any] = []
        self.events: list[Any] = []
        self.closed: str | None = None
        self.granter: Any = None
        self.merges = 0
        self.drain()

    def drain(self) -> None:
        for output in self.session.take():
            assert self.closed is None, f"{output} after the end"
            match output:
                case Send(frame, urgent):
                    message = messages.decode(frame)
                    self.sent.append(message)
                    if urgent:
                        self.wire.appendleft(frame)
                    else:
                        self.wire.append(frame)
                case Ask():
                    self.asks.append(output)
                case Close(reason):
                    self.closed = reason
                case _:
                    self.events.append(output)

    def receive(self, frame: bytes) -> None:
        self.session.received(frame)
        self.drain()

    def hear(self, *said: messages.Message) -> None:
        """The peer says what the test lets it say."""
        for message in said:
            self.receive(messages.encode(message))

    def tick(self, now_ms: int) -> None:
        self.session.tick(now_ms)
        self.drain()

    def ended_with(self, code: str, why: str) -> bool:
        """True when it has closed for a fault of the peer, which was told this."""
        return self.closed == code and self.sent[-1] == messages.Error(code, why)

    def sent_of(self, kind: type) -> list[Any]:
        return [message for message in self.sent if type(message) is kind]

    def events_of(self, kind: type) -> list[Any]:
        return [event for event in self.events if type(event) is kind]


class Line:
    """Some replicas, and the connections between them."""

    def __init__(self, seed: int = 1) -> None:
        self.random = random.Random(seed)
        self.ports: list[Port] = []
        self.pairs: list[tuple[Port, Port]] = []

    def connect(self, one: Desk | Port, other: Desk | Port) -> tuple[Port, Port]:
        pair = (_port(one), _port(other))
        self.pairs.append(pair)
        self.ports += pair
        return pair

    def cut(self, pair: tuple[Port, Port]) -> None:
        """The cable is pulled: what is on the wire is lost, what the replicas do is done."""
        self.pairs.remove(pair)
        for port in pair:
            self.ports.remove(port)

    def run(self, steps_max: int = 100_000) -> int:
        """Move on until nothing moves any more, or for so many steps, and return their number."""
        for step in range(steps_max):
            moves = self._moves()
            if not moves:
                return step
            kind, port, peer = self.random.choice(moves)
            if kind == "answer":
                self.answer(port)
            else:
                peer.receive(port.wire.popleft())
        assert steps_max < 100_000, "it never comes to rest"
        return steps_max

    def run_until_sent(self, port: Port, kind: type, count: int = 1) -> Any:
        """Move on until a port has sent so many messages of a kind, and return the last of them."""
        while len(port.sent_of(kind)) < count:
            assert self.run(1), f"it never sends {kind.__name__}"
        return port.sent_of(kind)[-1]

    def _moves(self) -> list[tuple[str, Port, Port]]:
        moves = []
        for one, other in self.pairs:
            for port, peer in ((one, other), (other, one)):
                if port.asks and port.closed is None:
                    moves.append(("answer", port, peer))
                if port.wire and peer.closed is None:
                    moves.append(("deliver", port, peer))
        return moves

    def answer(self, port: Port) -> None:
        """The replica of a port answers its oldest query; commits are heard of first."""
        token, query = port.asks.popleft()
        exchange = port.desk.exchange
        if isinstance(query, Merge):
            reply: Any = exchange.merge(query, port.session)
            port.merges += 1
        elif isinstance(query, NumberQuery):
            reply = port.granter(query) if port.granter else Granted(None, "not_a_coordinator")
        elif isinstance(query, PinChangeQuery):
            reply = exchange.decide(query)
        else:
            reply = exchange.answer(query)
        self.publish(port.desk)
        port.session.answered(token, reply)
        port.drain()

    def publish(self, *desks: Desk) -> None:
        """Sessions hear of what their replicas have committed."""
        for desk in desks or {id(port.desk): port.desk for port in self.ports}.values():
            for commit in desk.commits:
                for port in self.ports:
                    if port.desk is desk:
                        port.session.committed(commit)
                        port.drain()
            desk.commits.clear()

    def tick(self, now_ms: int) -> None:
        for port in self.ports:
            port.tick(now_ms)


def _port(side: Desk | Port) -> Port:
    return side if isinstance(side, Port) else Port(side)


def assert_same(*desks: Desk) -> None:
    assert len({desk.roots for desk in desks}) == 1, [desk.name for desk in desks]


def connected(line: Line, one: Desk, other: Desk) -> tuple[Port, Port]:
    """A connection on which both sides have come to rest, in step."""
    pair = line.connect(one, other)
    line.run()
    assert [port.session.live for port in pair] == [True, True]
    return pair


def batches_to(port: Port) -> set[str]:
    """The authors of everything that a port has sent."""
    sent = port.sent_of(messages.Batches) + port.sent_of(messages.Push)
    return {batch.author for message in sent for batch in message.batches}


def drive(port: Port) -> None:
    """Answer all that a port asks of its replica."""
    line = Line()
    line.ports.append(port)
    while port.asks:
        line.answer(port)
