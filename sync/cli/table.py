"""Text in columns, for names in any script: some letters take two columns, and some none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from wcwidth import wcswidth, wcwidth

ID_DIGITS: Final = 12
"""How much of an id a table of requests shows; so much of it names a request."""


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


def of_requests(found: Sequence[dict[str, Any]]) -> str:
    """What desks ask an administrator to decide about records, a line for each request."""
    if not found:
        return "No requests."
    rows = [("ID", "STATE", "DESK", "WHAT", "PERSON", "INTO", "WHY", "ANSWER")]
    for one in found:
        answer = one["answer"]
        people = [(one[key] or {}).get("mrn") or "-" for key in ("patient", "into")]
        said = f"{answer['who']}: {answer['why']}" if answer is not None else "-"
        head = (one["id"][:ID_DIGITS], one["state"], one["desk"], one["act"])
        rows.append((*head, *people, one["why"], said))
    return in_columns(rows)
