"""Estimated weights as administrators and programs read them, beside those of this version."""

from __future__ import annotations

from math import log2
from typing import Any, Final

from sync.cli.table import in_columns
from sync.matching import weights
from sync.matching.estimating import Estimate
from sync.matching.reasons import in_english
from sync.matching.weights import Weight
from sync.model import phrases

MARKED_FROM: Final = 1.0
"""A finding is marked if it says so much more or less than it did, in bits."""

_HEAD: Final = ("", "finding", "one person", "relatives", "strangers", "bits")
_FOOT: Final = """\
Each column has the weight of this version and the estimated one: how often two registrations
of one person, of two relatives, of two strangers agree so, in percent. Bits say how much a
finding speaks for one person; * marks where that differs by 1 or more. Nothing was changed:
all desks go on with the weights of this version, so that all of them say the same about the
same two people."""


def as_text(found: Estimate) -> str:
    """The table, with a sentence before and behind it."""
    rows = [_HEAD]
    for (field, level), now in found.fields.items():
        before = weights.FIELDS[field, level]
        rows.append(
            (
                "*" if _differs(before, now) else "",
                f"{field}: {in_english(field, level)}",
                _shares(before.same, now.same),
                _shares(before.relative, now.relative),
                _shares(before.stranger, now.stranger),
                f"{_bits(before):.1f} {_bits(now):.1f}",
            )
        )
    pairs = f"{found.same:.0f} are one person and {found.relatives:.0f} relatives"
    begin = f"{phrases.people(found.asked)} compared; of the pairs found some {pairs}."
    return "\n".join([begin, "", in_columns(rows), "", _FOOT])


def as_json(found: Estimate) -> dict[str, Any]:
    """The same for programs; weights are shares from 0 to 1."""
    return {
        "people": found.asked,
        "one_person": round(found.same, 1),
        "relatives": round(found.relatives, 1),
        "rounds": found.rounds,
        "version": weights.VERSION,
        "weights": [
            {
                "field": field,
                "level": level,
                "fixed": _values(weights.FIELDS[field, level]),
                "estimated": _values(now),
            }
            for (field, level), now in found.fields.items()
        ],
    }


def _values(weight: Weight) -> dict[str, float]:
    return {"same": weight.same, "relative": weight.relative, "stranger": weight.stranger}


def _bits(weight: Weight) -> float:
    return log2(weight.same / weight.stranger)


def _differs(before: Weight, now: Weight) -> bool:
    return abs(_bits(now) - _bits(before)) >= MARKED_FROM


def _shares(before: float, now: float) -> str:
    return f"{_percent(before)} {_percent(now)}"


def _percent(share: float) -> str:
    percent = 100 * share
    return f"{percent:.0f}" if percent >= 10 else f"{percent:.2g}"
