"""Numbers printed ahead: taken once, typed in once, wherever that is allowed."""

from __future__ import annotations

import pytest

from coordinator.errors import RangeOverlap
from coordinator.registry import terminals
from sync.engine import issuing
from sync.engine.issuing import Issued
from sync.engine.records import sheets
from sync.engine.transaction import Transaction
from sync.engine.writer import Writer
from sync.errors import MrnConflict, NoRange, NotOnSheet, NotYourNumber, TooFewNumbers
from sync.model import bodies, facts
from sync.model.clerks.known import Doer, KnownBy
from sync.model.clock import believable
from sync.model.facts import COORDINATOR, NO_RECORD, SHEET, Author, FactId, SheetFact
from sync.model.numbers import Mrn, NumberRange
from sync.protocol.questions import Merge
from sync.witness.memory import Witness
from tests.clinic import Clinic, Desk, pull
from tests.faults import Crash
from tests.forging import ELSEWHERE, Run, person
from tests.projection import difference, folded_from_nothing, projection
from tests.stepping import DAY_MS

AT = "2026-01-05T10:42:00+05:00"
SADIA = Doer("Sadia", KnownBy.PIN)
FIRST = 710000


def take(desk: Desk, another: bool = False, count: int = 50) -> FactId:
    fact: FactId = desk.write(
        lambda tx: sheets.take(tx, desk.author, desk.witness, AT, SADIA, another, count)
    )
    return fact


def numbers_of(desk: Desk, sheet: FactId) -> list[int]:
    kept = desk.writer.store.sheets.one(sheet)
    assert kept is not None
    return list(kept.fact.numbers)


def type_in(desk: Desk, number: int, terminal: str = "LAB1-PC", paper: bool = True) -> str:
    """Whoever is written beside a number; returns the status and number that they have."""
    code, mrn = Author(terminal), Mrn(str(number))

    def issue(tx: Transaction) -> Issued:
        return sheets.typed_in(tx, code, mrn) or issuing.supplied(tx, code, mrn, desk.witness)

    desk.register(desk.draft()._replace(terminal=code, from_paper=paper), issue)
    return str(desk.status()[mrn][0])


@pytest.fixture
def witnessed(lab: Desk, tmp_path) -> Desk:
    lab.be_witnessed(Witness.create(tmp_path / "witness", "machine", 0))
    return lab


def test_a_sheet_has_the_next_fifty_numbers_and_the_desk_goes_on_above_them(lab):
    lab.register_offline()
    assert numbers_of(lab, take(lab)) == list(range(FIRST + 1, FIRST + 51))
    lab.register_offline()
    assert lab.mrns() == [str(FIRST), str(FIRST + 51)]


def test_a_print_that_failed_shows_the_same_numbers_until_one_is_used(lab):
    sheet = take(lab)
    assert take(lab) == sheet, "nobody is written on it yet"
    other = take(lab, another=True)
    assert not set(numbers_of(lab, other)) & set(numbers_of(lab, sheet))
    type_in(lab, numbers_of(lab, other)[7])
    assert take(lab) not in (sheet, other)


def test_a_print_that_failed_shows_the_same_numbers_after_the_clock_was_set_back(lab):
    def set_by(days: int) -> None:
        lab.skew_ms += days * DAY_MS
        lab.writer.believed.confirm()
        lab.write(lambda tx: None)

    set_by(50)
    ahead = take(lab)
    type_in(lab, numbers_of(lab, ahead)[0])
    set_by(-50)
    sheet = take(lab)
    assert sheet != ahead, "that one is used"
    assert take(lab) == sheet
    newest = lab.writer.store.sheets.newest_of(lab.author, 5, most=believable(lab.writer.now_ms))
    assert [one.id for one in newest] == [sheet, ahead]


def test_the_witness_knows_the_last_number_before_the_sheet_is_there(witnessed, tmp_path):
    backup = witnessed.back_up()
    take(witnessed)
    assert witnessed.witness is not None
    assert witnessed.witness.mark("710000-719999") == FIRST + 49
    witnessed.witness.release()
    witnessed.restore(backup)
    witnessed.witness.read()
    with pytest.raises(NoRange, match="numbers up to 710049 were issued"):
        take(witnessed)


def test_a_desk_that_dies_while_it_takes_a_sheet_gives_none_of_its_numbers(witnessed):
    witnessed.connection.fail_after_commit()
    with pytest.raises(Crash):
        take(witnessed)
    witnessed.reopen()
    witness = witnessed.witness
    assert witness is not None
    witness.read()
    witness.catch_up(witnessed.write(issuing.how_far_used))
    witnessed.register_offline()
    assert witnessed.mrns() == [str(FIRST + 50)]


def test_a_sheet_takes_what_is_left_of_one_range_and_the_rest_of_the_next(clinic):
    desk = clinic.desk("LAB1-PC", "710000-710029")
    with pytest.raises(TooFewNumbers, match="has 30 numbers of its own left, and a sheet takes 50"):
        take(desk)
    assert desk.writer.store.cursors.all()[0].cursor == FIRST - 1, "nothing was taken"
    clinic.grant_range("LAB1-PC", "600000-600099")
    pull(desk, clinic.coordinator)
    assert numbers_of(desk, take(desk)) == [
        *range(600000, 600020),
        *range(710000, 710030),
    ]
    assert take(desk, another=True, count=10)
    cursors = {one.range.text: one.cursor for one in desk.writer.store.cursors.all()}
    assert cursors == {"710000-710029": 710029, "600000-600099": 600029}


def test_a_number_is_typed_in_once(lab, clinic):
    number = numbers_of(lab, take(lab))[3]
    type_in(lab, number)
    with pytest.raises(MrnConflict):
        type_in(lab, number)
    pull(clinic.coordinator, lab)
    assert clinic.coordinator.status()[str(number)] == ("admitted", None)
    with pytest.raises(MrnConflict):
        type_in(clinic.coordinator, number)


def test_the_coordinator_types_in_for_a_desk_whose_sheet_it_has(lab, clinic):
    number = numbers_of(lab, take(lab))[0]
    with pytest.raises((MrnConflict, NotYourNumber)):
        type_in(clinic.coordinator, number)
    pull(clinic.coordinator, lab)
    assert type_in(clinic.coordinator, number) == "admitted"
    pull(lab, clinic.coordinator)
    assert lab.status()[str(number)] == ("admitted", None)
    with pytest.raises(MrnConflict):
        type_in(lab, number)


def test_a_number_that_was_typed_in_at_two_places_is_a_conflict(lab, clinic):
    number = numbers_of(lab, take(lab))[0]
    pull(clinic.coordinator, lab)
    type_in(clinic.coordinator, number)
    type_in(lab, number)
    clinic.heal()
    for desk in clinic.replicas:
        assert desk.conflicts() == [(str(number), "duplicate_mrn")]
        assert sorted(row[0] for row in desk.query("SELECT status FROM patients")) == [
            "admitted",
            "rejected",
        ]


def test_the_computer_that_replaces_a_desk_types_its_sheets_in(lab, clinic):
    number = numbers_of(lab, take(lab))[0]
    pull(clinic.coordinator, lab)
    clinic.act(lambda tx: terminals.change_terminal(tx, "LAB1-PC", state=facts.State.REPLACED))
    other = clinic.new_desk("other", Author("LAB1-PC"), clinic.new_signer())
    identity = other.writer.identity
    clinic.act(
        lambda tx: terminals.join_node(tx, "LAB1-PC", other.writer.public_key, identity.incarnation)
    )
    pull(other, clinic.coordinator)
    type_in(other, number)
    pull(clinic.coordinator, other)
    assert clinic.coordinator.status()[str(number)] == ("admitted", None)
    other.close()


def test_nobody_else_types_in_what_stands_on_a_sheet(lab, ward, clinic):
    number = numbers_of(lab, take(lab))[0]
    pull(clinic.coordinator, lab)
    pull(ward, clinic.coordinator)
    with pytest.raises(MrnConflict):
        type_in(ward, number, "WARD-PC")
    body = bodies.write(
        facts.Registration(
            Mrn(str(number)), Author("WARD-PC"), True, AT, None, None, {"full_name": "A"}
        )
    )
    ward.write(lambda tx: tx.append(ward.author, facts.REGISTRATION, ward.draft().record, body))
    pull(clinic.coordinator, ward)
    assert clinic.coordinator.status()[str(number)] == ("rejected", "outside_range")


def test_a_time_on_paper_needs_a_number_on_paper(lab):
    with pytest.raises(NotOnSheet, match="710000"):
        type_in(lab, FIRST)


def forged(desk: Desk, *numbers: int) -> Merge:
    """A sheet of a desk with any numbers, in a run of its own."""
    body = bodies.write(SheetFact(numbers, AT, None))
    fact = facts.encode(facts.Envelope(SHEET, NO_RECORD, 1 << 50, ELSEWHERE, body))
    return Merge((Run(desk.author, desk.signer, sum(numbers)).then(fact).batch(),))


def test_whoever_prints_numbers_of_another_desk_uses_none_of_them_up(lab, ward, clinic):
    pull(clinic.coordinator, ward)
    pull(lab, clinic.coordinator)
    lab.exchange.merge(forged(ward, FIRST + 2, FIRST + 5))
    assert lab.writer.store.numbers.range_mark(NumberRange(710000, 719999)) < FIRST
    assert [one.claims for one in lab.writer.store.numbers.strays()] == [2]
    for _ in range(4):
        lab.register_offline()
    taken = [str(FIRST + ahead) for ahead in (0, 1, 3, 4)]
    assert lab.mrns() == taken, "nobody is given what somebody may have on paper"
    assert difference(projection(lab), folded_from_nothing(lab)) == {}


def test_a_sheet_that_comes_before_its_range_counts_all_the_same(clinic, lab, ward):
    desk = clinic.desk("ER-PC")
    sheet = forged(desk, 730003)
    desk.exchange.merge(sheet)
    desk.exchange.merge(sheet)
    clinic.grant_range("ER-PC", "730000-730009")
    pull(desk, clinic.coordinator)
    assert desk.writer.store.numbers.range_mark(NumberRange(730000, 730009)) == 730003
    assert difference(projection(desk), folded_from_nothing(desk)) == {}


def test_a_sheet_that_comes_after_what_was_typed_in_covers_it(clinic, lab, ward):
    """No verdict is here yet, so until then a rival with the smaller fact id holds the number."""
    pull(clinic.coordinator, ward)
    typed_in = person(1, "710003", "LAB1-PC")
    ident = facts.fact_id(COORDINATOR, typed_in)
    rival = next(
        fact
        for fact in (person(number, "710003", "WARD-PC") for number in range(2, 1000))
        if facts.fact_id(ward.author, fact) < ident
    )
    runs = (
        Run(COORDINATOR, clinic.coordinator_key, 5, (typed_in,)),
        Run(ward.author, ward.signer, 5, (rival,)),
    )
    pull(lab, clinic.coordinator)
    held = "SELECT p.author FROM held h JOIN patients p ON p.id = h.patient"
    lab.exchange.merge(Merge(tuple(run.batch() for run in runs)))
    assert lab.query(held) == [(ward.author,)]
    lab.exchange.merge(forged(lab, FIRST + 2, FIRST + 4))
    assert lab.query(held) == [(ward.author,)]
    lab.exchange.merge(forged(lab, FIRST + 2, FIRST + 3, FIRST + 4))
    assert lab.query(held) == [(COORDINATOR,)]
    assert difference(projection(lab), folded_from_nothing(lab)) == {}


def test_a_block_with_printed_numbers_is_granted_to_nobody(clinic: Clinic, lab):
    clinic.coordinator.exchange.merge(forged(lab, 800005))
    with pytest.raises(RangeOverlap, match="800005"):
        clinic.grant_range("LAB1-PC", "800000-800009")


def test_a_sheet_of_before_a_restore_is_not_printed_again(clinic, lab):
    sheet = take(lab)
    backup = lab.back_up()
    type_in(lab, numbers_of(lab, sheet)[0])  # and the others are given to people, on paper
    lab.restore(backup)
    Writer.renew(lab.writer.store, clinic.random.randbytes, clinic.now_ms)
    lab.reopen()
    with pytest.raises(NoRange):
        take(lab)


def test_a_sheet_that_was_used_is_not_printed_again_by_a_database_behind(witnessed):
    sheet = take(witnessed)
    backup = witnessed.back_up()
    type_in(witnessed, numbers_of(witnessed, sheet)[0])
    witnessed.register_offline()
    witnessed.witness.release()
    witnessed.restore(backup)
    witnessed.witness.read()
    with pytest.raises(NoRange):
        take(witnessed)
