"""When a round begins, when it does not, and what the two sides say about what they hold."""

from __future__ import annotations

from typing import Any

import pytest

from sync.errors import ProtocolError
from sync.model.facts import REGISTRY
from sync.protocol import limits
from sync.protocol.events import LiveNow
from sync.protocol.messages import GetSummary, RootsNow, Settled, Summary
from sync.protocol.questions import Roots, RootsQuery, SummaryQuery
from sync.protocol.rounds import Rounds
from tests.sync.protocol.part_host import HERE, THERE, PartHost

THIRD = HERE._replace(document=b"3" * 32)


class Side:
    """The rounds of one side whose peer holds something."""

    def __init__(self, theirs: Roots = THERE) -> None:
        self.host = PartHost()
        self.rounds = Rounds(self.host)
        self.rounds.announced(theirs)

    def settle(self) -> None:
        """The first round, in which the peer turns out to have nothing that is lacking here."""
        self.rounds.first(HERE)
        self.end_round()
        assert self.host.answer(HERE) == RootsQuery()

    def end_round(self) -> None:
        """The peer answers what is asked of it: it has nothing else."""
        self.host.answer(())
        asked = self.host.sent[-1]
        assert isinstance(asked, GetSummary)
        self.rounds.on_answer(Summary(asked.id, (), True))

    def sent(self, kind: type) -> list[Any]:
        return [message for message in self.host.sent if isinstance(message, kind)]


# the first round


def test_sides_that_hold_the_same_settle_without_a_round():
    side = Side(HERE)
    side.rounds.first(HERE)
    assert side.host.sent == [Settled(HERE)]
    assert not side.rounds.running


def test_a_side_that_holds_something_else_pulls_and_settles_with_what_it_holds_then():
    side = Side()
    side.rounds.first(HERE)
    assert side.rounds.running
    side.end_round()
    assert not side.rounds.running
    assert side.host.answer(THERE) == RootsQuery()
    assert side.host.sent[-1] == Settled(THERE)
    assert side.host.sent_roots == THERE


def test_no_round_begins_once_the_peer_is_refused():
    side = Side()
    side.host.open = False
    side.rounds.first(HERE)
    assert not side.rounds.running
    assert side.host.sent == []


# another round


def test_a_root_of_the_peer_is_pulled_once():
    side = Side()
    side.settle()
    side.rounds.on_roots(RootsNow(THERE))
    side.host.answer(HERE)
    assert not side.rounds.running, "the round for that root has ended"
    side.rounds.on_roots(RootsNow(THIRD))
    side.host.answer(HERE)
    assert side.rounds.running


def test_what_is_held_here_too_is_not_pulled():
    side = Side()
    side.settle()
    side.rounds.on_roots(RootsNow(THIRD))
    side.host.answer(THIRD)
    assert not side.rounds.running


def test_what_was_undone_is_tried_again_once_for_each_root_of_our_own():
    side = Side()
    side.settle()
    for own, begins in ((THIRD, True), (THIRD, False), (THERE, True)):
        side.rounds.undone = True
        side.rounds.reconsider(own)
        assert side.rounds.running == begins, own
        if begins:
            side.end_round()
            side.host.asks.clear()


def test_one_round_runs_at_a_time():
    side = Side()
    side.rounds.first(HERE)
    asked = len(side.host.asks)
    side.rounds.announced(THIRD)
    side.rounds.reconsider(HERE)
    assert len(side.host.asks) == asked
    side.end_round()
    side.host.answer(HERE)
    assert side.rounds.running, "and the reason for another one is not forgotten"


def test_no_round_but_the_first_begins_before_it_has_settled():
    side = Side()
    side.rounds.reconsider(HERE)
    assert not side.rounds.running


# the registry alone


def test_the_registry_alone_is_pulled_before_the_welcome():
    side = Side()
    ended = []
    side.rounds.pull_registry(lambda: ended.append(True))
    assert side.host.asks[0][0] == SummaryQuery(REGISTRY)
    side.end_round()
    assert ended == [True]
    assert not side.rounds.running
    assert not side.sent(Settled)


# answers


def test_an_answer_without_a_pull_breaks_the_protocol():
    with pytest.raises(ProtocolError, match="an answer to nothing"):
        Side().rounds.on_answer(Summary(1, (), True))


def test_an_answer_to_a_pull_that_was_cancelled_is_ignored():
    side = Side()
    side.rounds.first(HERE)
    side.host.answer(())
    asked = side.host.sent[-1]
    side.rounds.cancel()
    side.rounds.on_answer(Summary(asked.id, (), True))
    assert not side.rounds.running
    with pytest.raises(ProtocolError):
        side.rounds.on_answer(Summary(side.host.next_id(), (), True))


def test_to_cancel_when_nothing_runs_changes_nothing():
    side = Side()
    side.rounds.cancel()
    side.rounds.first(HERE)
    assert side.rounds.running


def test_a_peer_that_owes_an_answer_is_late_after_a_while():
    side = Side()
    assert not side.rounds.late
    side.rounds.first(HERE)
    side.host.now_ms = 10 * limits.ANSWER_MS_MAX
    assert not side.rounds.late, "our own replica has not answered yet"
    side.host.answer(())
    assert not side.rounds.late, "he was asked just now"
    side.host.now_ms += limits.ANSWER_MS_MAX - 1
    assert not side.rounds.late
    side.host.now_ms += 1
    assert side.rounds.late


# in step


def test_both_must_settle_before_a_session_is_live():
    side = Side(HERE)
    side.rounds.first(HERE)
    assert not side.rounds.live
    side.rounds.on_settled(Settled(HERE))
    assert side.rounds.live
    assert side.host.events == [LiveNow(complete=True)]


@pytest.mark.parametrize("what", ["undone", "parked"])
def test_what_could_not_be_merged_is_said_when_it_goes_live(what):
    side = Side(HERE)
    side.rounds.first(HERE)
    if what == "undone":
        side.rounds.undone = True
    else:
        side.host.parked.add((REGISTRY, 0))
    side.rounds.on_settled(Settled(HERE))
    assert side.host.events == [LiveNow(complete=False)]


@pytest.mark.parametrize("author", ["registry", "coordinator"])
def test_while_the_facts_of_the_coordinator_differ_it_is_not_complete(author):
    """Some may be on their way, so nobody may take them for lost yet."""
    side = Side(HERE)
    side.rounds.first(HERE)
    side.rounds.on_settled(Settled(HERE._replace(**{author: b"x" * 32})))
    assert side.host.events == [LiveNow(complete=False)]
    side.rounds.on_settled(Settled(THIRD))
    assert side.host.events == [LiveNow(complete=False), LiveNow(complete=True)]


def test_a_peer_that_settles_with_less_hears_what_is_held_here():
    side = Side(HERE)
    side.rounds.first(HERE)
    side.rounds.on_settled(Settled(THERE))
    side.host.answer(HERE)
    assert side.sent(RootsNow) == [RootsNow(HERE)]


# from time to time


def test_roots_that_differ_are_sent_each_time():
    side = Side()
    side.settle()
    for _ in range(2):
        side.rounds.compare(HERE)
    assert side.sent(RootsNow) == [RootsNow(HERE)] * 2
    assert side.host.events == []


def test_sides_in_step_say_nothing_and_report_that_they_are():
    side = Side(HERE)
    side.rounds.first(HERE)
    side.rounds.on_settled(Settled(HERE))
    side.host.answer(HERE)
    side.host.events.clear()
    side.rounds.compare(HERE)
    assert side.sent(RootsNow) == []
    assert side.host.events == [LiveNow(complete=True)]


def test_new_roots_of_the_registry_are_sent_although_the_documents_are_in_step():
    """The document's root covers the registry's; to be sure, any difference is sent."""
    side = Side(HERE)
    side.rounds.first(HERE)
    side.rounds.compare(HERE._replace(registry=b"x" * 32))
    assert len(side.sent(RootsNow)) == 1
