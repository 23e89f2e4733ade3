"""A session that is paused, refused or closed in the middle, and a peer that does too much."""

from __future__ import annotations

import pytest

from sync.model.facts import CODE_LENGTH_MAX, REGISTRY, Author, State
from sync.protocol import events, limits, messages
from sync.protocol.handshake import Stage
from sync.protocol.questions import Allowed, Commit, RootsQuery, StandingQuery
from tests.forging import Run, note
from tests.sync.conftest import LAB
from tests.sync.protocol.session_line import Line, Port, assert_same, connected, drive
from tests.sync.protocol.test_messages import ROOTS
from tests.sync.protocol.test_session_table import port_at

REGISTRY_CHANGED = Commit((), None, True)
REFUSAL = messages.Refusal("revoked", "the registry says so")


def registry_changes(port: Port) -> None:
    port.session.committed(REGISTRY_CHANGED)
    port.drain()


def answer_with(port: Port, reply: object) -> None:
    """The oldest query of a port gets this reply."""
    port.session.answered(port.asks.popleft().token, reply)
    port.drain()


def push(number: int, lab, **changed) -> messages.Push:
    run = Run(LAB, lab.signer, 100 + number, shard=changed.pop("shard", 0)).then(note(number))
    return messages.Push(number, (run.batch()._replace(**changed),))


# paused


def test_what_comes_before_the_replica_has_said_who_it_is_waits_for_that(lab, ward):
    port, peer = Port(lab), Port(ward)
    drive(peer)
    port.receive(peer.wire.popleft())
    assert port.sent == []
    drive(port)
    assert [type(message) for message in port.sent] == [messages.Hello, messages.Proof]


def test_messages_wait_while_the_standing_of_the_peer_is_asked_for_again(lab, ward):
    one, _ = connected(Line(), lab, ward)
    registry_changes(one)
    one.hear(*[messages.Ping(at) for at in range(limits.INBOX_MAX)])
    assert one.closed is None
    assert not one.sent_of(messages.Pong)
    answer_with(one, Allowed(True, State.ACTIVE))
    assert [pong.id for pong in one.sent_of(messages.Pong)] == list(range(limits.INBOX_MAX))


def test_no_more_messages_wait_than_the_inbox_holds(lab, ward):
    one, _ = connected(Line(), lab, ward)
    registry_changes(one)
    one.hear(*[messages.Ping(at) for at in range(limits.INBOX_MAX + 1)])
    assert one.ended_with("protocol", "too many messages at once")


def test_what_waits_of_a_peer_that_has_not_proved_itself_is_a_few_small_frames(lab):
    """While the writer is busy the replica has not even said who it is."""
    port = Port(lab)
    for _ in range(limits.INBOX_HELLO_MAX):
        port.receive(bytes(limits.HELLO_BYTES_MAX))
    assert port.closed is None
    port.receive(b"x")
    assert port.ended_with("protocol", "too many messages at once")


@pytest.mark.parametrize("busy", [True, False])
def test_a_greeting_is_small(lab, busy):
    port = Port(lab)
    if not busy:
        drive(port)
    port.receive(bytes(limits.HELLO_BYTES_MAX + 1))
    assert port.ended_with("protocol", "a message too large for a greeting")


def test_the_longest_hello_is_no_larger_than_a_greeting_may_be():
    hello = messages.Hello(
        tuple(range(2**31, 2**31 + limits.VERSIONS_MAX)),
        bytes(16),
        bytes(8),
        bytes(8),
        Author("A" * CODE_LENGTH_MAX),
        bytes(32),
        bytes(32),
        limits.CLOCK_MS_MAX,
        ROOTS,
    )
    assert 2 * len(messages.encode(hello)) < limits.HELLO_BYTES_MAX


def test_what_waits_is_bounded_in_bytes_too(lab, ward):
    one, _ = connected(Line(), lab, ward)
    registry_changes(one)
    for _ in range(limits.INBOX_BYTES_MAX // limits.FRAME_BYTES_MAX):
        one.receive(bytes(limits.FRAME_BYTES_MAX))
    assert one.closed is None
    one.receive(b"x")
    assert one.ended_with("protocol", "too many messages at once")


def test_what_is_to_be_said_waits_for_the_last_answer_about_the_standing(lab, ward):
    line = Line()
    one, _ = connected(line, ward, lab)
    one.hear(push(1, lab))
    line.answer(one)
    for _ in range(2):
        registry_changes(one)
    assert [type(ask.query) for ask in one.asks] == [RootsQuery, StandingQuery, StandingQuery]
    for _ in range(2):
        line.answer(one)
        assert not one.sent_of(messages.Ack)
    line.answer(one)
    assert [ack.seq for ack in one.sent_of(messages.Ack)] == [1]


def test_what_is_to_be_said_is_not_said_to_a_peer_that_may_no_longer_sync(lab, ward):
    line = Line()
    one, _ = connected(line, ward, lab)
    one.hear(push(1, lab))
    line.answer(one)
    registry_changes(one)
    line.answer(one)
    answer_with(one, Allowed(False, State.REVOKED))
    assert type(one.sent[-1]) is messages.Refusal
    assert not one.sent_of(messages.Ack)


# refused


def test_a_peer_is_refused_once_however_often_its_standing_was_asked_for(lab, ward):
    one, _ = connected(Line(), lab, ward)
    registry_changes(one)
    registry_changes(one)
    assert [type(ask.query) for ask in one.asks] == [StandingQuery] * 2
    for _ in range(2):
        answer_with(one, Allowed(False, State.REVOKED))
    assert len(one.sent_of(messages.Refusal)) == 1
    assert one.session.stage is Stage.EXPELLED


@pytest.mark.parametrize("stage", [Stage.REFUSING, Stage.EXPELLED, Stage.REFUSED])
def test_nobody_asks_for_the_standing_of_a_peer_that_is_out(clinic, lab, ward, stage):
    port = port_at(Line(), clinic, stage, lab, ward)
    before = len(port.asks)
    registry_changes(port)
    assert len(port.asks) == before


def test_a_push_that_is_merged_while_the_peer_is_expelled_is_not_acknowledged(lab, ward):
    line = Line()
    one, _ = connected(line, ward, lab)
    one.hear(push(1, lab))
    registry_changes(one)
    line.answer(one)
    assert [type(ask.query) for ask in one.asks] == [StandingQuery, RootsQuery]
    answer_with(one, Allowed(False, State.REVOKED))
    line.answer(one)
    assert type(one.sent[-1]) is messages.Refusal
    assert not one.sent_of(messages.Ack)


def test_a_refusal_when_nothing_is_asked_for_ends_the_session_at_once(clinic, lab, ward):
    clinic.heal()
    port = port_at(Line(), clinic, Stage.REGISTRY, lab, ward)
    port.hear(REFUSAL)
    assert port.closed == "refused"
    assert port.events_of(events.PeerRefused) == [events.PeerRefused(REFUSAL.reason, REFUSAL.why)]


def test_a_refusal_while_the_replica_is_asked_what_it_holds_begins_no_round(clinic, lab, ward):
    clinic.heal()
    lab.register_offline()
    port = port_at(Line(), clinic, Stage.DOCUMENT, lab, ward)
    assert [type(ask.query) for ask in port.asks] == [RootsQuery]
    port.hear(REFUSAL)
    drive(port)
    assert [asked.author for asked in port.sent_of(messages.GetSummary)] == [REGISTRY]
    assert not port.sent_of(messages.Settled)


def test_a_refused_peer_may_talk_for_a_minute_and_no_longer(clinic, lab, ward):
    port = port_at(Line(), clinic, Stage.REFUSING, lab, ward)
    for now_ms in range(
        limits.REFUSED_IDLE_MS_MAX - 1, limits.REFUSED_MS_MAX, limits.REFUSED_IDLE_MS_MAX - 1
    ):
        port.tick(now_ms)
        assert port.closed is None
        port.hear(messages.Ping(now_ms))
    port.tick(limits.REFUSED_MS_MAX)
    assert port.closed == "refused"


@pytest.mark.parametrize("stage", [Stage.REGISTRY, Stage.REFUSED])
def test_the_registry_may_take_ten_minutes_however_much_a_peer_talks(clinic, lab, ward, stage):
    port = port_at(Line(), clinic, stage, lab, ward)
    for now_ms in range(limits.ANSWER_MS_MAX - 1, limits.REGISTRY_MS_MAX, limits.ANSWER_MS_MAX - 1):
        port.tick(now_ms)
        assert port.closed is None
        port.hear(messages.Ping(now_ms))
    port.tick(limits.REGISTRY_MS_MAX)
    assert port.ended_with("timeout", "the registry takes too long")
    assert [fault.code for fault in port.events_of(events.Misbehaved)] == ["timeout"]


def test_a_peer_that_is_revoked_in_the_middle_is_gone_at_the_next_tick(clinic, lab, ward):
    """Also one that goes on talking, as a stolen computer might."""
    port = port_at(Line(), clinic, Stage.EXPELLED, lab, ward)
    port.tick(limits.EXPELLED_MS_MAX - 1)
    port.hear(messages.Ping(1))
    assert port.closed is None
    port.tick(limits.EXPELLED_MS_MAX)
    assert port.closed == "refused"


def test_a_registry_that_changes_before_the_welcome_delays_it(clinic, lab, ward):
    clinic.heal()
    port = port_at(Line(), clinic, Stage.REGISTRY, lab, ward)
    answer_with(port, Allowed(True, State.ACTIVE))
    assert [type(ask.query) for ask in port.asks] == [RootsQuery]
    registry_changes(port)
    answer_with(port, ROOTS)
    assert not port.sent_of(messages.Welcome)
    answer_with(port, Allowed(True, State.ACTIVE))
    answer_with(port, ROOTS)
    assert port.sent_of(messages.Welcome) == [messages.Welcome(ROOTS)]


def test_a_peer_that_is_revoked_just_before_the_welcome_gets_none(clinic, lab, ward):
    clinic.heal()
    port = port_at(Line(), clinic, Stage.REGISTRY, lab, ward)
    answer_with(port, Allowed(True, State.ACTIVE))
    registry_changes(port)
    roots, standing = port.asks
    port.session.answered(standing.token, Allowed(False, State.REVOKED))
    port.session.answered(roots.token, ROOTS)
    port.drain()
    assert port.sent_of(messages.Refusal)
    assert not port.sent_of(messages.Welcome)
    assert port.session.stage is Stage.REFUSING


# closed


def test_a_reply_that_comes_after_the_end_changes_nothing(lab, ward):
    one, _ = connected(Line(), lab, ward)
    one.hear(messages.GetShards(1, lab.author, 0), messages.GetShards(2, lab.author, 0))
    one.session.stop("stopping")
    one.drain()
    for ask in one.asks:
        one.session.answered(ask.token, ())
        one.session.failed(ask.token)
    one.session.stop("again")
    assert one.session.take() == []
    assert one.sent_of(messages.Bye) == [messages.Bye("stopping")]


def test_what_is_asked_after_the_end_is_not_sent(lab, ward):
    one, _ = connected(Line(), lab, ward)
    one.session.stop("stopping")
    one.drain()
    assert one.session.probe() != one.session.ping()
    assert one.session.take() == []


# too much


def test_a_peer_that_welcomes_twice_is_left(clinic, lab, ward):
    port = port_at(Line(), clinic, Stage.REGISTRY, lab, ward)
    port.hear(messages.Welcome(ROOTS))
    assert port.closed is None
    port.hear(messages.Welcome(ROOTS))
    assert port.ended_with("protocol", "a second welcome")


def test_a_peer_that_does_not_wait_for_acknowledgements_is_left(lab, ward):
    one, _ = connected(Line(), ward, lab)
    one.hear(*[push(at, lab) for at in range(2 * limits.PUSHES_MAX)])
    assert one.closed is None
    one.hear(push(99, lab))
    assert one.ended_with("protocol", "too many pushes at once")


def test_a_peer_that_waits_for_acknowledgements_may_push_for_ever(lab, ward):
    line = Line()
    one, other = connected(line, ward, lab)
    for _ in range(3 * limits.PUSHES_MAX):
        lab.register_offline()
        line.publish()
        line.run()
    assert_same(lab, ward)
    assert len(one.sent_of(messages.Ack)) == 3 * limits.PUSHES_MAX
    assert (one.closed, other.closed) == (None, None)


def test_a_peer_of_which_too_much_is_invalid_is_left(monkeypatch, lab, ward):
    monkeypatch.setattr("sync.protocol.limits.PARKED_MAX", 1)
    one, _ = connected(Line(), ward, lab)
    before = ward.roots
    for number, closed in ((0, None), (1, "protocol")):
        one.hear(push(number, lab, shard=number, update=b"no update"))
        drive(one)
        assert one.closed == closed
    assert one.ended_with("protocol", "too many shards with something invalid")
    assert ward.roots == before
