"""Text in columns, for names in any script: some letters take two columns, and some none."""

from __future__ import annotations

from collections.abc import Sequence

from wcwidth import wcswidth, wcwidth


def width(text: str) -> int:
    """How many columns of a terminal a text takes."""
    columns = wcswidth(text)
    if columns >= 0:
        return columns
    # It holds a character that is no letter at all, of which a terminal shows nothing.
    return sum(max(wcwidth(character), 0) for character in text)


def padded(text: str, columns: int) -> str:
    """A text with spaces behind it, so that the next one begins after ``columns``."""
    return text + " " * (columns - width(text))


def in_columns(rows: Sequence[Sequence[str]]) -> str:
    """Rows of cells as lines, each column as wide as its widest cell."""
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(padded(cell, columns) for cell, columns in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
