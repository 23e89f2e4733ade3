"""The facts of one registration folded to what a clerk sees: its fields as corrected.

A correction names, for each field, the facts whose value it replaces, and beats those whatever any
clock says. Only true rivals, written without knowledge of one another, are ordered, by hybrid
logical clock, author and fact id. Earlier values stay as history.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from sync.model.facts import Amendment, Author, FactId


class AppliedCorrection(NamedTuple):
    """An amendment with where it came from."""

    id: FactId
    author: Author
    hlc: int
    fact: Amendment


class FieldValue(NamedTuple):
    """A field's value and the fact that gave it; ``rivals`` are all facts that nobody replaced."""

    text: str
    source: FactId
    rivals: tuple[FactId, ...]


def current_fields(
    registration: FactId, demographics: Mapping[str, str], corrections: Iterable[AppliedCorrection]
) -> dict[str, FieldValue]:
    """Field -> the value in force, from the registration and its applied corrections."""
    corrections = list(corrections)
    fields = {
        name: FieldValue(text, registration, (registration,)) for name, text in demographics.items()
    }
    names = {name for correction in corrections for name in correction.fact.fields}
    for name in names:
        about = [correction for correction in corrections if name in correction.fact.fields]
        replaced = {
            ident for correction in about for ident in correction.fact.replaces.get(name, ())
        }
        heads = [correction for correction in about if correction.id not in replaced] or about
        heads.sort(key=_order)
        winner = heads[-1]
        rivals = tuple(correction.id for correction in heads)
        fields[name] = FieldValue(winner.fact.fields[name], winner.id, rivals)
    return fields


def last_change(corrections: Iterable[AppliedCorrection]) -> str | None:
    """``amended_at`` of the latest correction."""
    latest = max(corrections, key=_order, default=None)
    return latest.fact.amended_at if latest else None


def _order(correction: AppliedCorrection) -> tuple[int, str, bytes]:
    return (correction.hlc, correction.author, correction.id)
