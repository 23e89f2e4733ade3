"""Workbooks: each cell is the text that it shows."""

import datetime
import zipfile

import openpyxl
import pytest

from coordinator.errors import BadCsv
from coordinator.importing import source, workbook
from coordinator.importing.columns import PATIENTS
from coordinator.importing.source import DateForm


@pytest.fixture
def book(tmp_path):
    def make(*rows, formats=(), sheets=()):
        path = tmp_path / "old.xlsx"
        made = openpyxl.Workbook()
        for row in rows:
            made.active.append(row)
        for cell, number_format in formats:
            made.active[cell].number_format = number_format
        for name in sheets:
            made.create_sheet(name)
        made.save(path)
        return path

    return make


def test_cells_are_what_they_show(book):
    path = book(
        ["mrn", "full_name", "dob", "created_at", "is_offline_entry"],
        [4711, "کریم خان", datetime.date(1990, 1, 2), datetime.datetime(2024, 11, 3, 14, 30), True],
        ["0012", "Ali", None, None, None],
        [None, None, None],
        [710000.0, "Sana", "31/12/1990", "", False],
        formats=[("A2", "0000000")],
    )
    table = source.look_through(path, PATIENTS)
    assert (table.rows, table.form.text) == (3, "workbook, sheet Sheet")
    first, second, third = source.lines(table, PATIENTS, DateForm("%d/%m/%Y", datetime.date.max))
    assert first.cells == {
        "mrn": "0004711",
        "full_name": "کریم خان",
        "dob": "1990-01-02",
        "created_at": "2024-11-03 14:30:00",
        "is_offline_entry": "true",
    }
    assert second == (3, {"mrn": "0012", "full_name": "Ali"}, None)
    assert (third.cells["mrn"], third.cells["dob"]) == ("710000", "1990-12-31")


@pytest.mark.parametrize(
    ("value", "number_format", "shown"),
    [
        (47, '"MR-"00000', "MR-00047"),
        (47, '"MR_"00000', "MR_00047"),
        (47, "\\M\\R0", "MR47"),
        (4711, "00-0000", "00-4711"),
        (4711, "000\\-000", "004-711"),
        (4711, '000000"/26"', "004711/26"),
        (1234567, "00-0000", "123-4567"),
        (4711, "#-####", "-4711"),
        (4711, "[Red]00000_);[Blue]-00000", "04711"),
        (3001234567, "0000 0000000", "0300 1234567"),
        (1234512345671, "00000-0000000-0", "12345-1234567-1"),
        (0, "000", "000"),
        (4711, "General", "4711"),
        (4711, "#,##0", "4711"),
        (4711, "0.00", "4711"),
        (4711, "@", "4711"),
        (4711, "[<=9999999]###-####;(###) ###-####", "4711"),
        (34, '0" years"', "34"),
        (-5, "000", "-5"),
    ],
)
def test_a_number_is_what_its_format_shows(book, value, number_format, shown):
    path = book(["mrn", "full_name"], [value, "Ali"], formats=[("A2", number_format)])
    (line,) = source.lines(source.look_through(path, PATIENTS), PATIENTS)
    assert line.cells["mrn"] == shown


@pytest.fixture
def changed(tmp_path, book):
    """A copy of a workbook with something else in its sheet."""

    def make(part, by, *rows):
        good, copy_path = book(*rows), tmp_path / "changed.xlsx"
        with zipfile.ZipFile(good) as packed, zipfile.ZipFile(copy_path, "w") as copy:
            for name in packed.namelist():
                content = packed.read(name)
                if name.endswith("sheet1.xml"):
                    assert part in content
                    content = content.replace(part, by)
                copy.writestr(name, content)
        return copy_path

    return make


@pytest.mark.parametrize(
    ("part", "by"),
    [
        (b"</row>", b"<"),
        (b"<v>1</v>", b"<v>one</v>"),
        (b'r="A2"', b'r="??"'),
        (b'<c r="A2"', b'<c s="999" r="A2"'),
    ],
)
def test_a_sheet_that_is_damaged_further_down_is_named(changed, part, by):
    broken = changed(part, by, ["mrn", "full_name"], [1, "Ali"])
    with pytest.raises(BadCsv, match="damaged or protected"):
        source.look_through(broken, PATIENTS)


@pytest.mark.parametrize("size", [b"A1", b"A1:B2", b"A1:A5", b"B2:B3"])
def test_a_sheet_is_read_whole_whatever_it_says_of_its_size(changed, size):
    """Programs that write workbooks say `A1`, or the size that a sheet had once."""
    rows = [[number, f"Test Person {number}"] for number in range(4)]
    path = changed(b'ref="A1:B5"', b'ref="' + size + b'"', ["mrn", "full_name"], *rows)
    table = source.look_through(path, PATIENTS)
    assert table.rows == 4
    assert [
        [line.cells["mrn"], line.cells["full_name"]] for line in source.lines(table, PATIENTS)
    ] == [[str(mrn), name] for mrn, name in rows]


def test_only_cells_that_are_there_are_read(changed, monkeypatch):
    """A format for a whole sheet makes it as large as a sheet can be."""
    read = []
    monkeypatch.setattr(workbook, "_text", lambda cell: read.append(cell) or str(cell.value))
    rows = ["mrn", "full_name"], [1, "Ali"], [], [], [2, "Sana"]
    path = changed(b'ref="A1:B5"', b'ref="A1:XFD1048576"', *rows)
    assert [number for number, _ in workbook.read(path)] == [1, 2, 5]
    assert len(read) == 6


def test_a_row_beyond_the_last_one_of_any_sheet_ends_the_reading(changed):
    path = changed(b'r="2"', b'r="99999999999"', ["mrn", "full_name"], [1, "Ali"])
    with pytest.raises(BadCsv, match="damaged or protected"):
        source.look_through(path, PATIENTS)


@pytest.mark.parametrize(
    "part", ["xl/sharedStrings.xml", "xl/worksheets/sheet1.xml", "xl/styles.xml"]
)
def test_a_part_that_unpacks_to_more_than_can_be_read_is_named(tmp_path, book, part):
    """Some hundred kilobytes of a ZIP file can unpack to more than the computer's memory."""
    good, large = book(["mrn", "full_name"], [1, "Ali"]), tmp_path / "large.xlsx"
    with zipfile.ZipFile(good) as packed, zipfile.ZipFile(large, "w") as copy:
        for name in packed.namelist():
            copy.writestr(name, packed.read(name))
        if part not in packed.namelist():
            copy.writestr(part, "<sst/>")
    with zipfile.ZipFile(large, "a") as copy:
        next(one for one in copy.filelist if one.filename == part).file_size = 2 << 30
        copy.writestr("docProps/other.xml", "<x/>")  # the list of parts is written again
    with pytest.raises(BadCsv, match=f"{part} in it unpacks to more .* as CSV"):
        source.look_through(large, PATIENTS)


SECOND = b'<row r="2"><c r="A2" t="n"><v>1</v></c><c r="B2" t="n"><v>2</v></c></row>'
THIRD = SECOND.replace(b'2"', b'3"').replace(b"<v>1", b"<v>3")


def test_cells_of_a_row_are_read_in_whatever_order_they_stand(changed):
    """LibreOffice shows such a sheet as it is meant."""
    first, second = b'<c r="A2" t="n"><v>1</v></c>', b'<c r="B2" t="n"><v>2</v></c>'
    path = changed(first + second, second + first, ["mrn", "full_name"], [1, 2])
    assert list(workbook.read(path)) == [(1, ["mrn", "full_name"]), (2, ["1", "2"])]


@pytest.mark.parametrize(
    ("part", "by"),
    [
        (SECOND + THIRD, THIRD + SECOND),
        (SECOND + THIRD, SECOND + SECOND),
        (b'<c r="B2" t="n"><v>2</v></c>', b'<c r="A2" t="n"><v>2</v></c>'),
    ],
    ids=["the third before the second", "the second twice", "a cell twice"],
)
def test_no_row_or_cell_is_left_out_without_a_word(changed, part, by):
    path = changed(part, by, ["mrn", "full_name"], [1, 2], [3, 2])
    with pytest.raises(BadCsv, match="save it again"):
        source.look_through(path, PATIENTS)


def test_other_sheets_are_named(book):
    path = book(["mrn", "full_name"], [1, "Ali"], sheets=["Old", "Notes"])
    assert source.look_through(path, PATIENTS).form.text.endswith("; not read: Old, Notes")


@pytest.mark.parametrize(
    ("start", "why"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", ".xls"),
        (b"%PDF-1.7\n", "PDF"),
        (b"SQLite format 3\0", "database"),
        (b"\x1f\x8b\x08", "compressed"),
        (b"{\\rtf1", "text document"),
    ],
)
def test_files_of_other_kinds_are_named(tmp_path, start, why):
    path = tmp_path / "old.csv"
    path.write_bytes(start + b"x" * 100)
    with pytest.raises(BadCsv, match=why):
        source.look_through(path, PATIENTS)


def test_a_zip_file_and_a_damaged_workbook_are_named(tmp_path, book):
    path = tmp_path / "old.docx"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("word/document.xml", "<w/>")
    with pytest.raises(BadCsv, match="without a table"):
        source.look_through(path, PATIENTS)
    for part in ("content.xml", "Index/Document.iwa"):
        other = tmp_path / "old.ods"
        with zipfile.ZipFile(other, "w") as packed:
            packed.writestr(part, "<x/>")
        with pytest.raises(BadCsv, match=r"of another program. Save it as \.xlsx"):
            source.look_through(other, PATIENTS)
    good = book(["mrn", "full_name"], [1, "Ali"])
    broken = tmp_path / "broken.xlsx"
    with zipfile.ZipFile(good) as packed, zipfile.ZipFile(broken, "w") as copy:
        for name in packed.namelist():
            if "styles" not in name:
                copy.writestr(
                    name, b"no xml" if name.endswith("workbook.xml") else packed.read(name)
                )
    with pytest.raises(BadCsv, match="damaged or protected"):
        source.look_through(broken, PATIENTS)
    truncated = tmp_path / "truncated.xlsx"
    truncated.write_bytes(good.read_bytes()[:300])
    with pytest.raises(BadCsv):
        source.look_through(truncated, PATIENTS)


def test_a_missing_file_and_a_folder_are_told_in_words(tmp_path):
    with pytest.raises(BadCsv, match="there is no such file"):
        source.look_through(tmp_path / "nowhere.csv", PATIENTS)
    with pytest.raises(BadCsv, match="it is a folder"):
        source.look_through(tmp_path, PATIENTS)


def test_sheets(book):
    assert workbook.sheet_names(book(["mrn"], sheets=["B"])) == ["Sheet", "B"]
