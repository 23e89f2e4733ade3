"""The fields of a person in the forms in which they are compared."""

import pytest

from sync.matching.person import Person


def of(**fields):
    return Person(fields)


@pytest.mark.parametrize(
    ("phone", "kept"),
    [
        ("0300-1234567", "3001234567"),
        ("+92 300 1234567", "3001234567"),
        ("0092 300 1234567", "3001234567"),
        ("۰۳۰۰۱۲۳۴۵۶۷", "3001234567"),
        ("021 3555 0101", "2135550101"),
        ("0000000", ""),
        ("11111111", ""),
        ("12345", ""),
    ],
)
def test_a_telephone_number_is_its_national_digits(phone, kept):
    assert of(phone=phone).phone == kept


def test_a_cnic_of_zeros_is_none():
    assert of(cnic="12345-1234567-1").cnic == "1234512345671"
    assert of(cnic="00000-0000000-0").cnic == ""


def test_an_address_is_its_first_number_and_the_sounds_of_its_words():
    roman = of(address="House 281, Mohallah Qadirabad, Lahore")
    urdu = of(address="مکان نمبر ۲۸۱، محلہ قادرآباد، لاہور")
    assert (roman.number, roman.place) == (urdu.number, urdu.place) == ("281", {"kdrbd", "lr"})


def test_a_fathers_name_may_stand_behind_the_name():
    assert of(full_name="Ali s/o Akram").father == ("akram",)
    assert of(full_name="Ali s/o Akram", father_name="Aslam").father == ("aslam",)


def test_a_person_without_a_number_is_otherwise_the_same():
    one = Person({"full_name": "Ali", "phone": "03001234567", "cnic": "12345-1234567-1"})
    other = one.without("phone")
    assert (other.phone, other.cnic, other.name) == ("", one.cnic, one.name)
    assert one.phone == "3001234567"


def test_a_day_of_birth():
    found = of(dob="1990-01-02", dob_estimated="true").born
    assert (found.text, found.estimated) == ("1990-01-02", True)
    assert of(dob="1990-01-02").born.estimated is False
    assert of(dob="1990").born is None


def test_what_nobody_said_is_empty():
    empty = of()
    assert (empty.name, empty.father, empty.born, empty.phone, empty.cnic) == ((), (), None, "", "")
    assert (empty.sex, empty.number, empty.place) == ("", "", frozenset())


def test_what_stands_for_a_name_is_none():
    assert of(full_name="Patient 7", name_placeholder="Patient 7").name == ()
    assert of(full_name="Baby of Ayesha", father_name="unknown").names == ("", "")
    assert of(full_name="Ayesha Khan", name_placeholder="Patient 7").name == ("ayesha", "khan")
    unknown = of(full_name="Unknown s/o Imran Khan")
    assert (unknown.name, unknown.father) == ((), ("imran", "khan"))


def test_identifiers_of_one_person_are_compared_and_shared_ones_are_not():
    held = of(identifiers='{"id:passport": "AB-123", "no:insurance": "F1"}')
    assert held.identifiers == {"id:passport": "ab123"}
    assert held.numbers == ("AB-123", "F1")
