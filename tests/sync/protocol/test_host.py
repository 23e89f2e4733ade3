"""What every protocol without I/O consists of: outputs in order, replies for those who asked."""

from __future__ import annotations

from typing import Any

from sync.protocol.events import Ask, PongArrived, ProbeArrived
from sync.protocol.host import Machine
from sync.protocol.questions import IdentityQuery, RootsQuery


def test_outputs_are_taken_once_and_in_order():
    machine = Machine()
    machine.emit(PongArrived(1))
    token = machine.ask(RootsQuery(), lambda _: None)
    machine.emit(ProbeArrived(2))
    assert machine.take() == [PongArrived(1), Ask(token, RootsQuery()), ProbeArrived(2)]
    assert machine.take() == []
    machine.emit(PongArrived(3))
    assert machine.take() == [PongArrived(3)]


def test_ids_and_tokens_are_counted_together():
    """An id that this side sends is never that of a query, so answers cannot be mixed up."""
    machine = Machine()
    found = [machine.next_id(), machine.ask(RootsQuery(), print), machine.next_id()]
    assert found == [1, 2, 3]


def test_each_reply_goes_to_the_part_that_asked():
    machine = Machine()
    replies: list[Any] = []
    one = machine.ask(IdentityQuery(), lambda reply: replies.append(("one", reply)))
    other = machine.ask(RootsQuery(), lambda reply: replies.append(("other", reply)))
    machine._asked[other]("roots")
    machine._asked[one]("identity")
    assert replies == [("other", "roots"), ("one", "identity")]
