"""What an administrator may decide about each kind of conflict, and what comes of it everywhere."""

from __future__ import annotations

import contextlib
import random
import re
from itertools import pairwise

import pytest

from coordinator.errors import CannotResolve, ConflictDecided, InRecovery
from coordinator.judging.cases import Order, Seen
from coordinator.judging.resolving import Resolved, resolve
from coordinator.registry import terminals
from sync.engine import issuing
from sync.errors import MergedIntoAnother, NotFound, SeenOtherwise
from sync.model import facts
from sync.model.facts import COORDINATOR, REGISTRY, Action, Author, FactId, RecordId, State
from sync.model.numbers import Mrn
from sync.protocol.questions import Merge
from tests.clinic import Clinic, missing_batches, pull
from tests.coordinator.judging.test_arbiter import malformed, send
from tests.forging import Run, person
from tests.projection import difference, folded_from_nothing, projection

FRESH = "PAT-20260105-0001"
SECOND = "PAT-20260105-0002"
ASSIGN, AWARD, MERGE, VOID, REOPEN = (
    Action.ASSIGN,
    Action.AWARD,
    Action.MERGE,
    Action.VOID,
    Action.REOPEN,
)


class Bench:
    """A clinic with one conflict: the registration that it is about is ``fact``."""

    def __init__(self, clinic: Clinic, lab, ward) -> None:
        self.clinic, self.lab, self.ward = clinic, lab, ward
        self.desk = clinic.coordinator
        self.run = Run(lab.author, lab.signer, 77)
        self.fact = FactId(b"")

    def bring(self, *data: bytes) -> FactId:
        """Go on with the lab's run, and return the id of its last fact."""
        first = len(self.run.facts)
        self.run = self.run.then(*data)
        send(self.clinic, self.run, first)
        return facts.fact_id(self.lab.author, data[-1])

    def id_of(self, number: int, mrn: str, name: str = "Test Person") -> FactId:
        return facts.fact_id(self.lab.author, person(number, mrn, "LAB1-PC", name))

    def decide(self, action: Action, fact: FactId | None = None, **more) -> Resolved:
        """As an administrator who has seen what is in force."""
        about = fact or self.fact
        more.setdefault("seen", Seen(self.in_force(about)))
        order = Order(about, action, "Sadia", "saw both papers", **more)
        self.clinic.now_ms += 1000
        return self.clinic.act(lambda tx: resolve(tx, self.desk.arbiter, order))

    def in_force(self, fact: FactId) -> FactId | None:
        rows = self.desk.query(
            "SELECT c.decision FROM conflicts c JOIN patients p ON p.id = c.patient"
            " WHERE p.fact = ?",
            fact,
        )
        return rows[0][0] if rows else None

    def number(self, fact: FactId | None = None) -> tuple[str | None, bool]:
        """The number that a registration claims now, and whether it holds it."""
        ((mrn, holds),) = self.desk.query(
            "SELECT p.mrn, EXISTS (SELECT 1 FROM held h WHERE h.patient = p.id) FROM patients p"
            " WHERE p.fact = ?",
            fact or self.fact,
        )
        return mrn, bool(holds)

    def is_open(self, fact: FactId | None = None) -> bool | None:
        """None for a registration without a conflict."""
        rows = self.desk.query(
            "SELECT c.open FROM conflicts c JOIN patients p ON p.id = c.patient WHERE p.fact = ?",
            fact or self.fact,
        )
        return bool(rows[0][0]) if rows else None

    def granted(self) -> list[str]:
        return [mrn for (mrn,) in self.desk.query("SELECT mrn FROM grants ORDER BY serial")]

    def assert_sound(self) -> None:
        """Replicas agree, and their tables are folds of the facts."""
        self.clinic.heal()
        first = projection(self.desk)
        for desk in self.clinic.replicas:
            if desk is not self.desk:
                assert difference(first, projection(desk)) == {}
            assert difference(first, folded_from_nothing(desk)) == {}
        granted = self.granted()
        assert len(granted) == len(set(granted))


@pytest.fixture
def bench(clinic, lab, ward) -> Bench:
    return Bench(clinic, lab, ward)


def duplicate_mrn(bench: Bench) -> None:
    bench.bring(person(1, "710000", "LAB1-PC", "Holder"))
    bench.fact = bench.bring(person(2, "710000", "LAB1-PC", "Second"))


def outside_range(bench: Bench) -> None:
    bench.fact = bench.bring(person(2, "990000", "LAB1-PC"))


def duplicate_record(bench: Bench) -> None:
    bench.bring(person(1, "710000", "LAB1-PC", "First"))
    bench.fact = bench.bring(person(1, "710001", "LAB1-PC", "Second"))


def revoked(bench: Bench) -> None:
    bench.clinic.act(
        lambda tx: terminals.change_terminal(tx, bench.lab.author, state=State.REVOKED)
    )
    bench.fact = bench.bring(person(2, "710001", "LAB1-PC"))


def unreadable(bench: Bench) -> None:
    bench.fact = bench.bring(malformed(2, "710000"))


def double_verdict(bench: Bench) -> None:
    """Two coordinators that went on from one backup."""
    one, two = (bench.run.then(person(number, "710000", "LAB1-PC")) for number in (1, 2))
    backup = bench.desk.back_up()
    send(bench.clinic, one)
    pull(bench.lab, bench.desk)
    bench.desk.restore(backup)
    send(bench.clinic, two)
    pull(bench.ward, bench.desk)
    bench.clinic.heal()
    bench.clinic.act(bench.desk.arbiter.recovery.end)
    ((bench.fact,),) = bench.desk.query(
        "SELECT p.fact FROM conflicts c JOIN patients p ON p.id = c.patient"
    )


CONFLICTS = {
    "duplicate_mrn": duplicate_mrn,
    "outside_range": outside_range,
    "duplicate_record": duplicate_record,
    "revoked": revoked,
    "malformed": unreadable,
    "double_verdict": double_verdict,
}
NOBODY_TO_NUMBER = "Register the person again and merge this entry"
NOBODY_ELSE = "name the record that counts (`--into RECORD`"
NOTHING_DECIDED = "choose assign, award, merge or void"
DAY_OF_TWO = "PAT-20260105-10001"
TABLE = [
    # what comes of it: number, whether it is held, whether the conflict is open; or the refusal
    ("duplicate_mrn", ASSIGN, (FRESH, True, False)),
    ("duplicate_mrn", AWARD, ("710000", True, False)),
    ("duplicate_mrn", MERGE, ("710000", False, False)),
    ("duplicate_mrn", VOID, ("710000", False, False)),
    ("duplicate_mrn", REOPEN, NOTHING_DECIDED),
    ("outside_range", ASSIGN, (FRESH, True, False)),
    ("outside_range", AWARD, ("990000", True, False)),
    ("outside_range", MERGE, NOBODY_ELSE),
    ("outside_range", VOID, ("990000", False, False)),
    ("outside_range", REOPEN, NOTHING_DECIDED),
    ("duplicate_record", ASSIGN, (FRESH, True, False)),
    ("duplicate_record", AWARD, ("710001", True, False)),
    ("duplicate_record", MERGE, ("710001", False, False)),
    ("duplicate_record", VOID, ("710001", False, False)),
    ("duplicate_record", REOPEN, NOTHING_DECIDED),
    ("revoked", ASSIGN, (FRESH, True, False)),
    ("revoked", AWARD, ("710001", True, False)),
    ("revoked", MERGE, NOBODY_ELSE),
    ("revoked", VOID, ("710001", False, False)),
    ("revoked", REOPEN, NOTHING_DECIDED),
    ("malformed", ASSIGN, NOBODY_TO_NUMBER),
    ("malformed", AWARD, NOBODY_TO_NUMBER),
    ("malformed", MERGE, NOBODY_ELSE),
    ("malformed", VOID, (None, False, False)),
    ("malformed", REOPEN, NOTHING_DECIDED),
    ("double_verdict", ASSIGN, (DAY_OF_TWO, True, False)),
    ("double_verdict", AWARD, ("710000", True, False)),
    ("double_verdict", MERGE, ("710000", False, False)),
    ("double_verdict", VOID, ("710000", False, False)),
    ("double_verdict", REOPEN, NOTHING_DECIDED),
]


@pytest.mark.parametrize(("reason", "action", "outcome"), TABLE)
def test_each_action_on_each_conflict(bench, monkeypatch, reason, action, outcome):
    """Done where it makes sense, refused with what to do instead, and always to be reopened."""
    monkeypatch.setattr("coordinator.judging.recovery.DAY_SPREAD", 1)  # no chance in its numbers
    CONFLICTS[reason](bench)
    ((found,),) = bench.desk.query("SELECT reason FROM conflicts")
    assert found == reason
    before = projection(bench.desk)
    if isinstance(outcome, str):
        with pytest.raises(CannotResolve, match=re.escape(outcome)):
            bench.decide(action)
        assert difference(projection(bench.desk), before) == {}, "nothing was changed"
        return
    number, holds, is_open = outcome
    bench.decide(action)
    assert (*bench.number(), bench.is_open()) == (number, holds, is_open)
    bench.assert_sound()
    bench.decide(REOPEN)
    after = projection(bench.desk)
    for table in ("patients", "held", "conflicts"):
        assert after[table] == before[table], f"{table} is as it was"
    bench.assert_sound()
    bench.decide(action)
    assert (*bench.number(), bench.is_open()) == (number, holds, is_open), "the same again"
    bench.assert_sound()


# who, why, when


def test_a_resolution_says_who_and_why_and_what_it_replaces(bench):
    duplicate_mrn(bench)
    first = bench.decide(ASSIGN)
    second = bench.decide(REOPEN)
    _, _, fact = bench.desk.writer.store.decisions.resolution(second.resolution)
    assert (fact.who, fact.why, fact.replaces) == ("Sadia", "saw both papers", (first.resolution,))


def test_nothing_is_decided_in_recovery(bench):
    duplicate_mrn(bench)
    bench.clinic.act(lambda tx: bench.desk.arbiter.recovery.begin(tx, "a test"))
    before = projection(bench.desk)
    with pytest.raises(InRecovery, match="a test"):
        bench.decide(ASSIGN)
    assert difference(projection(bench.desk), before) == {}


def test_only_a_conflict_is_resolved(bench):
    duplicate_mrn(bench)
    with pytest.raises(NotFound, match="There is no conflict"):
        bench.decide(VOID, bench.id_of(1, "710000", "Holder"))


# numbers


def test_a_number_is_on_its_way_with_the_resolution(bench):
    """Grant and resolution come to a desk together, or not at all."""
    duplicate_mrn(bench)
    bench.decide(ASSIGN)
    pull(bench.ward, bench.desk)
    assert sorted(filter(None, bench.ward.mrns())) == ["710000", FRESH]


def test_a_second_assignment_gives_the_number_that_is_printed_already(bench):
    duplicate_mrn(bench)
    bench.decide(ASSIGN)
    bench.decide(REOPEN)
    assert bench.decide(ASSIGN).changes[0].after == FRESH
    assert bench.granted() == [FRESH]


def test_a_displaced_holder_gets_the_same_number_whenever_that_happens(bench):
    duplicate_mrn(bench)
    holder = bench.id_of(1, "710000", "Holder")
    bench.decide(AWARD)
    assert bench.number(holder) == (FRESH, True)
    assert bench.is_open(holder) is False
    bench.decide(REOPEN)
    assert bench.number(holder) == ("710000", True)
    assert bench.is_open(holder) is None
    bench.decide(AWARD)
    assert bench.number(holder) == (FRESH, True)
    assert bench.granted() == [FRESH]


def test_a_lapsed_grant_is_not_what_a_resolution_assigns(bench):
    """The node took a number of its own range because the answer came too late."""
    duplicate_mrn(bench)
    record = RecordId((2).to_bytes(16))
    lapsed = bench.clinic.act(lambda tx: bench.desk.arbiter.grant(tx, record, Author("LAB1-PC")))
    bench.decide(ASSIGN)
    assert lapsed.mrn == FRESH
    assert bench.number() == (SECOND, True)


def test_what_changed_says_whose_card_is_to_be_printed_again(bench):
    duplicate_mrn(bench)
    moved = {change.before: change for change in bench.decide(ASSIGN).changes}
    assert moved["710000"].after == FRESH
    assert moved["710000"].reprint
    back = bench.decide(REOPEN).changes
    assert [(one.before, one.after, one.reprint) for one in back] == [(FRESH, "710000", False)]
    changes = bench.decide(AWARD).changes
    assert sorted((one.after, one.reprint) for one in changes) == [
        ("710000", False),
        (SECOND, True),
    ]


def test_merged_and_void_records_keep_their_numbers(bench):
    duplicate_mrn(bench)
    for first, number in ((ASSIGN, FRESH), (AWARD, "710000")):
        for then in (VOID, MERGE):
            bench.decide(first)
            into = RecordId((1).to_bytes(16)) if then is MERGE else None
            bench.decide(then, into=into)
            assert bench.number() == (number, True)
            assert bench.is_open() is False
            bench.assert_sound()
            bench.decide(REOPEN)
            assert bench.number() == ("710000", False)
            assert bench.is_open() is True
            assert bench.number(bench.id_of(1, "710000", "Holder")) == ("710000", True)


def test_a_void_record_passes_its_number_on_only_by_award(bench):
    duplicate_mrn(bench)
    bench.decide(AWARD)
    bench.decide(VOID)
    third = bench.bring(person(3, "710000", "LAB1-PC", "Third"))
    assert bench.number() == ("710000", True)
    bench.decide(AWARD, third)
    assert bench.number(third) == ("710000", True)
    assert bench.number() == (SECOND, True)
    assert bench.desk.query("SELECT count(*) FROM settled WHERE action = 'void'") == [(1,)]
    bench.assert_sound()


def test_awards_of_one_number_are_taken_back_one_by_one(bench):
    """Nobody is left without a number by the way."""
    duplicate_mrn(bench)
    holder = bench.id_of(1, "710000", "Holder")
    third = bench.bring(person(3, "710000", "LAB1-PC", "Third"))
    bench.decide(AWARD)
    bench.decide(AWARD, third)
    bench.decide(VOID)
    steps = []
    for about in (bench.fact, third):
        bench.decide(REOPEN, about)
        steps.append((bench.number(holder)[0], bench.number()[0], bench.number(third)[0]))
        bench.assert_sound()
    assert steps == [(FRESH, SECOND, "710000"), (FRESH, "710000", "710000")]
    assert bench.number() == ("710000", True)
    bench.decide(AWARD, third)
    assert bench.number() == (SECOND, True), "the number that it had before"
    assert bench.granted() == [FRESH, SECOND]


def test_a_displaced_holder_may_ask_for_the_number_back(bench):
    duplicate_mrn(bench)
    holder = bench.id_of(1, "710000", "Holder")
    bench.decide(AWARD)
    with pytest.raises(CannotResolve, match=f"has the number {FRESH}"):
        bench.decide(ASSIGN, holder)
    bench.decide(AWARD, holder)
    assert bench.number(holder) == ("710000", True)
    assert bench.number() == (SECOND, True)
    bench.decide(REOPEN, holder)
    assert (bench.number(holder), bench.number()) == ((FRESH, True), ("710000", True))
    bench.decide(REOPEN, holder)
    assert (bench.number(holder), bench.number()) == (("710000", True), ("710000", False))
    bench.assert_sound()


def test_an_award_that_is_there_already_is_refused(bench):
    duplicate_mrn(bench)
    bench.decide(AWARD)
    with pytest.raises(CannotResolve, match="holds 710000 already"):
        bench.decide(AWARD)
    bench.decide(ASSIGN)
    assert bench.number() == (SECOND, True), "an award may turn into an assignment"
    assert bench.number(bench.id_of(1, "710000", "Holder")) == ("710000", True)


def test_a_stray_number_of_a_day_is_not_awarded(bench):
    """All numbers of the day below it would be lost."""
    bench.fact = bench.bring(person(2, "PAT-20260105-999999", "LAB1-PC"))
    with pytest.raises(CannotResolve, match="assign a fresh one"):
        bench.decide(AWARD)
    near = bench.bring(person(3, "PAT-20260105-0007", "LAB1-PC"))
    bench.decide(AWARD, near)
    assert bench.number(near) == ("PAT-20260105-0007", True)
    bench.decide(ASSIGN)
    assert bench.number() == ("PAT-20260105-0008", True)


def test_a_number_that_another_desk_is_going_to_give_is_not_awarded(bench):
    """The desk may be alone, and would print it too."""
    stray = bench.bring(person(4, "720001", "LAB1-PC"))
    with pytest.raises(CannotResolve, match="720000-729999 of WARD-PC, which is going to give it"):
        bench.decide(AWARD, stray)
    bench.decide(ASSIGN, stray)
    number, holds = bench.number(stray)
    assert holds
    assert number.startswith("PAT-")


def test_a_number_that_another_desk_has_passed_by_may_be_awarded(bench, ward):
    ward.register(ward.draft(), lambda tx: issuing.supplied(tx, ward.author, Mrn("720005"), None))
    pull(bench.desk, ward)
    stray = bench.bring(person(4, "720001", "LAB1-PC"))
    bench.decide(AWARD, stray)
    assert bench.number(stray) == ("720001", True)
    bench.assert_sound()


# merging


def test_a_refused_person_may_be_merged_into_another_record(bench):
    outside_range(bench)
    bench.bring(person(5, "710005", "LAB1-PC"))
    bench.decide(MERGE, into=RecordId((5).to_bytes(16)))
    assert bench.desk.query("SELECT action, record FROM settled") == [("merge", (5).to_bytes(16))]
    with pytest.raises(NotFound, match="record id"):
        bench.decide(MERGE, into=RecordId((6).to_bytes(16)))
    with pytest.raises(CannotResolve, match="merged into that record already"):
        bench.decide(MERGE, into=RecordId((5).to_bytes(16)))


def test_a_merge_takes_the_fields_that_were_chosen_if_both_records_are_as_they_were_read(bench):
    duplicate_mrn(bench)
    asked = []

    def is_as_seen(former, survivor):
        asked.append((former, survivor))
        return len(asked) > 1

    for expected in (pytest.raises(SeenOtherwise), contextlib.nullcontext()):
        with expected:
            bench.decide(MERGE, taken=("dob", "identifiers.passport"), is_as_seen=is_as_seen)
    ((patient, survivor),) = set(asked)
    ((taken,),) = bench.desk.query("SELECT taken FROM settled WHERE patient = ?", patient)
    assert set(taken.split()) >= {"dob", "dob_estimated"}
    assert "passport" in taken
    assert survivor != patient
    bench.assert_sound()


def test_nobody_is_merged_into_a_record_that_does_not_count(bench):
    duplicate_mrn(bench)
    third = bench.bring(person(3, "710000", "LAB1-PC", "Third"))
    second = RecordId((2).to_bytes(16))
    bench.decide(MERGE)
    with pytest.raises(MergedIntoAnother, match=r"number 710000, record 0+-0+-0+-0+-0+1\b"):
        bench.decide(MERGE, third, into=second)
    bench.decide(VOID)
    with pytest.raises(CannotResolve, match="is void"):
        bench.decide(MERGE, third, into=second)
    bench.decide(REOPEN)
    bench.decide(MERGE, third, into=second)
    with pytest.raises(CannotResolve, match="unmerge that one first"):
        bench.decide(VOID)
    bench.decide(REOPEN, third)
    bench.decide(VOID)


def test_a_record_into_which_another_one_was_merged_is_merged_on(bench):
    """The holder counts for both then, and each number finds the holder."""
    duplicate_mrn(bench)
    third = bench.bring(person(3, "710000", "LAB1-PC", "Third"))
    bench.decide(MERGE, third, into=RecordId((2).to_bytes(16)))
    bench.decide(MERGE)
    holder = bench.id_of(1, "710000", "Holder")
    assert bench.desk.query("SELECT survivor FROM settled") == [(holder,), (holder,)]
    bench.decide(REOPEN)
    assert bench.desk.query("SELECT survivor FROM settled") == [(bench.fact,)]
    bench.assert_sound()


# two administrators


def test_what_somebody_else_decided_meanwhile_is_reported(bench):
    duplicate_mrn(bench)
    bench.decide(ASSIGN)
    with pytest.raises(ConflictDecided, match=r"Sadia decided 'assign'.*saw both papers"):
        bench.decide(VOID, seen=Seen(None))
    with pytest.raises(ConflictDecided):
        bench.decide(VOID, seen=None)
    stale = Seen(bench.in_force(bench.fact))
    bench.decide(REOPEN)
    with pytest.raises(ConflictDecided, match="decided 'reopen'"):
        bench.decide(VOID, seen=stale)
    assert bench.is_open() is True
    bench.decide(VOID, seen=None)
    bench.decide(REOPEN, seen=None)


# any history


SEEDS = (0, 3, 7, 26, 31)
"""The last three notice an `assign` that gives no fresh number, and an `award` that gives none."""


@pytest.mark.parametrize(
    "seed",
    [
        pytest.param(seed, marks=[] if seed in SEEDS else pytest.mark.soak, id=str(seed))
        for seed in range(40)
    ],
)
def test_no_history_of_decisions_loses_or_repeats_a_number(clinic, lab, ward, seed):
    """Four people under two numbers, and an administrator who cannot make up their mind."""
    chance = random.Random(seed)
    bench = Bench(clinic, lab, ward)
    people = [
        bench.bring(person(number, mrn, "LAB1-PC", f"Person {number}"))
        for number, mrn in ((1, "710000"), (2, "710000"), (3, "710000"), (4, "710001"), (5, FRESH))
    ]
    done = 0
    for _ in range(40):
        fact, action = chance.choice(people), chance.choice(list(Action))
        try:
            bench.decide(action, fact)
        except (CannotResolve, NotFound):
            continue
        done += 1
        for one in people:
            number, holds = bench.number(one)
            assert number is not None
            assert holds or bench.is_open(one) is not None, "who has no number is reported"
            if not bench.is_open(one):
                settled = bench.desk.writer.store.merges.of(people.index(one) + 1)
                assert holds or settled, "what is closed has a number, or needs none"
        granted = bench.granted()
        assert len(granted) == len(set(granted)) <= len(people) + 1
    assert done > 10
    bench.assert_sound()


def test_replicas_that_got_resolutions_in_any_order_agree(bench, clinic):
    duplicate_mrn(bench)
    holder = bench.id_of(1, "710000", "Holder")
    states = []
    for action, about in (
        (AWARD, bench.fact),
        (VOID, holder),
        (REOPEN, holder),
        (REOPEN, bench.fact),
        (ASSIGN, bench.fact),
        (MERGE, bench.fact),
    ):
        bench.decide(action, about)
        states.append(projection(bench.desk))
    assert all(one != other for one, other in pairwise(states))
    decided = [
        data
        for (data,) in bench.desk.query(
            "SELECT f.data FROM facts f JOIN runs r ON r.id = f.run JOIN shards s ON s.id = r.shard"
            " WHERE s.author = ? ORDER BY f.clock",
            COORDINATOR,
        )
    ]
    registry = [
        batch
        for batch in missing_batches(clinic.bare_desk("FIRST"), bench.desk)
        if batch.author == REGISTRY
    ]
    pieces = [
        Run(COORDINATOR, clinic.coordinator_key, 900 + number).then(data).batch()
        for number, data in enumerate(decided)
    ]
    chance = random.Random(7)
    results = []
    for number in range(6):
        desk = clinic.bare_desk(f"DESK-{number}")
        batches = [*registry, *pieces, bench.run.batch()]
        chance.shuffle(batches)
        for batch in batches:
            desk.exchange.merge(Merge((batch,)))
        desk.exchange.merge(Merge(tuple(batches)))  # some of them came before their keys
        assert difference(projection(desk), folded_from_nothing(desk)) == {}
        results.append(projection(desk))
    for result in results:
        assert difference(result, results[0]) == {}
        assert result["conflicts"] == states[-1]["conflicts"]
        assert result["held"] == states[-1]["held"]
