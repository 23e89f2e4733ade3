"""The first two messages of a connection, and the words of a refusal: pure functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from sync.model.facts import COORDINATOR, State, is_terminal_code, pack
from sync.protocol.messages import Hello, Refusal
from sync.protocol.questions import Allowed, PeerIdentity, Roots

VERSIONS: Final = (1,)


class Setup(NamedTuple):
    """What a session needs of its shell.

    ``nonce`` is 32 and ``process`` 8 random bytes, the former new for each session, the latter for
    each start of the daemon; ``coordinator_key`` is the key (32 bytes) that a peer named
    `@coordinator` must have; ``clock_ms`` the wall clock, told to the peer.
    """

    nonce: bytes
    process: bytes
    coordinator_key: bytes
    sign: Callable[[bytes], bytes]
    verify: Callable[[bytes, bytes, bytes], bool]
    clock_ms: int


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


def proof_bytes(prover: Hello, other: Hello) -> bytes:
    """What is signed to prove a hello: both hellos, so no replayed or reflected proof will do."""
    return b"mrnmesh hello 1\0" + pack((prover, other))


def fault_of(hello: Hello, mine: Hello, coordinator_key: bytes) -> tuple[str, str] | None:
    """Why a peer with this hello cannot be talked to: a code and a sentence; None if it can."""
    if not set(hello.versions) & set(VERSIONS):
        return "version", f"this side speaks the protocol versions {VERSIONS}"
    if hello.replica == mine.replica or hello.nonce == mine.nonce:
        return "self", "this is a connection of a daemon to itself or to its copy"
    if not is_terminal_code(hello.author) and hello.author != COORDINATOR:
        return "protocol", "there can be no terminal of this name"
    if hello.author == COORDINATOR and hello.public_key != coordinator_key:
        return "not_coordinator", "this is not the coordinator that this side has joined"
    return None


def refusal_of(standing: Allowed) -> Refusal:
    """What a peer is told whose terminal and key have this standing."""
    state = standing.state
    if state is None:
        return Refusal("unknown", "this terminal is not in the registry")
    if state not in (State.ACTIVE, State.INACTIVE):
        return Refusal(state.value, f"the registry says that this terminal is {state.value}")
    if standing.withdrawn:
        return Refusal("withdrawn", "another computer has taken the place of this one")
    return Refusal("key", "this is not a key that the registry has for this terminal")
