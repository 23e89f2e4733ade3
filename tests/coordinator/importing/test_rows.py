"""What the texts of an old register mean: numbers, people with their flaws, terminals."""

from datetime import datetime, timedelta

import pytest

from coordinator.errors import BadFlag, BadOfflineCurrent, BadTerminalName
from coordinator.importing.rows import NAME_LENGTH_MAX, identify, read_person, read_terminal
from sync.errors import BadMrn, BadRange, BadTerminalCode, InvalidPatient
from sync.model.demographics import PossibleTimes
from sync.model.facts import Author
from sync.model.numbers import NumberRange
from sync.model.person.more import read_extra, read_identifier
from tests.clinic import ZONE

NOW = datetime(2026, 1, 5, 12, tzinfo=ZONE)
ONLY_NOW = PossibleTimes(NOW, NOW)
ZAINAB = {
    "mrn": "0004711",
    "full_name": "Zainab Bibi",
    "father_name": "Karim Bakhsh",
    "dob": "1961-02-03",
    "sex": "F",
    "phone": "03001234567",
    "created_at": "2024-11-03 14:30:00",
}
LAB = {
    "code": "lab1-pc",
    "name": "Lab 1 Workstation",
    "offline_range_start": "710000",
    "offline_range_end": "719999",
    "offline_current": "710412",
    "is_active": "t",
}


def read(lenient=False, **fields):
    return read_person(ZAINAB | fields, NOW, ONLY_NOW, lenient=lenient)


def wrong(**fields):
    """The names of the fields that are found to be wrong."""
    with pytest.raises(InvalidPatient) as caught:
        read(**fields)
    return set(caught.value.fields)


# which row it is


def test_a_row_is_known_again_by_all_that_it_says():
    key = identify(ZAINAB)
    assert key.mrn == "0004711"
    assert len(key.key) == 16
    assert identify(dict(reversed(ZAINAB.items()))) == key, "whatever the order of its columns"
    assert identify(ZAINAB | {"phone": " 03001234567 ", "address": ""}) == key


@pytest.mark.parametrize("change", [{"phone": "03001234568"}, {"address": "Lahore"}, {"sex": ""}])
def test_a_row_that_says_something_else_is_another(change):
    before, after = identify(ZAINAB), identify(ZAINAB | change)
    assert before.mrn == after.mrn
    assert before.key != after.key


def test_cells_do_not_run_into_one_another():
    one = identify({"mrn": "1", "full_name": "A", "father_name": "B"})
    assert one.key != identify({"mrn": "1", "full_name": "AB"}).key
    assert one.key != identify({"mrn": "1", "full_name": "B", "father_name": "A"}).key


@pytest.mark.parametrize("mrn", ["", "  ", "شمارہ", "x" * 101, "1\n2"])
def test_without_a_number_there_is_no_row(mrn):
    with pytest.raises(BadMrn):
        identify(ZAINAB | {"mrn": mrn})


def test_a_row_may_lack_the_column():
    with pytest.raises(BadMrn):
        identify({"full_name": "Zainab Bibi"})


# people


def test_a_person_as_the_row_has_them():
    person = read(origin_terminal_code=" lab1-pc ", is_offline_entry="t")
    assert (person.terminal, person.offline) == (Author("LAB1-PC"), True)
    assert person.registered_at == "2024-11-03T14:30:00+05:00"
    assert person.demographics == {
        name: ZAINAB[name] for name in ("full_name", "father_name", "dob", "sex", "phone")
    }
    assert person.left_out == {}


def test_only_the_name_is_required():
    person = read_person({"mrn": "1", "full_name": "Zainab Bibi"}, NOW, ONLY_NOW, lenient=False)
    assert person.demographics == {"full_name": "Zainab Bibi"}
    assert (person.terminal, person.offline) == (None, False)
    assert person.registered_at == NOW.isoformat(), "when it was taken, because nobody knows better"


@pytest.mark.parametrize("lenient", [False, True])
def test_nobody_is_taken_without_a_name(lenient):
    for name in ("", "  ", "x" * 201):
        with pytest.raises(InvalidPatient) as caught:
            read(lenient, full_name=name)
        assert set(caught.value.fields) == {"full_name"}


@pytest.mark.parametrize(
    ("text", "sex"),
    [("male", "M"), ("FEMALE", "F"), ("Other", "O"), ("m", "M"), (" F ", "F"), ("o", "O")],
)
def test_sexes_as_databases_write_them(text, sex):
    assert read(sex=text).demographics["sex"] == sex


@pytest.mark.parametrize(
    "text",
    [
        "1961-02-03 00:00:00",
        "1961-02-03T00:00:00Z",
        "1961-02-03 00:00",
        "1961-02-03 00:00:00.000",
        "1961-02-03 00:00:00+00",
    ],
)
def test_a_day_that_a_database_writes_as_midnight(text):
    assert read(dob=text).demographics["dob"] == "1961-02-03"


@pytest.mark.parametrize("text", ["1961-02-03 08:00:00", "03/02/1961", "1961-02-30", "2026-01-06"])
def test_what_is_no_day_of_birth(text):
    assert wrong(dob=text) == {"dob"}


@pytest.mark.parametrize(
    ("flag", "dob", "kept"),
    [
        ("true", "1961-02-03", "true"),
        ("1", "1961-02-03", "true"),
        ("false", "1961-02-03", None),
        ("", "1961-02-03", None),
        ("true", "", None),
    ],
)
def test_a_day_of_birth_that_is_a_guess(flag, dob, kept):
    found = read(dob=dob, dob_estimated=flag).demographics
    assert found.get("dob_estimated") == kept


def test_an_age_counts_from_the_day_on_which_it_was_written_down():
    found = read(dob="", age_years="40").demographics
    assert (found["dob"], found["dob_estimated"]) == ("1984-11-03", "true")
    assert read(dob="", age_years="40", created_at="").demographics["dob"] == "1986-01-05"


def test_with_a_day_of_birth_the_age_does_not_count():
    found = read(age_years="99").demographics
    assert found["dob"] == "1961-02-03"
    assert "dob_estimated" not in found


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2024-11-03", "2024-11-03T00:00:00+05:00"),
        ("2024-11-03T09:30:00Z", "2024-11-03T14:30:00+05:00"),
        ("2024-11-03 14:30:00.123456+05:00", "2024-11-03T14:30:00+05:00"),
        ("", NOW.isoformat()),
        (NOW.isoformat(), NOW.isoformat()),
    ],
)
def test_when_somebody_was_registered(text, at):
    assert read(created_at=text).registered_at == at


@pytest.mark.parametrize(
    "text",
    [
        "03.11.2024",
        "yesterday",
        "0001-01-01 00:00:00+14:00",
        (NOW + timedelta(seconds=1)).isoformat(),
    ],
)
def test_what_is_no_time_of_a_registration(text):
    assert wrong(created_at=text) == {"created_at"}


def test_what_lies_in_the_future_goes_by_the_latest_clock_that_is_known():
    """The believed time is of yesterday evening, and a child was born this morning."""
    row = ZAINAB | {"dob": "2026-01-06", "created_at": "2026-01-06 09:30:00"}
    person = read_person(row, NOW, PossibleTimes(NOW, NOW + timedelta(hours=24)), lenient=False)
    assert person.demographics["dob"] == "2026-01-06"
    assert person.registered_at.startswith("2026-01-06T09:30:00")
    assert wrong(dob="2026-01-06", created_at="2026-01-06 09:30:00") == {"dob", "created_at"}


def test_what_lies_too_far_back_goes_by_the_earliest_clock_that_is_known():
    """The clock stands in 2099, and nobody has confirmed that."""
    row, ahead = ZAINAB | {"dob": "1931-01-06"}, NOW.replace(year=2099)
    person = read_person(row, ahead, PossibleTimes(NOW, ahead), lenient=False)
    assert person.demographics["dob"] == "1931-01-06"
    with pytest.raises(InvalidPatient):
        read_person(row, ahead, PossibleTimes(ahead, ahead), lenient=False)


@pytest.mark.parametrize("age", [{"age_years": "10"}, {"age_months": "7"}, {"age_days": "40"}])
def test_an_age_at_the_beginning_of_all_dates_is_a_fault_of_the_row(age):
    given = {"dob": "", "created_at": "0001-01-05"} | age
    assert wrong(**given) == set(age)
    assert read(True, **given).left_out.keys() == set(age)


def test_all_that_is_wrong_is_reported_at_once():
    assert wrong(dob="03/02/1961", phone="none", created_at="x", is_offline_entry="maybe") == {
        "dob",
        "phone",
        "created_at",
        "is_offline_entry",
    }


def test_leniently_what_is_wrong_is_left_out_and_named():
    person = read(True, dob="03/02/1961", phone="none", created_at="x", is_offline_entry="maybe")
    assert person.left_out.keys() == {"dob", "phone", "created_at", "is_offline_entry"}
    assert person.demographics == {
        name: ZAINAB[name] for name in ("full_name", "father_name", "sex")
    }
    assert (person.registered_at, person.offline) == (NOW.isoformat(), False)


def test_leniently_nothing_is_left_out_of_a_good_row():
    assert read(True) == read(False)


# terminals


def terminal(**fields):
    return read_terminal(LAB | fields)


def test_a_terminal_as_the_row_has_it():
    found = terminal()
    assert (found.code, found.name) == ("LAB1-PC", "Lab 1 Workstation")
    assert (found.range, found.mark, found.active) == (NumberRange(710000, 719999), 710412, True)


@pytest.mark.parametrize(
    ("current", "mark"),
    [("", 0), ("0", 0), ("710000", 710000), ("719999", 719999), ("709999", 0), ("1", 0)],
)
def test_how_far_its_range_was_used(current, mark):
    """A number below the range is of one that this range has replaced."""
    assert terminal(offline_current=current).mark == mark


@pytest.mark.parametrize("current", ["720000", "-1", "7.1", "none", "٧١٠٠٠٠.٥", "9" * 11])
def test_what_cannot_be_the_last_number_used(current):
    with pytest.raises(BadOfflineCurrent):
        terminal(offline_current=current)


@pytest.mark.parametrize(
    ("text", "active"),
    [("", True), ("t", True), ("YES", True), ("1", True), ("f", False), ("No", False)],
)
def test_whether_it_is_active(text, active):
    assert terminal(is_active=text).active is active


def test_what_is_neither_true_nor_false():
    with pytest.raises(BadFlag, match="'maybe' in is_active"):
        terminal(is_active="maybe")


@pytest.mark.parametrize("code", ["", "LAB 1", "@registry", "123", "x" * 51])
def test_what_is_no_code(code):
    with pytest.raises(BadTerminalCode):
        terminal(code=code)


@pytest.mark.parametrize(
    ("start", "end"),
    [("", ""), ("719999", "710000"), ("0", "10"), ("007", "100"), ("1", "2147483648"), ("a", "b")],
)
def test_what_is_no_range(start, end):
    with pytest.raises(BadRange):
        terminal(offline_range_start=start, offline_range_end=end)


def test_a_name_is_one_line_of_a_certain_length():
    assert terminal(name="  Ward \t 3 ").name == "Ward 3"
    assert len(terminal(name="x" * NAME_LENGTH_MAX).name) == NAME_LENGTH_MAX
    for name in ("x" * (NAME_LENGTH_MAX + 1), "a\u200bb"):
        with pytest.raises(BadTerminalName):
            terminal(name=name)


def test_identifiers_and_own_fields_are_taken_as_the_settings_have_them():
    known = (read_identifier("passport unique [A-Z]{2}[0-9]{3}"), read_extra("blood choice A|B"))
    row = ZAINAB | {"identifier_passport": "ab123", "extra_blood": " A ", "extra_ward": ""}
    taken = read_person(row, NOW, ONLY_NOW, lenient=False, known=known).demographics
    assert (taken["id:passport"], taken["x:blood"]) == ("AB123", "A")
    bad = row | {"extra_blood": "C", "extra_ward": "7"}
    with pytest.raises(InvalidPatient) as caught:
        read_person(bad, NOW, ONLY_NOW, lenient=False, known=known)
    assert caught.value.fields.keys() == {"extra.blood", "extra.ward"}
    person = read_person(bad, NOW, ONLY_NOW, lenient=True, known=known)
    assert person.left_out.keys() == {"extra.blood", "extra.ward"}
    assert person.demographics["id:passport"] == "AB123"
