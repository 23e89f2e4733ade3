"""What is pushed, how much of it before it is acknowledged, and what happens to the rest."""

from __future__ import annotations

from typing import Any

import pytest

from sync.errors import ProtocolError
from sync.model.facts import REGISTRY
from sync.model.runs import Batch
from sync.protocol import limits
from sync.protocol.messages import Ack, Push, RootsNow
from sync.protocol.push import Pushing, Window, batch_key
from sync.protocol.questions import Admittance, Outcome, RootsQuery
from sync.protocol.rounds import Rounds
from tests.sync.protocol.part_host import HERE, THERE, PartHost
from tests.sync.protocol.test_messages import BATCH

ACCEPTED, NOT_YET = Outcome(Admittance.ACCEPTED), Outcome(Admittance.NOT_YET, "key_missing")


class Side:
    """The pushes of one side, which may push from now on."""

    def __init__(self) -> None:
        self.host = PartHost()
        self.rounds = Rounds(self.host)
        self.pushing = Pushing(self.host, self.rounds)
        self.pushing.on = True

    def commit(self, *batches: Batch, by_peer: bool = False) -> None:
        self.pushing.committed(batches, by_peer)

    @property
    def pushed(self) -> list[list[int]]:
        """The clients of the batches in each push."""
        return [
            [batch.client for batch in push.batches]
            for push in self.host.sent
            if type(push) is Push
        ]


def batch(client: int, size: int = 6, **changed: Any) -> Batch:
    return BATCH._replace(client=client, update=bytes(size), **changed)


# the window


def test_a_window_has_room_for_so_many_pushes():
    window = Window()
    for seq in range(limits.PUSHES_MAX):
        assert window.has_room(1)
        window.add(seq, 1, 0)
    assert not window.has_room(1)
    assert window.acknowledge(3, 0)
    assert window.has_room(1)
    assert len(window) == limits.PUSHES_MAX - 1


def test_a_window_has_room_for_so_many_bytes():
    window = Window()
    window.add(1, limits.PUSHED_BYTES_MAX - 10, 0)
    assert window.has_room(10)
    assert not window.has_room(11)


def test_a_push_is_acknowledged_once():
    window = Window()
    window.add(1, 1, 0)
    assert not window.acknowledge(2, 0)
    assert window.acknowledge(1, 0)
    assert not window.acknowledge(1, 0)


def test_a_window_waits_since_its_first_push_or_the_last_acknowledgement():
    window = Window()
    window.add(1, 1, 100)
    window.add(2, 1, 200)
    assert window.waiting_since_ms == 100
    window.acknowledge(1, 300)
    assert window.waiting_since_ms == 300


# out


def test_nothing_is_pushed_before_the_peer_has_settled():
    side = Side()
    side.pushing.on = False
    side.commit(batch(1))
    assert side.host.sent == []
    assert not side.pushing.dirty


def test_what_the_peer_brought_itself_is_not_pushed_back():
    side = Side()
    side.host.merging[5] = frozenset({batch_key(batch(1))})
    side.commit(batch(1), batch(2), by_peer=True)
    assert side.pushed == [[2]]


def test_what_somebody_else_brought_is_pushed_although_the_peer_sends_the_same():
    side = Side()
    side.host.merging[5] = frozenset({batch_key(batch(1))})
    side.commit(batch(1))
    assert side.pushed == [[1]]


def test_a_newer_signature_is_another_batch():
    assert batch_key(batch(1)) != batch_key(batch(1, signature=b"t" * 64))
    assert batch_key(batch(1)) == batch_key(batch(1, size=9)), "the update follows from the rest"


def test_a_shard_that_is_parked_is_left_alone():
    side = Side()
    side.host.parked.add((BATCH.author, BATCH.shard))
    side.commit(batch(1), batch(2, shard=9))
    assert side.pushed == [[2]]


def test_the_registry_goes_first_and_through_a_window_of_its_own():
    side = Side()
    for client in range(limits.PUSHES_MAX + 1):
        side.commit(batch(client))
    assert side.pushing.dirty
    side.commit(batch(99, author=REGISTRY))
    assert [push.batches[0].client for push in side.host.urgent] == [99]


def test_nothing_is_pushed_after_a_gap_until_the_peer_has_caught_up():
    side = Side()
    for client in range(limits.PUSHES_MAX + 2):
        side.commit(batch(client))
    assert len(side.pushed) == limits.PUSHES_MAX
    assert side.pushing.drops == 2
    for push in list(side.host.sent):
        side.pushing.on_ack(Ack(push.seq, THERE))
        if push.batches[0].client < limits.PUSHES_MAX - 1:
            side.commit(batch(77))
            assert len(side.pushed) == limits.PUSHES_MAX, "there is room, but the gap comes first"
    assert side.host.answer(HERE) == RootsQuery()
    assert side.host.sent[-1] == RootsNow(HERE)
    side.commit(batch(78))
    assert side.pushed[-1] == [78]


def test_an_acknowledgement_says_what_the_peer_holds_now():
    side = Side()
    side.commit(batch(1))
    (push,) = side.host.sent
    side.pushing.on_ack(Ack(push.seq, THERE))
    assert side.host.peer_roots == THERE
    assert not side.host.asks, "nothing was dropped"


def test_an_acknowledgement_of_nothing_breaks_the_protocol():
    side = Side()
    with pytest.raises(ProtocolError, match="an acknowledgement of nothing"):
        side.pushing.on_ack(Ack(1, THERE))


@pytest.mark.parametrize("author", [BATCH.author, REGISTRY])
def test_a_peer_that_acknowledges_nothing_for_too_long_is_late(author):
    side = Side()
    side.host.now_ms = 500
    assert not side.pushing.late
    side.commit(batch(1, author=author))
    side.host.now_ms += limits.ANSWER_MS_MAX - 1
    assert not side.pushing.late
    side.host.now_ms += 1
    assert side.pushing.late
    side.pushing.on = False
    assert not side.pushing.late, "whoever was refused need not acknowledge"


# in


def test_a_push_is_acknowledged_after_its_merge_with_the_roots_after_it():
    side = Side()
    side.pushing.on_push(Push(9, (batch(1),)))
    assert side.host.merged(ACCEPTED) == (batch(1),)
    assert side.host.sent == []
    assert side.host.answer(HERE) == RootsQuery()
    assert side.host.sent == [Ack(9, HERE)]
    assert side.host.sent_roots == HERE
    assert not side.rounds.undone


def test_what_cannot_be_merged_yet_is_a_reason_for_a_round():
    side = Side()
    side.pushing.on_push(Push(9, (batch(1),)))
    side.host.merged(NOT_YET)
    assert side.rounds.undone


def test_nothing_of_a_parked_shard_is_merged_and_the_push_is_acknowledged():
    side = Side()
    side.host.parked.add((BATCH.author, BATCH.shard))
    side.pushing.on_push(Push(9, (batch(1), batch(2, shard=9))))
    assert side.host.merged(ACCEPTED) == (batch(2, shard=9),)
    side.host.answer(HERE)
    assert side.host.sent == [Ack(9, HERE)]


def test_a_peer_may_have_as_many_pushes_under_way_as_both_windows_hold():
    side = Side()
    for seq in range(2 * limits.PUSHES_MAX):
        side.pushing.on_push(Push(seq, (batch(seq),)))
    with pytest.raises(ProtocolError, match="too many pushes"):
        side.pushing.on_push(Push(99, (batch(99),)))
    side.host.merged(ACCEPTED)
    side.host.answer(HERE)
    side.pushing.on_push(Push(100, (batch(100),)))
