"""Two sides of the protocol, and lines of three, in one thread over real replicas."""

from __future__ import annotations

import random
import tempfile
from collections import deque
from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sync.engine import keys
from sync.model.facts import COORDINATOR, REGISTRY, Author, RecordId
from sync.protocol import events, limits, messages
from sync.protocol.questions import Granted, Merge
from tests.clinic import Clinic, Desk, pull
from tests.forging import Run, note, person, stored
from tests.sync.conftest import LAB
from tests.sync.protocol.session_line import Line, Port, assert_same, connected

STRANGER: Any = "STRANGER"
RECORD = RecordId(b"r" * 16)


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
@settings(max_examples=15)
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
        line.tick(limits.COMPARE_EVERY_MS)
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
        ward.exchange.merge(Merge((run.batch(),)))
    one, other = connected(Line(), lab, ward)
    assert_same(lab, ward)
    assert len(one.sent_of(messages.GetEnds)) > 1
    wants = [want for want in one.sent_of(messages.Want) if want.wishes[0].author == LAB]
    assert len(wants) == 120 // limits.WISHES_MAX
    assert max(len(messages.encode(message)) for message in other.sent) <= limits.FRAME_BYTES_MAX


def test_no_more_than_two_wants_are_on_their_way(lab, ward):
    for client in range(40):
        run = Run(LAB, lab.signer, 1000 + client).then(note(client))
        ward.exchange.merge(Merge((run.batch(),)))
    line = Line()
    one, _ = line.connect(lab, ward)
    while line.run(1):
        assert len(one.sent_of(messages.Want)) <= one.merges + 2
    assert_same(lab, ward)


def test_more_ends_than_one_message_holds_come_in_pages(monkeypatch, lab, ward):
    monkeypatch.setattr("sync.protocol.limits.ENDS_MAX", 7)
    monkeypatch.setattr("sync.protocol.limits.ROWS_MAX", 1)
    for shard in range(3):
        for client in range(10):
            run = Run(LAB, lab.signer, 1000 * shard + client, shard=shard).then(note(client))
            ward.exchange.merge(Merge((run.batch(),)))
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
    lab.exchange.merge(Merge(tuple(run.batch() for run in runs)))
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
    line.tick(limits.COMPARE_EVERY_MS)
    line.run()
    assert_same(lab, ward)
    line.tick(2 * limits.COMPARE_EVERY_MS)
    line.run()
    quiet = len(one.sent), len(other.sent)
    line.tick(3 * limits.COMPARE_EVERY_MS)
    line.run()
    assert quiet == (len(one.sent), len(other.sent))
    assert set(other.events_of(events.LiveNow)) == {events.LiveNow(complete=True)}


# what is invalid


def test_a_shard_with_something_invalid_does_not_stop_the_others(clinic, lab, ward):
    ward.register_offline()
    good = Run(LAB, lab.signer, 1).then(person(1, "710001", LAB))
    bad = Run(LAB, lab.signer, 2, shard=1).then(note(2))
    for run in (good, bad):
        ward.exchange.merge(Merge((run.batch(),)))
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
    line.tick(limits.COMPARE_EVERY_MS)
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
    nobody = Run(author, keys.Signer.from_seed(b"n" * 32), 5).then(note(1))
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
    assert lab.writer.store.decisions.grants_of([RECORD])
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


def test_why_there_is_no_number_is_reported(lab, ward):
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


# too early


def test_a_push_that_overtakes_its_key_arrives_without_a_reconnect(clinic, lab, ward):
    """The ward hears of a new desk from the lab, and of its key from the coordinator only."""
    clinic.heal()
    line = Line()
    _, mine = connected(line, lab, ward)
    new = clinic.desk("NEW-PC", "730000-739999")
    run = Run("NEW-PC", new.signer, 5).then(person(1, "730001", "NEW-PC"))
    mine.session.parked.add((REGISTRY, 0))  # something invalid came for it over this line
    pull(lab, clinic.coordinator)
    line.publish(lab)
    lab.exchange.merge(Merge((run.batch(),)))
    line.publish(lab)
    line.run()
    assert mine.session.early.shards == {("NEW-PC", 0)}
    assert stored(ward, "NEW-PC") == set()
    pull(ward, clinic.coordinator)
    line.publish(ward)
    line.run()
    assert stored(ward, "NEW-PC") == {run.facts}
    assert mine.session.early.shards == frozenset()
    assert mine.closed is None


def test_a_push_that_overtakes_a_lower_part_arrives_without_a_reconnect(lab, ward):
    line = Line()
    peer, mine = connected(line, lab, ward)
    runs = [Run(LAB, lab.signer, 5, shard=shard).then(note(shard)) for shard in (0, 1)]
    lab.exchange.merge(Merge((runs[0].batch(),)))
    lab.commits.clear()  # this push is lost
    lab.exchange.merge(Merge((runs[1].batch(),)))
    line.publish(lab)
    line.run()
    assert [stored(ward, LAB, shard) for shard in (0, 1)] == [{run.facts} for run in runs]
    assert (peer.closed, mine.closed) == (None, None)


def test_junk_in_a_desks_name_makes_nobody_look_again_when_that_desk_writes(clinic, lab, ward):
    line = Line()
    peer, mine = connected(line, clinic.coordinator, ward)
    junk = Run(LAB, keys.Signer.from_seed(bytes(32)), 5).then(note(1))
    for number in range(20):
        peer.session._pushing._push([replace(junk, shard=number).batch()], False)
        peer.drain()
        line.run()
    # A round has asked for the first one, which the peer does not hold; nothing else came of it.
    assert mine.session.early.shards == {(LAB, number) for number in range(1, 20)}
    assert len(mine.sent_of(messages.GetSummary)) == 1
    merges = mine.merges
    for number in range(5):
        honest = Run(LAB, lab.signer, 100 + number).then(note(number))
        ward.exchange.merge(Merge((honest.batch(),)))
        line.publish(ward)
    assert (mine.closed, mine.asks, mine.merges) == (None, deque(), merges)
    assert len(mine.sent_of(messages.GetSummary)) == 1
    assert len(mine.sent_of(messages.Push)) == 5
