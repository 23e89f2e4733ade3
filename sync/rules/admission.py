"""Admission: who holds an MRN, why a registration is rejected, and what a resolution changes.

What holds:

1. Everything here is a pure function of facts, so replicas that have the same facts agree, in
   whatever order they arrived. No wall clock takes part.
2. Without a resolution, one that is admitted holds its number before any that is not, whatever
   arrives later.
3. One admitting verdict outweighs any rejecting one: two coordinators that went on from one backup
   may both have judged, and a number that was confirmed once may be printed on a card.
4. Of the resolutions of one registration the latest that none replaces decides, by serial and id.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from sync.model.facts import SERIAL_MAX, Action, FactId, Grant, Reason, Resolution
from sync.model.numbers import Mrn


class MrnStatus(StrEnum):
    """A registration's ``mrn_status``; clerks read: waiting, confirmed, number refused."""

    PENDING = "pending"
    ADMITTED = "admitted"
    REJECTED = "rejected"


class Judged(NamedTuple):
    """What all verdicts on one registration say together, (3)."""

    admitted: bool = False
    rejected: Reason | None = None
    at_ms: int | None = None

    def and_also(self, admitted: bool, rejected: Reason | None, at_ms: int) -> Judged:
        """With one more verdict; the result does not depend on the order, (1).

        Args:
            at_ms: when that verdict was written; the earliest one counts.
        """
        reasons = [reason for reason in (self.rejected, rejected) if reason]
        times = [time for time in (self.at_ms, at_ms) if time is not None]
        return Judged(self.admitted or admitted, min(reasons, default=None), min(times))


class Decision(NamedTuple):
    """A resolution with its fact id."""

    id: FactId
    fact: Resolution


class Standing(NamedTuple):
    """What a registration claims, and on what ground.

    ``claimed`` is the number that it was registered or granted with, ``mrn`` the one that it claims
    now; when they differ the former stays on the record. ``resolved`` is the serial of the
    resolution that gives it ``mrn``, 0 if none does. ``decision`` is the resolution in force: a
    person who was merged or is void stays that when the number moves on.
    """

    claimed: Mrn | None
    mrn: Mrn | None
    candidate: bool
    resolved: int
    status: MrnStatus
    decision: Decision | None


class Claim(NamedTuple):
    """One registration's claim on one MRN; ``serial`` is that of the range or grant covering it."""

    fact: FactId
    candidate: bool
    resolved: int
    admitted: bool
    serial: int | None


class Conflict(NamedTuple):
    """A registration that is rejected or does not hold what it claims; ``open`` until resolved."""

    mrn: Mrn | None
    reason: str
    holder: FactId | None
    decision: Decision | None
    open: bool


DOUBLE_VERDICT = "double_verdict"
UNCOVERED: Final = SERIAL_MAX + 1
"""In a rank, instead of a serial: nothing covers the number."""


def stand(
    fact: FactId,
    mrn: Mrn | None,
    *,
    malformed: bool,
    judged: Judged,
    grants: Iterable[Grant] = (),
    decisions: Sequence[Decision] = (),
) -> Standing:
    """What the registration ``fact`` claims.

    Args:
        mrn: the number in the registration; None takes the grant with the lowest serial.
        grants: those for its record id and terminal.
        decisions: all resolutions of it, of those that displace it, and what replaces them.
    """
    claimed = mrn
    if claimed is None and not malformed:  # it was registered when no number could be given safely
        given = min(grants, key=lambda grant: (grant.serial, grant.mrn), default=None)
        claimed = given.mrn if given else None
    decision, giving = in_force(fact, decisions)
    if giving is not None:  # whatever verdicts say: a person looked at it
        number = given_number(fact, giving.fact)
        return Standing(claimed, number, True, giving.fact.serial, MrnStatus.ADMITTED, decision)
    if judged.admitted:  # (3)
        status = MrnStatus.ADMITTED
    elif judged.rejected:
        status = MrnStatus.REJECTED
    else:
        status = MrnStatus.PENDING
    candidate = not malformed and status is not MrnStatus.REJECTED
    return Standing(claimed, claimed, candidate, 0, status, decision)


class Rank(NamedTuple):
    """The place of a claim among all on one number, see `rank`."""

    excluded: bool
    resolved: int
    unjudged: bool
    serial: int
    fact: FactId


def rank(claim: Claim) -> Rank:
    """The lowest rank holds an MRN, among all claims on it, unless it is excluded.

    In this order: what a resolution says (the latest one), an admitting verdict, a covered number,
    the lowest serial of range or grant, the smallest fact id.
    """
    serial = UNCOVERED if claim.serial is None else claim.serial
    return Rank(not claim.candidate, -claim.resolved, not claim.admitted, serial, claim.fact)


def judge(
    *,
    malformed: bool,
    revoked: bool,
    record_taken: bool,
    numbered: bool,
    beaten: bool,
    covered: bool,
    chosen: bool,
) -> Reason | None:
    """The coordinator's verdict on a registration that it understands; None admits it.

    Args:
        revoked: its author was revoked when it came.
        record_taken: another registration under its record id came before it.
        numbered: it claims a number.
        beaten: a registration that is admitted already holds that number.
        covered: that number was its author's to give.
        chosen: its claim has the lowest `rank` of all on that number.
    """
    if malformed:
        return Reason.MALFORMED
    if revoked:
        return Reason.REVOKED
    if record_taken:
        return Reason.DUPLICATE_RECORD
    if numbered and beaten:  # even if it is covered and its rank would be lower, (2)
        return Reason.DUPLICATE_MRN
    if numbered and not covered:
        return Reason.OUTSIDE_RANGE
    if numbered and not chosen:
        return Reason.DUPLICATE_MRN
    return None


def conflict(
    fact: FactId,
    standing: Standing,
    *,
    malformed: bool,
    judged: Judged,
    holder: FactId | None,
    holder_admitted: bool,
    left_out: bool = False,
) -> Conflict | None:
    """The report on one registration, or None when it holds what it claims and always did.

    That it is merged or void is no matter of its number, so by itself that is not reported.

    Args:
        holder: who holds the number that it claims now.
        holder_admitted: whether a verdict admits that holder.
        left_out: it is merged by a decision that does not count, see `sync.rules.merging`.
    """
    holds = standing.mrn is None or holder == fact
    decision = standing.decision
    refused = judged.rejected if not judged.admitted else None
    settling = decision is not None and decision.fact.action in SETTLING
    renumbered = decision is not None and (not settling or standing.resolved > 0)
    if holds and refused is None and not malformed and not renumbered:
        return None
    if refused is not None:
        reason: str = refused
    elif malformed:
        reason = Reason.MALFORMED
    elif judged.admitted and not holds and holder_admitted and decision is None:
        reason = DOUBLE_VERDICT  # two coordinators admitted one each
    else:
        reason = Reason.DUPLICATE_MRN
    # A number that was assigned settles it only while nobody else holds that number.
    settled = decision is not None and ((settling and not left_out) or holds)
    return Conflict(
        standing.claimed, reason, None if holder == fact else holder, decision, not settled
    )


SETTLING = frozenset({Action.MERGE, Action.VOID})
"""After these a registration stands for nobody by itself."""
_GIVING = frozenset({Action.ASSIGN, Action.AWARD})


def heads(fact: FactId, decisions: Iterable[Decision]) -> list[Decision]:
    """The resolutions of the registration ``fact`` that none replaces, the latest last, (4).

    To reopen is to replace: a reopening is among them, and decides nothing.
    """
    decisions = list(decisions)
    replaced = {ident for decision in decisions for ident in decision.fact.replaces}
    own = [
        decision
        for decision in decisions
        if decision.id not in replaced and decision.fact.registration == fact
    ]
    return sorted(own, key=_when)


def given_number(fact: FactId, resolution: Resolution) -> Mrn | None:
    """The number that a resolution gives to the registration ``fact``.

    An award takes the number from its holder, and may give the holder another one.
    """
    if resolution.registration == fact:
        return resolution.mrn if resolution.action in _GIVING else None
    if resolution.action is Action.AWARD and resolution.holder == fact:
        return resolution.holder_mrn
    return None


def in_force(
    fact: FactId, decisions: Sequence[Decision]
) -> tuple[Decision | None, Decision | None]:
    """The resolution that decides about ``fact``, and the one that gives it a number.

    Of those that none replaces the latest. A number once given stays until another resolution gives
    a different one or takes back this one: void and merged records keep theirs.
    """
    if not decisions:  # as about nearly everybody
        return None, None
    replaced = {ident for decision in decisions for ident in decision.fact.replaces}
    about = [
        decision
        for decision in decisions
        if decision.id not in replaced
        and decision.fact.action is not Action.REOPEN
        and (
            decision.fact.registration == fact
            or (decision.fact.action is Action.AWARD and decision.fact.holder == fact)
        )
    ]
    about.sort(key=_when)
    own = [decision for decision in about if decision.fact.registration == fact]
    giving = [decision for decision in about if given_number(fact, decision.fact) is not None]
    # Who is void or merged stays that, even when an award to another one moves the number on.
    settled = own[-1] if own and own[-1].fact.action in SETTLING else None
    return settled or (about[-1] if about else None), giving[-1] if giving else None


def _when(decision: Decision) -> tuple[int, FactId]:
    return (decision.fact.serial, decision.id)
