"""What the APIs tell of a conflict: both people, who holds the number and why, what was decided."""

from functools import partial

import pytest

from sync.model.facts import Action, RecordId
from sync.reading.conflicts import ConflictFilter
from tests.clinic import START_MS
from tests.coordinator.judging.test_resolving import (
    CONFLICTS,
    FRESH,
    Bench,
    duplicate_mrn,
    duplicate_record,
    outside_range,
)
from tests.forging import person
from tests.sync.patients import reading as reading_


@pytest.fixture
def bench(clinic, lab, ward) -> Bench:
    return Bench(clinic, lab, ward)


class Reading:
    """Reads the conflicts of the coordinator of a bench, each time as they are then."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench

    def look(self, act):
        with reading_(self.bench.desk) as snapshot:
            return act(snapshot)

    def one(self, fact=None):
        return self.look(lambda snapshot: snapshot.conflicts.one((fact or self.bench.fact).hex()))

    def history(self, patient):
        return self.look(lambda snapshot: snapshot.people.history(patient))

    def of_mrn(self, mrn):
        return self.look(lambda snapshot: snapshot.people.of_mrn(mrn))

    def found(self, **wanted):
        page = self.look(lambda snapshot: snapshot.conflicts.page(ConflictFilter(**wanted), 50))
        return [one["id"] for one in page]


@pytest.fixture
def reading(bench):
    return Reading(bench)


def page(snapshot, offset):
    return snapshot.conflicts.page(ConflictFilter(), 1, offset)


def names(*people):
    return [one["full_name"] if one else None for one in people]


@pytest.mark.parametrize("reason", CONFLICTS)
def test_each_kind_of_conflict_can_be_told(bench, reading, reason):
    CONFLICTS[reason](bench)
    shown = reading.one()
    assert (shown["id"], shown["reason"], shown["open"]) == (bench.fact.hex(), reason, True)
    assert (shown["resolution"], shown["history"]) == (None, [])
    assert shown["patient"]["mrn_status"] == (
        "admitted" if reason == "double_verdict" else "rejected"
    )
    assert reading.look(lambda snapshot: snapshot.conflicts.count(ConflictFilter())) == 1


def test_the_holder_and_why(bench, reading):
    duplicate_mrn(bench)
    shown = reading.one()
    assert names(shown["patient"], shown["holder"], shown["other"]) == [
        "Second",
        "Holder",
        "Holder",
    ]
    assert (shown["held_by"], shown["differs"]) == ("verdict", ["full_name"])
    bench.decide(Action.AWARD)
    shown = reading.one()
    assert names(shown["holder"], shown["other"]) == ["Second", "Holder"], "whom it displaced"
    assert (shown["held_by"], shown["open"]) == ("resolution", False)
    assert shown["other"]["former_mrn"] == "710000"
    theirs = reading.one(bench.id_of(1, "710000", "Holder"))
    assert names(theirs["patient"], theirs["other"]) == ["Holder", "Second"]
    (step,) = theirs["history"]
    assert (step["about"], step["displaced_mrn"], step["in_force"]) == (shown["id"], FRESH, True)


def test_nobody_holds_what_was_refused(bench, reading):
    outside_range(bench)
    shown = reading.one()
    assert (shown["holder"], shown["held_by"], shown["other"]) == (None, None, None)
    assert shown["differs"] == []


def test_two_of_one_record_are_compared(bench, reading):
    duplicate_record(bench)
    shown = reading.one()
    assert shown["holder"] is None
    assert names(shown["other"]) == ["First"]
    bench.decide(Action.MERGE)
    shown = reading.one()
    assert names(shown["other"]) == ["First"]
    assert shown["patient"]["merged_into"] == shown["other"]["record_id"]


def test_the_history_has_every_decision_with_who_and_why(bench, reading):
    duplicate_mrn(bench)
    holder = bench.id_of(1, "710000", "Holder")
    bench.bring(person(5, "710005", "LAB1-PC"))
    for action in (Action.ASSIGN, Action.REOPEN, Action.AWARD, Action.REOPEN):
        bench.decide(action)
    bench.decide(Action.MERGE, into=RecordId((5).to_bytes(16)))
    shown = reading.one()
    steps = shown["history"]
    assert [step["action"] for step in steps] == ["assign", "reopen", "award", "reopen", "merge"]
    assert [step["mrn"] for step in steps] == [FRESH, None, "710000", None, None]
    assert [step["in_force"] for step in steps] == [False, False, False, False, True]
    assert [step["replaced"] for step in steps] == [True, True, True, True, False]
    assert {(step["who"], step["why"]) for step in steps} == {("Sadia", "saw both papers")}
    assert steps[0]["at"] < steps[-1]["at"]
    assert steps[-1]["into"] == shown["patient"]["merged_into"] == shown["other"]["record_id"]
    assert steps[2]["displaced"] == shown["holder"]["record_id"]
    assert reading.one(holder) is None, "who has the number again has no conflict"


def test_an_award_is_told_to_both_with_their_own_number(bench, reading):
    """In the history of each person."""
    duplicate_mrn(bench)
    bench.decide(Action.AWARD)
    shown = {}
    for name in ("Holder", "Second"):
        ((ident,),) = bench.desk.query("SELECT id FROM patients WHERE full_name = ?", name)
        shown[name] = [
            entry["mrn"] for entry in reading.history(ident) if entry["kind"] == "resolved"
        ]
    assert shown == {"Holder": [FRESH], "Second": ["710000"]}


def test_filters(bench, reading):
    duplicate_mrn(bench)
    first = bench.fact.hex()
    bench.fact = bench.bring(person(9, "990000", "LAB1-PC"))
    second = bench.fact.hex()
    bench.decide(Action.VOID)
    assert reading.found() == [second, first], "the newest first"
    assert reading.found(open=True) == [first]
    assert reading.found(open=False) == [second]
    assert reading.found(reason="outside_range") == [second]
    assert reading.found(mrn="710000") == [first]
    assert reading.found(terminal="LAB1-PC") == [second, first]
    assert reading.found(terminal="WARD-PC") == []
    noon = START_MS // 1000 // 86_400 * 86_400 + 7 * 3600  # 12:00 in Karachi
    assert reading.found(since=noon) == [second, first]
    assert reading.found(since=noon + 1) == []
    assert reading.found(until=noon) == []
    assert reading.found(until=noon + 1, since=noon, open=True) == [first]
    pages = [reading.look(partial(page, offset=offset)) for offset in (0, 1, 2)]
    assert [[one["id"] for one in page] for page in pages] == [[second], [first], []]
    assert reading.one(bytes(16)) is None


def test_a_number_that_was_ever_given_finds_its_person(bench, reading):
    duplicate_mrn(bench)
    for action in (Action.AWARD, Action.REOPEN, Action.ASSIGN, Action.REOPEN):
        bench.decide(action)
    second = bench.number()[0]
    assert second == "710000"
    found = reading.of_mrn("710000")
    assert names(*found) == ["Holder", "Second"], "its holder first"
    for number, name in ((FRESH, "Holder"), ("PAT-20260105-0002", "Second")):
        found = reading.of_mrn(number)
        assert names(*found) == [name]
    bench.decide(Action.VOID)
    (_, void) = reading.of_mrn("710000")
    assert (void["voided"], void["merged_into"]) == (True, None)
