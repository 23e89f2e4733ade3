"""Who is talked to at all, and what somebody hears who is not."""

from __future__ import annotations

import pytest

from sync.engine import keys
from sync.model.facts import REGISTRY, State
from sync.protocol import events, messages
from sync.protocol.handshake import refusal_of
from sync.protocol.questions import Allowed
from tests.clinic import Desk
from tests.sync.conftest import LAB
from tests.sync.protocol.session_line import Line, Port, batches_to, drive


@pytest.mark.parametrize("name", ["@registry", "@lab", "lab 1", "LAB\n1"])
def test_a_name_that_no_replica_has_is_not_talked_to(lab, ward, name):
    port, peer = Port(lab), Port(ward)
    drive(port)
    drive(peer)
    (hello,) = peer.sent
    port.hear(hello._replace(author=name))
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
