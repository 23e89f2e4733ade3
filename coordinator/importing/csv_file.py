"""CSV files of an earlier system: read row by row, whatever their headers and encoding.

A file is read to its end once before anything is sent, so nobody is taken from a file that is
broken further down. Quoting is strict, because a quotation mark that is never closed would swallow
the rows that follow it.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple, TextIO

from coordinator.errors import BadCsv
from coordinator.importing.rows import PERSON_COLUMNS, TERMINAL_COLUMNS

ENCODING: Final = "utf-8"
DELIMITERS: Final = ",;\t"
CELL_MAX: Final = 10_000
_PIECE: Final = 1 << 16
_NOTHING: Final = "\\N"
"""How some databases write that there is nothing."""


class TableKind(NamedTuple):
    """A table to import.

    ``required`` are the columns that must be there, ``dates`` those that hold dates, and ``names``
    maps each known header, in its plain form, to its column.
    """

    columns: tuple[str, ...]
    required: tuple[str, ...]
    dates: tuple[str, ...]
    names: Mapping[str, str]


class CsvLine(NamedTuple):
    """A row: the number of the line that it begins on, and its cells by column.

    ``fault`` says what is wrong with a row that cannot be used, None for a good one.
    """

    number: int
    cells: dict[str, str]
    fault: str | None = None


class CsvTable(NamedTuple):
    """A file that can be read to its end.

    ``columns`` are its columns in their order, None for one that is ignored; ``ignored`` are the
    headers of those. ``rows`` counts the rows with any text.
    """

    path: Path
    encoding: str
    delimiter: str
    columns: list[str | None]
    ignored: list[str]
    rows: int


def _kind(
    columns: tuple[str, ...],
    required: tuple[str, ...],
    dates: tuple[str, ...],
    variants: Mapping[str, str],
) -> TableKind:
    names = {name: name for name in columns}
    names |= {other: name for name, others in variants.items() for other in others.split()}
    return TableKind(columns, required, dates, names)


PATIENTS: Final = _kind(
    PERSON_COLUMNS,
    ("mrn", "full_name"),
    ("dob", "created_at"),
    {
        "mrn": "mr_no mrno mr_number mr medical_record_number reg_no registration_no "
        "registration_number",
        "full_name": "name patient_name patient",
        "father_name": "father fathers_name father_or_husband father_husband_name",
        "dob": "date_of_birth birth_date birthdate birthday",
        "age_years": "age",
        "sex": "gender",
        "phone": "phone_no phone_number mobile mobile_no mobile_number contact contact_no cell",
        "cnic": "nic cnic_no nic_no cnic_number",
        "address": "addr postal_address",
        "origin_terminal_code": "origin_terminal terminal terminal_code",
        "is_offline_entry": "offline is_offline",
        "created_at": "registered_at registration_date created created_on date_created",
    },
)
TERMINALS: Final = _kind(
    TERMINAL_COLUMNS,
    ("code", "offline_range_start", "offline_range_end"),
    (),
    {
        "code": "terminal_code terminal",
        "name": "terminal_name description",
        "offline_range_start": "range_start start",
        "offline_range_end": "range_end end",
        "offline_current": "current",
        "is_active": "active",
    },
)


def look_through(path: Path, kind: TableKind, encoding: str = ENCODING) -> CsvTable:
    """Read a file to its end, and return what `lines` needs to read it again.

    Raises:
        BadCsv: it cannot be read; the error says where and what to do.
        OSError: it cannot be opened.
    """
    try:
        with _open(path, encoding) as file:
            header = file.readline()
            # Headers hardly ever contain a delimiter, so the most frequent one is the delimiter.
            delimiter = max(DELIMITERS, key=header.count)
            file.seek(0)
            names, rows = _read(path, csv.reader(file, delimiter=delimiter, strict=True))
    except LookupError as error:
        raise BadCsv(path=path, why=f"there is no encoding '{encoding}'") from error
    except UnicodeError as error:
        raise BadCsv(path=path, why=_where_decoding_fails(path, encoding)) from error
    columns, ignored = _columns(path, kind, names)
    return CsvTable(path, encoding, delimiter, columns, ignored, rows)


def lines(table: CsvTable, kind: TableKind, date_format: str | None = None) -> Iterator[CsvLine]:
    """The rows of a file, without those that have no text at all.

    Args:
        date_format: how the file writes dates, as ``%d/%m/%Y``. The cells are YYYY-MM-DD then.
    """
    with _open(table.path, table.encoding) as file:
        reader = csv.reader(file, delimiter=table.delimiter, strict=True)
        next(reader, None)
        begins = reader.line_num + 1
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield _line(begins, cells, table, kind, date_format)
            begins = reader.line_num + 1


def _line(
    number: int, cells: list[str], table: CsvTable, kind: TableKind, date_format: str | None
) -> CsvLine:
    named = {
        name: "" if cell == _NOTHING else cell
        for name, cell in zip(table.columns, cells, strict=False)
        if name is not None
    }
    wanted = len(table.columns)
    # Spreadsheets add empty cells at the end of a row; anything in them belongs to no column.
    if len(cells) < wanted or any(cell.strip() for cell in cells[wanted:]):
        return CsvLine(number, named, f"The row has {len(cells)} cells, the header {wanted}.")
    if any(len(cell) > CELL_MAX for cell in cells):
        return CsvLine(number, named, f"A cell has more than {CELL_MAX} characters.")
    if date_format is not None:
        for name in kind.dates:
            if name in named:
                named[name] = _iso(named[name], date_format)
    return CsvLine(number, named)


def _iso(text: str, date_format: str) -> str:
    """A date as YYYY-MM-DD, with the time of day that follows it; any other text as it is."""
    for time_format in ("", " %H:%M", " %H:%M:%S"):
        try:
            found = datetime.strptime(text.strip(), date_format + time_format)
        except ValueError:
            continue
        return found.isoformat(" ") if time_format else found.date().isoformat()
    return text


def _open(path: Path, encoding: str) -> TextIO:
    """Open a file; one in UTF-8 may begin with a byte order mark, as Windows programs write it."""
    chosen = "utf-8-sig" if codecs.lookup(encoding).name == "utf-8" else encoding
    return path.open(encoding=chosen, newline="")


def _read(path: Path, reader: Any) -> tuple[list[str], int]:
    """The header, and how many rows with any text follow it."""
    header: list[str] = []
    rows = 0
    begins = 1
    try:
        header = next(reader, header)
        begins = reader.line_num + 1
        for cells in reader:
            rows += any(cell.strip() for cell in cells)
            begins = reader.line_num + 1
    except csv.Error as error:
        raise BadCsv(
            path=path,
            why=f"the row that begins on line {begins} is broken ({error}). Look for a quotation "
            "mark that is not doubled or not closed",
        ) from error
    return header, rows


def _columns(path: Path, kind: TableKind, header: list[str]) -> tuple[list[str | None], list[str]]:
    """The columns in their order, None for unknown ones, and the headers of the unknown ones.

    Raises:
        BadCsv: two headers mean one column, or a required column is missing.
    """
    columns = [kind.names.get(_plain(text)) for text in header]
    for name in kind.columns:
        same = [
            f"'{text.strip()}'"
            for text, found in zip(header, columns, strict=True)
            if found == name
        ]
        if len(same) > 1:
            raise BadCsv(path=path, why=f"the columns {' and '.join(same)} both mean {name}")
    missing = [name for name in kind.required if name not in columns]
    if missing:
        named = ", ".join(text.strip() for text in header) or "nothing"
        raise BadCsv(
            path=path,
            why=f"its first line must name the columns, {' and '.join(missing)} among them; it "
            f"says: {named[:300]}",
        )
    ignored = [text.strip() for text, found in zip(header, columns, strict=True) if found is None]
    return columns, [text for text in ignored if text]


def _plain(text: str) -> str:
    """A header in the form in which `TableKind` has it: ``Father's Name`` is ``fathers_name``."""
    return re.sub(r"[^a-z0-9]+", "_", text.strip().lower().replace("'", "")).strip("_")


def _where_decoding_fails(path: Path, encoding: str) -> str:
    """A sentence: line and column of the first bytes that are not of an encoding; what to try."""
    decoder = codecs.getincrementaldecoder(encoding)()
    line, column = 1, 1
    with path.open("rb") as file:
        start = file.read(2)
        file.seek(0)
        piece = b"?"
        while piece:
            piece = file.read(_PIECE)
            try:
                text = decoder.decode(piece, final=not piece)
            except UnicodeDecodeError as error:
                # Count up to the fault, and end the loop.
                text = error.object[: error.start].decode(encoding, "ignore")
                piece = b""
            line, column = _advance(line, column, text)
    if start in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        advice = "It looks like UTF-16: add --encoding utf-16"
    else:
        advice = (
            "Say which encoding it has, for example --encoding cp1252 (Western Europe) or "
            "--encoding cp1256 (Arabic script), or export it as UTF-8"
        )
    return f"line {line}, column {column} is not {encoding}. {advice}"


def _advance(line: int, column: int, text: str) -> tuple[int, int]:
    """The line and column behind ``text``, which begins at ``line`` and ``column``."""
    breaks = text.count("\n")
    if not breaks:
        return line, column + len(text)
    return line + breaks, len(text) - text.rfind("\n")
