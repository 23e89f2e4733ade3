"""Which column a header means."""

import pytest

from coordinator.errors import BadCsv
from coordinator.importing.columns import TERMINALS


def test_names_of_columns_and_their_variants(look):
    table = look("MR No.;Patient Name;Father's Name;Date of Birth;GENDER;Mobile No;Ward;id\n")
    assert table.columns == ["mrn", "full_name", "father_name", "dob", "sex", "phone", None, None]
    assert table.ignored == ["Ward", "id"]
    table = look("code,name,range_start,range_end,created_at\n", TERMINALS)
    assert table.columns == ["code", "name", "offline_range_start", "offline_range_end", None]


@pytest.mark.parametrize(
    ("header", "why"),
    [
        ("mrn,phone", "name the columns, full_name among them"),
        ("", "it says: nothing"),
        ("1,Zainab Bibi,1990-01-01", "it says: 1, Zainab Bibi"),
        ("mrn,full_name,dob,date_of_birth", "'dob' and 'date_of_birth' both mean dob"),
    ],
)
def test_a_header_that_will_not_do(look, header, why):
    with pytest.raises(BadCsv, match=why):
        look(header + "\n")


def test_identifiers_and_own_fields_have_columns_that_say_so(look):
    table = look("mrn,full_name,Identifier Passport,Extra: Blood Group,passport\n")
    assert table.columns[2:] == ["identifier_passport", "extra_blood_group", None]
    with pytest.raises(BadCsv, match="both mean extra_a"):
        look("mrn,full_name,extra_a,Extra A\n")
