"""Who holds a number: one table for each rule, and no table depends on the order of its facts."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.model.facts import Action, FactId, Grant, Reason, Resolution
from sync.model.numbers import Mrn
from sync.rules import admission
from sync.rules.admission import (
    DOUBLE_VERDICT,
    Claim,
    Conflict,
    Decision,
    Judged,
    MrnStatus,
    Standing,
)

ME, RIVAL, OTHER = (FactId(bytes([number]) * 16) for number in (1, 2, 3))
OLD, FRESH, SPARE = Mrn("710001"), Mrn("PAT-20260105-0001"), Mrn("PAT-20260105-0002")
ADMITTED = Judged(True, None, 10)
REJECTED = Judged(False, Reason.DUPLICATE_MRN, 10)
BOTH = Judged(True, Reason.DUPLICATE_MRN, 10)
UNJUDGED = Judged()


def decided(
    serial: int,
    action: Action,
    mrn: Mrn | None = None,
    *,
    about: FactId = ME,
    replaces: tuple[int, ...] = (),
    holder: FactId | None = None,
    holder_mrn: Mrn | None = None,
) -> Decision:
    fact = Resolution(
        serial,
        tuple(map(decision_id, replaces)),
        about,
        action,
        mrn,
        holder,
        None,
        holder_mrn,
        "admin",
        "seen the papers",
    )
    return Decision(decision_id(serial), fact)


def decision_id(serial: int) -> FactId:
    return FactId(b"decision" + serial.to_bytes(8))


def stand(judged: Judged = UNJUDGED, *decisions: Decision, malformed: bool = False) -> Standing:
    """Where our registration stands; in any order of the decisions the same."""
    (found,) = {
        admission.stand(ME, OLD, malformed=malformed, judged=judged, decisions=order)
        for order in permutations(decisions)
    }
    return found


# verdicts add up


verdicts = st.tuples(
    st.booleans(), st.none() | st.sampled_from(Reason), st.integers(0, 100)
).filter(lambda verdict: verdict[0] == (verdict[1] is None))


@given(st.lists(verdicts, min_size=1, max_size=4))
def test_verdicts_say_the_same_in_any_order(found):
    results = set()
    for order in permutations(found):
        judged = Judged()
        for verdict in order:
            judged = judged.and_also(*verdict)
        results.add(judged)
    (judged,) = results
    assert judged.admitted == any(admitted for admitted, _, _ in found)
    assert (judged.rejected is None) == all(reason is None for _, reason, _ in found)
    assert judged.at_ms == min(at_ms for _, _, at_ms in found)


# what a registration claims


@pytest.mark.parametrize(
    ("judged", "malformed", "candidate", "status"),
    [
        (UNJUDGED, False, True, MrnStatus.PENDING),
        (ADMITTED, False, True, MrnStatus.ADMITTED),
        (REJECTED, False, False, MrnStatus.REJECTED),
        (BOTH, False, True, MrnStatus.ADMITTED),
        (UNJUDGED, True, False, MrnStatus.PENDING),
        (REJECTED, True, False, MrnStatus.REJECTED),
        (ADMITTED, True, False, MrnStatus.ADMITTED),
    ],
)
def test_a_verdict_makes_a_candidate_or_not(judged, malformed, candidate, status):
    """One that admits outweighs any that rejects; a malformed one is never a candidate."""
    assert stand(judged, malformed=malformed) == Standing(OLD, OLD, candidate, 0, status, None)


def test_a_person_without_a_number_takes_the_first_grant():
    grants = [Grant(7, SPARE, None), Grant(5, FRESH, None), Grant(9, OLD, None)]
    for order in permutations(grants):
        found = admission.stand(ME, None, malformed=False, judged=UNJUDGED, grants=order)
        assert (found.claimed, found.mrn, found.candidate) == (FRESH, FRESH, True)
    assert admission.stand(ME, None, malformed=False, judged=UNJUDGED).mrn is None
    assert admission.stand(ME, None, malformed=True, judged=UNJUDGED, grants=grants).mrn is None


def test_a_grant_does_not_change_a_number_that_is_there():
    found = admission.stand(
        ME, OLD, malformed=False, judged=UNJUDGED, grants=[Grant(1, FRESH, None)]
    )
    assert (found.claimed, found.mrn) == (OLD, OLD)


ASSIGN = decided(5, Action.ASSIGN, FRESH)
AWARD = decided(5, Action.AWARD, OLD, holder=RIVAL, holder_mrn=FRESH)
DISPLACED = decided(5, Action.AWARD, OLD, about=RIVAL, holder=ME, holder_mrn=FRESH)
LEFT_WITHOUT = decided(5, Action.AWARD, OLD, about=RIVAL, holder=ME)
MERGE = decided(5, Action.MERGE, holder=RIVAL)
VOID = decided(5, Action.VOID)
REOPEN = decided(6, Action.REOPEN, replaces=(5,))


@pytest.mark.parametrize("judged", [UNJUDGED, ADMITTED, REJECTED])
@pytest.mark.parametrize("malformed", [False, True])
@pytest.mark.parametrize(("decision", "mrn"), [(ASSIGN, FRESH), (AWARD, OLD), (DISPLACED, FRESH)])
def test_a_resolution_that_gives_a_number_outweighs_every_verdict(judged, malformed, decision, mrn):
    """The former number stays on the record as what was claimed."""
    assert stand(judged, decision, malformed=malformed) == Standing(
        OLD, mrn, True, 5, MrnStatus.ADMITTED, decision
    )


@pytest.mark.parametrize("judged", [UNJUDGED, ADMITTED, REJECTED])
@pytest.mark.parametrize("decision", [MERGE, VOID, LEFT_WITHOUT])
def test_a_resolution_without_a_number_leaves_the_claim_as_it_was(judged, decision):
    """Void and merged records keep theirs: a number passes on only by award."""
    assert stand(judged, decision) == stand(judged)._replace(decision=decision)


@pytest.mark.parametrize("judged", [UNJUDGED, ADMITTED, REJECTED])
@pytest.mark.parametrize("decision", [ASSIGN, AWARD, MERGE, VOID])
def test_reopening_undoes_a_resolution(judged, decision):
    assert stand(judged, decision, REOPEN) == stand(judged)


def test_reopening_an_award_gives_the_displaced_holder_its_number_back():
    reopened = decided(6, Action.REOPEN, about=RIVAL, replaces=(5,))
    assert stand(ADMITTED, DISPLACED, reopened) == stand(ADMITTED)


def test_a_decision_that_is_replaced_counts_no_more():
    again = decided(4, Action.ASSIGN, SPARE, replaces=(5,))
    assert stand(REJECTED, ASSIGN, again).mrn == SPARE


def test_of_two_administrators_decisions_the_latest_counts():
    """Neither knew of the other."""
    later = decided(7, Action.VOID)
    assert stand(REJECTED, ASSIGN, later).decision == later
    rival = Decision(FactId(b"\xff" * 16), ASSIGN.fact._replace(mrn=SPARE))
    assert stand(REJECTED, ASSIGN, rival).mrn == SPARE


def test_decisions_about_others_do_not_count():
    others = [
        decided(5, Action.ASSIGN, FRESH, about=RIVAL),
        decided(6, Action.AWARD, OLD, about=RIVAL, holder=OTHER, holder_mrn=FRESH),
        decided(7, Action.MERGE, about=RIVAL, holder=ME),
        decided(8, Action.ASSIGN, FRESH, about=RIVAL, holder=ME, holder_mrn=SPARE),
    ]
    assert stand(ADMITTED, *others) == stand(ADMITTED)


def test_displaced_again_after_an_assignment():
    """First a fresh number, later that one awarded to somebody else: the latest decision."""
    first = decided(5, Action.ASSIGN, FRESH)
    then = decided(9, Action.AWARD, FRESH, about=RIVAL, holder=ME, holder_mrn=SPARE)
    assert (stand(REJECTED, first, then).mrn, stand(REJECTED, first, then).resolved) == (SPARE, 9)


# who holds


def claim(fact: FactId, **changes: Any) -> Claim:
    return Claim(fact, True, 0, False, None)._replace(**changes)


RANKED = [
    claim(OTHER, resolved=9),
    claim(RIVAL, resolved=5, admitted=True, serial=1),
    claim(ME, admitted=True, serial=1),
    claim(ME, admitted=True, serial=2),
    claim(ME, admitted=True),
    claim(ME, serial=1),
    claim(RIVAL, serial=1),
    claim(ME, serial=2),
    claim(ME),
    claim(RIVAL),
]
"""From the strongest: resolution, verdict, cover, lowest serial, smallest fact id."""


def choose(found: Iterable[Claim]) -> Claim | None:
    """Who holds a number that all of these claim."""
    first = min(found, key=admission.rank, default=None)
    return first if first is not None and not admission.rank(first).excluded else None


@pytest.mark.parametrize("number", range(len(RANKED) - 1))
def test_each_claim_beats_all_weaker_ones(number):
    strong = RANKED[number]
    for weak in RANKED[number + 1 :]:
        assert choose([strong, weak]) == strong
        assert choose([weak, strong]) == strong


claims = st.builds(
    Claim,
    fact=st.binary(min_size=1, max_size=1).map(FactId),
    candidate=st.booleans(),
    resolved=st.integers(0, 2),
    admitted=st.booleans(),
    serial=st.none() | st.integers(0, 3),
)


@given(st.lists(claims, max_size=5, unique_by=lambda found: found.fact), st.randoms())
def test_the_holder_does_not_depend_on_the_order_of_the_claims(found, random):
    shuffled = found.copy()
    random.shuffle(shuffled)
    holder = choose(found)
    assert choose(shuffled) == holder
    assert (holder is None) == (not any(each.candidate for each in found))
    assert holder is None or holder.candidate


@given(st.lists(claims, min_size=2, max_size=5, unique_by=lambda found: found.fact))
def test_one_more_claim_changes_the_holder_only_to_itself(found):
    *before, newest = found
    assert choose(found) in (choose(before), newest)


# the coordinator's verdict

FLAWLESS = {
    "malformed": False,
    "revoked": False,
    "record_taken": False,
    "numbered": True,
    "beaten": False,
    "covered": True,
    "chosen": True,
}
FLAWS = [
    ({"malformed": True}, Reason.MALFORMED),
    ({"revoked": True}, Reason.REVOKED),
    ({"record_taken": True}, Reason.DUPLICATE_RECORD),
    ({"beaten": True}, Reason.DUPLICATE_MRN),
    ({"covered": False}, Reason.OUTSIDE_RANGE),
    ({"chosen": False}, Reason.DUPLICATE_MRN),
]
"""From the one that is told before all others."""


def test_a_flawless_registration_is_admitted():
    assert admission.judge(**FLAWLESS) is None


@pytest.mark.parametrize("number", range(len(FLAWS)))
def test_the_gravest_flaw_is_the_reason(number):
    flaw, reason = FLAWS[number]
    assert admission.judge(**FLAWLESS | flaw) is reason
    for lesser, _ in FLAWS[number + 1 :]:
        assert admission.judge(**FLAWLESS | flaw | lesser) is reason


def test_a_person_without_a_number_needs_neither_cover_nor_choice():
    nameless = {"numbered": False, "beaten": True, "covered": False, "chosen": False}
    assert admission.judge(**FLAWLESS | nameless) is None
    for flaw, reason in FLAWS[:3]:
        assert admission.judge(**FLAWLESS | nameless | flaw) is reason


# reports


def report(
    standing: Standing,
    judged: Judged,
    holder: FactId | None,
    *,
    malformed: bool = False,
    holder_admitted: bool = False,
) -> Conflict | None:
    return admission.conflict(
        ME,
        standing,
        malformed=malformed,
        judged=judged,
        holder=holder,
        holder_admitted=holder_admitted,
    )


@pytest.mark.parametrize("judged", [UNJUDGED, ADMITTED, BOTH])
def test_who_holds_the_number_and_was_not_refused_is_no_conflict(judged):
    assert report(stand(judged), judged, ME) is None


def test_a_person_who_waits_for_a_number_is_no_conflict():
    waiting = admission.stand(ME, None, malformed=False, judged=UNJUDGED)
    assert report(waiting, UNJUDGED, None) is None


@pytest.mark.parametrize(
    ("judged", "holder_admitted", "reason"),
    [
        (UNJUDGED, False, Reason.DUPLICATE_MRN),
        (UNJUDGED, True, Reason.DUPLICATE_MRN),
        (ADMITTED, True, DOUBLE_VERDICT),
        (BOTH, True, DOUBLE_VERDICT),
        (ADMITTED, False, Reason.DUPLICATE_MRN),
        (REJECTED, True, Reason.DUPLICATE_MRN),
        (Judged(False, Reason.REVOKED, 1), True, Reason.REVOKED),
    ],
)
def test_who_claims_a_number_of_somebody_else_is_reported(judged, holder_admitted, reason):
    found = report(stand(judged), judged, RIVAL, holder_admitted=holder_admitted)
    assert found == Conflict(OLD, reason, RIVAL, None, True)


@pytest.mark.parametrize("reason", Reason)
def test_a_refusal_is_reported_also_when_nobody_else_holds_the_number(reason):
    judged = Judged(False, reason, 1)
    assert report(stand(judged), judged, None) == Conflict(OLD, reason, None, None, True)


def test_a_malformed_registration_is_reported_before_any_verdict():
    found = report(stand(malformed=True), UNJUDGED, None, malformed=True)
    assert found == Conflict(OLD, Reason.MALFORMED, None, None, True)


@pytest.mark.parametrize(
    ("decision", "holder", "is_open"),
    [
        (ASSIGN, ME, False),
        (ASSIGN, RIVAL, True),
        (AWARD, ME, False),
        (AWARD, RIVAL, True),
        (MERGE, RIVAL, False),
        (VOID, RIVAL, False),
        (VOID, None, False),
    ],
)
def test_a_conflict_is_closed_once_its_resolution_has_taken_effect(decision, holder, is_open):
    """A number that was given twice is still a conflict, resolution or not."""
    found = report(stand(REJECTED, decision), REJECTED, holder)
    named = None if holder == ME else holder
    assert found == Conflict(OLD, Reason.DUPLICATE_MRN, named, decision, is_open)


def test_a_displaced_holder_is_reported_until_it_has_a_number():
    moved = report(stand(ADMITTED, DISPLACED), ADMITTED, ME)
    assert moved == Conflict(OLD, Reason.DUPLICATE_MRN, None, DISPLACED, False)
    bare = report(stand(ADMITTED, LEFT_WITHOUT), ADMITTED, RIVAL, holder_admitted=True)
    assert bare == Conflict(OLD, Reason.DUPLICATE_MRN, RIVAL, LEFT_WITHOUT, True)


def test_a_reopened_conflict_is_open_again():
    found = report(stand(REJECTED, VOID, REOPEN), REJECTED, RIVAL)
    assert found == Conflict(OLD, Reason.DUPLICATE_MRN, RIVAL, None, True)


@pytest.mark.parametrize(
    ("decision", "of_me", "of_the_rival"),
    [
        (decided(1, Action.ASSIGN, FRESH), FRESH, None),
        (decided(1, Action.VOID), None, None),
        (decided(1, Action.AWARD, OLD, holder=RIVAL, holder_mrn=SPARE), OLD, SPARE),
        (decided(1, Action.AWARD, OLD), OLD, None),
    ],
)
def test_a_decision_gives_numbers_to_those_that_it_names(decision, of_me, of_the_rival):
    assert admission.given_number(ME, decision.fact) == of_me
    assert admission.given_number(RIVAL, decision.fact) == of_the_rival
    assert admission.given_number(OTHER, decision.fact) is None
