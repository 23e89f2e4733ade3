"""What the corrections of one registration make of its fields.

A correction names, for each field, the facts whose value it replaces, and beats those whatever any
clock says. Only true rivals, written without knowledge of one another, are ordered: by time, author
and fact id. Their time is the earlier of their own and that of their earliest verdict, so that a
clock that is years ahead wins no longer than until the coordinator has seen what it wrote. Earlier
values stay as history.

In other words: of all corrections that say something of a field, the value in force is that of the
latest one that no other of them replaces. Where all of them are replaced, which nobody honest
writes, it is that of the latest one.

What one author can make all others work is bounded: fields that this software does not know are
stored and shown in the history, and not folded, and so are replaced facts beyond
`REPLACED_MAX` of one field, and `REPLACED_ALL_MAX` of all of them.
Of identifiers and own fields, whose names nobody knows beforehand, few are folded of each.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from sync.model import clock
from sync.model.demographics import FIELDS
from sync.model.facts import Amendment, Author, FactId
from sync.model.person import more
from sync.rules.admission import Judged

REPLACED_ALL_MAX: Final = 64
"""Facts that one correction replaces in all its fields together, in the order of the fields."""

REPLACED_MAX: Final = 16
"""Facts that a correction replaces in one field: the last ones that it names."""
CHANGED_AT: Final = ""
"""Stands for a field, which always has a name: what it says is when the correction was made."""


class Correction(NamedTuple):
    """An amendment with where it came from.

    ``hlc`` is its own hybrid time, `HLC_MAX` where that is not believed.
    """

    id: FactId
    author: Author
    hlc: int
    fact: Amendment


class Said(NamedTuple):
    """What a correction says of one field, and the facts whose value it replaces."""

    field: str
    text: str
    replaces: tuple[FactId, ...]


class FieldValue(NamedTuple):
    """A field's value; ``rivals`` are the facts that gave it one and that nobody replaced.

    The latest is the last one, and of more than `REPLACED_MAX` the latest are named.
    """

    text: str
    rivals: tuple[FactId, ...]


def said(amendment: Amendment, made_at: str) -> Iterator[Said]:
    """What an amendment says of each field that is folded.

    Args:
        made_at: when it was made, as far as that is believed.
    """
    yield Said(CHANGED_AT, made_at, ())
    left = REPLACED_ALL_MAX
    for field in (*FIELDS, *more.folded(amendment.fields)):
        text = amendment.fields.get(field)
        if text is not None:
            named = tuple(dict.fromkeys(amendment.replaces.get(field, ())[-REPLACED_MAX:]))
            replaced = named[max(0, len(named) - left) :]
            left -= len(replaced)
            yield Said(field, text, replaced)


def applies(judged: Judged) -> bool:
    """True for all corrections but those that verdicts only reject."""
    return judged.admitted or judged.rejected is None


def dated(correction: Correction, judged: Judged) -> Correction:
    """A correction with the time by which it is ordered among its rivals."""
    if judged.at_ms is None:
        return correction
    return correction._replace(hlc=min(correction.hlc, clock.pack(judged.at_ms, 0)))
