"""The facts of one registration folded to what a clerk sees: its fields as corrected.

A correction names, for each field, the facts whose value it replaces, and beats those whatever any
clock says. Only true rivals, written without knowledge of one another, are ordered: by time, author
and fact id. The time is the earlier of their own and that of their earliest verdict, so that a
clock that is years ahead wins over nobody for longer than until the coordinator has seen it.
Earlier values stay as history.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from sync.model import clock
from sync.model.facts import HLC_MAX, Amendment, Author, FactId


class AppliedCorrection(NamedTuple):
    """An amendment with where it came from.

    ``hlc`` is `HLC_MAX` if its own time is not believed; ``judged_ms`` is the time of its earliest
    verdict.
    """

    id: FactId
    author: Author
    hlc: int
    fact: Amendment
    judged_ms: int | None = None


class Value(NamedTuple):
    """A field's value and the fact that gave it; ``rivals`` are all facts that nobody replaced."""

    text: str
    source: FactId
    rivals: tuple[FactId, ...]


def current_fields(
    registration: FactId, demographics: Mapping[str, str], corrections: Iterable[AppliedCorrection]
) -> dict[str, Value]:
    """Field -> the value in force, from the registration and its applied corrections."""
    corrections = list(corrections)
    fields = {
        name: Value(text, registration, (registration,)) for name, text in demographics.items()
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
        fields[name] = Value(winner.fact.fields[name], winner.id, rivals)
    return fields


def last_change(corrections: Iterable[AppliedCorrection]) -> str | None:
    """``amended_at`` of the latest correction; None if there is none or its time is not believed.

    One that another replaces is not the latest, whatever its time.
    """
    every = list(corrections)
    replaced = {ident for one in every for idents in one.fact.replaces.values() for ident in idents}
    heads = [one for one in every if one.id not in replaced] or every
    latest = max(heads, key=_order, default=None)
    return latest.fact.amended_at if latest and latest.hlc != HLC_MAX else None


def _order(correction: AppliedCorrection) -> tuple[int, str, bytes]:
    time = correction.hlc
    if correction.judged_ms is not None:
        time = min(time, clock.pack(correction.judged_ms, 0))
    return (time, correction.author, correction.id)
