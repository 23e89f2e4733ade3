"""Workbooks of spreadsheet programs (.xlsx), row by row, each cell as the text that it shows.

A workbook keeps numbers as floating point and dates as days, so a cell says what it is beside what
it shows. `openpyxl` reads the format (ECMA-376).
"""

from __future__ import annotations

import contextlib
import datetime
import io
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from coordinator.errors import BadCsv, ImportStopped

SUFFIXES: Final = (".xlsx", ".xlsm")
_PART: Final = re.compile(
    r"""(?P<unseen>\[[^\[\]]*\]|_.|\*.)|(?P<place>[0#?])|"(?P<text>[^"]*)"|\\(?P<one>.)"""
    r"""|(?P<sign>[-+/():!^&'~{}<>= $])|(?P<next>;)|(?P<other>.)"""
)
"""A part of a format: ``unseen`` are colours, languages, and what only fills the cell."""

ROWS_MAX: Final = 1_048_576
"""A sheet has no more rows than these."""

SHEET_BYTES_MAX: Final = 1024 * 1024 * 1024
STRINGS_BYTES_MAX: Final = 256 * 1024 * 1024
PART_BYTES_MAX: Final = 32 * 1024 * 1024
"""What a part of a workbook may unpack to: a sheet is read row by row, the texts of all cells are
kept in memory, and all other parts are taken to pieces there, which is ten times as large."""
_SHEETS: Final = "xl/worksheets/"
_STRINGS: Final = "xl/sharedStrings.xml"
_PICTURES: Final = "xl/media/"
"""They are not read."""

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
        BadCsv: it is a file of a known kind that holds no table, or one that is too large.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        start = file.read(8)
    if start.startswith(b"PK\x03\x04"):
        try:
            with zipfile.ZipFile(path) as packed:
                names = packed.namelist()
                if "xl/workbook.xml" in names:
                    _require_readable(path, packed)
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


def _require_readable(path: Path, packed: zipfile.ZipFile) -> None:
    """Raise if a part unpacks to more than is read: a small file can fill all memory so.

    `zipfile` reads no more of a part than the list of parts says.
    """
    for part in packed.infolist():
        most = PART_BYTES_MAX
        if part.filename.startswith(_SHEETS):
            most = SHEET_BYTES_MAX
        elif part.filename == _STRINGS:
            most = STRINGS_BYTES_MAX
        if part.file_size > most and not part.filename.startswith(_PICTURES):
            why = (
                f"{part.filename} in it unpacks to more than {most // 1024**2} MiB. Open it, and "
                "save the table as CSV"
            )
            raise BadCsv(path=path, why=why)


def sheet_names(path: Path, going_on: Callable[[], None] = lambda: None) -> list[str]:
    """The names of the sheets; the first is the one that is read.

    Args:
        going_on: as for `read`, for the texts of all cells are read here too.
    """
    with _opened(path, going_on) as book:
        return list(book.sheetnames)


def read(
    path: Path, going_on: Callable[[], None] = lambda: None
) -> Iterator[tuple[int, list[str]]]:
    """The number of each row of the first sheet, and its cells; the header first.

    Args:
        going_on: called again and again; an `ImportStopped` that it raises ends this.

    Raises:
        BadCsv: the file is damaged, or protected by a password, or its rows are in disorder.
    """
    with _opened(path, going_on) as book:
        # Cells are read one by one, so what is wrong with them shows only now, as whatever error.
        try:
            for number, row in _rows(book):
                cells = [""] * max(row, default=0)
                for column, cell in row.items():
                    cells[column - 1] = _text(cell)
                while cells and not cells[-1]:  # a sheet is as wide as its widest row
                    cells.pop()
                if cells:
                    yield number, cells
        except ImportStopped:
            raise
        except Exception as error:
            raise _damaged(path) from error


def _rows(book: Any) -> Iterator[tuple[int, dict[int, Any]]]:
    """The number of each row of the first sheet, and its cells by their columns, from 1 on.

    openpyxl itself goes by what a sheet says of its own size, or else takes the last cell of a row
    for the outermost one, and leaves out what lies beyond, and each row whose number is not above
    the one before. So only its parser is used.

    Raises:
        ValueError: a row or a cell is there twice, or rows stand in another order.
    """
    # As in `_opened`.
    from openpyxl.cell.read_only import ReadOnlyCell  # noqa: PLC0415
    from openpyxl.worksheet._reader import WorkSheetParser  # noqa: PLC0415

    sheet = book.worksheets[0]
    with sheet._get_source() as file:
        parser: Any = WorkSheetParser(
            file,
            sheet._shared_strings,
            data_only=True,
            epoch=book.epoch,
            date_formats=book._date_formats,
            timedelta_formats=book._timedelta_formats,
        )
        before = 0
        for number, found in parser.parse():
            cells = {cell["column"]: ReadOnlyCell(sheet, **cell) for cell in found}
            if not before < number <= ROWS_MAX or len(cells) < len(found):
                raise ValueError(f"row {number} after row {before}, with {len(found)} cells")
            before = number
            yield number, cells


class _Asking(io.FileIO):
    """A file that asks whether to go on before each piece of it is read.

    A piece is 4 KiB of a packed part, which unpacks to 4 MiB at most.
    """

    def __init__(self, path: Path, going_on: Callable[[], None]) -> None:
        super().__init__(path)
        self._going_on = going_on

    def read(self, size: int | None = -1, /) -> bytes:
        """As `io.FileIO.read`; whatever `going_on` raises ends it."""
        self._going_on()
        return super().read(size)


@contextlib.contextmanager
def _opened(path: Path, going_on: Callable[[], None]) -> Iterator[Any]:
    # Only here, because it takes a quarter of a second, and all commands would pay for it.
    import openpyxl  # noqa: PLC0415

    with _Asking(path, going_on) as file:
        try:
            book = openpyxl.load_workbook(file, read_only=True, data_only=True)
        except ImportStopped:
            raise
        # Whatever is wrong inside the file: XML, relations between its parts, encryption.
        except Exception as error:
            raise _damaged(path) from error
        with contextlib.closing(book):
            yield book


def _damaged(path: Path) -> BadCsv:
    why = "it is damaged or protected. Open it, and save it again or as CSV"
    return BadCsv(path=path, why=why)


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
    if isinstance(value, int) and value >= 0:
        return _shown(value, cell.number_format or "") or str(value)
    return str(value)


def _shown(value: int, number_format: str) -> str | None:
    """A whole number as its format shows it: ``0004711``, ``MR-00047``, ``00-4711``.

    Returns:
        None for a format that shows no number of a card: one with separators of thousands, with
        decimals, or with a unit, as ``34 years``.
    """
    parts: list[tuple[bool, str]] = []
    for found in _PART.finditer(number_format):
        kind, text = found.lastgroup, found[found.lastgroup or 0]
        if kind == "next":  # what follows is for negative numbers
            break
        if kind == "other" or text[:2] in ("[<", "[>", "[="):
            return None
        if kind != "unseen":
            parts.append((kind == "place", text))
    places = [at for at, (is_place, _) in enumerate(parts) if is_place]
    if not places or any(map(str.isalpha, "".join(text for _, text in parts[places[-1] :]))):
        return None
    digits, shown = str(value), ""
    for at, (is_place, text) in reversed([*enumerate(parts)]):
        if not is_place:
            shown = text + shown
            continue
        taken = digits if at == places[0] else digits[-1:]
        digits = digits[: len(digits) - len(taken)]
        shown = (taken or text.strip("#?")) + shown
    return shown.strip()
