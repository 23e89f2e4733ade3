"""Which number is issued: in its range, never seen before, the oldest range first."""

import pytest

from coordinator.registry import terminals
from sync.engine import issuing
from sync.engine.issuing import Issued
from sync.engine.records import sheets
from sync.errors import (
    KeyReused,
    MrnConflict,
    NoRange,
    NotYourNumber,
    RangeExhausted,
    StoreDamaged,
    TerminalNotFound,
)
from sync.model import bodies
from sync.model.clerks.known import Doer
from sync.model.facts import NO_RECORD, RANGE, REGISTRY, Allocator, Author, RangeFact, State
from sync.model.numbers import Mrn, NumberRange
from sync.protocol.questions import Merge
from sync.witness.memory import Witness
from tests.claiming import CLAIMING
from tests.clinic import Clinic, pull
from tests.faults import Crash
from tests.forging import Run, person
from tests.projection import projection


def numbers_of(desk, count):
    for _ in range(count):
        desk.register_offline()
    return [int(mrn) for mrn in desk.mrns()[-count:]]


def test_numbers_come_in_order_from_the_start(lab):
    assert numbers_of(lab, 5) == [710000, 710001, 710002, 710003, 710004]


def test_an_exhausted_range_says_the_exact_sentence(clinic):
    desk = clinic.desk("LAB1-PC", "710000-710002")
    assert numbers_of(desk, 3) == [710000, 710001, 710002]
    with pytest.raises(RangeExhausted) as caught:
        desk.register_offline()
    assert str(caught.value) == (
        "Terminal LAB1-PC has exhausted its offline MRN range (710000-710002)."
        " Please contact administrator to configure a new range."
    )
    assert len(desk.mrns()) == 3


def test_the_oldest_range_is_used_first_and_the_cursor_never_runs_on_into_the_next(clinic):
    desk = clinic.desk("LAB1-PC", "710000-710001")
    clinic.grant_range("LAB1-PC", "600000-600001")
    clinic.grant_range("LAB1-PC", "710002-710003")
    pull(desk, clinic.coordinator)
    assert numbers_of(desk, 6) == [710000, 710001, 600000, 600001, 710002, 710003]
    cursors = {cursor.range.text: cursor.cursor for cursor in desk.writer.store.cursors.all()}
    assert cursors == {"710000-710001": 710001, "600000-600001": 600001, "710002-710003": 710003}


def test_a_number_that_somebody_else_claims_is_left_out(clinic, lab, ward):
    claim = Run(ward.author, ward.signer, 5).then(person(1, "710001", ward.author))
    lab.register_offline()
    pull(lab, clinic.coordinator)
    lab.exchange.merge(Merge((claim.batch(),)))
    assert numbers_of(lab, 2) == [710002, 710003]


def test_a_number_that_somebody_claimed_before_the_range_was_known_is_left_out(clinic, lab):
    desk = clinic.desk("WARD-PC")
    claim = Run(lab.author, lab.signer, 5).then(person(1, "720000", lab.author))
    desk.exchange.merge(Merge((claim.batch(),)))
    clinic.grant_range("WARD-PC", "720000-720009")
    pull(desk, clinic.coordinator)
    assert numbers_of(desk, 2) == [720001, 720002]


def test_a_terminal_that_is_not_active_issues_nothing(clinic, lab):
    clinic.act(lambda tx: terminals.change_terminal(tx, lab.author, state=State.INACTIVE))
    assert numbers_of(lab, 1) == [710000], "it has not heard of it yet"
    pull(lab, clinic.coordinator)
    with pytest.raises(TerminalNotFound, match="Terminal 'LAB1-PC' not found or not active"):
        lab.register_offline()
    clinic.act(lambda tx: terminals.change_terminal(tx, lab.author, state=State.ACTIVE))
    pull(lab, clinic.coordinator)
    assert numbers_of(lab, 1) == [710001]


def test_a_terminal_that_nobody_knows_issues_nothing(lab):
    with pytest.raises(TerminalNotFound):
        lab.writer.write(lambda tx: issuing.from_range(tx, Author("NOBODY"), Allocator.NODE, None))


def test_a_terminal_without_a_range_says_so(clinic):
    desk = clinic.desk("LAB1-PC")
    with pytest.raises(NoRange, match="none was granted"):
        desk.register_offline()


def test_no_cursor_no_number(lab):
    lab.register_offline()
    lab.query("DELETE FROM cursors")
    with pytest.raises(NoRange, match="how far it was used is not known here"):
        lab.register_offline()


def test_a_closed_cursor_gives_its_reason_and_the_next_range_goes_on(clinic, lab):
    lab.register_offline()
    lab.query("UPDATE cursors SET closed = 'for a reason'")
    with pytest.raises(NoRange, match="710000-719999: for a reason"):
        lab.register_offline()
    clinic.grant_range(lab.author, "800000-800009")
    pull(lab, clinic.coordinator)
    assert numbers_of(lab, 1) == [800000]


def test_a_range_of_an_earlier_life_is_not_used(clinic, lab):
    lab.query("UPDATE meta SET value = ? WHERE key = 'incarnation'", b"another.")
    lab.reopen()
    with pytest.raises(NoRange, match="an earlier copy of this desk's database"):
        lab.register_offline()


def test_numbers_go_on_above_the_mark_of_a_hand_over(clinic):
    """The coordinator issues for a terminal without a node, until a node joins."""
    coordinator = clinic.coordinator
    clinic.act(lambda tx: terminals.add_terminal(tx, "LAB1-PC", "Laboratory"))
    clinic.grant_range("LAB1-PC", "710000-710009")

    def issue(tx):
        return issuing.from_range(tx, Author("LAB1-PC"), Allocator.COORDINATOR, None)

    for _ in range(3):
        draft = coordinator.draft()._replace(terminal=Author("LAB1-PC"))
        coordinator.register(draft, issue)
    desk = joined(clinic, "LAB1-PC")
    assert numbers_of(desk, 2) == [710003, 710004]
    with pytest.raises(NoRange):
        coordinator.register(coordinator.draft()._replace(terminal=Author("LAB1-PC")), issue)
    clinic.heal()
    assert {status for status, _ in coordinator.status().values()} == {"admitted"}
    assert projection(coordinator) == projection(desk)


def joined(clinic: Clinic, code: str):
    desk = clinic.bare_desk(code)
    writer = desk.writer
    clinic.act(
        lambda tx: terminals.join_node(tx, code, writer.public_key, writer.identity.incarnation)
    )
    pull(desk, clinic.coordinator)
    return desk


def test_a_repeated_request_gets_its_answer_again_over_a_restart(lab):
    keyed = lab.draft()._replace(key=b"k" * 16, request=b"request", key_text="the key")
    first = lab.register(keyed, lab.from_own_range)
    lab.reopen()
    again = lab.register(keyed, lab.from_own_range)
    assert (again.patient, again.issued) == (first.patient, None)
    with pytest.raises(KeyReused, match="'the key' was used for a different registration"):
        lab.register(keyed._replace(request=b"other"), lab.from_own_range)
    assert lab.mrns() == ["710000"]


def test_a_request_that_failed_may_be_sent_again(clinic, lab):
    keyed = lab.draft()._replace(key=b"k" * 16, request=b"request")
    lab.query("UPDATE cursors SET closed = 'for now'")
    with pytest.raises(NoRange):
        lab.register(keyed, lab.from_own_range)
    lab.query("UPDATE cursors SET closed = NULL")
    assert lab.register(keyed, lab.from_own_range).issued is not None


class Outside:
    """A witness that knows one mark."""

    def __init__(self, why: str | None) -> None:
        self.why = why
        self.asked: list[tuple[int, bool]] = []

    def objection(self, cursor, fresh, below=0):
        self.asked.append((cursor.cursor, fresh))
        return self.why

    def burned(self, range_):
        return 0

    def given(self, range_):
        return 0


def test_a_witness_that_objects_is_heard(lab):
    witness = Outside("it knows better")
    with pytest.raises(NoRange, match="it knows better"):
        lab.writer.write(lambda tx: issuing.from_range(tx, lab.author, Allocator.NODE, witness))
    content = Outside(None)

    def issue(tx):
        return issuing.from_range(tx, lab.author, Allocator.NODE, content)

    lab.register(lab.draft(), issue)
    lab.register(lab.draft(), issue)
    assert content.asked == [(709999, True), (710000, False)]


def test_an_online_number_is_taken_once_and_only_for_its_record(clinic, lab, ward):
    draft = lab.draft()
    arbiter = clinic.coordinator.arbiter
    granted = clinic.act(lambda tx: arbiter.grant(tx, draft.record, lab.author))
    for desk in (lab, ward):
        pull(desk, clinic.coordinator)
    assert ward.writer.write(lambda tx: issuing.granted(tx, draft.record, ward.author)) is None
    other = lab.draft().record
    assert lab.writer.write(lambda tx: issuing.granted(tx, other, lab.author)) is None
    lab.register(draft, lambda tx: issuing.granted(tx, draft.record, lab.author))
    assert lab.mrns() == [granted.mrn]
    assert lab.writer.write(lambda tx: issuing.granted(tx, draft.record, lab.author)) is None
    clinic.heal()
    assert ward.status() == {granted.mrn: ("admitted", None)}


def test_what_remains_of_a_range(clinic):
    desk = clinic.desk("LAB1-PC", "710000-710009")
    range_ = NumberRange(710000, 710009)

    def remaining() -> int:
        (prospect,) = desk.writer.write(
            lambda tx: issuing.prospects(tx, desk.author, Allocator.NODE, None)
        )
        left: int = prospect.remaining
        return left

    assert remaining() == range_.size
    numbers_of(desk, 4)
    assert remaining() == 6
    numbers_of(desk, 6)
    assert remaining() == 0


def test_nothing_remains_of_a_range_that_a_witness_objects_to(lab):
    (prospect,) = lab.writer.write(
        lambda tx: issuing.prospects(tx, lab.author, Allocator.NODE, Outside("it knows better"))
    )
    assert (prospect.objection, prospect.remaining) == ("it knows better", 0)


def test_a_stray_claim_does_not_use_up_the_range_of_another_desk(clinic, lab, ward):
    stray = lab.register(lab.draft(), lambda tx: Issued(Mrn("729999"), True))
    assert stray.issued is not None
    skipped = lab.register(lab.draft(), lambda tx: Issued(Mrn("720000"), True))
    assert skipped.issued is not None
    clinic.heal()
    assert ward.register_offline().issued.mrn == "720001"


def test_a_range_that_the_coordinator_closed_issues_nothing(clinic, lab):
    lab.register_offline()
    (block,) = lab.writer.registry.blocks_of(lab.author)
    closed = RangeFact(
        900,
        block.heads,
        block.range.start,
        block.range.end,
        block.terminal,
        block.incarnation,
        block.allocator,
        block.mark,
        True,
        block.source,
    )
    clinic.act(lambda tx: tx.append(REGISTRY, RANGE, NO_RECORD, bodies.write(closed)))
    assert numbers_of(lab, 1) == [710001], "it has not heard of it yet"
    pull(lab, clinic.coordinator)
    with pytest.raises(NoRange, match="710000-719999: closed by the coordinator"):
        lab.register_offline()
    (cursor,) = lab.writer.store.cursors.all()
    assert cursor.closed == "closed by the coordinator"
    clinic.heal()
    assert {status for status, _ in lab.status().values()} == {"admitted"}


def supply(desk, mrn, witness=None):
    """A client of the desk brings a number along."""

    def issue(tx):
        return issuing.supplied(tx, desk.author, Mrn(mrn), witness)

    return desk.register(desk.draft(), issue).issued


def test_a_supplied_number_moves_the_cursor_and_one_below_it_does_not(clinic, lab):
    assert supply(lab, "710005").mrn == "710005"
    assert supply(lab, "710002").mrn == "710002"
    assert numbers_of(lab, 2) == [710006, 710007]
    for taken in ("710002", "710006"):
        with pytest.raises(MrnConflict):
            supply(lab, taken)
    for far in ("709999", "711008"):
        with pytest.raises(NotYourNumber):
            supply(lab, far)
    clinic.heal()
    assert {status for status, _ in lab.status().values()} == {"admitted"}


@pytest.mark.parametrize("claiming", CLAIMING)
def test_what_others_claim_does_not_keep_a_client_from_the_numbers_behind_it(lab, ward, claiming):
    pull(lab, ward.clinic.coordinator)
    claims = Run(ward.author, ward.signer, 5).then(*claiming(range(710_000, 710_990)))
    lab.exchange.merge(Merge((claims.batch(),)))
    assert supply(lab, "711000").mrn == "711000"
    claims = Run(ward.author, ward.signer, 6).then(*claiming(range(711_001, 711_991)))
    lab.exchange.merge(Merge((claims.batch(),)))
    with pytest.raises(NotYourNumber, match="leave 1000 numbers below it unused, at most 999"):
        supply(lab, "712991")
    assert supply(lab, "712990").mrn == "712990"


def test_a_database_behind_what_clients_supplied_issues_nothing(lab, tmp_path):
    """A number below the cursor does not move it; the witness notices all the same."""
    witness = Witness.create(tmp_path / "witness", "machine", 0)
    lab.be_witnessed(witness)
    supply(lab, "710005", witness)
    supply(lab, "710001", witness)
    backup = lab.back_up()
    supply(lab, "710003", witness)
    witness.release()
    lab.restore(backup)
    with pytest.raises(NotYourNumber, match="that this database does not know"):
        supply(lab, "710003", Witness(tmp_path / "witness", "machine"))
    with pytest.raises(NoRange):
        lab.writer.write(lambda tx: issuing.from_range(tx, lab.author, Allocator.NODE, witness))


@pytest.mark.parametrize("number", ["710001", "710007"])  # below the cursor, and above it
def test_a_client_may_supply_a_number_again_that_a_process_which_died_had_not_kept(
    lab, tmp_path, number
):
    witness = Witness.create(tmp_path / "witness", "machine", 0)
    lab.be_witnessed(witness)
    supply(lab, "710005", witness)
    lab.connection.fail_at_commit()
    with pytest.raises(Crash):
        supply(lab, number, witness)
    lab.reopen()
    witness.read()
    assert supply(lab, number, witness).mrn == number
    issued = lab.register(
        lab.draft(), lambda tx: issuing.from_range(tx, lab.author, Allocator.NODE, witness)
    )
    assert issued.issued.mrn == ("710006" if number == "710001" else "710008")


def own(witness):
    """The desk picks the number."""
    return lambda tx: issuing.from_range(tx, Author("LAB1-PC"), Allocator.NODE, witness)


@pytest.mark.parametrize("after", ["709999", "710000"], ids=["first", "second"])
def test_a_client_gets_no_number_that_the_desk_may_have_given(lab, tmp_path, after):
    """The database is put back to just before a person got it; the witness stays."""
    witness = Witness.create(tmp_path / "witness", "machine", 0)
    lab.be_witnessed(witness)
    if after == "710000":
        lab.register(lab.draft(), own(witness))
    backup = lab.back_up()
    given = lab.register(lab.draft(), own(witness)).issued.mrn
    assert int(given) == int(after) + 1
    lab.restore(backup)
    witness.read()
    refusal = "may have given it to somebody before its database was put back"
    with pytest.raises(NotYourNumber, match=refusal):
        supply(lab, given, witness)
    # The next one is above it, and what the witness says of it is over then.
    assert lab.register(lab.draft(), own(witness)).issued.mrn == str(int(given) + 1)
    for _ in range(2):
        with pytest.raises(NotYourNumber, match=refusal):
            supply(lab, given, witness)
        witness.settle()
        witness.read()
        lab.reopen()
    assert supply(lab, str(int(given) + 3), witness).mrn == str(int(given) + 3)
    assert supply(lab, str(int(given) + 2), witness).mrn == str(int(given) + 2)


def test_a_client_gets_no_number_of_a_sheet_that_was_lost(lab, tmp_path):
    witness = Witness.create(tmp_path / "witness", "machine", 0)
    lab.be_witnessed(witness)
    backup = lab.back_up()
    at = "2026-01-05T12:00:00+05:00"
    lab.writer.write(lambda tx: sheets.take(tx, lab.author, witness, at, Doer("Sadia"), count=5))
    lab.restore(backup)
    witness.read()
    assert supply(lab, "710006", witness).mrn == "710006", "of what lies above none was given"
    for number in range(710000, 710005):
        with pytest.raises(NotYourNumber, match="before its database was put back"):
            supply(lab, str(number), witness)
    assert supply(lab, "710005", witness).mrn == "710005"


def test_a_number_of_two_ranges_that_rivals_granted_may_be_supplied(clinic):
    desk = clinic.desk("LAB1-PC", "710000-710009")
    rival = RangeFact(
        clinic.act(lambda tx: tx.new_serial()),
        (),
        710005,
        710019,
        desk.author,
        desk.writer.identity.incarnation,
        Allocator.NODE,
        0,
        False,
        "rival",
    )
    clinic.act(lambda tx: tx.append(REGISTRY, RANGE, NO_RECORD, bodies.write(rival)))
    pull(desk, clinic.coordinator)
    assert supply(desk, "710007").mrn == "710007"
    with pytest.raises(MrnConflict):
        supply(desk, "710007")


# a request that is sent again after the database was set back


def keyed(desk, key=b"k" * 16, **fields):
    return desk.draft(**fields)._replace(key=key, request=b"request", key_text="the-key")


@pytest.fixture
def returned(clinic, lab):
    """A person whom the desk registered after its backup, and whom the coordinator has kept."""
    backup = lab.back_up()
    registered = lab.register(keyed(lab), lab.from_own_range)
    pull(clinic.coordinator, lab)
    lab.restore(backup)
    pull(lab, clinic.coordinator)
    assert lab.mrns() == ["710000"]
    return registered.issued.mrn


def test_a_request_of_before_is_answered_with_the_person_that_came_back(lab, returned):
    for _ in range(2):
        again = lab.register(keyed(lab), lab.from_own_range)
        assert again.issued is None
        assert lab.query("SELECT mrn FROM patients WHERE id = ?", again.patient) == [(returned,)]
    assert lab.mrns() == [returned]


def test_the_key_of_one_that_came_back_is_good_for_nobody_else(lab, returned):
    with pytest.raises(KeyReused, match="the-key"):
        lab.register(keyed(lab, full_name="Somebody Else"), lab.from_own_range)
    assert lab.mrns() == [returned]


def scoped(hub, caller=b"a", **fields):
    """A request to the coordinator, where several programs may have equal keys."""
    draft = keyed(hub, key=caller * 16, **fields)
    return draft._replace(shared_key=b"k" * 16, terminal=None)


def without_number(_tx):
    return Issued(None, True)


@pytest.fixture
def hub_returned(clinic, lab):
    """A person whom the coordinator registered after its backup, and whom a desk has kept."""
    hub = clinic.coordinator
    backup = hub.back_up()
    first = hub.register(scoped(hub), without_number)
    assert hub.query("SELECT key_hash FROM patients") == [(b"k" * 16,)], "as desks have it"
    pull(lab, hub)
    hub.restore(backup)
    pull(hub, lab)
    return hub, first


def test_a_caller_of_a_coordinator_is_answered_with_the_person_that_came_back(hub_returned):
    hub, _ = hub_returned
    for _ in range(2):
        assert hub.register(scoped(hub), without_number).issued is None
    assert len(hub.mrns()) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"full_name": "Somebody Else"},
        {"terminal": "LAB1-PC"},
    ],
)
def test_an_equal_key_of_another_caller_is_another_request(hub_returned, other):
    hub, _ = hub_returned
    terminal = other.pop("terminal", None)
    draft = scoped(hub, b"b", **other)._replace(terminal=terminal)
    assert hub.register(draft, without_number).issued is not None
    assert len(hub.mrns()) == 2


def test_who_was_answered_to_one_caller_is_not_answered_to_another(hub_returned):
    hub, _ = hub_returned
    hub.register(scoped(hub), without_number)
    assert hub.register(scoped(hub, b"b"), without_number).issued is not None


def test_registrations_of_before_are_found_by_the_key_of_their_caller(clinic, lab):
    hub = clinic.coordinator
    backup = hub.back_up()
    before = scoped(hub)._replace(shared_key=None)  # an earlier version knows no other key
    hub.register(before, without_number)
    pull(lab, hub)
    hub.restore(backup)
    pull(hub, lab)
    assert hub.register(scoped(hub), without_number).issued is None


def test_one_whose_record_is_missing_is_not_taken_for_the_next_one(clinic, lab):
    backup = lab.back_up()
    lab.register(keyed(lab, full_name="Amna"), lab.from_own_range)
    lab.register(lab.draft(full_name="Bilqis"), lab.from_own_range)
    pull(clinic.coordinator, lab)
    lab.restore(backup)
    pull(lab, clinic.coordinator)
    lab.query("DELETE FROM facts WHERE instr(data, ?)", b"Amna")
    with pytest.raises(StoreDamaged, match="a record is missing"):
        lab.register(keyed(lab, full_name="Amna"), lab.from_own_range)


def test_an_age_that_is_a_day_older_is_no_other_request(clinic, lab):
    backup = lab.back_up()
    guessed = {"dob": "1990-01-01", "dob_estimated": "1"}
    lab.register(keyed(lab, **guessed), lab.from_own_range)
    pull(clinic.coordinator, lab)
    lab.restore(backup)
    pull(lab, clinic.coordinator)
    again = lab.register(keyed(lab, dob="1991-01-01", dob_estimated="1"), lab.from_own_range)
    assert again.issued is None


def test_what_was_corrected_since_makes_no_other_request(clinic, lab):
    backup = lab.back_up()
    registered = lab.register(keyed(lab), lab.from_own_range)
    lab.amend(lab.fact_of(registered), full_name="Corrected Name")
    pull(clinic.coordinator, lab)
    lab.restore(backup)
    pull(lab, clinic.coordinator)
    assert lab.register(keyed(lab), lab.from_own_range).issued is None


def test_the_same_key_at_another_desk_is_another_request(clinic, lab, ward):
    """Programs that number their requests use the same keys at each desk."""
    lab.register(keyed(lab), lab.from_own_range)
    clinic.heal()
    assert ward.register(keyed(ward), ward.from_own_range).issued is not None
