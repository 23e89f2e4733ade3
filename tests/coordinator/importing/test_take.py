"""Old registers come in unchanged, nobody twice, and no number of theirs is ever issued again."""

import pytest

from coordinator.errors import RangeOverlap
from coordinator.importing import take as taking
from coordinator.importing.take import Taken
from coordinator.judging.recovery import NEWEST_ONLINE
from coordinator.registry import terminals
from sync.engine import issuing
from sync.engine.records import sheets
from sync.errors import MrnConflict
from sync.model import bodies
from sync.model.clerks.known import NOBODY
from sync.model.facts import Allocator, Author, RecordId, Registration, State
from sync.model.numbers import Mrn
from sync.protocol.questions import Merge
from sync.witness.memory import Witness
from tests.clinic import pull
from tests.forging import Run, person
from tests.projection import difference, folded_from_nothing, projection

OLD = {
    "full_name": "Zainab Bibi",
    "father_name": "Test Father",
    "dob": "1961-02-03",
    "sex": "F",
    "phone": "03001234567",
    "created_at": "2024-11-03 14:30:00",
}
RANGE_ROW = {
    "code": "lab1-pc",
    "name": "Lab 1 Workstation",
    "offline_range_start": "710000",
    "offline_range_end": "719999",
    "offline_current": "0",
    "is_active": "t",
}


def row(mrn, **fields):
    return OLD | {"mrn": mrn} | fields


@pytest.fixture
def witness(coordinator, tmp_path):
    witness = Witness.create(tmp_path / "witness", "machine", 0)
    coordinator.be_witnessed(witness)
    return witness


@pytest.fixture
def take_terminals(clinic):
    def run(*rows, **how):
        return clinic.act(lambda tx: taking.take_terminals(tx, rows, **how))

    return run


def codes(taken):
    """Position -> why it was not taken."""
    return {note.row: note.code for note in taken.refused}


def online(clinic):
    """The number that the coordinator gives next."""
    hub = clinic.coordinator
    draft = hub.draft()._replace(terminal=None)
    return hub.register(draft, lambda tx: hub.arbiter.grant(tx, draft.record, None)).issued.mrn


def issue_for(clinic, code):
    hub = clinic.coordinator
    draft = hub.draft()._replace(terminal=Author(code))
    issue = lambda tx: issuing.from_range(tx, Author(code), Allocator.COORDINATOR, None)  # noqa: E731
    return hub.register(draft, issue).issued.mrn


def registration(clinic, mrn):
    """The fact behind a number."""
    hub = clinic.coordinator
    ((run, clock),) = hub.query("SELECT run, clock FROM patients WHERE mrn = ?", mrn)
    body = bodies.read(hub.writer.store.shards.envelope_at(run, clock))
    assert isinstance(body, Registration)
    return body


@pytest.mark.parametrize(
    "mrn",
    ["0001234", "99999999999", "PAT-20241103-1", "PAT-20241103-0001", "OLD 12/b", "4711", "7"],
)
def test_a_number_is_taken_as_it_is_and_confirmed_at_once(clinic, coordinator, take, lab, mrn):
    assert take(row(mrn)) == Taken(1, [], [], [0], [], [])
    assert coordinator.status() == {mrn: ("admitted", None)}
    pull(lab, coordinator)
    assert lab.status() == coordinator.status()
    assert lab.query("SELECT mrn FROM held") == [(mrn,)]
    assert coordinator.conflicts() == lab.conflicts() == []
    assert not difference(projection(lab), folded_from_nothing(lab))
    assert not difference(projection(coordinator), folded_from_nothing(coordinator))


def test_a_row_becomes_a_registration_of_the_coordinator(clinic, take, lab):
    take(row("7", origin_terminal_code=" lab1-pc", is_offline_entry="t", sex="female"))
    body = registration(clinic, "7")
    assert (body.terminal, body.offline, body.operator) == ("LAB1-PC", True, "import")
    assert body.registered_at == "2024-11-03T14:30:00+05:00"
    assert body.demographics == {
        "full_name": "Zainab Bibi",
        "father_name": "Test Father",
        "dob": "1961-02-03",
        "sex": "F",
        "phone": "03001234567",
    }


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("2024-11-03 14:30:00", "2024-11-03T14:30:00+05:00"),
        ("2024-11-03 09:30:00.123456+00", "2024-11-03T14:30:00+05:00"),
        ("2024-11-03T09:30:00Z", "2024-11-03T14:30:00+05:00"),
        ("2024-11-03", "2024-11-03T00:00:00+05:00"),
        ("", "2026-01-05T13:00:01+05:00"),
    ],
)
def test_a_time_without_a_zone_is_the_facilitys(clinic, take, text, kept):
    take(row("7", created_at=text))
    assert registration(clinic, "7").registered_at == kept


def test_only_number_and_name_are_required(clinic, take):
    assert take({"mrn": "7", "full_name": "Only Name"}).taken == 1
    assert codes(
        take({"mrn": "8"}, {"full_name": "No Number"}, {"mrn": "9", "full_name": " "})
    ) == {
        0: "invalid_patient",
        1: "bad_mrn",
        2: "invalid_patient",
    }
    assert clinic.coordinator.mrns() == ["7"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("dob", "1990-02-30"),
        ("dob", "2999-01-01"),
        ("phone", "ask the brother"),
        ("cnic", "123"),
        ("sex", "?"),
        ("created_at", "yesterday"),
        ("created_at", "2999-01-01 00:00"),
        ("is_offline_entry", "perhaps"),
        ("address", "x" * 501),
    ],
)
def test_a_field_that_breaks_a_rule_is_left_out_only_when_that_is_asked_for(
    clinic, take, name, text
):
    bad = row("7", **{name: text})
    refused = take(bad).refused
    assert [(note.row, note.mrn, note.code) for note in refused] == [(0, "7", "invalid_patient")]
    assert name in refused[0].detail
    assert clinic.coordinator.mrns() == []
    taken = take(bad, lenient=True)
    assert (taken.taken, taken.refused) == (1, [])
    assert [(note.row, note.code) for note in taken.left_out] == [(0, "taken_without_field")]
    assert name in taken.left_out[0].detail
    assert name not in registration(clinic, "7").demographics
    assert take(bad).there == take(bad, lenient=True).there == [0]


def test_an_age_is_that_of_the_day_of_registration(clinic, take):
    take(row("7", dob="", age_years="34", created_at="2024-11-03 14:30:00"))
    demographics = registration(clinic, "7").demographics
    assert (demographics["dob"], demographics["dob_estimated"]) == ("1990-11-03", "true")


@pytest.mark.parametrize(
    ("dob", "text", "kept"),
    [("1961-02-03", "t", "true"), ("1961-02-03", "no", None), ("", "t", None)],
)
def test_an_estimated_date_of_birth(clinic, take, dob, text, kept):
    take(row("7", dob=dob, dob_estimated=text))
    assert registration(clinic, "7").demographics.get("dob_estimated") == kept


def test_a_date_with_a_midnight_is_a_date(clinic, take):
    take(row("7", dob="1961-02-03 00:00:00+00"))
    assert registration(clinic, "7").demographics["dob"] == "1961-02-03"


def test_the_same_rows_again_take_nobody_twice(clinic, coordinator, take):
    rows = [row(str(number)) for number in range(1, 8)]
    assert take(*rows[:4]).taken == 4
    again = take(*rows)
    assert (again.taken, again.there) == (3, [0, 1, 2, 3])
    assert take(*rows) == Taken(0, list(range(7)), [], [], [], [])
    assert coordinator.mrns() == [str(number) for number in range(1, 8)]


def test_other_content_under_an_imported_number_is_reported(clinic, coordinator, take):
    take(row("7"))
    (note,) = take(row("7", full_name="Somebody Else")).refused
    assert (note.code, note.mrn) == ("content_differs", "7")
    assert "Zainab" not in note.detail
    assert coordinator.mrns() == ["7"]


def test_damaged_rows_are_refused_and_odd_ones_taken_by_choice(clinic, coordinator, take):
    rows = [
        row("7.1E+05"),
        row("710123.0"),
        row("MR No.", full_name="Patient Name"),
        row("Total", full_name="4"),
        row("8", full_name="????"),
        row("9", dob="2024-12-01"),
        row("10"),
    ]
    refused = {0: "damaged_number", 1: "damaged_number", 2: "no_person", 3: "no_person"}
    odd = {4: "odd_row", 5: "odd_row"}
    assert codes(take(*rows, dry_run=True)) == refused | odd
    taken = take(*rows, take_odd=True)
    assert codes(taken) == refused
    assert sorted(coordinator.mrns()) == ["10", "8", "9"]


def test_a_number_that_somebody_has_is_reported_with_the_record(clinic, coordinator, take, lab):
    lab.register_offline()
    pull(coordinator, lab)
    (note,) = take(row("710000")).refused
    ((record,),) = coordinator.query("SELECT lower(hex(record)) FROM patients")
    assert note.code == "mrn_in_use"
    assert note.detail.replace("-", "").find(record) > 0
    assert "Test Person" not in note.detail


def test_a_number_twice_among_the_rows_is_taken_once(clinic, take):
    rows = [row("7"), row("7", full_name="Another"), row("7")]
    for dry_run in (True, False):
        taken = take(*rows, dry_run=dry_run)
        assert (taken.taken, codes(taken), taken.there) == (1, {1: "twice_in_file"}, [2])


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("1234", "0001234"),
        ("0001234", "1234"),
        ("PAT-20241103-0001", "PAT-20241103-1"),
        ("pat-20241103-0001", "PAT-20241103-0001"),
    ],
)
def test_a_number_that_looks_like_one_in_use_is_reported(clinic, coordinator, take, first, second):
    together = take(row(first), row(second, full_name="Another"), dry_run=True)
    assert codes(together) == {1: "twice_in_file"}
    take(row(first))
    (note,) = take(row(second, full_name="Another")).refused
    assert note.code == "look_alike_in_use"
    assert first in note.detail
    assert coordinator.mrns() == [first]


def test_two_old_spellings_of_one_number_are_two_people(clinic, coordinator, take):
    assert take(row("01234"), row("001234", full_name="Another")).taken == 2
    assert {status for status, _ in coordinator.status().values()} == {"admitted"}


@pytest.mark.parametrize("mrn", ["710003", "00710003"])
def test_a_number_that_a_desk_will_come_to_is_reported(clinic, coordinator, take, lab, mrn):
    for _ in range(3):
        lab.register_offline()
    assert codes(take(row("710002"))) == {0: "number_ahead"}
    pull(coordinator, lab)
    (note,) = take(row(mrn)).refused
    assert note.code == "number_ahead"
    assert "710000-719999 of LAB1-PC above 710002" in note.detail
    assert take(row("720000"), row("0719999999")).taken == 2


def test_programs_take_the_numbers_of_their_range_in_any_order(
    clinic, coordinator, take, take_terminals
):
    take_terminals(RANGE_ROW | {"offline_current": "710002"})
    draft = coordinator.draft()._replace(terminal=Author("LAB1-PC"))
    coordinator.register(draft, lambda tx: terminals.supplied_number(tx, "LAB1-PC", Mrn("710007")))
    assert codes(take(row("710002"), row("710005"), row("710007"))) == {
        1: "number_ahead",
        2: "mrn_in_use",
    }


def test_a_number_that_a_desk_has_printed_is_reported(clinic, coordinator, take, lab):
    lab.write(lambda tx: sheets.take(tx, lab.author, None, "2026-01-05T12:00:00+05:00", NOBODY))
    pull(coordinator, lab)
    (note,) = take(row("00710003")).refused
    assert note.code == "number_printed"
    assert "a sheet that LAB1-PC has printed ahead" in note.detail


def test_a_number_that_was_granted_and_has_not_arrived_is_reported(clinic, coordinator, take):
    record = RecordId(bytes(16))
    mrn = clinic.act(lambda tx: coordinator.arbiter.grant(tx, record, Author("LAB1-PC"))).mrn
    assert codes(take(row(mrn), row(mrn.lower(), full_name="B"))) == {
        0: "mrn_granted",
        1: "mrn_granted",
    }


def test_an_unknown_terminal_is_reported(clinic, take):
    assert codes(take(row("7", origin_terminal_code="NOWHERE"))) == {0: "origin_unknown"}


def test_a_dry_run_changes_nothing(clinic, coordinator, take, take_terminals):
    before = coordinator.roots
    assert take(row("7"), row("8"), dry_run=True).taken == 2
    assert take_terminals(RANGE_ROW, dry_run=True).taken == 1
    assert coordinator.roots == before
    assert coordinator.mrns() == []


# what comes after


@pytest.mark.parametrize(
    "mrn", ["PAT-20260105-0041", "PAT-20260105-41", "pat-20260105-000041", "Pat-20260105-0041"]
)
def test_the_days_counter_goes_on_above_what_was_imported(clinic, witness, take, mrn):
    assert online(clinic) == "PAT-20260105-0001"
    take(row(mrn))
    assert online(clinic) == "PAT-20260105-0042"
    assert witness.mark(NEWEST_ONLINE) == 20260105 * 10**9 + 42


def test_a_number_of_a_day_to_come_is_waited_for(clinic, witness, take):
    take(row("PAT-20260106-0007"))
    assert online(clinic) == "PAT-20260105-0001"
    assert witness.mark(NEWEST_ONLINE) == 20260105 * 10**9 + 1
    clinic.now_ms += 86_400_000
    assert online(clinic) == "PAT-20260106-0008"


def test_a_counter_that_would_leave_none_for_the_day_is_reported(clinic, take):
    rows = [row("PAT-20260105-999999999"), row("PAT-20250105-999999999", full_name="B")]
    assert codes(take(*rows)) == {0: "counter_too_high"}
    assert online(clinic) == "PAT-20260105-0001"


def test_a_range_with_the_look_alike_of_an_imported_number_is_refused(clinic, lab, take):
    take(row("0000505"))
    with pytest.raises(RangeOverlap, match="contains the number 505"):
        clinic.grant_range("LAB1-PC", "500-510")
    clinic.grant_range("LAB1-PC", "506-510")


def test_a_desk_passes_over_a_number_that_a_legacy_one_looks_like(lab, ward):
    """Wherever that one comes from: here another desk claims it, which is none of its business."""
    lab.register_offline()
    run = Run(ward.author, ward.signer, 77).then(person(1, "00710001", "WARD-PC"))
    pull(lab, ward.clinic.coordinator)
    lab.exchange.merge(Merge((run.batch(0),)))
    lab.register_offline()
    assert lab.mrns() == ["710000", "00710001", "710002"]


def test_a_number_that_looks_like_an_imported_one_cannot_be_supplied(
    clinic, coordinator, take, take_terminals
):
    take_terminals(RANGE_ROW | {"offline_current": "710005"})
    assert take(row("00710003")).taken == 1
    hub, draft = coordinator, coordinator.draft()._replace(terminal=Author("LAB1-PC"))
    with pytest.raises(MrnConflict):
        hub.register(draft, lambda tx: terminals.supplied_number(tx, "LAB1-PC", Mrn("710003")))


def test_a_desk_that_claims_a_legacy_number_is_not_covered(clinic, coordinator, lab):
    claims = [person(1, "00710000", "LAB1-PC"), person(2, "PAT-20260105-1", "LAB1-PC")]
    run = Run(lab.author, lab.signer, 77).then(*claims)
    coordinator.exchange.merge(Merge((run.batch(0),), coordinator.roots))
    assert coordinator.status() == {
        "00710000": ("rejected", "outside_range"),
        "PAT-20260105-1": ("rejected", "outside_range"),
    }
    assert online(clinic) == "PAT-20260105-0002"


# terminals


def test_a_terminal_comes_with_its_range_and_how_far_it_was_used(clinic, take_terminals, take):
    taken = take_terminals(
        RANGE_ROW | {"offline_current": "710042"},
        {"code": "RECEP-1", "offline_range_start": "730000", "offline_range_end": "730001"},
        RANGE_ROW
        | {
            "code": "OLD-PC",
            "is_active": "f",
            "offline_range_start": "800000",
            "offline_range_end": "800009",
        },
    )
    assert taken == Taken(3, [], [], [], [], [])
    registry = clinic.coordinator.writer.registry
    assert registry.terminals[Author("LAB1-PC")].name == "Lab 1 Workstation"
    assert registry.terminals[Author("OLD-PC")].state is State.INACTIVE
    assert issue_for(clinic, "RECEP-1") == "730000"
    assert take(row("710042"), row("0710001", full_name="B")).taken == 2
    assert codes(take(row("710044"))) == {0: "number_ahead"}
    assert issue_for(clinic, "LAB1-PC") == "710043"
    assert take_terminals(RANGE_ROW | {"offline_current": "710042"}).there == [0]


def test_numbers_up_to_the_mark_need_not_be_free(clinic, take, take_terminals):
    take(row("710005"), row("0710006", full_name="B"))
    assert codes(take_terminals(RANGE_ROW | {"offline_current": "710005"})) == {0: "range_overlap"}
    assert take_terminals(RANGE_ROW | {"offline_current": "710006"}).taken == 1
    assert issue_for(clinic, "LAB1-PC") == "710007"


def test_a_terminal_that_a_node_joins_goes_on_above_the_mark(clinic, take_terminals):
    take_terminals(RANGE_ROW | {"offline_current": "710042"})
    desk = clinic.bare_desk("LAB1-PC")
    key, incarnation = desk.writer.public_key, desk.writer.identity.incarnation
    clinic.act(lambda tx: terminals.join_node(tx, "LAB1-PC", key, incarnation))
    pull(desk, clinic.coordinator)
    desk.register_offline()
    assert desk.mrns() == ["710043"]


@pytest.mark.parametrize("dry_run", [True, False])
def test_ranges_that_share_one_number_are_reported(take_terminals, dry_run):
    other = RANGE_ROW | {
        "code": "LAB2-PC",
        "offline_range_start": "719999",
        "offline_range_end": "729999",
    }
    (note,) = take_terminals(RANGE_ROW, other, dry_run=dry_run).refused
    assert (note.row, note.mrn, note.code) == (1, "LAB2-PC", "range_overlap")
    assert "overlaps 710000-719999 of LAB1-PC" in note.detail


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_code_with_another_range_is_reported(take_terminals, dry_run):
    other = RANGE_ROW | {"offline_range_start": "720000", "offline_range_end": "729999"}
    taken = take_terminals(RANGE_ROW, other, RANGE_ROW, dry_run=dry_run)
    assert (taken.taken, codes(taken), taken.there) == (1, {1: "terminal_differs"}, [2])


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"code": "LAB 1"}, "bad_terminal_code"),
        ({"code": ""}, "bad_terminal_code"),
        ({"offline_range_start": "719999", "offline_range_end": "710000"}, "bad_range"),
        ({"offline_range_end": ""}, "bad_range"),
        ({"offline_range_end": "2147483648"}, "bad_range"),
        ({"offline_current": "720000"}, "bad_offline_current"),
        ({"offline_current": "-1"}, "bad_offline_current"),
        ({"offline_current": "many"}, "bad_offline_current"),
        ({"is_active": "maybe"}, "bad_flag"),
        ({"name": "x" * 256}, "bad_terminal_name"),
    ],
)
def test_a_terminal_that_cannot_be_used_is_reported(take_terminals, fields, code):
    assert codes(take_terminals(RANGE_ROW | fields)) == {0: code}


def test_a_range_that_replaced_another_begins_at_its_start(clinic, take_terminals):
    """The earlier system kept the old range's last number when a range was edited."""
    assert take_terminals(RANGE_ROW | {"offline_current": "650017"}).taken == 1
    assert issue_for(clinic, "LAB1-PC") == "710000"
