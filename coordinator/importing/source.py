"""A table to import, from a CSV file or a workbook: looked through once, then read row by row.

It is read to its end before anything is sent, so nobody is taken from a file that is broken further
down, and whoever imports sees first how it is read (`coordinator.importing.profile`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

from coordinator.errors import BadCsv
from coordinator.importing import columns, csv_file, workbook
from coordinator.importing.columns import TableKind
from coordinator.importing.profile import Described, Profile
from sync.model.believed import PLAUSIBLE_MS

CELL_MAX: Final = 10_000
_NOTHING: Final = "\\N"
"""How some databases write that there is nothing."""


class SourceLine(NamedTuple):
    """A row: the number of the line that it begins on, and its cells by column.

    ``fault`` says what is wrong with a row that cannot be used, None for a good one.
    """

    number: int
    cells: dict[str, str]
    fault: str | None = None


class SourceTable(NamedTuple):
    """A file that can be read to its end.

    ``form`` says how it is read. ``columns`` are its columns in their order, None for one
    that is ignored; ``ignored`` are the headers of those. ``rows`` counts the rows with any text.
    """

    path: Path
    form: Described
    read: Callable[[], Iterator[tuple[int, list[str]]]]
    columns: list[str | None]
    ignored: list[str]
    rows: int
    profile: Profile


class DateForm(NamedTuple):
    """How a file writes dates: ``text`` as ``%d/%m/%Y``.

    A year of two digits is the last one in which a date does not lie after ``latest``: nobody is
    registered before being born.
    """

    text: str
    latest: date


def last_day(today: date, *, is_known: bool) -> date:
    """The last day that may be meant by a date with a year of two digits.

    Args:
        today: the day that the coordinator believes.
        is_known: its clock is believed, or others have confirmed the time. Otherwise it may be
            later by as long as its computer may have been off, and who was born since then is no
            hundred years old.
    """
    return today if is_known else today + timedelta(milliseconds=PLAUSIBLE_MS)


def look_through(
    path: Path,
    kind: TableKind,
    encoding: str = csv_file.ENCODING,
    going_on: Callable[[], None] = lambda: None,
) -> SourceTable:
    """Read a file to its end, and return what `lines` needs to read it again.

    Args:
        going_on: called again and again, here and in `lines`; an `ImportStopped` that it raises
            ends the reading.

    Raises:
        BadCsv: it cannot be read; the error says where and what to do.
        OSError: it cannot be opened.
    """
    form, read = _reading(path, encoding, going_on)
    rows = read()
    _, header = next(rows, (1, []))
    found, ignored = columns.matched(path, kind, header)
    profile = Profile(kind)
    count = 0
    for _, cells in rows:
        if any(cell.strip() for cell in cells):
            count += 1
            profile.add(_named(found, cells))
    return SourceTable(path, form, read, found, ignored, count, profile)


def lines(
    table: SourceTable, kind: TableKind, dates: DateForm | None = None
) -> Iterator[SourceLine]:
    """The rows of a file, without those that have no text at all.

    Args:
        dates: how the file writes dates; the cells are YYYY-MM-DD then. None: it writes them so.
    """
    rows = table.read()
    next(rows, None)
    for number, cells in rows:
        if any(cell.strip() for cell in cells):
            yield _line(number, cells, table, kind, dates)


def in_format(text: str, dates: DateForm) -> str | None:
    """A date as YYYY-MM-DD, with the time of day that follows it; None if it is none of that form.

    So is a 29th of February that may only be that of 1900, which had none.
    """
    for time_format in ("", " %H:%M", " %H:%M:%S"):
        try:
            found = datetime.strptime(text.strip(), dates.text + time_format)
            if "%y" in dates.text and found.date() > dates.latest:
                found = found.replace(year=found.year - 100)
        except ValueError:
            continue
        return found.isoformat(" ") if time_format else found.date().isoformat()
    return None


def _reading(
    path: Path, encoding: str, going_on: Callable[[], None]
) -> tuple[Described, Callable[[], Iterator[tuple[int, list[str]]]]]:
    """How a file is read, and the function that begins to."""
    if not path.exists():
        raise BadCsv(path=path, why="there is no such file")
    if not path.is_file():
        raise BadCsv(path=path, why="it is a folder, and not a file")
    if workbook.is_workbook(path):
        form = _form_of_workbook(workbook.sheet_names(path, going_on))
        return form, lambda: _asking(workbook.read(path, going_on), going_on)
    delimiter = csv_file.delimiter_of(path, encoding)
    if csv_file.is_utf_8_after_all(path, encoding):
        raise BadCsv(
            path=path,
            why=f"it is UTF-8, and as {encoding} names would be garbled: leave out --encoding",
        )
    form = _form_of_csv(encoding, delimiter)
    return form, lambda: _asking(csv_file.read(path, encoding, delimiter), going_on)


def _asking(
    rows: Iterator[tuple[int, list[str]]], going_on: Callable[[], None]
) -> Iterator[tuple[int, list[str]]]:
    """Rows, each after it was asked whether to go on: empty ones cost time too."""
    for row in rows:
        going_on()
        yield row


def _form_of_workbook(sheets: Sequence[str]) -> Described:
    text = f"workbook, sheet {sheets[0]}"
    if len(sheets) == 1:
        return Described(text, "workbook", {"sheet": sheets[0]})
    others = ", ".join(sheets[1:])
    text = f"{text}; not read: {others}"
    return Described(text, "workbook_more", {"sheet": sheets[0], "others": others})


def _form_of_csv(encoding: str, delimiter: str) -> Described:
    text = f"CSV in {encoding}, columns separated by"
    if delimiter == "\t":
        return Described(f"{text} tabs", "csv_tabs", {"encoding": encoding})
    return Described(f"{text} '{delimiter}'", "csv", {"encoding": encoding, "delimiter": delimiter})


def _named(names: list[str | None], cells: list[str]) -> dict[str, str]:
    return {
        name: "" if cell == _NOTHING else cell
        for name, cell in zip(names, cells, strict=False)
        if name is not None
    }


def _line(
    number: int, cells: list[str], table: SourceTable, kind: TableKind, dates: DateForm | None
) -> SourceLine:
    named = _named(table.columns, cells)
    wanted = len(table.columns)
    # Spreadsheets add empty cells at the end of a row; anything in them belongs to no column. A
    # workbook leaves them out.
    is_short = len(cells) < wanted and table.form.code in ("csv", "csv_tabs")
    if is_short or any(cell.strip() for cell in cells[wanted:]):
        return SourceLine(number, named, f"The row has {len(cells)} cells, the header {wanted}.")
    if any(len(cell) > CELL_MAX for cell in cells):
        return SourceLine(number, named, f"A cell has more than {CELL_MAX} characters.")
    if dates is not None:
        for name in kind.dates:
            if name in named:
                named[name] = in_format(named[name], dates) or named[name]
    return SourceLine(number, named)
