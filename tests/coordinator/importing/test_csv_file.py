"""Any sensible CSV file is read as it was meant; one that is broken is refused before it begins."""

import pytest

from coordinator.errors import BadCsv
from coordinator.importing import csv_file
from coordinator.importing.csv_file import PATIENTS, TERMINALS

HEADER = "mrn,full_name,dob\n"


@pytest.fixture
def read(tmp_path):
    """The rows of a file with this content: (line, cells, fault)."""

    def run(content, kind=PATIENTS, encoding="utf-8", date_format=None):
        path = tmp_path / "old.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        table = csv_file.look_through(path, kind, encoding)
        found = [tuple(line) for line in csv_file.lines(table, kind, date_format)]
        assert table.rows == len(found)
        return found

    return run


@pytest.fixture
def look(tmp_path):
    def run(content, kind=PATIENTS, encoding="utf-8"):
        path = tmp_path / "old.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return csv_file.look_through(path, kind, encoding)

    return run


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_usual_forms_of_a_file(read, mark, delimiter, end):
    text = f'mrn,full_name,address{end}0007,"محمد علی","12, Canal Road"{end}'
    text = text.replace(",", delimiter)
    expected = {
        "mrn": "0007",
        "full_name": "محمد علی",
        "address": f"12{delimiter} Canal Road",
    }
    assert read(mark + text.encode()) == [(2, expected, None)]


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


def test_a_row_is_named_by_the_line_that_it_begins_on(read):
    found = read(HEADER + '1,"A\nB",\n\n,,\n2,C,\n')
    assert [(line, cells["mrn"]) for line, cells, _ in found] == [(2, "1"), (6, "2")]


def test_a_row_with_too_few_or_too_many_cells_is_reported(read):
    faults = [fault for _, _, fault in read(HEADER + "1,A\n2,B,,\n3,C,,D\n4,D,\n")]
    assert faults == [
        "The row has 2 cells, the header 3.",
        None,
        "The row has 4 cells, the header 3.",
        None,
    ]
    ((_, _, fault),) = read(HEADER + f"1,{'x' * 10_001},\n")
    assert fault == "A cell has more than 10000 characters."


@pytest.mark.parametrize(
    "rest",
    ['1,"A,\n2,B,\n', '1,"A\n2,"B",\n', '1,A,\n2,"B" C,\n3,C,\n', f'1,"{"x" * 140_000}",\n'],
)
def test_a_quotation_mark_that_would_swallow_rows_is_found_first(look, rest):
    with pytest.raises(BadCsv, match=r"the row that begins on line [23] is broken"):
        look(HEADER + rest)


def test_another_encoding_is_named_by_line_and_column(look):
    content = (HEADER + "1,Zoë,\n2,A,\n" * 9000).encode() + "3,Björn,\n".encode("cp1252")
    with pytest.raises(BadCsv, match=r"line 18002, column 5 is not utf-8.*--encoding cp1252"):
        look(content)
    with pytest.raises(BadCsv, match="line 2, column 4 is not utf-8"):
        look((HEADER + "1,AÖ").encode("cp1252"))
    with pytest.raises(BadCsv, match="line 2, column 4 is not utf-8"):
        look((HEADER + "1,AÖ").encode()[:-1])


def test_utf_16_is_recognised(look, read):
    content = (HEADER + "1,محمد,\n").encode("utf-16")
    with pytest.raises(BadCsv, match=r"line 1, column 1 .* add --encoding utf-16"):
        look(content)
    assert read(content, encoding="utf-16")[0][1]["full_name"] == "محمد"


def test_an_encoding_that_was_named_is_used(read, look):
    content = (HEADER + "1,Björn,\n").encode("cp1252")
    assert read(content, encoding="cp1252")[0][1]["full_name"] == "Björn"
    for name in ("nonsense", "base64"):
        with pytest.raises(BadCsv, match=f"there is no encoding '{name}'"):
            look(content, encoding=name)


def test_dates_in_another_order(read):
    content = "mrn,full_name,dob,created_at\n" + "".join(
        f"1,A,{dob},{at}\n"
        for dob, at in [
            ("03/02/1961", "03/11/2024 14:30"),
            (" 3/2/1961", "03/11/2024 14:30:05"),
            ("1961-02-03", "03/11/2024"),
            ("", ""),
        ]
    )
    found = [
        (cells["dob"], cells["created_at"]) for _, cells, _ in read(content, date_format="%d/%m/%Y")
    ]
    assert found == [
        ("1961-02-03", "2024-11-03 14:30:00"),
        ("1961-02-03", "2024-11-03 14:30:05"),
        ("1961-02-03", "2024-11-03"),
        ("", ""),
    ]


def test_nothing_as_databases_write_it(read):
    assert read(HEADER + "1,A,\\N\n")[0][1]["dob"] == ""
