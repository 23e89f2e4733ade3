"""What a correction changes of a person's fields."""

from __future__ import annotations

from datetime import date

import pytest

from sync.errors import InvalidPatient
from sync.model import demographics

TODAY = date(2026, 1, 5)
CURRENT = {
    "full_name": "Test Person",
    "dob": "1990-01-05",
    "dob_estimated": "true",
    "sex": "F",
    "phone": "03001234567",
    "address": "12 Canal Road",
}


def changed(current: dict[str, str] | None = None, **given: object) -> dict[str, str]:
    return demographics.corrections(given, CURRENT if current is None else current, TODAY)


def faults(**given: object) -> dict[str, str]:
    with pytest.raises(InvalidPatient) as caught:
        changed(**given)
    return caught.value.fields


@pytest.mark.parametrize("empty", [None, "", "  "])
def test_what_is_sent_empty_becomes_empty(empty):
    assert changed(address=empty) == {"address": ""}


def test_what_is_left_out_stays():
    assert changed(phone="03007654321") == {"phone": "03007654321"}
    assert changed() == {}


def test_the_same_again_changes_nothing():
    assert changed(full_name=" Test  Person ", sex="F", address="12 Canal Road") == {}
    assert changed(dob="1990-01-05", dob_estimated=True) == {}
    assert changed(age_years=36) == {}
    assert changed(father_name=None) == {}


def test_other_names_are_ignored():
    assert changed(mrn="1", id=7, nickname="T") == {}


def test_a_corrected_date_of_birth_is_no_guess_any_more():
    assert changed(dob="1991-02-03") == {"dob": "1991-02-03", "dob_estimated": ""}
    assert changed(dob="1991-02-03", dob_estimated=True) == {"dob": "1991-02-03"}


def test_a_guess_is_confirmed_or_taken_back_without_the_date():
    sure = {name: text for name, text in CURRENT.items() if name != "dob_estimated"}
    assert changed(dob_estimated=False) == {"dob_estimated": ""}
    assert changed(sure, dob_estimated=True) == {"dob_estimated": "true"}


def test_an_age_makes_the_date_of_birth_a_guess():
    sure = {name: text for name, text in CURRENT.items() if name != "dob_estimated"}
    assert changed(sure, age_years=30) == {"dob": "1996-01-05", "dob_estimated": "true"}


def test_a_required_field_cannot_be_emptied():
    assert faults(full_name="", phone=None, dob=None).keys() == {"full_name", "phone", "dob"}
    given = {"phone": None}
    assert demographics.corrections(given, CURRENT, TODAY, ("full_name",)) == {"phone": ""}


def test_a_guess_goes_with_its_date():
    emptied = demographics.corrections({"dob": None}, CURRENT, TODAY, ("full_name",))
    assert emptied == {"dob": "", "dob_estimated": ""}


def test_a_required_field_that_is_empty_already_may_stay_so():
    nameless = {name: text for name, text in CURRENT.items() if name != "phone"}
    assert changed(nameless, phone="", address="3 Mall Road") == {"address": "3 Mall Road"}


def test_all_that_is_wrong_is_reported_at_once():
    wrong = faults(sex="X", cnic="1", phone="12", dob="2027-01-01", full_name=None)
    assert wrong.keys() == {"sex", "cnic", "phone", "dob", "full_name"}
    assert faults(age_years=200).keys() == {"age_years"}


def test_confirming_empties_the_mark_and_needs_a_name():
    unknown = demographics.validate({"identity": "unconfirmed"}, TODAY)
    with pytest.raises(InvalidPatient) as caught:
        demographics.corrections({"identity": "confirmed"}, unknown, TODAY)
    assert caught.value.fields == {"full_name": "is still a placeholder; say who it is"}
    changed = demographics.corrections(
        {"identity": "confirmed", "full_name": "Ayesha Khan"}, unknown, TODAY
    )
    assert changed == {"full_name": "Ayesha Khan", "identity": ""}
    baby = unknown | {"mother": "01a20b78-45ab-7d23-bc9f-6f01f5118e25"}
    assert demographics.corrections({"identity": "confirmed"}, baby, TODAY) == {"identity": ""}
    assert demographics.corrections({"name_placeholder": True}, {"full_name": "Baby"}, TODAY) == {
        "name_placeholder": "Baby"
    }
    with pytest.raises(InvalidPatient):
        demographics.corrections({"full_name": ""}, unknown, TODAY)
    assert demographics.corrections({"phone": ""}, unknown | {"phone": "03001234567"}, TODAY) == {
        "phone": ""
    }
