"""Workbooks of spreadsheet programs (.xlsx), row by row, each cell as the text that it shows.

A workbook keeps numbers as floating point and dates as days, so a cell says what it is beside what
it shows. `openpyxl` reads the format (ECMA-376).
"""

from __future__ import annotations

import datetime
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree

from coordinator.errors import BadCsv

SUFFIXES: Final = (".xlsx", ".xlsm")
_ZEROS: Final = re.compile(r"0{2,}")
_WHOLE_MAX: Final = 10**15
"""Above this a floating point number has lost its last digits."""

_OTHERS: Final = {
    b"\xd0\xcf\x11\xe0": "is a workbook in the old form (.xls). Save it as .xlsx or as CSV",
    b"%PDF": "is a PDF. Export the table itself as .xlsx or as CSV",
    b"PK\x03\x04": "is a ZIP file or a document without a table. Save the table as .xlsx or as CSV",
    b"SQLite": "is a database. Export the table as CSV",
    b"\x1f\x8b": "is compressed. Unpack it first",
    b"{\\rt": "is a text document. Save the table as CSV",
}


def is_workbook(path: Path) -> bool:
    """True for a file of the form that `read` reads, whatever its name is.

    Raises:
        BadCsv: it is a file of a known kind that holds no table.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        start = file.read(8)
    if start.startswith(b"PK\x03\x04"):
        try:
            with zipfile.ZipFile(path) as packed:
                names = packed.namelist()
                if "xl/workbook.xml" in names:
                    return True
                if "content.xml" in names or "Index/Document.iwa" in names:
                    why = "it is of another program. Save it as .xlsx or as CSV"
                    raise BadCsv(path=path, why=why)
        except zipfile.BadZipFile as error:
            raise BadCsv(path=path, why="it is damaged: a part of it is missing") from error
    for magic, why in _OTHERS.items():
        if start.startswith(magic):
            raise BadCsv(path=path, why=f"it {why}")
    return False


def sheet_names(path: Path) -> list[str]:
    """The names of the sheets; the first is the one that is read."""
    book = _opened(path)
    try:
        return list(book.sheetnames)
    finally:
        book.close()


def read(path: Path) -> Iterator[tuple[int, list[str]]]:
    """The number of each row of the first sheet, and its cells; the header first.

    Raises:
        BadCsv: the file is damaged, or protected by a password.
    """
    book = _opened(path)
    try:
        for number, row in enumerate(book.worksheets[0].iter_rows(), 1):
            cells = [_text(cell) for cell in row]
            while cells and not cells[-1]:  # a sheet is as wide as its widest row
                cells.pop()
            if cells:
                yield number, cells
    finally:
        book.close()


def _opened(path: Path) -> Any:
    # Only here, because it takes a quarter of a second, and all commands would pay for it.
    import openpyxl  # noqa: PLC0415
    from openpyxl.utils.exceptions import InvalidFileException  # noqa: PLC0415

    try:
        return openpyxl.load_workbook(path, read_only=True, data_only=True)
    # Whatever is wrong inside the file: XML, relations between its parts, encryption.
    except (
        InvalidFileException,
        ElementTree.ParseError,
        KeyError,
        ValueError,
        OSError,
        zipfile.BadZipFile,
    ) as error:
        raise BadCsv(
            path=path, why="it is damaged or protected. Open it, and save it again or as CSV"
        ) from error


def _text(cell: Any) -> str:
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime.datetime):
        at_midnight = value.time() == datetime.time()
        return value.date().isoformat() if at_midnight else value.isoformat(" ", "seconds")
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < _WHOLE_MAX:
        value = int(value)
    if isinstance(value, int) and _ZEROS.fullmatch(cell.number_format or ""):
        return str(value).zfill(len(cell.number_format))  # shown with zeros in front, 0004711
    return str(value)
