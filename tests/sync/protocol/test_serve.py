"""What is answered to a peer's requests, and to which of them nothing is."""

from __future__ import annotations

from typing import Any

import pytest

from sync.errors import ProtocolError
from sync.model.clerks.pins import ClerkPin
from sync.model.facts import REGISTRY
from sync.protocol import limits
from sync.protocol.messages import (
    Batches,
    ChangePin,
    Ends,
    EndsAsked,
    EndsRow,
    GetEnds,
    GetPins,
    GetShards,
    GetSummary,
    PinChanged,
    Pins,
    Shards,
    Summary,
    Want,
)
from sync.protocol.questions import (
    AuthorRow,
    BatchesQuery,
    EndsQuery,
    PinChangeQuery,
    PinsQuery,
    ShardDigest,
    ShardsQuery,
    SummaryQuery,
    Wish,
)
from sync.protocol.serve import Serving
from tests.sync.conftest import LAB
from tests.sync.protocol.part_host import PartHost
from tests.sync.protocol.test_messages import BATCH, DESK, DIGEST, END

PIN = ClerkPin(b"c" * 16, 2, "a hash")
ROW = AuthorRow(DESK, 0, DIGEST, DIGEST)
WISH = Wish(DESK, 0, END, ())
LARGE = BATCH._replace(update=bytes(131_000))


@pytest.mark.parametrize(
    ("request_", "query", "reply", "answers"),
    [
        (
            GetSummary(7, DESK, None),
            SummaryQuery(DESK),
            (ROW,),
            [Summary(7, (ROW,), True)],
        ),
        (GetSummary(7, None, DESK), SummaryQuery(None), (ROW,), [Summary(7, (), True)]),
        (
            GetShards(7, DESK, 1),
            ShardsQuery(DESK, 1),
            (ShardDigest(0, DIGEST), ShardDigest(1, DIGEST)),
            [Shards(7, DESK, (ShardDigest(1, DIGEST),), True)],
        ),
        (GetPins(7, (PIN.clerk,)), PinsQuery(LAB, (PIN.clerk,)), (PIN,), [Pins(7, (PIN,))]),
        (ChangePin(7, PIN), PinChangeQuery(LAB, PIN), "busy", [PinChanged(7, "busy")]),
        (
            GetEnds(7, (EndsAsked(DESK, 3, 1),)),
            EndsQuery(((DESK, 3),)),
            ((END, END),),
            [Ends(7, (EndsRow(DESK, 3, (END,)),), True)],
        ),
        (
            Want(7, (WISH, WISH)),
            BatchesQuery((WISH, WISH)),
            (BATCH, None),
            [Batches(7, (BATCH,), True)],
        ),
        (Want(7, (WISH,)), BatchesQuery((WISH,)), (None,), [Batches(7, (), True)]),
        (
            Want(7, (WISH,) * 3),
            BatchesQuery((WISH,) * 3),
            (LARGE, LARGE, BATCH),
            [Batches(7, (LARGE,), False), Batches(7, (LARGE, BATCH), True)],
        ),
    ],
)
def test_a_request_is_answered_from_one_query(request_, query, reply, answers):
    host = PartHost()
    Serving(host).on_request(request_)
    assert host.sent == []
    assert host.answer(reply) == query
    assert host.sent == answers


def test_only_the_registry_is_served_before_both_sides_have_welcomed_each_other():
    host = PartHost()
    host.open = False
    serving = Serving(host)
    serving.on_request(GetSummary(1, REGISTRY, None))
    for request in (GetSummary(2, None, None), GetShards(3, DESK, 0), Want(4, (WISH,))):
        with pytest.raises(ProtocolError, match="only the registry"):
            serving.on_request(request)
    assert len(host.asks) == 1


def test_a_bounded_number_of_requests_waits_and_each_answer_makes_room():
    host = PartHost()
    serving = Serving(host)
    request: Any = GetSummary(1, None, None)
    for _ in range(limits.SERVED_AT_ONCE_MAX):
        serving.on_request(request)
    with pytest.raises(ProtocolError, match="too many requests"):
        serving.on_request(request)
    host.answer(())
    serving.on_request(request)
    assert len(host.asks) == limits.SERVED_AT_ONCE_MAX
