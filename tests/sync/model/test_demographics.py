"""What is asked of a patient's fields, and the normal forms that searching uses."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.errors import InvalidPatient
from sync.model import demographics
from sync.model.demographics import FIELDS

TODAY = date(2026, 1, 5)
VALID = {
    "full_name": "محمد علی",
    "father_name": "Test Father",
    "dob": "1990-02-28",
    "sex": "M",
    "phone": "0300-1234567",
    "cnic": "35202-1234567-1",
    "address": "House 1, Street 2",
}


def faults(**fields: object) -> dict[str, str]:
    with pytest.raises(InvalidPatient) as caught:
        demographics.validate(VALID | fields, TODAY)
    return caught.value.fields


def test_a_valid_person_is_stored_as_entered():
    assert demographics.validate(VALID, TODAY) == VALID


def test_texts_are_trimmed_and_composed():
    given_ = VALID | {"full_name": "  Jose\u0301 \t  Test\n", "address": " \n "}
    cleaned = demographics.validate(given_, TODAY)
    assert cleaned["full_name"] == "José Test"
    assert "address" not in cleaned


def test_other_fields_are_left_out():
    assert demographics.validate(VALID | {"mrn": "1", "__proto__": {}}, TODAY) == VALID


def test_everything_wrong_is_reported_at_once():
    with pytest.raises(InvalidPatient) as caught:
        demographics.validate(
            {"sex": "X", "cnic": "1", "phone": 3001234567, "address": None}, TODAY
        )
    assert caught.value.fields.keys() == {"full_name", "dob", "sex", "cnic", "phone"}


def test_which_fields_are_required_is_the_callers_to_say():
    assert demographics.validate({"phone": "0300 1234567"}, TODAY, ()) == {"phone": "0300 1234567"}
    with pytest.raises(InvalidPatient) as caught:
        demographics.validate({"full_name": " "}, TODAY, ("full_name", "cnic"))
    assert caught.value.fields.keys() == {"full_name", "cnic"}


@pytest.mark.parametrize(
    "dob",
    [
        "2026-01-06",
        "2026-02-30",
        "1875-12-31",
        "1990-1-1",
        "19900101",
        "1990-W01-1",
        "1990-001",
        "1990/01/01",
        "01-01-1990",
        "1990-01-01T00",
        "unknown",
    ],
)
def test_a_date_of_birth_that_cannot_be(dob):
    assert faults(dob=dob).keys() == {"dob"}


@pytest.mark.parametrize("dob", ["2026-01-05", "1876-01-01", "2024-02-29"])
def test_a_date_of_birth_that_can_be(dob):
    assert demographics.validate(VALID | {"dob": dob}, TODAY)["dob"] == dob


@pytest.mark.parametrize("phone", ["12345 6", "+" + "1" * 16, "call me", "0300+1234567"])
def test_a_phone_that_cannot_be(phone):
    assert faults(phone=phone).keys() == {"phone"}


@pytest.mark.parametrize("cnic", ["3520212345671", "35202-1234567-1"])
def test_both_ways_to_write_a_cnic(cnic):
    assert demographics.validate(VALID | {"cnic": cnic}, TODAY)["cnic"] == cnic
    assert demographics.normal_cnic(cnic) == "3520212345671"


@pytest.mark.parametrize("cnic", ["35202-12345671", "352021234567", "35202-1234567-X", "35202 1"])
def test_a_cnic_that_cannot_be(cnic):
    assert faults(cnic=cnic).keys() == {"cnic"}


@pytest.mark.parametrize("sex", ["m", "male", "MF", "null", "NULL"])
def test_a_sex_outside_the_list(sex):
    assert faults(sex=sex).keys() == {"sex"}


@pytest.mark.parametrize(
    ("field", "length_max"), [("full_name", 200), ("father_name", 200), ("address", 500)]
)
def test_how_long_a_text_may_be(field, length_max):
    longest = "ی" * length_max
    assert demographics.validate(VALID | {field: longest}, TODAY)[field] == longest
    assert faults(**{field: longest + "ی"}).keys() == {field}


@pytest.mark.parametrize("name", ["a\x00b", "a\x07b", "a\x7fb", "a\ud800b"])
def test_control_characters_and_half_letters_are_refused(name):
    assert faults(full_name=name).keys() == {"full_name"}


@given(st.dictionaries(st.sampled_from(FIELDS), st.text() | st.just(" 0300 1234567") | st.none()))
def test_whatever_passes_is_text_and_passes_again(given_):
    try:
        cleaned = demographics.validate(given_, TODAY, ())
    except InvalidPatient:
        assert any(given_.values())
    else:
        assert all(isinstance(text, str) and text for text in cleaned.values())
        assert demographics.validate(cleaned, TODAY, ()) == cleaned


@pytest.mark.parametrize(
    ("field", "entered", "kept"),
    [
        ("phone", "٠٣٠٠١٢٣٤٥٦٧", "03001234567"),
        ("phone", "\u202a+92\u00a0300\u00a01234567\u202c", "+92 300 1234567"),
        ("phone", "0300\u20111234567", "0300-1234567"),
        ("phone", "＋92 300 1234567", "+92 300 1234567"),
        ("dob", "١٩٩٠-٠١-٠١", "1990-01-01"),
        ("dob", "1990\u20131\u200b0\u201301", "1990-10-01"),
        ("cnic", "۳۵۲۰۲-۱۲۳۴۵۶۷-۱", "35202-1234567-1"),
        ("cnic", "35202 1234567 1", "35202-1234567-1"),
        ("cnic", "35202–1234567–1\u200f", "35202-1234567-1"),
        ("sex", "Ｆ", "F"),
        ("full_name", "\u202aAyesha Khan\u202c", "Ayesha Khan"),
        ("full_name", "\ufeffAyesha\u200b", "Ayesha"),
        ("full_name", "علی\u200cرضا", "علی\u200cرضا"),
        ("full_name", "A\u030aseh", "\u00c5seh"),
        ("address", "12/B, گلی ۳", "12/B, گلی ۳"),
    ],
)
def test_what_is_pasted_is_kept_without_what_nobody_sees(field, entered, kept):
    assert demographics.validate(VALID | {field: entered}, TODAY)[field] == kept


def test_an_age_may_be_typed_in_other_digits():
    assert (
        demographics.validate(VALID | {"dob": None, "age_years": "۵"}, TODAY)["dob"] == "2021-01-05"
    )


@pytest.mark.parametrize(
    "name",
    ["????", "---", "123", "٤٢", "\u0301", "\u200b\u0301", "★", "🙂", "_", "ـ\u064b", "\u00b2"],
)
def test_a_name_without_a_letter_is_refused(name):
    assert "Unknown Man 1" in faults(full_name=name)["full_name"]
    assert faults(father_name=name).keys() == {"father_name"}


@pytest.mark.parametrize(
    "name", ["\u200b", "\u3164", "\u2800", "\u00ad\u2060", "\u202e\u202c", " \u200f "]
)
def test_a_name_that_nobody_sees_is_none(name):
    assert faults(full_name=name) == {"full_name": "this field is required"}


@pytest.mark.parametrize(
    "name", ["Ли", "李", "علی", "मोहन", "ሰላም", "Ǆ", "ʻOkina", "Jo 3", "Unknown Man 1"]
)
def test_a_name_in_any_script_is_taken(name):
    assert demographics.validate(VALID | {"full_name": name}, TODAY)["full_name"] == name


def test_of_somebody_unconfirmed_no_field_has_to_be_there():
    assert demographics.validate({"identity": "unconfirmed"}, TODAY) == {
        "full_name": "Unknown person",
        "identity": "unconfirmed",
        "name_placeholder": "Unknown person",
    }
    named = demographics.validate(
        {"identity": "unconfirmed", "full_name": "Gul Bano", "sex": "F"}, TODAY
    )
    assert named == {"full_name": "Gul Bano", "sex": "F", "identity": "unconfirmed"}
    with pytest.raises(InvalidPatient) as caught:
        demographics.validate({"identity": "confirmed"}, TODAY)
    assert caught.value.fields.keys() == {"full_name", "sex", "phone", "dob"}
    with pytest.raises(InvalidPatient) as caught:
        demographics.validate({"identity": "unconfirmed", "full_name": "7"}, TODAY)
    assert caught.value.fields.keys() == {"full_name"}


def test_an_estimate_of_a_date_that_is_wrong_is_one_mistake():
    assert faults(dob="1990-02-30", dob_estimated=True) == {"dob": "is not a day of the calendar"}
