"""Two sides of the protocol, and lines of three, in one thread over real replicas."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coordinator import terminals
from sync import events, messages, trust
from sync.errors import BadMessage
from sync.facts import COORDINATOR, REGISTRY, Author, RecordId, State
from sync.frames import FRAME_BYTES_MAX
from sync.issuing import Issued
from sync.queries import Allowed, Commit, Granted, Merge
from sync.rounds import ANSWER_MS_MAX
from sync.session import (
    COMPARE_EVERY_MS,
    HANDSHAKE_MS_MAX,
    REFUSED_IDLE_MS_MAX,
)
from sync.stage import Stage
from tests.clinic import Clinic, Desk
from tests.forging import Run, note, person
from tests.sync.conftest import LAB
from tests.sync.session_line import Line, Port
from tests.sync.test_messages import ONE_OF_EACH, ROOTS

STRANGER: Any = "STRANGER"
RECORD = RecordId(b"r" * 16)
PACE: Any = settings(max_examples=15, deadline=None)


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


# convergence


def test_two_desks_get_each_others_people(lab, ward):
    for _ in range(3):
        lab.register_offline()
        ward.register_offline()
    line = Line()
    one, other = connected(line, lab, ward)
    assert_same(lab, ward)
    assert one.closed is None
    assert other.events_of(events.Welcomed)
    assert other.events_of(events.LiveNow)


def test_desks_that_hold_the_same_ask_for_nothing(clinic, lab, ward):
    clinic.heal()
    one, other = connected(Line(), lab, ward)
    assert not one.sent_of(messages.GetSummary)
    assert not other.sent_of(messages.GetSummary)


def test_only_what_differs_is_sent(clinic, lab, ward):
    for _ in range(5):
        lab.register_offline()
    clinic.heal()
    lab.register_offline()
    one, _ = connected(Line(), lab, ward)
    (answer,) = one.sent_of(messages.Batches)
    assert [(batch.first, batch.length) for batch in answer.batches] == [(5, 6)]


@given(seed=st.integers(0, 2**32))
@PACE
def test_a_line_of_three_converges_however_often_it_is_cut(seed):
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        clinic = Clinic(Path(folder), seed)
        desks = [clinic.coordinator, clinic.desk("A", "1000-1999"), clinic.desk("B", "2000-2999")]
        chance.shuffle(desks)
        line = Line(seed)
        for _ in range(chance.randrange(4)):
            some_writing(chance, clinic, line)
            pairs = [line.connect(*desks[:2]), line.connect(*desks[1:])]
            for _ in range(chance.randrange(4)):
                line.run(chance.randrange(80))
                some_writing(chance, clinic, line)
            for pair in pairs:
                assert all(port.closed is None for port in pair)
                line.cut(pair)
        line.connect(*desks[:2])
        line.connect(*desks[1:])
        line.run()
        line.tick(COMPARE_EVERY_MS)
        line.run()
        assert_same(*desks)
        clinic.close()


def some_writing(chance: random.Random, clinic: Clinic, line: Line) -> None:
    for desk in clinic.desks.values():
        for _ in range(chance.choice([0, 0, 1, 3])):
            desk.register_offline()
        if chance.random() < 0.1:
            desk.reopen()
    if chance.random() < 0.3:
        start = 10_000 + 100 * chance.randrange(10**6)
        clinic.grant_range("A", f"{start}-{start + 9}")
    line.publish()


def test_many_shards_and_runs_are_brought_over(clinic, lab, ward):
    runs = [
        Run(LAB, lab.signer, 1000 + 50 * shard + client, shard=shard).then(
            *(note(number, size=700) for number in range(20))
        )
        for shard in range(40)
        for client in range(3)
    ]
    for run in runs:
        ward.writer.merge(Merge((run.batch(),)))
    one, other = connected(Line(), lab, ward)
    assert_same(lab, ward)
    assert len(one.sent_of(messages.GetEnds)) > 1
    wants = [want for want in one.sent_of(messages.Want) if want.wishes[0].author == LAB]
    assert len(wants) == 120 // messages.WISHES_MAX
    assert max(len(messages.encode(message)) for message in other.sent) <= FRAME_BYTES_MAX


def test_no_more_than_two_wants_are_on_their_way(lab, ward):
    for client in range(40):
        run = Run(LAB, lab.signer, 1000 + client).then(note(client))
        ward.writer.merge(Merge((run.batch(),)))
    line = Line()
    one, _ = line.connect(lab, ward)
    while line.run(1):
        assert len(one.sent_of(messages.Want)) <= one.merges + 2
    assert_same(lab, ward)


def test_more_ends_than_one_message_holds_come_in_pages(monkeypatch, lab, ward):
    monkeypatch.setattr("sync.serving.ENDS_MAX", 7)
    monkeypatch.setattr("sync.serving.ROWS_MAX", 1)
    for shard in range(3):
        for client in range(10):
            run = Run(LAB, lab.signer, 1000 * shard + client, shard=shard).then(note(client))
            ward.writer.merge(Merge((run.batch(),)))
    ward.register_offline()
    one, _ = connected(Line(), lab, ward)
    assert_same(lab, ward)
    assert len(one.sent_of(messages.GetEnds)) >= 5
    assert len(one.sent_of(messages.GetSummary)) >= 3
    assert len(one.sent_of(messages.GetShards)) >= 3


# live


def test_what_one_registers_is_pushed_through_a_line(clinic, lab, ward):
    line = Line()
    connected(line, lab, clinic.coordinator)
    connected(line, ward, clinic.coordinator)
    asked = [len(port.sent_of(messages.GetSummary)) for port in line.ports]
    lab.register_offline()
    line.publish()
    line.run()
    assert_same(lab, ward, clinic.coordinator)
    assert asked == [len(port.sent_of(messages.GetSummary)) for port in line.ports]


def test_a_verdict_goes_back_to_the_desk_that_brought_the_person(clinic, lab):
    line = Line()
    connected(line, lab, clinic.coordinator)
    lab.register_offline()
    line.publish()
    line.run()
    assert_same(lab, clinic.coordinator)
    assert lab.query("SELECT count(*) FROM patients WHERE admitted = 1") == [(1,)]


def test_what_came_from_a_peer_is_not_pushed_back(lab, ward):
    line = Line()
    _, other = connected(line, lab, ward)
    lab.register_offline()
    line.publish()
    line.run()
    assert not other.sent_of(messages.Push)


def test_registry_facts_go_ahead_of_what_is_queued(clinic, lab):
    line = Line()
    _, other = connected(line, lab, clinic.coordinator)
    clinic.coordinator.writer.write(lambda tx: clinic.coordinator.arbiter.grant(tx, RECORD, LAB))
    line.publish()
    clinic.grant_range(LAB, "730000-730999")
    line.publish()
    pushes: list[Any] = [messages.decode(frame) for frame in other.wire]
    authors = [push.batches[0].author for push in pushes]
    assert authors == [REGISTRY, COORDINATOR]
    line.run()
    assert_same(lab, clinic.coordinator)


def test_a_slow_peer_is_told_later_what_it_missed(lab, ward):
    line = Line()
    one, _ = connected(line, lab, ward)
    for _ in range(30):
        lab.register_offline()
        line.publish()
    assert len(one.sent_of(messages.Push)) == 8
    line.run()
    assert one.sent_of(messages.RootsNow)
    assert_same(lab, ward)


def test_a_large_commit_does_not_fit_into_the_window(clinic, lab, ward):
    line = Line()
    one, _ = connected(line, lab, ward)
    noise = random.Random(1)
    runs = [
        Run(LAB, lab.signer, 1000 + client).then(
            *(note(n, kind=noise.randbytes(15).hex(), size=1000) for n in range(100))
        )
        for client in range(8)
    ]
    lab.writer.merge(Merge(tuple(run.batch() for run in runs)))
    line.publish()
    assert len(one.sent_of(messages.Push)) == 1
    line.run()
    assert_same(lab, ward)


def test_roots_are_compared_from_time_to_time(lab, ward):
    line = Line()
    one, other = connected(line, lab, ward)
    lab.register_offline()
    lab.writer.commits.clear()  # nobody was told
    line.run()
    assert lab.roots != ward.roots
    line.tick(COMPARE_EVERY_MS)
    line.run()
    assert_same(lab, ward)
    line.tick(2 * COMPARE_EVERY_MS)
    line.run()
    quiet = len(one.sent), len(other.sent)
    line.tick(3 * COMPARE_EVERY_MS)
    line.run()
    assert quiet == (len(one.sent), len(other.sent))
    assert len(other.events_of(events.LiveNow)) == 2


# who may sync


def test_an_unknown_terminal_gets_the_registry_and_nothing_else(clinic, lab, ward):
    ward.register_offline()
    stranger = Desk(clinic, "stranger", STRANGER, trust.Signer.from_seed(b"s" * 32))
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


@pytest.mark.parametrize("state", [State.RETIRED, State.REPLACED, State.REVOKED])
def test_a_desk_that_may_no_longer_sync_is_expelled_with_the_registry(clinic, lab, state):
    line = Line()
    one, other = connected(line, lab, clinic.coordinator)
    lab.register_offline()
    clinic.act(lambda tx: terminals.change(tx, LAB, state=state))
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
    clinic.act(lambda tx: terminals.change(tx, LAB, state=State.REVOKED))
    connected(line, ward, clinic.coordinator)
    assert one.events_of(events.PeerRefused)
    assert lab.roots.registry == ward.roots.registry
    assert other.session.stage is Stage.CLOSED


def test_an_inactive_desk_syncs(clinic, lab):
    clinic.act(lambda tx: terminals.change(tx, LAB, state=State.INACTIVE))
    connected(Line(), lab, clinic.coordinator)


def test_a_refused_peer_that_lingers_is_closed(clinic, ward):
    stranger = Desk(clinic, "stranger", STRANGER, trust.Signer.from_seed(b"s" * 32))
    line = Line()
    _, other = line.connect(stranger, ward)
    while not other.sent_of(messages.Refusal):
        line.run(1)
    other.tick(REFUSED_IDLE_MS_MAX)
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
    thief = trust.Signer.from_seed(b"t" * 32)
    line = Line()
    one, other = line.connect(Port(lab, thief), ward)
    line.run()
    assert other.closed == "proof"
    assert one.closed == "proof"


def test_a_false_coordinator_is_not_believed(clinic, lab):
    false = Desk(clinic, "false", COORDINATOR, trust.Signer.from_seed(b"f" * 32))
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
    port.receive(messages.encode(hello._replace(replica=b"x" * 16, nonce=b"y" * 32)))
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
    one.receive(messages.encode(hello._replace(versions=(2, 3))))
    assert one.closed == "version"
    assert [type(message) for message in one.sent] == [messages.Hello, messages.Error]


def test_a_clock_that_differs_much_is_told_of(lab, ward):
    line = Line()
    one, other = line.connect(Port(lab, clock_ms=ward.clinic.now_ms - 3_600_000), ward)
    line.run()
    assert one.events_of(events.PeerClock) == [events.PeerClock(3_600_000)]
    assert other.events_of(events.PeerClock) == [events.PeerClock(-3_600_000)]
    assert other.session.live


def drive(port: Port) -> None:
    """Answer all that a port asks of its replica."""
    line = Line()
    line.ports.append(port)
    while port.asks:
        line.answer(port)


# what is invalid


def test_a_shard_with_something_invalid_does_not_stop_the_others(clinic, lab, ward):
    ward.register_offline()
    good = Run(LAB, lab.signer, 1).then(person(1, "710001", LAB))
    bad = Run(LAB, lab.signer, 2, shard=1).then(note(2))
    for run in (good, bad):
        ward.writer.merge(Merge((run.batch(),)))
    line = Line()
    one, other = line.connect(Port(lab), ward)
    spoil(ward, shard=1)
    line.run()
    assert [(event.author, event.shard) for event in one.events_of(events.Parked)] == [(LAB, 1)]
    assert one.session.live
    assert other.session.live
    assert lab.query("SELECT count(*) FROM patients") == [(2,)]
    asked = len(one.sent_of(messages.Want))
    ward.register_offline()
    line.publish()
    line.tick(COMPARE_EVERY_MS)
    line.run()
    assert lab.query("SELECT count(*) FROM patients") == [(3,)]
    assert all(
        wish.shard == 0 for message in one.sent_of(messages.Want)[asked:] for wish in message.wishes
    )


def spoil(desk: Desk, shard: int) -> None:
    """The signatures that a replica holds of one shard go bad."""
    desk.writer.store.connection.execute(
        "UPDATE runs SET signature = ? WHERE shard = (SELECT id FROM shards WHERE author = ?"
        " AND number = ?)",
        (bytes(64), LAB, shard),
    )


def test_a_push_that_comes_too_early_makes_a_round(lab, ward):
    line = Line()
    _, other = connected(line, lab, ward)
    lab.register_offline()
    lab.writer.commits.clear()
    lab.register_offline()
    line.publish()
    line.run()
    assert other.sent_of(messages.GetSummary)
    assert_same(lab, ward)


def test_what_never_becomes_valid_ends_in_no_endless_rounds(clinic, lab, ward):
    line = Line()
    one, _ = connected(line, lab, ward)
    author: Any = "NOBODY"
    nobody = Run(author, trust.Signer.from_seed(b"n" * 32), 5).then(note(1))
    one.session.received(messages.encode(messages.Push(1, (nobody.batch(),))))
    one.drain()
    line.run()
    assert one.sent_of(messages.Ack)[-1].seq == 1
    assert len(one.sent_of(messages.GetSummary)) <= 2


# numbers


def granting(coordinator: Desk) -> Any:
    def grant(query: Any) -> Granted:
        arbiter = coordinator.arbiter
        issued = coordinator.writer.write(
            lambda tx: arbiter.grant(tx, query.record, query.terminal)
        )
        return Granted(issued.mrn)

    return grant


def test_a_number_arrives_after_its_grant_is_merged(clinic, lab):
    line = Line()
    one, other = connected(line, lab, clinic.coordinator)
    other.granter = granting(clinic.coordinator)
    ident = one.session.ask_number(RECORD, lab.author)
    one.drain()
    while not one.events_of(events.NumberArrived):
        assert line.run(1)
    (number,) = one.events_of(events.NumberArrived)
    assert number.id == ident
    assert number.mrn.startswith("PAT-")
    assert lab.writer.tables.grants_of([RECORD])
    kinds = [type(message) for message in other.sent]
    assert kinds.index(messages.Push) < kinds.index(messages.NumberReply)


def test_a_number_whose_grant_cannot_go_out_is_not_given(clinic, lab):
    line = Line()
    _, other = connected(line, lab, clinic.coordinator)
    other.granter = granting(clinic.coordinator)
    for number in range(20):
        grant = granting(clinic.coordinator)
        grant(messages.NumberRequest(0, RecordId(number.to_bytes(16)), Author(LAB)))
        line.publish()
    other.receive(messages.encode(messages.NumberRequest(5, RECORD, lab.author)))
    assert other.sent_of(messages.NumberReply) == [messages.NumberReply(5, None, "busy")]
    line.pairs.clear()


def test_a_number_for_another_terminal_is_not_given(clinic, lab, ward):
    _, other = connected(Line(), lab, clinic.coordinator)
    other.receive(messages.encode(messages.NumberRequest(5, RECORD, ward.author)))
    assert other.closed == "protocol"


def test_why_there_is_no_number_is_told(lab, ward):
    line = Line()
    one, _ = connected(line, lab, ward)
    ident = one.session.ask_number(RECORD, lab.author)
    one.drain()
    line.run()
    assert one.events_of(events.NumberArrived) == [
        events.NumberArrived(ident, None, "not_a_coordinator")
    ]


def test_probes_and_pings_are_answered(lab, ward):
    line = Line()
    one, _ = connected(line, lab, ward)
    probe, ping = one.session.probe(), one.session.ping()
    one.drain()
    line.run()
    assert one.events_of(events.ProbeArrived) == [events.ProbeArrived(probe)]
    assert one.events_of(events.PongArrived) == [events.PongArrived(ping)]


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
        stranger = Desk(clinic, "stranger", STRANGER, trust.Signer.from_seed(b"s" * 32))
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
    one.session.failed(one.asks.popleft().token, "disk I/O error in /var/secret")
    one.drain()
    assert one.closed == "internal"
    assert "secret" not in one.sent[-1].why


# time


def test_a_peer_that_says_nothing_is_left(lab):
    port = Port(lab)
    drive(port)
    port.tick(HANDSHAKE_MS_MAX - 1)
    assert port.closed is None
    port.tick(HANDSHAKE_MS_MAX)
    assert port.closed == "timeout"


def test_a_peer_that_does_not_answer_is_left(lab, ward):
    ward.register_offline()
    line = Line()
    one, _ = line.connect(lab, ward)
    while not one.sent_of(messages.GetSummary):
        line.run(1)
    one.tick(ANSWER_MS_MAX - 1)
    assert one.closed is None
    one.tick(ANSWER_MS_MAX)
    assert one.closed == "timeout"


def test_a_peer_that_does_not_acknowledge_is_left(lab, ward):
    line = Line()
    one, _ = connected(line, lab, ward)
    lab.register_offline()
    line.publish()
    one.tick(ANSWER_MS_MAX)
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
