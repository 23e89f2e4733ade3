"""A pull from a peer that lies, forgets, or is cut off: what it believes, what it asks again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sync.engine import keys
from sync.model.facts import REGISTRY, Author
from sync.model.runs import Batch
from sync.protocol import events, messages
from sync.protocol.messages import (
    Batches,
    Ends,
    EndsRow,
    GetEnds,
    GetShards,
    GetSummary,
    Shards,
    Summary,
    Want,
)
from sync.protocol.pull import WANTS_MAX
from sync.protocol.questions import AuthorRow, Merge, ShardDigest, SummaryQuery
from sync.protocol.rounds import ANSWER_MS_MAX
from tests.clinic import Clinic, Desk
from tests.forging import Run, note
from tests.sync.conftest import LAB, WARD
from tests.sync.protocol.session_line import Line, Port, assert_same, drive

DIGEST = b"d" * 32
NOTHING = "an answer to nothing that was asked"
UNASKED = "a batch that was not asked for"


@pytest.fixture
def ahead(clinic: Clinic, lab: Desk, ward: Desk) -> Desk:
    """The ward, which has one more person than the lab."""
    clinic.heal()
    ward.register_offline()
    return ward


def row(author: str) -> AuthorRow:
    return AuthorRow(Author(author), 0, DIGEST, DIGEST)


def shard(number: int) -> ShardDigest:
    return ShardDigest(number, DIGEST)


def batch_for(want: Want, signer: keys.Signer) -> Batch:
    """A batch for the run that is wanted first; what is in it does not matter."""
    wish = want.wishes[0]
    return Run(wish.author, signer, wish.target.client, shard=wish.shard).then(note(1)).batch()


# lies


def ends_of_more(asked: GetEnds) -> Ends:
    rows = [EndsRow(one.author, one.shard, ()) for one in asked.shards]
    return Ends(asked.id, (*rows, rows[0]), True)


def ends_without_end(asked: GetEnds) -> Ends:
    return Ends(asked.id, (EndsRow(asked.shards[0].author, asked.shards[0].shard, ()),), False)


LIES: dict[str, tuple[type, str, list[Callable[[Any], messages.Message]]]] = {
    "another id": (GetSummary, NOTHING, [lambda asked: Summary(asked.id + 1, (), True)]),
    "another kind": (
        GetSummary,
        NOTHING,
        [lambda asked: Shards(asked.id, Author(WARD), (), True)],
    ),
    "authors backwards": (
        GetSummary,
        "a summary that is not in order",
        [lambda asked: Summary(asked.id, (row("B"), row("A")), True)],
    ),
    "an author twice, on two pages": (
        GetSummary,
        "a summary that is not in order",
        [
            lambda asked: Summary(asked.id, (row("B"),), False),
            lambda asked: Summary(asked.id, (row("B"),), True),
        ],
    ),
    "a summary with nothing on its page": (
        GetSummary,
        "a summary without end",
        [lambda asked: Summary(asked.id, (), False)],
    ),
    "shards of somebody else": (
        GetShards,
        "shards of another author",
        [lambda asked: Shards(asked.id, Author(LAB), (), True)],
    ),
    "shards backwards": (
        GetShards,
        "shards that are not in order",
        [lambda asked: Shards(asked.id, asked.author, (shard(1), shard(0)), True)],
    ),
    "a shard twice, on two pages": (
        GetShards,
        "shards that are not in order",
        [
            lambda asked: Shards(asked.id, asked.author, (shard(1),), False),
            lambda asked: Shards(asked.id, asked.author, (shard(1),), True),
        ],
    ),
    "shards with nothing on their page": (
        GetShards,
        "shards without end",
        [lambda asked: Shards(asked.id, asked.author, (), False)],
    ),
    "ends of another shard": (
        GetEnds,
        "ends of other shards than those asked for",
        [lambda asked: Ends(asked.id, (EndsRow(asked.shards[0].author, 7, ()),), True)],
    ),
    "ends of more shards": (GetEnds, "ends of other shards than those asked for", [ends_of_more]),
    "ends with none on their page": (GetEnds, "ends without end", [ends_without_end]),
    "a piece with nothing in it": (
        Want,
        "more pieces than batches",
        [lambda asked: Batches(asked.id, (), False)],
    ),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_closes_and_nothing_is_merged(lab, ahead, lie):
    kind, why, answers = LIES[lie]
    line = Line()
    one, _ = line.connect(lab, ahead)
    before = lab.roots
    asked = line.run_until_sent(one, kind)
    for answer in answers:
        assert one.closed is None
        one.hear(answer(asked))
        drive(one)
        asked = one.sent_of(kind)[-1]
    assert one.ended_with("protocol", why)
    assert lab.roots == before


def test_authors_without_end_close(monkeypatch, lab, ahead):
    monkeypatch.setattr("sync.protocol.pull.AUTHORS_MAX", 3)
    line = Line()
    one, _ = line.connect(lab, ahead)
    for page in (("A", "B"), ("C",)):
        asked = line.run_until_sent(one, GetSummary, len(one.sent_of(GetSummary)) or 1)
        one.hear(Summary(asked.id, tuple(map(row, page)), False))
        assert one.closed is None
    one.hear(Summary(one.sent_of(GetSummary)[-1].id, (row("D"),), False))
    assert one.ended_with("protocol", "a summary without end")


def test_the_registry_alone_is_taken_when_the_registry_was_asked_for(lab, ward):
    line = Line()
    one, _ = line.connect(lab, ward)
    asked = line.run_until_sent(one, GetSummary)
    assert asked.author == REGISTRY
    one.hear(Summary(asked.id, (row(WARD),), True))
    assert one.ended_with("protocol", "a summary that is not in order")


def test_a_run_is_taken_once_for_each_time_that_it_was_wanted(lab, ahead):
    line = Line()
    one, _ = line.connect(lab, ahead)
    want = line.run_until_sent(one, Want)
    batch = batch_for(want, ahead.signer)
    one.hear(Batches(want.id, (batch,), False), Batches(want.id, (batch,), True))
    assert one.ended_with("protocol", UNASKED)
    assert one.merges == 0


def test_no_more_pieces_are_kept_than_runs_were_wanted(lab, ward):
    for client in range(40):
        ward.exchange.merge(
            Merge((Run(LAB, lab.signer, 1000 + client).then(note(client)).batch(),))
        )
    line = Line()
    one, _ = line.connect(lab, ward)
    second = line.run_until_sent(one, Want, 2)
    while second.wishes[0].author == REGISTRY or len(second.wishes) < messages.WISHES_MAX:
        second = line.run_until_sent(one, Want, len(one.sent_of(Want)) + 1)
    first = one.sent_of(Want)[-2]
    drive(one)
    one.hear(Batches(first.id, (batch_for(first, lab.signer),), True))
    assert [type(ask.query) for ask in one.asks] == [Merge], "it is busy with the first want"
    piece = Batches(second.id, (batch_for(second, lab.signer),), False)
    one.hear(*[piece] * (WANTS_MAX * messages.WISHES_MAX + WANTS_MAX))
    assert one.closed is None
    one.hear(piece)
    assert one.ended_with("protocol", "more pieces than batches")


# what the peer told of and does not give


def tamper(line: Line, port: Port, change: Callable[[Batches], Batches]) -> None:
    """The next batches that a port sends are not what its replica gave."""
    line.run_until_sent(port, Batches, len(port.sent_of(Batches)) + 1)
    for at, frame in enumerate(port.wire):
        message = messages.decode(frame)
        if isinstance(message, Batches):
            port.wire[at] = messages.encode(change(message))


@pytest.mark.parametrize(
    "change",
    [
        lambda answer: answer._replace(batches=()),
        lambda answer: answer._replace(
            batches=tuple(batch._replace(key=b"unknown!") for batch in answer.batches)
        ),
    ],
    ids=["not held any more", "signed with a key that is not known yet"],
)
def test_what_could_not_be_had_is_asked_for_once_more(lab, ahead, change):
    line = Line()
    one, other = line.connect(lab, ahead)
    tamper(line, other, change)
    line.run()
    assert_same(lab, ahead)
    assert len(one.sent_of(GetSummary)) == 2
    assert one.session.live


def test_what_can_never_be_had_is_not_asked_for_without_end(lab, ahead):
    line = Line()
    one, other = line.connect(lab, ahead)
    for _ in range(2):
        tamper(line, other, lambda answer: answer._replace(batches=()))
    line.run()
    assert len(one.sent_of(GetSummary)) == 2
    assert one.events_of(events.LiveNow) == [events.LiveNow(complete=False)]
    lab.register_offline()
    line.publish()
    line.run()
    one.tick(30_000)
    line.run()
    assert_same(lab, ahead)
    assert len(one.sent_of(GetSummary)) == 3, "something new here is a reason to try again"


# cut off


def at_its_first_round(line: Line, lab: Desk, ward: Desk) -> Port:
    """A port that has asked its own replica what it holds, and not yet its peer."""
    port, _ = line.connect(lab, ward)
    while not any(ask.query == SummaryQuery(None) for ask in port.asks):
        assert line.run(1)
    return port


def test_a_pull_that_is_refused_while_its_replica_thinks_asks_for_no_people(lab, ahead):
    one = at_its_first_round(Line(), lab, ahead)
    one.hear(messages.Refusal("revoked", "the registry says so"))
    drive(one)
    assert [asked.author for asked in one.sent_of(GetSummary)] == [REGISTRY]


def test_an_answer_that_was_under_way_when_the_peer_refused_is_not_heard(lab, ahead):
    line = Line()
    one, _ = line.connect(lab, ahead)
    asked = line.run_until_sent(one, GetSummary)
    one.hear(messages.Refusal("revoked", "the registry says so"))
    drive(one)
    one.hear(Summary(asked.id, (row(WARD),), True))
    drive(one)
    assert one.closed is None
    registry = one.sent_of(GetSummary)[-1]
    assert not one.sent_of(GetShards)
    one.hear(Summary(registry.id, (), True))
    assert one.closed == "refused"
    assert one.events_of(events.PeerRefused) == [
        events.PeerRefused("revoked", "the registry says so")
    ]


def test_a_peer_that_stops_answering_in_a_round_is_left(lab, ahead):
    line = Line()
    one, _ = line.connect(lab, ahead)
    asked = line.run_until_sent(one, GetSummary)
    one.tick(50_000)
    one.hear(Summary(asked.id, (row("A"),), False))
    one.tick(50_000 + ANSWER_MS_MAX - 1)
    assert one.closed is None
    one.tick(50_000 + ANSWER_MS_MAX)
    assert one.ended_with("timeout", "no answer in time")
