"""Who the peer is and what it may have: from the first message to the welcome, and refusals.

The numbers in brackets are those of `sync.protocol.session.Session`.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Final, NamedTuple

from msgspec.structs import astuple

from sync.errors import ProtocolError
from sync.model import typed
from sync.model.believed import UNKNOWN_MS
from sync.model.facts import COORDINATOR, Author, State, is_terminal_code, pack
from sync.protocol import events, limits, messages
from sync.protocol.host import Host
from sync.protocol.messages import Hello, Message, Refusal
from sync.protocol.push import Pushing
from sync.protocol.questions import (
    Allowed,
    IdentityQuery,
    PeerIdentity,
    Roots,
    RootsQuery,
    SignTails,
    StandingQuery,
)
from sync.protocol.rounds import Rounds

VERSIONS: Final = (1, 2)
"""Both sides use the highest that they have in common. From 2 on they tell each other addresses
and what PINs are checked by, try each other's ports, and print numbers in the forms that facts
name."""
TELLS_ADDRESSES: Final = 2
TELLS_PINS: Final = 2
TRIES_PORTS: Final = 2
PRINTS_FORMS: Final = 2
NOT_COORDINATOR: Final = "not_coordinator"
"""Why a connection ends with a coordinator that has another key than the pinned one."""


class Stage(StrEnum):
    """How far a connection has come, as one side sees it; no stage comes twice."""

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


class Channel(NamedTuple):
    """An encrypted connection: whose certificates were shown on it.

    ``ours`` and ``theirs`` are the fingerprints (32 bytes) of the two TLS keys; ``author`` and
    ``key`` are whom the certificate of the peer names.
    """

    ours: bytes
    theirs: bytes
    author: Author
    key: bytes


class Setup(NamedTuple):
    """What a session needs of its shell.

    ``nonce`` is 32 and ``process`` 8 random bytes, the former new for each session, the latter for
    each start of the daemon; ``coordinator_key`` is the key (32 bytes) that a peer named
    `@coordinator` must have; ``sign`` makes the 64-byte signature of what it gets; ``verify`` gets
    public key, signature and signed bytes; ``clock_ms`` is what the peer hears of the time,
    `UNKNOWN_MS` where we do not know it; ``channel`` is None on a connection that is not encrypted.
    """

    nonce: bytes
    process: bytes
    coordinator_key: bytes
    sign: Callable[[bytes], bytes]
    verify: Callable[[bytes, bytes, bytes], bool]
    clock_ms: int
    channel: Channel | None = None


class Handshake:
    """The stage of one session, and the decisions that lead from one stage to the next.

    Each side decides by its own registry whether the other may sync, after it has fetched what the
    other's registry has and its own lacks: so a desk that is revoked while it is away learns of it
    from any peer. The exchange of documents begins when both sides have said `Welcome`.
    """

    def __init__(self, host: Host, setup: Setup, rounds: Rounds, pushing: Pushing) -> None:
        self.stage = Stage.HELLO
        self.since_ms = host.now_ms
        self.mine: Hello | None = None
        self.peer: Hello | None = None
        self.ahead_ms: int | None = None
        self._host = host
        self._setup = setup
        self._rounds = rounds
        self._pushing = pushing
        self._checks = 0
        self._withheld: list[Message] = []
        self._standing_asked = False
        self._welcomed = False
        self._welcomed_by_peer = False
        self._refusal = Refusal("", "")

    @property
    def checking(self) -> bool:
        """True while the standing of the peer is asked for again, (3)."""
        return self._checks > 0

    @property
    def paused(self) -> bool:
        """True while messages of the peer must wait.

        Until the replica has said who it is there is nothing to answer with. Before the welcome
        nothing needs to wait for a check, because only the registry is exchanged, (2).
        """
        return self.mine is None or (self.checking and self.stage is Stage.DOCUMENT)

    @property
    def version(self) -> int:
        """Of the protocol that both sides speak; 0 before the peer's hello."""
        peer = self.peer
        return max(set(VERSIONS) & set(peer.versions)) if peer is not None else 0

    def begin(self) -> None:
        """Greet the peer as soon as the replica has said who it is and what it holds."""
        self._host.ask(IdentityQuery(), self._on_identity)

    def close(self) -> None:
        """Nothing more is said or heard."""
        self.stage = Stage.CLOSED
        self._withheld.clear()

    def withhold(self, message: Message) -> None:
        """Keep a message until it is known whether the peer may still have it, (3)."""
        self._withheld.append(message)

    # who is there

    def _on_identity(self, identity: PeerIdentity) -> None:
        # The tails are signed before the roots are sent: what is not signed cannot travel, and
        # roots that leave it out would never equal those of a peer that has it.
        self._host.ask(SignTails(), lambda roots: self._greet(identity, roots))

    def _greet(self, identity: PeerIdentity, roots: Roots) -> None:
        self.mine = hello_of(self._setup, identity, roots)
        self.since_ms = self._host.now_ms  # from now on the peer is waited for
        self._host.put(self.mine)

    def on_hello(self, hello: Hello) -> None:
        """The peer says who it is; nothing of that is believed before its proof."""
        mine = self._own_hello()
        fault = fault_of(hello, mine, self._setup.coordinator_key, self._setup.channel)
        if fault is not None:
            self._host.fail(*fault)
            return
        self.peer = hello
        self._host.peer_roots = hello.roots
        self.stage = Stage.PROOF  # without `_enter`: both messages share one limit of time
        self._host.put(messages.Proof(self._setup.sign(self._proof(mine, hello))))
        if UNKNOWN_MS not in (hello.now_ms, self._setup.clock_ms):
            self.ahead_ms = hello.now_ms - self._setup.clock_ms
            if abs(self.ahead_ms) > limits.CLOCK_DIFFERENCE_MS_MAX:
                self._host.emit(events.PeerClock(self.ahead_ms))

    def on_proof(self, proof: messages.Proof) -> None:
        """The peer proves its key."""
        mine, peer = self._own_hello(), self.peer_hello()
        signed = self._proof(peer, mine)
        if not self._setup.verify(peer.public_key, proof.signature, signed):
            self._host.fail("proof", "the signature does not prove the key")
            return
        self._enter(Stage.REGISTRY)
        self._host.emit(
            events.Established(
                peer.author, peer.replica, peer.incarnation, peer.process, peer.public_key
            )
        )
        if peer.roots.registry == mine.roots.registry:
            self._ask_standing()
        else:  # the peer may have newer news of itself, or of us
            self._rounds.pull_registry(self._on_registry)

    def _proof(self, prover: Hello, other: Hello) -> bytes:
        """What the prover signs on this connection."""
        channel = self._setup.channel
        if channel is None:
            return proof_bytes(prover, other)
        keys = channel.ours, channel.theirs
        return proof_bytes(prover, other, keys if prover is self.mine else keys[::-1])

    # may it sync?

    def _on_registry(self) -> None:
        if self.stage is Stage.REFUSED:  # the last that we were allowed to have
            self._leave()
        else:
            self._ask_standing()

    def _ask_standing(self) -> None:
        self._standing_asked = True
        peer = self.peer_hello()
        self._host.ask(StandingQuery(peer.author, peer.public_key), self._on_standing)

    def on_registry_change(self) -> None:
        """The registry of this replica has changed: does it still allow the peer to sync? (3)."""
        if not self._standing_asked:  # the first answer will be by the registry as it is then
            return
        if self.stage not in (Stage.REGISTRY, Stage.DOCUMENT):  # it is out, and stays so
            return

        def checked(allowed: Allowed) -> None:
            self._checks -= 1
            self._on_standing(allowed)

        self._checks += 1
        peer = self.peer_hello()
        self._host.ask(StandingQuery(peer.author, peer.public_key), checked)

    def _on_standing(self, allowed: Allowed) -> None:
        if self.stage not in (Stage.REGISTRY, Stage.DOCUMENT):
            return  # one side has refused the other since it was asked
        if not allowed.allowed:
            self._refuse(allowed)
        elif not self.checking:  # the last of several answers decides, it is the newest
            if not self._welcomed:
                self._host.ask(RootsQuery(), self._welcome)
            withheld, self._withheld = self._withheld, []
            for message in withheld:
                self._host.put(message)

    def _welcome(self, roots: Roots) -> None:
        # While the replica was asked for its roots, the peer may have been refused, another answer
        # may have brought the welcome, or a new check may have begun, which will lead here again.
        if self.stage is Stage.REGISTRY and not self._welcomed and not self.checking:
            self._welcomed = True
            self._host.sent_roots = roots
            self._host.put(messages.Welcome(roots))
            self._begin_documents()

    def on_welcome(self, welcome: messages.Welcome) -> None:
        """The peer allows us to sync.

        Raises:
            ProtocolError: it has said so before.
        """
        if self._welcomed_by_peer:
            raise ProtocolError(why="a second welcome")
        self._welcomed_by_peer = True
        self._rounds.announced(welcome.roots)
        self._begin_documents()

    def _begin_documents(self) -> None:
        if self._welcomed and self._welcomed_by_peer:
            self._enter(Stage.DOCUMENT)
            self._host.emit(events.Welcomed())
            self._host.ask(RootsQuery(), self._rounds.first)

    # refusals

    def _refuse(self, standing: Allowed) -> None:
        self._rounds.cancel()
        self._pushing.on = False
        self._withheld.clear()
        refusal = refusal_of(standing)
        self._host.put(refusal)
        self._host.emit(events.TurnedAway(self.peer_hello().author, refusal.reason))
        # A peer that was welcome may have sent, before it hears of this, what only then is allowed.
        self._enter(Stage.EXPELLED if self._welcomed else Stage.REFUSING)

    def on_refusal(self, refusal: Refusal) -> None:
        """The peer allows us the registry only: fetch it, so that we know why, and leave."""
        before = self.stage
        # It is logged, and shown by commands.
        self._refusal = Refusal(*map(typed.on_one_line, (refusal.reason, refusal.why)))
        self._pushing.on = False
        self._enter(Stage.REFUSED)
        if before is Stage.DOCUMENT:
            self._rounds.cancel()
            self._rounds.pull_registry(self._on_registry)
        elif not self._rounds.running:  # else a pull of the registry runs, and its end leads there
            self._leave()

    def _leave(self) -> None:
        self._host.emit(events.PeerRefused(self._refusal.reason, self._refusal.why))
        self._host.stop("refused")

    def peer_hello(self) -> Hello:
        """The hello of the peer, in the stages that come after it."""
        assert self.peer is not None, "this stage comes after the peer's hello"
        return self.peer

    def _own_hello(self) -> Hello:
        assert self.mine is not None, "no message is dealt with before our own hello"
        return self.mine

    def _enter(self, stage: Stage) -> None:
        self.stage = stage
        self.since_ms = self._host.now_ms


def hello_of(setup: Setup, identity: PeerIdentity, roots: Roots) -> Hello:
    """Our own hello."""
    return Hello(
        VERSIONS,
        identity.replica,
        identity.incarnation,
        setup.process,
        identity.author,
        identity.public_key,
        setup.nonce,
        setup.clock_ms,
        roots,
    )


def proof_bytes(prover: Hello, other: Hello, keys: tuple[bytes, bytes] | None = None) -> bytes:
    """What is signed to prove a hello: both hellos, so no replayed or reflected proof will do.

    Args:
        keys: on an encrypted connection the fingerprints of the TLS keys of prover and other. A
            hello that somebody in between relays over two connections of his own proves nothing.
    """
    hellos = astuple(prover), astuple(other)
    if keys is None:
        return b"mrnmesh hello 1\0" + pack(hellos)
    return b"mrnmesh hello 2\0" + pack((*hellos, *keys))


def fault_of(
    hello: Hello, mine: Hello, coordinator_key: bytes, channel: Channel | None = None
) -> tuple[str, str] | None:
    """Why a peer with this hello cannot be talked to: a code and a sentence; None if it can."""
    if not set(hello.versions) & set(VERSIONS):
        return "version", f"this side speaks the protocol versions {VERSIONS}"
    if hello.replica == mine.replica or hello.nonce == mine.nonce:
        return "self", "this is a connection of a daemon to itself or to its copy"
    if not is_terminal_code(hello.author) and hello.author != COORDINATOR:
        return "protocol", "there can be no terminal of this name"
    if channel is not None and (hello.author, hello.public_key) != (channel.author, channel.key):
        return "certificate", f"its certificate is that of {channel.author}, with another key"
    if hello.author == COORDINATOR and hello.public_key != coordinator_key:
        return NOT_COORDINATOR, "this is not the coordinator that this side has joined"
    return None


def refusal_of(standing: Allowed) -> Refusal:
    """What a peer hears whose terminal and key have this standing."""
    state = standing.state
    if state is None:
        return Refusal("unknown", "this terminal is not in the registry")
    if state not in (State.ACTIVE, State.INACTIVE):
        return Refusal(state.value, f"the registry says that this terminal is {state.value}")
    if standing.withdrawn:
        return Refusal("withdrawn", "another computer has taken the place of this one")
    return Refusal("key", "this is not a key that the registry has for this terminal")
