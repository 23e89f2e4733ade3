"""The tables of what decides about people: kept once, and found by what they are about."""

from itertools import count

import pytest

from sync.model import bodies
from sync.model.facts import (
    RESOLUTION,
    TERMINAL,
    Action,
    Amendment,
    Author,
    Envelope,
    FactId,
    Grant,
    Incarnation,
    Link,
    Reason,
    RecordId,
    Resolution,
    State,
    TerminalFact,
    Verdict,
)
from sync.model.numbers import Mrn
from sync.rules.admission import Judged
from sync.rules.corrections import AppliedCorrection
from sync.storage.queries import IN_MAX

LAB = Author("LAB1-PC")
LINK = Link(b"l" * 16)
NOBODY = Incarnation(bytes(8))


def fact(number: int) -> FactId:
    return FactId(number.to_bytes(16))


def record(number: int) -> RecordId:
    return RecordId(number.to_bytes(16))


@pytest.fixture
def decisions(store):
    return store.decisions


# registry


def terminal(serial: int) -> bytes:
    return bodies.write(TerminalFact(serial, (), LAB, "Lab", State.ACTIVE, (), (), None))


def test_registry_facts_come_back_as_they_were_written(decisions):
    for _ in range(2):
        decisions.add_registry_fact(fact(1), TERMINAL, 70, terminal(5))
    (entry,) = decisions.registry_entries()
    assert (entry.id, entry.hlc) == (fact(1), 70)
    assert (entry.fact.serial, entry.fact.code) == (5, LAB)


def test_a_registry_fact_that_cannot_be_read_is_left_out_and_stays(store, decisions):
    decisions.add_registry_fact(fact(1), TERMINAL, 70, b"anything")
    assert list(decisions.registry_entries()) == []
    assert store.connection.execute("SELECT count(*) FROM registry").fetchone() == (1,)


# grants


def test_grants_are_found_by_their_records(decisions):
    mine = [Grant(4, Mrn("PAT-20260105-0002"), LAB), Grant(3, Mrn("PAT-20260105-0001"), None)]
    other = Grant(5, Mrn("PAT-20260105-0003"), LAB)
    for _ in range(2):
        decisions.add_grants([(record(1), fact(1), mine[0]), (record(1), fact(2), mine[1])])
        decisions.add_grants([(record(2), fact(3), other)])
    found = decisions.grants_of([record(1), record(9)])
    assert {key: sorted(grants) for key, grants in found.items()} == {record(1): sorted(mine)}


def test_more_records_can_be_asked_for_than_one_statement_takes(decisions):
    records = [record(number) for number in range(IN_MAX + 10)]
    grant = Grant(1, Mrn("PAT-20260105-0001"), LAB)
    decisions.add_grants([(records[0], fact(1), grant), (records[-1], fact(2), grant)])
    assert decisions.grants_of(records) == {records[0]: [grant], records[-1]: [grant]}


# resolutions

_serials = count(1)


def resolution(about: int, **values) -> Resolution:
    plain = Resolution(
        next(_serials),
        (),
        fact(about),
        Action.ASSIGN,
        Mrn("PAT-20260105-0001"),
        None,
        None,
        None,
        "Admin",
        "a test",
    )
    return plain._replace(**values)


def award(about: int, holder: int) -> Resolution:
    return resolution(about, action=Action.AWARD, holder=fact(holder), holder_record=record(holder))


def add(decisions, ident: int, decision: Resolution, record_id: RecordId) -> None:
    body = bodies.write(decision)
    decisions.add_resolution(
        fact(ident), Envelope(RESOLUTION, record_id, 9, NOBODY, body), decision
    )


def test_a_resolution_comes_back_with_its_record_and_time(decisions):
    assert not decisions.any_resolutions()
    decision = resolution(1)
    for _ in range(2):
        add(decisions, 100, decision, record(1))
    assert decisions.any_resolutions()
    assert decisions.resolution(fact(100)) == (record(1), 9, decision)
    assert decisions.resolution(fact(101)) is None


def test_about_a_registration_are_its_own_those_that_displace_it_and_their_replacements(decisions):
    first, second = award(1, holder=2), resolution(1, replaces=(fact(100),))
    for ident, decision, person in (
        (100, first, 1),
        (101, second, 1),
        (102, resolution(2), 2),
        (103, resolution(3), 3),
    ):
        add(decisions, ident, decision, record(person))
    found = {number: {one.id for one in decisions.about(fact(number))} for number in (1, 2, 3, 4)}
    assert found == {
        1: {fact(100), fact(101)},
        2: {fact(100), fact(101), fact(102)},
        3: {fact(103)},
        4: set(),
    }
    assert {one.fact for one in decisions.about(fact(1))} == {first, second}


def test_the_newest_serial_is_that_of_any_fact_that_has_one(decisions):
    assert decisions.newest_serial() == 0
    decisions.add_registry_fact(fact(1), TERMINAL, 70, terminal(5))
    assert decisions.newest_serial() == 5
    decisions.add_grants([(record(1), fact(2), Grant(9, Mrn("PAT-20260105-0001"), LAB))])
    assert decisions.newest_serial() == 9
    add(decisions, 100, resolution(1, serial=12), record(1))
    assert decisions.newest_serial() == 12


# verdicts


def verdict(first: int, last: int, rejects=None, client: int = 7) -> Verdict:
    return Verdict(LAB, 0, client, first, last, LINK, rejects or {})


def test_verdicts_of_a_run_are_found_by_where_they_end(decisions):
    early = verdict(0, 5)
    late = verdict(5, 9, {1: Reason.OUTSIDE_RANGE, 0: Reason.MALFORMED})
    for _ in range(2):
        decisions.add_verdicts([(1000, early), (2000, late), (3000, verdict(0, 9, client=8))])
    assert sorted(decisions.verdicts_of(LAB, 0, 7, 0)) == [(1000, early), (2000, late)]
    assert decisions.verdicts_of(LAB, 0, 7, 5) == [(2000, late)], "the clock itself is not above"
    assert decisions.verdicts_of(LAB, 0, 7, 9) == []
    assert decisions.verdicts_of(LAB, 1, 7, 0) == []


def test_two_verdicts_on_one_stretch_are_both_kept(decisions):
    one, other = verdict(0, 5), verdict(0, 5, {0: Reason.DUPLICATE_MRN})
    decisions.add_verdicts([(1000, one), (1000, other)])
    assert {len(found.rejects) for _, found in decisions.verdicts_of(LAB, 0, 7, 0)} == {0, 1}


# amendments


def amend(
    decisions, ident: int, about: int, run: int, clock: int, judged: Judged | None = None
) -> None:
    amendment = Amendment(fact(about), {"sex": "F"}, {}, "2026-01-05T12:00:00+05:00", None)
    correction = AppliedCorrection(fact(ident), LAB, 9, amendment)
    body = bodies.write(amendment)
    decisions.add_amendment(run, clock, correction, record(about), body, judged or Judged())


REFUSED = Judged(False, Reason.REVOKED, 1000)
ADMITTED = Judged(True, None, 1000)


def applied(decisions, about: int) -> set[FactId]:
    return {one.id for one in decisions.corrections_of(record(about), fact(about))}


def test_amendments_apply_until_all_verdicts_on_them_refuse_them(decisions):
    amend(decisions, 10, 1, run=1, clock=0)
    amend(decisions, 11, 1, run=1, clock=1, judged=ADMITTED)
    amend(decisions, 12, 1, run=1, clock=2, judged=REFUSED)
    amend(decisions, 13, 1, run=1, clock=3, judged=REFUSED._replace(admitted=True))
    amend(decisions, 14, 2, run=1, clock=4)
    assert applied(decisions, 1) == {fact(10), fact(11), fact(13)}
    assert applied(decisions, 2) == {fact(14)}


@pytest.mark.parametrize(
    ("elsewhere", "applies"), [(ADMITTED, True), (REFUSED, False), (Judged(), False)]
)
def test_one_amendment_in_two_runs_is_judged_by_both(decisions, elsewhere, applies):
    amend(decisions, 10, 1, run=1, clock=0, judged=REFUSED)
    amend(decisions, 10, 1, run=2, clock=5, judged=elsewhere)
    assert applied(decisions, 1) == ({fact(10)} if applies else set())


def test_records_with_amendments_are_told_from_those_without(decisions):
    amend(decisions, 10, 1, run=1, clock=0)
    wanted = [record(number) for number in range(IN_MAX + 10)]
    assert decisions.amended_records(wanted) == {record(1)}


def test_a_verdict_judges_the_amendments_of_its_stretch(decisions):
    for clock in range(4):
        amend(decisions, 10 + clock, clock, run=1, clock=clock)
    amend(decisions, 20, 9, run=2, clock=1)
    rejecting = verdict(1, 3, {1: Reason.REVOKED})
    assert set(decisions.judge_amendments(1, 1, 3, rejecting, 5000)) == {record(1), record(2)}
    assert sorted(decisions.amendments_of_segment(1, 0, 4)) == [
        (0, Judged()),
        (1, Judged(True, None, 5000)),
        (2, Judged(False, Reason.REVOKED, 5000)),
        (3, Judged()),
    ]
    assert decisions.amendments_of_segment(2, 0, 4) == [(1, Judged())]


def test_a_second_verdict_is_added_to_the_first(decisions):
    amend(decisions, 10, 1, run=1, clock=0)
    decisions.judge_amendments(1, 0, 1, verdict(0, 1, {0: Reason.REVOKED}), 5000)
    decisions.judge_amendments(1, 0, 1, verdict(0, 1), 4000)
    assert decisions.amendments_of_segment(1, 0, 1) == [(0, Judged(True, Reason.REVOKED, 4000))]
