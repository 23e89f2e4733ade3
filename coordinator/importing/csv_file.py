"""CSV files of an earlier system, row by row, whatever their delimiter and encoding.

Quoting is strict, because a quotation mark that is never closed would swallow the rows that follow
it.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, TextIO

from coordinator.errors import BadCsv

ENCODING: Final = "utf-8"
DELIMITERS: Final = ",;\t"
_PIECE: Final = 1 << 16
_NAMED: Final = re.compile(r"sep=([^\w\s\"]|\t)\r?\n", re.IGNORECASE)
"""A line of its own before the header, by which spreadsheets name the delimiter."""


def delimiter_of(path: Path, encoding: str) -> str:
    """The delimiter of a file: headers hardly ever contain one, so the most frequent one is it.

    Raises:
        BadCsv: the first line cannot be read.
        OSError: the file cannot be opened.
    """
    try:
        with _open(path, encoding) as file:
            header = file.readline()
    except LookupError as error:
        raise BadCsv(path=path, why=f"there is no encoding '{encoding}'") from error
    except UnicodeError as error:
        raise BadCsv(path=path, why=_where_decoding_fails(path, encoding)) from error
    if found := _NAMED.match(header):
        return found[1]
    return max(DELIMITERS, key=header.count)


def read(path: Path, encoding: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The line on which each row begins, and its cells; the header first.

    Raises:
        BadCsv: a row cannot be read; the error says where and what to do.
        OSError: the file cannot be read.
    """
    begins = 1
    try:
        with _open(path, encoding) as file:
            reader = csv.reader(file, delimiter=delimiter, strict=True)
            for cells in reader:
                if begins > 1 or [cell.lower() for cell in cells] != ["sep=", ""]:
                    yield begins, cells
                begins = reader.line_num + 1
    except csv.Error as error:
        raise BadCsv(
            path=path,
            why=f"the row that begins on line {begins} is broken ({error}). Look for a quotation "
            "mark that is not doubled or not closed",
        ) from error
    except UnicodeError as error:
        raise BadCsv(path=path, why=_where_decoding_fails(path, encoding)) from error


def is_utf_8_after_all(path: Path, encoding: str) -> bool:
    """True for a file that is read as something else, but is UTF-8 with letters beyond ASCII.

    No text in another encoding is by chance: two letters in a row would have to look like the parts
    of one.
    """
    if codecs.lookup(encoding).name in ("utf-8", "utf-8-sig", "utf-16", "utf-32", "ascii"):
        return False
    decoder = codecs.getincrementaldecoder("utf-8")()
    is_ascii = True
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            try:
                is_ascii = decoder.decode(piece).isascii() and is_ascii
            except UnicodeDecodeError:
                return False
    return not is_ascii


def _open(path: Path, encoding: str) -> TextIO:
    """Open a file; one in UTF-8 may begin with a byte order mark, as Windows programs write it."""
    chosen = "utf-8-sig" if codecs.lookup(encoding).name == "utf-8" else encoding
    return path.open(encoding=chosen, newline="")


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
