"""Records of people as administrators read them: side by side, and what becomes of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from coordinator.cli.conflicts_text import name, taken, unlike, value_of
from sync.cli.table import in_columns
from sync.model import phrases

_ROWS: Final = (
    ("mrn", "Number"),
    ("former_mrn", "Former number"),
    ("full_name", "Name"),
    ("father_name", "Father"),
    ("dob", "Born"),
    ("sex", "Sex"),
    ("phone", "Phone"),
    ("cnic", "CNIC"),
    ("address", "Address"),
    ("origin_terminal_code", "Terminal"),
    ("created_at", "Registered"),
    ("updated_at", "Corrected"),
    ("operator", "Operator"),
    ("record_id", "Record"),
)


def side_by_side(compared: dict[str, Any]) -> str:
    """Two records in two columns; ``*`` marks what differs."""
    one, other = compared["one"], compared["other"]
    more = [(field, field.partition(".")[2]) for field in _more_fields(one, other)]
    rows = [("  ", _state(one), _state(other))]
    rows += [
        (
            f"{'*' if field in compared['differs'] else ' '} {title}",
            value_of(one, field) or "-",
            value_of(other, field) or "-",
        )
        for field, title in (*_ROWS, *more)
    ]
    return in_columns(rows)


def _more_fields(*people: dict[str, Any]) -> list[str]:
    """The identifiers and fields of the clinic that some people have, as ``identifiers.NAME``."""
    groups = ("identifiers", "extra")
    return sorted({f"{group}.{name}" for who in people for group in groups for name in who[group]})


def plan(compared: dict[str, Any], take: Sequence[str]) -> str:
    """What a merge of the first record into the other one is about to do."""
    former, survivor = compared["one"], compared["other"]
    lines = [
        f"The record of {name(former)}, number {former['mrn'] or '-'}, is merged into that of "
        f"{name(survivor)}, number {survivor['mrn'] or '-'}. Both numbers find the second one then."
    ]
    return "\n".join([*lines, *taken(former, take), *unlike(former, survivor)])


def pair_plan(compared: dict[str, Any], decision: str) -> str:
    """What a decision about two records is about to do."""
    one, other = (f"{name(who)}, number {who['mrn'] or '-'}" for who in _both(compared))
    if decision == "two-people":
        return (
            f"{one} and {other} are two people. They are not suggested for one another any more "
            "until one of them is corrected."
        )
    return f"{one} and {other} may be one person after all."


def decided_pair(compared: dict[str, Any]) -> str:
    """What has become of two records."""
    one, other = (who["mrn"] or who["record_id"] for who in _both(compared))
    if compared["two_people"] is None:
        return f"{one} and {other} may be one person again."
    return f"{one} and {other} are two people."


def pair(found: dict[str, Any], compared: dict[str, Any], place: str) -> str:
    """A pair of the list side by side, with what speaks for one person.

    Args:
        place: which one it is.
    """
    (other,) = found["others"]
    why = "; ".join(reason["en"] for reason in other["reasons"])
    return f"\n{place}: {other['grade']}. {why}\n{side_by_side(compared)}"


def choices(later: dict[str, Any], earlier: dict[str, Any]) -> str:
    """What an administrator may do with a pair; the later one stands on the left."""
    left, right = (who["mrn"] or who["record_id"] for who in (later, earlier))
    return (
        f"t two people, m merge {left} into {right}, o merge {right} into {left}, "
        "Enter decide later, q stop: "
    )


def behind(changes: int) -> str:
    """That the list is not complete yet."""
    return phrases.count(
        changes,
        "change of the register has yet to be looked at.",
        "changes of the register have yet to be looked at.",
    )


def _both(compared: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    return compared["one"], compared["other"]


def question(person: dict[str, Any], decision: str) -> str:
    """What a decision about one record is about to do."""
    who = f"The record of {name(person)}, number {person['mrn'] or '-'},"
    if decision == "unmerge":
        return f"{who} counts by itself again, as it was before it was merged."
    if decision == "void":
        return f"{who} is marked as a mistake. It stays, and its number stays used."
    return f"{who} counts again."


def decided(answer: dict[str, Any]) -> str:
    """What has become of a record."""
    person, counts = answer["patient"], answer["counts"]
    number = person["mrn"] or person["record_id"]
    if counts is None:
        return f"{number} is marked as a mistake and counts no more."
    if counts["id"] != person["id"]:
        return f"{number} is merged into {counts['mrn'] or counts['record_id']}, which counts now."
    return f"{number} counts by itself."


def _state(person: dict[str, Any]) -> str:
    if person["merged_into"]:
        return "MERGED"
    return "VOID" if person["voided"] else "COUNTS"
