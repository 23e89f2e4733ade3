"""What an administrator finds at a conflict, and what an act on it must refuse."""

from __future__ import annotations

import pytest

from coordinator.errors import CannotResolve, ConflictDecided
from coordinator.judging import cases, merging
from coordinator.judging.cases import Order, Seen
from coordinator.judging.recovery import DAY_GAP
from coordinator.registry import terminals
from sync.errors import NotFound
from sync.model.facts import Action, FactId, RecordId, State
from sync.model.numbers import Mrn
from tests.coordinator.judging.test_arbiter import malformed
from tests.coordinator.judging.test_resolving import (
    ASSIGN,
    AWARD,
    FRESH,
    MERGE,
    REOPEN,
    VOID,
    Bench,
    duplicate_mrn,
    duplicate_record,
    outside_range,
    unreadable,
)
from tests.forging import person

DAY = "20260105"


@pytest.fixture
def bench(clinic, lab, ward) -> Bench:
    return Bench(clinic, lab, ward)


def case_of(bench: Bench, fact: FactId | None = None) -> cases.Case:
    return bench.clinic.act(lambda tx: cases.open_case(tx, fact or bench.fact))


def row_of(bench: Bench, fact: FactId):
    ((ident,),) = bench.desk.query("SELECT id FROM patients WHERE fact = ?", fact)
    return bench.clinic.act(lambda tx: tx.store.people.registration(ident))


def order(bench: Bench, action: Action = ASSIGN, **more) -> Order:
    return Order(bench.fact, action, "Sadia", "saw both papers", **more)


# what is found


def test_two_people_with_one_number(bench):
    duplicate_mrn(bench)
    case = case_of(bench)
    assert (case.row.fact, case.number, case.holds) == (bench.fact, "710000", False)
    assert case.holder is not None
    assert case.holder.fact == bench.id_of(1, "710000", "Holder")
    assert (case.heads, case.giving, case.decision) == ([], None, None)
    assert case.undone() == merging.settling(case.heads) == ()


def test_a_number_that_nobody_holds(bench):
    outside_range(bench)
    case = case_of(bench)
    assert (case.number, case.holder, case.holds) == ("990000", None, False)


def test_a_registration_that_cannot_be_read_has_no_number(bench):
    unreadable(bench)
    case = case_of(bench)
    assert (case.number, case.holder) == (None, None)


def test_without_a_conflict_there_is_no_case(bench):
    duplicate_mrn(bench)
    for fact in (bench.id_of(1, "710000", "Holder"), FactId(bytes(16))):
        with pytest.raises(NotFound, match="There is no conflict"):
            case_of(bench, fact)


def test_an_assigned_number_is_given_by_the_resolution_in_force(bench):
    duplicate_mrn(bench)
    done = bench.decide(ASSIGN).resolution
    case = case_of(bench)
    assert case.decision is not None
    assert case.giving is not None
    assert case.decision.id == case.giving.id == done
    assert case.holds
    assert case.number == "710000", "the conflict stays about the number that was refused"
    assert case.undone() == (done,)
    assert merging.settling(case.heads) == (), "a void one keeps its number"


@pytest.mark.parametrize("action", [MERGE, VOID])
def test_merged_and_void_give_nothing_and_are_laid_over(bench, action):
    duplicate_mrn(bench)
    done = bench.decide(action).resolution
    case = case_of(bench)
    assert case.giving is None
    assert case.decision is not None
    assert case.decision.id == done
    assert case.undone() == merging.settling(case.heads) == (done,)


def test_who_lost_a_number_by_an_award_finds_that_award(bench):
    duplicate_mrn(bench)
    done = bench.decide(AWARD).resolution
    loser = case_of(bench, bench.id_of(1, "710000", "Holder"))
    assert loser.decision is not None
    assert (loser.decision.id, loser.decision.fact.registration) == (done, bench.fact)
    assert loser.heads == [], "it is not about this registration"
    assert loser.holder is not None
    assert loser.holder.fact == bench.fact
    assert loser.holds, "a fresh one"


def test_an_award_below_a_later_one_is_not_undone(bench):
    duplicate_mrn(bench)
    third = bench.bring(person(3, "710000", "LAB1-PC", "Third"))
    first = bench.decide(AWARD).resolution
    bench.decide(AWARD, third)
    case = case_of(bench)
    assert first in [head.id for head in case.heads]
    assert first not in case.undone(), "the former holder would lose the number twice"


# what the administrator has seen


def test_an_open_conflict_needs_nothing_to_have_been_seen(bench):
    duplicate_mrn(bench)
    for seen in (None, Seen(None)):
        bench.clinic.act(
            lambda tx, seen=seen: cases.require_seen(
                tx, cases.open_case(tx, bench.fact), order(bench, seen=seen)
            )
        )


@pytest.mark.parametrize("action", [ASSIGN, AWARD, MERGE, VOID, REOPEN])
def test_what_was_decided_must_have_been_seen(bench, action):
    duplicate_mrn(bench)
    done = bench.decide(ASSIGN).resolution

    def require(seen):
        bench.clinic.act(
            lambda tx: cases.require_seen(
                tx, cases.open_case(tx, bench.fact), order(bench, action, seen=seen)
            )
        )

    require(Seen(done))
    for unseen in (Seen(None), Seen(FactId(bytes(16)))):
        with pytest.raises(ConflictDecided, match=r"Sadia decided 'assign' .*saw both papers"):
            require(unseen)
    if action is REOPEN:
        require(None)
    else:
        with pytest.raises(ConflictDecided):
            require(None)


def test_what_was_taken_back_since_is_named_too(bench):
    duplicate_mrn(bench)
    done = bench.decide(ASSIGN).resolution
    bench.decide(REOPEN)
    with pytest.raises(ConflictDecided, match="'reopen'"):
        bench.clinic.act(
            lambda tx: cases.require_seen(
                tx, cases.open_case(tx, bench.fact), order(bench, seen=Seen(done))
            )
        )


# what must be refused


def test_nobody_is_known_to_give_a_number_to(bench):
    unreadable(bench)
    with pytest.raises(CannotResolve, match="nothing can be read"):
        cases.require_legible(case_of(bench).row, ASSIGN)
    duplicate_record(bench)
    cases.require_legible(case_of(bench).row, ASSIGN)


@pytest.mark.parametrize(
    ("number", "fits"),
    [
        (f"PAT-{DAY}-{DAY_GAP + 1}", True),
        (f"PAT-{DAY}-{DAY_GAP + 2}", False),
        (f"PAT-20260106-{DAY_GAP}", True),
        (f"PAT-20260106-{DAY_GAP + 1}", False),
        ("2147483647", True),
        ("OLD-17", True),
    ],
)
def test_an_online_number_may_not_leap_ahead_of_its_day(bench, number, fits):
    duplicate_mrn(bench)
    bench.decide(ASSIGN)
    assert bench.granted() == [FRESH], "one number of that day is in use, none of the next"

    def require():
        bench.clinic.act(
            lambda tx: cases.require_of_its_day(tx, bench.desk.arbiter, Mrn(number), AWARD)
        )

    if fits:
        require()
    else:
        with pytest.raises(CannotResolve, match="far above every number of that day"):
            require()


def test_after_a_recovery_a_day_goes_on_higher_up(bench):
    duplicate_mrn(bench)
    recovery = bench.desk.arbiter.recovery
    bench.clinic.act(lambda tx: recovery.begin(tx, "a test"))
    bench.clinic.act(recovery.end)
    number = Mrn(f"PAT-{DAY}-{2 * DAY_GAP}")
    bench.clinic.act(lambda tx: cases.require_of_its_day(tx, bench.desk.arbiter, number, AWARD))


@pytest.mark.parametrize(
    ("number", "fits"),
    [
        ("720001", False),  # ahead in the ward's range
        ("720000", True),  # used there
        ("710009", True),  # ahead in the person's own desk's range
        ("990000", True),  # in no range
        ("600", True),  # ahead in a range of the coordinator
        (FRESH, True),
    ],
)
def test_a_number_is_not_given_before_the_desk_that_is_to_give_it(bench, number, fits):
    duplicate_mrn(bench)
    bench.clinic.act(lambda tx: terminals.add_terminal(tx, "OLD-PC", ""))
    bench.clinic.grant_range("OLD-PC", "600-699")
    bench.ward.register_offline()
    bench.clinic.heal()
    row = case_of(bench).row

    def require():
        bench.clinic.act(lambda tx: cases.require_not_ahead(tx, row, Mrn(number), AWARD))

    if fits:
        require()
    else:
        with pytest.raises(CannotResolve, match="720000-729999 of WARD-PC"):
            require()
        bench.clinic.act(
            lambda tx: terminals.change_terminal(tx, "WARD-PC", state=State.RETIRED, why="gone")
        )
        require()


# the other person


def test_by_default_it_is_merged_into_the_holder(bench):
    duplicate_mrn(bench)
    target = bench.clinic.act(
        lambda tx: cases.target_of(tx, cases.open_case(tx, bench.fact), order(bench, MERGE))
    )
    assert target.fact == bench.id_of(1, "710000", "Holder")


def test_where_the_holder_is_merged_into_the_one_that_stands_for_them(bench):
    duplicate_mrn(bench)
    survivor = bench.bring(person(5, "710005", "LAB1-PC", "Fifth"))
    ids = [row_of(bench, one).id for one in (bench.id_of(1, "710000", "Holder"), survivor)]
    decider = merging.Decider("Sadia", "one person")
    bench.clinic.act(lambda tx: merging.merge(tx, bench.desk.arbiter, merging.Pair(*ids), decider))
    target = bench.clinic.act(
        lambda tx: cases.target_of(tx, cases.open_case(tx, bench.fact), order(bench, MERGE))
    )
    assert target.fact == survivor


def test_else_into_the_first_one_under_the_record_id_that_can_be_read(bench):
    bench.bring(malformed(1, "710003"))
    bench.bring(person(1, "710000", "LAB1-PC", "First"))
    bench.fact = bench.bring(person(1, "710001", "LAB1-PC", "Second"))
    target = bench.clinic.act(
        lambda tx: cases.target_of(tx, cases.open_case(tx, bench.fact), order(bench, MERGE))
    )
    assert target.fact == bench.id_of(1, "710000", "First")


def test_the_record_that_is_named_counts(bench):
    duplicate_mrn(bench)
    other = bench.bring(person(5, "710005", "LAB1-PC", "Fifth"))

    def target(record):
        wanted = order(bench, MERGE, into=RecordId(record))
        return bench.clinic.act(
            lambda tx: cases.target_of(tx, cases.open_case(tx, bench.fact), wanted)
        )

    assert target((5).to_bytes(16)).fact == other
    with pytest.raises(NotFound, match="other registration under the record id"):
        target((9).to_bytes(16))
    with pytest.raises(NotFound):
        target((2).to_bytes(16))  # itself


def test_with_nobody_else_a_record_must_be_named(bench):
    outside_range(bench)
    with pytest.raises(CannotResolve, match="name the record that counts"):
        bench.clinic.act(
            lambda tx: cases.target_of(tx, cases.open_case(tx, bench.fact), order(bench, MERGE))
        )


# numbers


def fresh(bench: Bench, but: str | None) -> str:
    number = Mrn(but) if but is not None else None
    return bench.clinic.act(
        lambda tx: cases.fresh_number(
            tx, bench.desk.arbiter, cases.open_case(tx, bench.fact).row, number
        )
    )


def test_a_fresh_number_is_the_one_that_was_given_before(bench):
    duplicate_mrn(bench)
    assert fresh(bench, "710000") == FRESH
    bench.decide(ASSIGN)
    granted = bench.granted()
    bench.decide(REOPEN)
    given = fresh(bench, "710000")
    assert (given, bench.granted()) == (granted[-1], granted), "none is granted again"
    assert fresh(bench, given) not in granted, "but not the one that it is to lose"


def test_an_awarded_number_is_no_fresh_one(bench):
    duplicate_mrn(bench)
    bench.decide(AWARD)
    bench.decide(REOPEN)
    assert fresh(bench, None).startswith(f"PAT-{DAY}-")


def test_an_act_concerns_all_whose_number_it_may_change(bench):
    duplicate_mrn(bench)
    third = bench.bring(person(3, "710000", "LAB1-PC", "Third"))

    def concerned(fact):
        rows = bench.clinic.act(lambda tx: cases.concerned(tx, cases.open_case(tx, fact)))
        return [row.fact for row in rows]

    holder = bench.id_of(1, "710000", "Holder")
    assert concerned(bench.fact) == [bench.fact, holder]
    bench.decide(AWARD)
    assert set(concerned(bench.fact)) == {bench.fact, holder}
    assert set(concerned(third)) == {third, bench.fact}
    assert set(concerned(holder)) == {holder, bench.fact}


def test_a_number_and_whether_it_is_held(bench):
    duplicate_mrn(bench)
    for fact, expected in (
        (bench.fact, ("710000", False)),
        (bench.id_of(1, "710000", "Holder"), ("710000", True)),
    ):
        ident = row_of(bench, fact).id
        assert bench.clinic.act(lambda tx, ident=ident: cases.number_of(tx, ident)) == expected
    unreadable(bench)
    ident = row_of(bench, bench.fact).id
    assert bench.clinic.act(lambda tx: cases.number_of(tx, ident)) == (None, False)
