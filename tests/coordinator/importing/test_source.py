"""Any sensible CSV file is read as it was meant; one that is broken is refused before it begins."""

import io
from datetime import date

import openpyxl
import pytest

from coordinator.errors import ImportStopped
from coordinator.importing import source
from coordinator.importing.columns import PATIENTS
from coordinator.importing.source import DateForm, in_format, last_day

TODAY = date(2026, 11, 27)
HEADER = "mrn,full_name,dob\n"


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
        (cells["dob"], cells["created_at"])
        for _, cells, _ in read(content, dates=DateForm("%d/%m/%Y", TODAY))
    ]
    assert found == [
        ("1961-02-03", "2024-11-03 14:30:00"),
        ("1961-02-03", "2024-11-03 14:30:05"),
        ("1961-02-03", "2024-11-03"),
        ("", ""),
    ]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("27/11/26", "2026-11-27"),
        ("28/11/26", "1926-11-28"),
        ("05/11/15", "2015-11-05"),
        ("31/12/68 08:30", "1968-12-31 08:30:00"),
        ("29/02/00", "2000-02-29"),
        ("29/02/28", "1928-02-29"),
    ],
)
def test_a_year_of_two_digits_is_the_last_one_that_is_not_in_the_future(text, day):
    assert in_format(text, DateForm("%d/%m/%y", TODAY)) == day


def test_a_leap_day_that_the_century_before_had_not_is_no_date(read):
    content = HEADER + "1,A,29/02/00\n2,B,01/03/00\n"
    found = read(content, dates=DateForm("%d/%m/%y", date(2000, 1, 1)))
    assert [cells["dob"] for _, cells, _ in found] == ["29/02/00", "1900-03-01"]


def test_while_the_day_is_not_known_it_may_be_later_by_as_long_as_a_computer_is_off():
    assert last_day(TODAY, is_known=True) == TODAY
    assert last_day(TODAY, is_known=False) == date(2027, 1, 26)


def test_nothing_as_databases_write_it(read):
    assert read(HEADER + "1,A,\\N\n")[0][1]["dob"] == ""


CSV = ("old.csv", (HEADER + "1,Ali,\n\n2,Sana,\n" + "\n" * 20).encode())


def workbook():
    """A workbook of text, with rows that have nothing in them."""
    made = openpyxl.Workbook()
    for row in (["mrn", "full_name"], ["1", "Ali"], *[[""]] * 20, ["2", "Sana"]):
        made.active.append(row)
    content = io.BytesIO()
    made.save(content)
    return "old.xlsx", content.getvalue()


class Asked:
    """Lets the reading go on ``times`` times."""

    def __init__(self, times):
        self.left = times

    def __call__(self):
        if not self.left:
            raise ImportStopped
        self.left -= 1


@pytest.mark.parametrize("file", [CSV, workbook()], ids=["csv", "workbook"])
def test_reading_is_ended_wherever_it_is_told_to(tmp_path, file):
    """While it is looked through, and while its rows are taken, also those without any text."""
    name, content = file
    path = tmp_path / name
    path.write_bytes(content)
    endless = Asked(1000)
    table = source.look_through(path, PATIENTS, "utf-8", endless)
    to_look = 1000 - endless.left
    assert len(list(source.lines(table, PATIENTS))) == table.rows == 2
    to_take = 1000 - to_look - endless.left
    assert min(to_look, to_take) > 20
    for times in range(to_look):
        with pytest.raises(ImportStopped):
            source.look_through(path, PATIENTS, "utf-8", Asked(times))
    for times in range(to_take):
        asked = Asked(to_look + times)
        table = source.look_through(path, PATIENTS, "utf-8", asked)
        with pytest.raises(ImportStopped):
            list(source.lines(table, PATIENTS))
    path.unlink()  # nothing holds it open, which Windows would not let go
