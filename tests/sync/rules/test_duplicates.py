"""Who may be registered already, and who is not."""

import pytest

from sync.rules import duplicates

PERSON = {
    "full_name": "Ayesha Bibi",
    "dob": "1990-01-01",
    "dob_estimated": False,
    "cnic": None,
    "phone": "03001234567",
}


def alike(one, other):
    forward = duplicates.alike(PERSON | one, PERSON | other)
    assert forward == duplicates.alike(PERSON | other, PERSON | one)
    return forward


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ayesha Bibi", "ayesha bibi"),
        ("Ayesha Bibi", "Bibi Ayesha"),
        ("Ayesha Bibi", "Ayesha Bibi Khan"),
        ("Muhammad Ali", "Mohammad Ali"),
        ("محمد علي", "محمد علی"),
        ("عائشہ بی بی", "عائشہ بى بى"),
        ("Zoë Brien", "Zoe Brien"),
    ],
)
def test_close_names_born_on_one_day(one, other):
    assert alike({"full_name": one}, {"full_name": other}) == ["name_and_dob"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ayesha Bibi", "Sana Khan"),
        ("Ayesha", "Ayesha Bibi"),
        ("Ali", "Alia Noor"),
        ("عائشہ", "فاطمہ"),
        ("Ayesha Bibi", ""),
        ("Ayesha Bibi", None),
    ],
)
def test_other_names_born_on_one_day(one, other):
    assert alike({"full_name": one}, {"full_name": other}) == []


def test_the_same_name_on_another_day_is_somebody_else():
    assert alike({}, {"dob": "1990-01-02"}) == []
    assert alike({}, {"dob": None}) == []


@pytest.mark.parametrize(
    ("dob", "reasons"),
    [("1990-12-31", ["name_and_dob"]), ("1991-01-02", ["name_and_dob"]), ("1991-01-03", [])],
)
def test_a_guessed_day_may_be_a_year_off(dob, reasons):
    assert alike({"dob_estimated": True}, {"dob": dob}) == reasons


def test_a_family_with_one_phone_is_no_duplicate():
    child = {"full_name": "Bilal Khan", "dob": "2019-06-30"}
    assert alike({}, child) == []


def test_twins_with_one_phone_are_no_duplicate():
    assert alike({"full_name": "Hassan Raza"}, {"full_name": "Umar Raza"}) == []


def test_an_equal_cnic_is_enough_however_it_is_written():
    one, other = {"cnic": "12345-1234567-1"}, {"cnic": "1234512345671", "full_name": "Sana"}
    assert alike(one, other | {"dob": "1970-01-01"}) == ["cnic"]
    assert alike(one, {"cnic": "12345-1234567-2", "dob": None}) == []
    assert alike(one, {"cnic": one["cnic"]}) == ["cnic", "name_and_dob"]
