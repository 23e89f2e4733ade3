"""Is this person registered already? A first, cautious answer for a clerk to judge.

Two people are probably one when their CNICs are equal, or when their names are close and they were
born on the same day (when either date is an estimate: within a year). Families share phones and
names, so these alone say nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from difflib import SequenceMatcher
from typing import Annotated, Any, Final, Literal

from msgspec import Meta

from sync.model import typed
from sync.model.demographics import normal_cnic

DuplicateReason = Annotated[Literal["cnic", "name_and_dob"], Meta(title="DuplicateReason")]

CLOSE: Final = 0.85
"""How much of two names must agree (Ratcliff and Obershelp's measure, 0 to 1)."""
ESTIMATE_DAYS: Final = 366


def alike(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[DuplicateReason]:
    """Why two people (field -> value) may be one; empty if nothing says so."""
    reasons: list[DuplicateReason] = []
    if one["cnic"] and other["cnic"] and normal_cnic(one["cnic"]) == normal_cnic(other["cnic"]):
        reasons.append("cnic")
    if born_alike(one, other) and close_names(one["full_name"] or "", other["full_name"] or ""):
        reasons.append("name_and_dob")
    return reasons


def born_alike(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """True for one day of birth, or nearly one where it was estimated."""
    if not one["dob"] or not other["dob"]:
        return False
    if not one["dob_estimated"] and not other["dob_estimated"]:
        return bool(one["dob"] == other["dob"])
    try:
        apart = date.fromisoformat(one["dob"]) - date.fromisoformat(other["dob"])
    except ValueError:
        return False
    return abs(apart.days) <= ESTIMATE_DAYS


def born_between(dob: str | None) -> tuple[str, str]:
    """The first and the last day of birth that may be taken for ``dob``, were it estimated."""
    try:
        born = date.fromisoformat(dob or "")
        apart = timedelta(ESTIMATE_DAYS)
        return (born - apart).isoformat(), (born + apart).isoformat()
    except (ValueError, OverflowError):
        return "", ""


def close_names(one: str, other: str) -> bool:
    """True for names that differ in spelling, order or in a part that one of them leaves out."""
    words, others = (sorted(set(typed.key(name).split())) for name in (one, other))
    if not words or not others:
        return False
    shorter, longer = sorted((words, others), key=len)
    if len(shorter) > 1 and set(shorter) <= set(longer):
        return True
    return SequenceMatcher(None, " ".join(words), " ".join(others), False).ratio() >= CLOSE
