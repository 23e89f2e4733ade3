"""What desks ask an administrator to decide about records, as a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sync.cli.table import in_columns

ID_DIGITS: Final = 12
"""How much of an id the table shows; so much of it names a request."""


def table(found: Sequence[dict[str, Any]]) -> str:
    """A line for each request."""
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
