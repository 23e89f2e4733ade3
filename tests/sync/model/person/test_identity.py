"""Who is not known yet: placeholders of names, and what the facts say of newborns."""

import pytest

from sync.model.person import identity

RECORD = "01a20b78-45ab-7d23-bc9f-6f01f5118e25"


@pytest.mark.parametrize(
    "name",
    [
        *("Unknown", "unknown man", "Unknown Man 1", "UNKNOWN FEMALE", "Unidentified", "Unnamed"),
        *("Unknown newborn", "Newborn", "New born girl", "Newborn 2", "baby boy", "No name"),
        *("Baby of Ayesha Khan", "Baby girl of Ayesha", "Baby 2 of Ayesha Khan", "B/O Ayesha"),
        *(
            "b/o ayesha",
            "Baby B/O Ayesha",
            "Twin I of Ayesha",
            "Newborn of Ayesha",
            "Baby daughter of Ayesha",
        ),
        *("نامعلوم", "نامعلوم مرد", "نومولود", "عائشہ کا بچہ", "عائشہ کی بچی"),
    ],
)
def test_what_registers_write_for_no_name_is_a_placeholder(name):
    assert identity.is_placeholder(name, None)


@pytest.mark.parametrize(
    "name",
    ["", "Ayesha", "Baby Gul", "B. O. Khan", "Man Singh", "Nomulud Khan", "Gul Bano", "عائشہ خان"],
)
def test_a_name_is_none(name):
    assert not identity.is_placeholder(name, None)


def test_only_the_very_text_that_stood_for_a_name_is_a_placeholder():
    assert identity.is_placeholder("Patient from the bus", "Patient from the bus")
    assert not identity.is_placeholder("Ayesha Khan", "Patient from the bus")
    assert not identity.is_placeholder("", "")


@pytest.mark.parametrize(
    ("fields", "mother", "wanted"),
    [
        ({}, None, "Unknown person"),
        ({"sex": "F"}, None, "Unknown woman"),
        ({"sex": "M"}, None, "Unknown man"),
        ({"sex": "O"}, None, "Unknown person"),
        ({"mother": RECORD, "sex": "F"}, "Ayesha Khan", "Baby of Ayesha Khan"),
        ({"mother": RECORD, "birth_order": "2"}, "Ayesha Khan", "Baby 2 of Ayesha Khan"),
        ({"birth_order": "1"}, None, "Baby 1"),
        ({"mother": RECORD}, None, "Baby"),
    ],
)
def test_somebody_without_a_name_gets_a_placeholder(fields, mother, wanted):
    assert identity.placeholder(fields, mother) == wanted


def test_a_long_name_of_a_mother_is_cut():
    assert len(identity.placeholder({"mother": RECORD}, "x" * 200)) == 200


def test_whatever_stands_in_a_fact_can_be_shown():
    nothing = dict.fromkeys(identity.FIELDS)
    assert identity.shown(nothing) == {
        "identity": "confirmed",
        "name_placeholder": False,
        "mother": None,
        "birth_order": None,
    }
    odd = {"identity": "perhaps", "name_placeholder": "x", "mother": "her", "birth_order": "12"}
    assert identity.shown(odd) == {
        "identity": "unconfirmed",
        "name_placeholder": False,
        "mother": None,
        "birth_order": None,
    }
    whole = {
        "identity": "unconfirmed",
        "full_name": "Baby",
        "name_placeholder": "Baby",
        "mother": RECORD,
        "birth_order": "2",
    }
    assert identity.shown(whole) == {
        "identity": "unconfirmed",
        "name_placeholder": True,
        "mother": RECORD,
        "birth_order": 2,
    }


def test_what_was_checked_is_stored_as_texts():
    given = {
        "identity": "confirmed",
        "name_placeholder": True,
        "mother": RECORD.upper(),
        "birth_order": 2,
    }
    kept = {"name_placeholder": "Baby", "mother": RECORD, "birth_order": "2"}
    assert identity.stored(given, "Baby") == kept
    assert identity.stored({"name_placeholder": False, "sex": "F"}, "Baby") == {"sex": "F"}
    assert identity.stored({"name_placeholder": True}, None) == {}
