"""What may be said when: the protocol as a table, and its limits in time."""

from __future__ import annotations

from typing import Any

import pytest

from sync.engine import keys
from sync.errors import BadMessage
from sync.model.facts import Author, RecordId, State
from sync.protocol import events, limits, messages
from sync.protocol.handshake import Stage
from sync.protocol.questions import Allowed, Commit
from tests.clinic import Clinic, Desk
from tests.forging import Run, note
from tests.sync.conftest import LAB
from tests.sync.protocol.session_line import Line, Port, connected, drive
from tests.sync.protocol.test_messages import ONE_OF_EACH, ROOTS

STRANGER: Any = "STRANGER"
RECORD = RecordId(b"r" * 16)


# the table


EXPECTED = {
    Stage.HELLO: {"Hello", "Error", "Bye"},
    Stage.PROOF: {"Proof", "Error", "Bye"},
    Stage.REGISTRY: {
        *("GetSummary", "GetShards", "GetEnds", "Want"),
        *("Summary", "Shards", "Ends", "Batches"),
        *("Welcome", "Refusal", "Ping", "Pong", "Error", "Bye"),
    },
    Stage.DOCUMENT: {
        *("GetSummary", "GetShards", "GetEnds", "Want"),
        *("Summary", "Shards", "Ends", "Batches"),
        *("Settled", "RootsNow", "Push", "Ack"),
        *("NumberRequest", "NumberReply", "Probe", "ProbeReply"),
        *("AddressesHeld", "Addresses"),
        *("GetPins", "Pins", "ChangePin", "PinChanged"),
        *("TryPorts", "PortsTried"),
        *("Refusal", "Ping", "Pong", "Error", "Bye"),
    },
    Stage.REFUSING: {
        *("GetSummary", "GetShards", "GetEnds", "Want"),
        *("Welcome", "Refusal", "Ping", "Pong", "Error", "Bye"),
    },
    Stage.EXPELLED: {
        *("GetSummary", "GetShards", "GetEnds", "Want"),
        *("Summary", "Shards", "Ends", "Batches"),
        *("Settled", "RootsNow", "Push", "Ack"),
        *("NumberRequest", "NumberReply", "Probe", "ProbeReply"),
        *("AddressesHeld", "Addresses"),
        *("GetPins", "Pins", "ChangePin", "PinChanged"),
        *("TryPorts", "PortsTried"),
        *("Welcome", "Refusal", "Ping", "Pong", "Error", "Bye"),
    },
    Stage.REFUSED: {
        *("Summary", "Shards", "Ends", "Batches"),
        *("Ping", "Pong", "Error", "Bye"),
    },
}


def port_at(line: Line, clinic: Clinic, stage: Stage, lab: Desk, ward: Desk) -> Port:
    """One side of a connection, at the moment when it comes to a stage."""
    if stage is Stage.REFUSING:
        stranger = Desk(clinic, "stranger", STRANGER, keys.Signer.from_seed(b"s" * 32))
        clinic.desks["STRANGER"] = stranger
        port, _ = line.connect(ward, stranger)
    elif stage in (Stage.REFUSED, Stage.EXPELLED):
        port, _ = connected(line, ward, lab)
        if stage is Stage.REFUSED:
            port.receive(messages.encode(messages.Refusal("revoked", "")))
        else:
            port.session.committed(Commit((), None, True))
            port.drain()
            port.session.answered(port.asks.pop().token, Allowed(False, State.REVOKED))
            port.drain()
    else:
        port, _ = line.connect(ward, lab)
    while port.session.stage is not stage or port.session.mine is None:
        assert line.run(1), f"it never comes to {stage}"
    return port


@pytest.mark.parametrize("stage", EXPECTED)
def test_a_message_at_a_wrong_time_closes(clinic, lab, ward, stage):
    wrong = [one for one in ONE_OF_EACH if type(one).__name__ not in EXPECTED[stage]]
    assert wrong
    for message in wrong:
        port = port_at(Line(), clinic, stage, lab, ward)
        port.receive(messages.encode(message))
        assert port.closed == "protocol", message
        assert port.sent[-1] == messages.Error(
            "protocol", f"{type(message).__name__} at a wrong time"
        )
        after = len(port.sent)
        port.receive(messages.encode(messages.Ping(1)))
        port.tick(10**9)
        assert len(port.sent) == after


@pytest.mark.parametrize(
    "message",
    [
        messages.Summary(99, (), True),
        messages.Shards(99, Author(LAB), (), True),
        messages.Batches(99, (), True),
        messages.Ack(99, ROOTS),
        messages.NumberReply(99, None, ""),
        messages.NumberRequest(1, RECORD, Author("OTHER")),
    ],
    ids=lambda message: type(message).__name__,
)
def test_an_answer_to_nothing_closes(lab, ward, message):
    one, _ = connected(Line(), lab, ward)
    one.receive(messages.encode(message))
    assert one.closed == "protocol"


def test_a_batch_that_was_not_asked_for_is_not_merged(clinic, lab, ward):
    ward.register_offline()
    line = Line()
    one, _ = line.connect(lab, ward)
    while not one.sent_of(messages.Want):
        line.run(1)
    want = one.sent_of(messages.Want)[0]
    other_run = Run(LAB, lab.signer, 1).then(note(1)).batch()
    one.receive(messages.encode(messages.Batches(want.id, (other_run,), True)))
    assert one.closed == "protocol"


@pytest.mark.parametrize("frame", [b"", b"\0", b"\2x", b"\0" + b"\xc1"])
def test_what_is_no_message_closes(lab, ward, frame):
    one, _ = connected(Line(), lab, ward)
    one.receive(frame)
    assert one.closed == "bad_message"
    assert [fault.code for fault in one.events_of(events.Misbehaved)] == ["bad_message"]
    with pytest.raises(BadMessage):
        messages.decode(frame)


def test_too_many_requests_at_once_close(lab, ward):
    one, _ = connected(Line(), lab, ward)
    for ident in range(20):
        one.receive(messages.encode(messages.GetShards(ident, Author(LAB), 0)))
    assert one.closed == "protocol"


def test_a_failing_replica_closes_without_telling_why(lab, ward):
    line = Line()
    one, _ = connected(line, lab, ward)
    one.receive(messages.encode(messages.GetShards(1, Author(LAB), 0)))
    one.session.failed(one.asks.popleft().token)
    one.drain()
    assert one.ended_with("internal", "the replica failed")
    assert one.events_of(events.Misbehaved) == []


# time


def test_a_peer_that_says_nothing_is_left(lab):
    port = Port(lab)
    drive(port)
    port.tick(limits.HANDSHAKE_MS_MAX - 1)
    assert port.closed is None
    port.tick(limits.HANDSHAKE_MS_MAX)
    assert port.closed == "timeout"


def test_a_peer_is_not_left_because_our_own_replica_is_slow(lab, ward):
    """As when two hundred desks start at once after a power cut."""
    line = Line()
    one, other = line.connect(lab, ward)
    drive(other)
    one.hear(*other.sent_of(messages.Hello))
    one.tick(limits.HANDSHAKE_MS_MAX * 3)
    assert one.closed is None
    drive(one)
    assert one.session.stage is Stage.PROOF
    one.tick(limits.HANDSHAKE_MS_MAX * 4 - 1)
    assert one.closed is None
    one.tick(limits.HANDSHAKE_MS_MAX * 4)
    assert one.closed == "timeout"


def test_before_the_welcome_too_only_the_time_of_the_peer_counts(lab, ward):
    connected(Line(), lab, ward)  # so that neither has to fetch the registry
    one, other = Line().connect(lab, ward)
    drive(one)
    drive(other)
    other.hear(*one.sent_of(messages.Hello))
    one.hear(*other.sent_of(messages.Hello), *other.sent_of(messages.Proof))
    assert (one.session.stage, len(one.asks)) == (Stage.REGISTRY, 1)
    one.tick(2 * limits.ANSWER_MS_MAX)
    assert one.closed is None, "our own replica has not answered yet"
    drive(one)
    assert one.sent_of(messages.Welcome)
    one.tick(3 * limits.ANSWER_MS_MAX - 1)
    assert one.closed is None
    one.tick(3 * limits.ANSWER_MS_MAX)
    assert one.closed == "timeout"


def test_a_peer_that_does_not_answer_is_left(lab, ward):
    ward.register_offline()
    line = Line()
    one, _ = line.connect(lab, ward)
    while not one.sent_of(messages.GetSummary):
        line.run(1)
    one.tick(limits.ANSWER_MS_MAX - 1)
    assert one.closed is None
    one.tick(limits.ANSWER_MS_MAX)
    assert one.closed == "timeout"


def test_a_peer_that_does_not_acknowledge_is_left(lab, ward):
    line = Line()
    one, _ = connected(line, lab, ward)
    lab.register_offline()
    line.publish()
    one.tick(limits.ANSWER_MS_MAX)
    assert one.closed == "timeout"


def test_a_stopped_session_says_goodbye(lab, ward):
    line = Line()
    one, other = connected(line, lab, ward)
    one.session.stop("stopping")
    one.drain()
    line.run()
    assert (one.closed, other.closed) == ("stopping", "stopping")
    assert one.sent[-1] == messages.Bye("stopping")
    one.session.committed(Commit((), None, True))
    assert one.session.take() == []


def test_an_expelled_peer_gets_nothing_more(lab, ward, clinic):
    for message in (messages.GetSummary(9, None, None), messages.GetShards(9, Author(LAB), 0)):
        port = port_at(Line(), clinic, Stage.EXPELLED, lab, ward)
        before = len(port.sent)
        port.receive(messages.encode(message))
        port.receive(
            messages.encode(messages.Push(9, (Run(LAB, lab.signer, 1).then(note(1)).batch(),)))
        )
        drive(port)
        assert port.closed is None
        assert len(port.sent) == before
