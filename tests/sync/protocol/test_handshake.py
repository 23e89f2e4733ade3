"""Who may sync, what is done to prove it, and what somebody hears who is refused."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from coordinator.registry import terminals
from sync.engine import keys
from sync.engine.issuing import Issued
from sync.model.believed import UNKNOWN_MS
from sync.model.facts import COORDINATOR, REGISTRY, State
from sync.protocol import events, limits, messages
from sync.protocol.handshake import Channel, Stage, refusal_of
from sync.protocol.questions import Allowed
from tests.clinic import Desk
from tests.sync.conftest import LAB
from tests.sync.protocol.session_line import Line, Port, batches_to, connected, drive

STRANGER: Any = "STRANGER"


# who may sync


def test_an_unknown_terminal_gets_the_registry_and_nothing_else(clinic, lab, ward):
    ward.register_offline()
    stranger = Desk(clinic, "stranger", STRANGER, keys.Signer.from_seed(b"s" * 32))
    stranger.register(stranger.draft(), lambda tx: Issued(None, True))
    line = Line()
    one, other = line.connect(stranger, ward)
    line.run()
    assert one.events_of(events.PeerRefused)[0].reason == "unknown"
    assert (one.closed, other.closed) == ("refused", "refused")
    assert batches_to(other) == {REGISTRY}
    assert batches_to(one) == set()
    assert stranger.roots.registry == ward.roots.registry
    stranger.close()


def test_why_a_peer_refuses_is_one_line(clinic, lab, ward):
    """It is logged and shown by commands, and the peer can write what it likes."""
    line = Line()
    one, _ = connected(line, lab, ward)
    one.hear(messages.Refusal("re\nvoked", "gone\r\n2026-11-01 INFO all is well\x1b[2J"))
    line.run()
    (refused,) = one.events_of(events.PeerRefused)
    assert all(map(str.isprintable, refused))
    assert "all is well" in refused.why


@pytest.mark.parametrize("state", [State.RETIRED, State.REPLACED, State.REVOKED])
def test_a_desk_that_may_no_longer_sync_is_expelled_with_the_registry(clinic, lab, state):
    line = Line()
    one, other = connected(line, lab, clinic.coordinator)
    lab.register_offline()
    clinic.act(lambda tx: terminals.change_terminal(tx, LAB, state=state))
    before = clinic.coordinator.roots.document
    line.publish()
    line.run()
    assert one.events_of(events.PeerRefused)[0].reason == state
    assert (one.closed, other.closed) == ("refused", "refused")
    assert lab.roots.registry == clinic.coordinator.roots.registry
    assert clinic.coordinator.roots.document == before


def test_a_desk_that_learns_first_expels_its_peer(clinic, lab, ward):
    line = Line()
    one, other = connected(line, lab, ward)
    clinic.act(lambda tx: terminals.change_terminal(tx, LAB, state=State.REVOKED))
    connected(line, ward, clinic.coordinator)
    assert one.events_of(events.PeerRefused)
    assert lab.roots.registry == ward.roots.registry
    assert other.session.stage is Stage.CLOSED


def test_an_inactive_desk_syncs(clinic, lab):
    clinic.act(lambda tx: terminals.change_terminal(tx, LAB, state=State.INACTIVE))
    connected(Line(), lab, clinic.coordinator)


def test_a_refused_peer_that_lingers_is_closed(clinic, ward):
    stranger = Desk(clinic, "stranger", STRANGER, keys.Signer.from_seed(b"s" * 32))
    line = Line()
    _, other = line.connect(stranger, ward)
    while not other.sent_of(messages.Refusal):
        line.run(1)
    other.tick(limits.REFUSED_IDLE_MS_MAX)
    assert other.closed == "refused"
    stranger.close()


def test_documents_cannot_be_asked_for_before_the_welcome(clinic, lab, ward):
    line = Line()
    one, _ = line.connect(lab, ward)
    while one.session.stage is not Stage.REGISTRY:
        line.run(1)
    one.receive(messages.encode(messages.GetSummary(1, None, None)))
    assert one.closed == "protocol"


# proofs


def test_a_stolen_name_is_not_believed(clinic, lab, ward):
    thief = keys.Signer.from_seed(b"t" * 32)
    line = Line()
    one, other = line.connect(Port(lab, thief), ward)
    line.run()
    assert other.closed == "proof"
    assert one.closed == "proof"


def test_a_false_coordinator_is_not_believed(clinic, lab):
    false = Desk(clinic, "false", COORDINATOR, keys.Signer.from_seed(b"f" * 32))
    line = Line()
    _, other = line.connect(false, lab)
    line.run()
    assert other.closed == "not_coordinator"
    false.close()


def test_a_reflected_hello_is_not_answered(lab):
    port = Port(lab)
    drive(port)
    (hello,) = port.sent
    port.receive(messages.encode(hello))
    assert port.closed == "self"


def test_a_reflected_proof_proves_nothing(lab):
    port = Port(lab)
    drive(port)
    hello = port.sent[0]
    port.receive(messages.encode(replace(hello, replica=b"x" * 16, nonce=b"y" * 32)))
    proof = port.sent_of(messages.Proof)[0]
    port.receive(messages.encode(proof))
    assert port.closed == "proof"


def test_a_replayed_proof_proves_nothing(lab, ward):
    line = Line()
    one, _ = connected(line, lab, ward)
    hello, proof = one.sent_of(messages.Hello)[0], one.sent_of(messages.Proof)[0]
    port = Port(ward)
    drive(port)
    port.receive(messages.encode(hello))
    port.receive(messages.encode(proof))
    assert port.closed == "proof"


def test_versions_must_have_one_in_common(lab, ward):
    line = Line()
    one, other = line.connect(lab, ward)
    drive(one)
    drive(other)
    hello = other.sent[0]
    one.receive(messages.encode(replace(hello, versions=(3, 4))))
    assert one.closed == "version"
    assert [type(message) for message in one.sent] == [messages.Hello, messages.Error]


def test_a_peer_that_does_not_know_the_time_differs_in_nothing(lab, ward):
    line = Line()
    one, other = line.connect(Port(lab, clock_ms=UNKNOWN_MS), ward)
    line.run()
    assert one.events_of(events.PeerClock) == other.events_of(events.PeerClock) == []
    assert (one.session.ahead_ms, other.session.ahead_ms) == (None, None)
    assert one.session.peer.now_ms == ward.clinic.now_ms
    assert other.session.live


def test_a_clock_that_differs_much_is_told_of(lab, ward):
    line = Line()
    one, other = line.connect(Port(lab, clock_ms=ward.clinic.now_ms - 3_600_000), ward)
    line.run()
    assert one.events_of(events.PeerClock) == [events.PeerClock(3_600_000)]
    assert other.events_of(events.PeerClock) == [events.PeerClock(-3_600_000)]
    assert other.session.live


# refusals


@pytest.mark.parametrize("name", ["@registry", "@lab", "lab 1", "LAB\n1"])
def test_a_name_that_no_replica_has_is_not_talked_to(lab, ward, name):
    port, peer = Port(lab), Port(ward)
    drive(port)
    drive(peer)
    (hello,) = peer.sent
    port.hear(replace(hello, author=name))
    assert port.ended_with("protocol", "there can be no terminal of this name")
    assert not port.sent_of(messages.Proof)


@pytest.mark.parametrize(
    ("state", "withdrawn", "reason", "said"),
    [
        (None, False, "unknown", "not in the registry"),
        (State.ACTIVE, False, "key", "not a key that the registry has"),
        (State.INACTIVE, False, "key", "not a key that the registry has"),
        (State.ACTIVE, True, "withdrawn", "another computer has taken the place"),
        (State.REPLACED, True, "replaced", "this terminal is replaced"),
        (State.RETIRED, True, "retired", "this terminal is retired"),
        (State.REVOKED, False, "revoked", "this terminal is revoked"),
    ],
)
def test_a_refusal_says_why(state, withdrawn, reason, said):
    refusal = refusal_of(Allowed(False, state, withdrawn))
    assert refusal.reason == reason
    assert said in refusal.why


def test_an_old_name_with_a_new_key_is_told_that_the_key_is_wrong(clinic, lab, ward):
    """A machine that was set up anew under its old name, and not enrolled again."""
    lab.register_offline()
    clinic.heal()
    anew = Desk(clinic, "anew", lab.author, keys.Signer.from_seed(b"n" * 32))
    line = Line()
    one, other = line.connect(anew, ward)
    line.run()
    assert one.events_of(events.PeerRefused) == [
        events.PeerRefused("key", "this is not a key that the registry has for this terminal")
    ]
    assert (one.closed, other.closed) == ("refused", "refused")
    assert batches_to(other) == {REGISTRY}
    assert anew.query("SELECT count(*) FROM patients") == [(0,)]
    assert anew.author == LAB
    anew.close()


# over an encrypted connection


def encrypted(desk: Desk, peer: Desk, ours: bytes, theirs: bytes, **changed: Any) -> Port:
    """A side of a connection on which these two TLS keys were shown."""
    named = {"author": peer.author, "key": peer.signer.public_key} | changed
    return Port(desk, channel=Channel(ours, theirs, named["author"], named["key"]))


def test_two_desks_that_show_their_certificates_sync(lab, ward):
    line = Line()
    keys_ = (b"l" * 32, b"w" * 32)
    one, other = line.connect(
        encrypted(lab, ward, *keys_), encrypted(ward, lab, keys_[1], keys_[0])
    )
    line.run()
    assert one.session.stage is other.session.stage is Stage.DOCUMENT


def test_a_hello_that_is_relayed_over_another_connection_proves_nothing(clinic, lab):
    """Somebody in between has a connection of his own with each side, and passes all on."""
    line = Line()
    one, other = line.connect(
        encrypted(lab, clinic.coordinator, b"l" * 32, b"between" * 4 + b"1234"),
        encrypted(clinic.coordinator, lab, b"c" * 32, b"between" * 4 + b"1234"),
    )
    line.run()
    assert "proof" in (one.closed, other.closed)
    assert not one.events_of(events.Established)
    assert not other.events_of(events.Established)


def test_a_proof_of_a_plain_connection_is_none_on_an_encrypted_one(lab, ward):
    line = Line()
    one, other = line.connect(Port(lab), encrypted(ward, lab, b"w" * 32, b"l" * 32))
    line.run()
    assert "proof" in (one.closed, other.closed)
    assert not other.events_of(events.Established)


@pytest.mark.parametrize("changed", [{"author": "WARD-PC"}, {"key": b"k" * 32}])
def test_a_desk_that_says_it_is_another_than_its_certificate_names_is_refused(clinic, lab, changed):
    line = Line()
    _, other = line.connect(
        encrypted(lab, clinic.coordinator, b"l" * 32, b"c" * 32),
        encrypted(clinic.coordinator, lab, b"c" * 32, b"l" * 32, **changed),
    )
    line.run()
    assert other.closed == "certificate"
    assert not other.events_of(events.Established)
    assert other.sent_of(messages.Proof) == []
