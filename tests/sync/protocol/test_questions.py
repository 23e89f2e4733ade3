"""Every question of a session has an answer of the kind that it names, from a real replica."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sync.model.facts import COORDINATOR, REGISTRY, Author, State
from sync.model.runs import Batch, End
from sync.protocol import questions
from sync.protocol.questions import (
    Allowed,
    Alone,
    AuthorRow,
    BatchesQuery,
    DigestsQuery,
    EndsQuery,
    IdentityQuery,
    Merge,
    Merged,
    NumberQuery,
    PeerIdentity,
    PinChangeQuery,
    PinsQuery,
    Roots,
    RootsQuery,
    ShardDigest,
    ShardsQuery,
    SignTails,
    StandingQuery,
    SummaryQuery,
    WishesQuery,
)
from tests.clinic import Desk
from tests.forging import Run, note
from tests.sync.conftest import LAB

NOBODY = Author("NOBODY")


def all_of(kind: type) -> Callable[[Any], bool]:
    return lambda reply: len(reply) > 0 and all(type(row) is kind for row in reply)


def a(kind: type) -> Callable[[Any], bool]:
    return lambda reply: type(reply) is kind


ANSWERS: dict[type, tuple[Callable[[Desk], Any], Callable[[Any], bool]]] = {
    IdentityQuery: (lambda _: IdentityQuery(), a(PeerIdentity)),
    RootsQuery: (lambda _: RootsQuery(), a(Roots)),
    SignTails: (lambda _: SignTails(), a(Roots)),
    Alone: (lambda _: Alone(), lambda reply: reply is None),
    SummaryQuery: (lambda _: SummaryQuery(), all_of(AuthorRow)),
    ShardsQuery: (lambda _: ShardsQuery(REGISTRY), all_of(ShardDigest)),
    DigestsQuery: (
        lambda _: DigestsQuery(REGISTRY, (0, 9)),
        lambda reply: len(reply[0]) == 32 and reply[1] is None,
    ),
    EndsQuery: (lambda _: EndsQuery(((REGISTRY, 0),)), lambda reply: all_of(End)(reply[0])),
    WishesQuery: (
        lambda desk: WishesQuery(((REGISTRY, 0, (END_ELSEWHERE,)),)),
        lambda reply: reply == (questions.Wish(REGISTRY, 0, END_ELSEWHERE, ()),),
    ),
    BatchesQuery: (
        lambda desk: BatchesQuery(wishes_of(desk)),
        lambda reply: type(reply[0]) is Batch and reply[1] is None,
    ),
    StandingQuery: (
        lambda desk: StandingQuery(desk.author, desk.signer.public_key),
        lambda reply: reply == Allowed(True, State.ACTIVE),
    ),
    PinsQuery: (lambda _: PinsQuery(LAB, (bytes(16),)), lambda reply: reply == ()),
}
END_ELSEWHERE = End(5, 1, b"l" * 16)


def wishes_of(desk: Desk) -> tuple[questions.Wish, ...]:
    """One for a run that is held, one for a run that is not."""
    ((end, *_),) = desk.answer(EndsQuery(((REGISTRY, 0),)))
    return (
        questions.Wish(REGISTRY, 0, end, ()),
        questions.Wish(NOBODY, 0, END_ELSEWHERE, ()),
    )


def test_every_question_is_tried():
    """A merge is tried below; numbers and PINs are decided by the coordinator, not here."""
    assert set(ANSWERS) | {Merge, NumberQuery, PinChangeQuery} == set(questions.Query.__args__)


@pytest.mark.parametrize("kind", ANSWERS, ids=lambda kind: kind.__name__)
def test_a_question_has_an_answer_of_its_kind(lab, kind):
    ask, fits = ANSWERS[kind]
    assert fits(lab.answer(ask(lab)))


def test_a_summary_of_one_author_is_of_that_author(lab):
    assert [row.author for row in lab.answer(SummaryQuery(REGISTRY))] == [REGISTRY]
    assert lab.answer(SummaryQuery(NOBODY)) == ()


def test_a_summary_is_sorted(clinic, lab):
    lab.register_offline()
    clinic.heal()
    authors = [row.author for row in lab.answer(SummaryQuery())]
    assert authors == sorted(authors)
    assert {REGISTRY, COORDINATOR, LAB} <= set(authors)


def test_a_stranger_may_not_sync(lab):
    assert lab.answer(StandingQuery(NOBODY, b"k" * 32)) == Allowed(False, None)


def test_a_merge_has_an_outcome_for_each_batch(lab, ward):
    runs = [Run(LAB, lab.signer, 1000 + client).then(note(client)) for client in range(3)]
    merged = ward.exchange.merge(Merge(tuple(run.batch() for run in runs)))
    assert type(merged) is Merged
    assert [outcome.entry for outcome in merged.outcomes] == ["accepted"] * 3
    assert merged.facts == 3
