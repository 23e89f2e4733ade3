"""What spreadsheets do to numbers, and rows that are no people."""

import pytest

from coordinator.errors import NoPerson, RowDamaged
from coordinator.importing import damage
from coordinator.importing.rows import identify

DAMAGED = [
    "7.1E+05",
    "7.10E+05",
    "7,1E+05",
    "1E+06",
    "3.52021E+12",
    "7.1e5",
    "710123.0",
    "710123.00",
    "710123,0",
    "0.0",
    "#NAME?",
    "#REF!",
    "#VALUE!",
    "#N/A",
    "#DIV/0!",
    "#NUM!",
    "#NULL!",
    "#name?",
    "########",
    "=A2+1",
    "=710000",
    "@SUM(A1)",
    "'710000",
    '"710000',
    "\u2018710000",
    "1234567890123450000",
    "1234567890123450",
    "NULL",
    "none",
    "nan",
    "N/A",
    "unknown",
    "xxx",
    "71\ufffd000",
]
SOUND = [
    "710000",
    "0004711",
    "PAT-20241103-0001",
    "PAT-20241103-1",
    "OLD 12/b",
    "12-345",
    "12/2024",
    "A1E5",
    "MR#77",
    "99999999999",
    "1234567890123456",
    "7",
]
ODD = [
    ("2-Jan", "Ali"),
    ("Jan-24", "Ali"),
    ("01/02/2024", "Ali"),
    ("2024-01-02", "Ali"),
    ("710,123", "Ali"),
    ("1,234,567", "Ali"),
    ("000", "Ali"),
    ("ABC", "Ali"),
    ("--", "Ali"),
    ("7", "????"),
    ("7", "123"),
    ("7", "03001234567 A"),
    ("7", "ali@example.com"),
    ("7", "JosÃ©"),
    ("7", "Ø¹Ù„ÛŒ"),
    ("7", "M\ufffdnica"),
    ("7", "Jos\x82"),
]


@pytest.mark.parametrize("number", DAMAGED)
def test_a_number_that_a_program_has_changed(number):
    with pytest.raises(RowDamaged) as caught:
        identify({"mrn": number, "full_name": "Ali"})
    assert "as text again" in str(caught.value)


@pytest.mark.parametrize("number", SOUND)
def test_a_number_that_is_as_it_was(number):
    assert identify({"mrn": number, "full_name": "Ali"}).mrn == number
    assert damage.oddness(number, "Ayesha Khan", "1990-01-01", "2024-01-01") is None


@pytest.mark.parametrize(
    ("number", "name"),
    [
        ("mrn", "full_name"),
        ("MR No.", "Patient Name"),
        ("Reg. No", "NAME"),
        ("Registration Number", ""),
        ("Total", "412"),
        ("TOTAL:", ""),
        ("Grand Total", ""),
        ("", "Total"),
        ("Sub-total", "7"),
        ("count", "412"),
        ("End of report", ""),
    ],
)
def test_headers_and_totals_are_no_people(number, name):
    with pytest.raises(NoPerson):
        identify({"mrn": number, "full_name": name})


@pytest.mark.parametrize("name", ["Total Khan", "Mr Name", "Patience", "Count Olaf", "علی"])
def test_people_with_such_names_are_people(name):
    assert not damage.is_no_person("710000", name)


@pytest.mark.parametrize(("number", "name"), ODD)
def test_what_is_odd_says_why(number, name):
    why = damage.oddness(number, name, "", "")
    assert why is not None
    assert why.endswith((".", "?"))


def test_a_birth_after_the_registration_is_odd():
    assert "after being registered" in (
        damage.oddness("7", "Ali", "2024-11-04", "2024-11-03") or ""
    )
    assert damage.oddness("7", "Ali", "2024-11-03", "2024-11-03") is None


@pytest.mark.parametrize(
    "name", ["José", "Zoë O'Brien", "محمد علی", "عک", "Ñandú", "Đặng", "李", "Ли"]
)
def test_names_that_are_right_are_not_garbled(name):
    assert not damage.is_garbled(name)


@pytest.mark.parametrize(
    ("name", "encoding"),
    [
        ("José", "latin-1"),
        ("José", "cp1252"),
        ("Müller", "latin-1"),
        ("Müller", "cp1252"),
        ("Ñandú", "latin-1"),
        ("محمد علی", "latin-1"),
        ("علی", "cp1252"),
        ("محمد علی", "cp1256"),
        ("عائشہ", "cp1256"),
        ("Đặng", "latin-1"),
    ],
)
def test_utf_8_read_as_something_else_is_garbled(name, encoding):
    assert damage.is_garbled(name.encode().decode(encoding))
