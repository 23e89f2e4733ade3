"""Conflicts as people read them: side by side, as a table, for a spreadsheet; and decisions."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any, Final

from sync.cli.status import local_time
from sync.cli.table import in_columns
from sync.model import phrases

REASONS: Final = {
    "duplicate_mrn": "another person holds this number",
    "outside_range": "the number was not this terminal's to give",
    "duplicate_record": "this record was registered before",
    "revoked": "the terminal was revoked when this arrived",
    "malformed": "the registration cannot be read",
    "double_verdict": "two coordinators confirmed this number for two people",
}
ID_DIGITS: Final = 12
"""How much of an id a table shows; so much of it names a conflict."""

_ROWS: Final = (
    ("full_name", "Name"),
    ("father_name", "Father"),
    ("dob", "Born"),
    ("sex", "Sex"),
    ("phone", "Phone"),
    ("cnic", "CNIC"),
    ("address", "Address"),
    ("origin_terminal_code", "Terminal"),
    ("created_at", "Registered"),
    ("operator", "Operator"),
    ("mrn", "Number"),
    ("record_id", "Record"),
)
_PERSON: Final = ("record_id", "mrn", "former_mrn", "mrn_status", *(name for name, _ in _ROWS[:9]))
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")

Conflict = dict[str, Any]
Person = dict[str, Any]


def side_by_side(conflict: Conflict) -> str:
    """Both people of a conflict in two columns; ``*`` marks what differs. Then its history."""
    person, other = conflict["patient"], conflict["other"]
    rows = [(" ", "", _heading(conflict, person), _heading(conflict, other))]
    rows += [
        (
            "*" if name in conflict["differs"] else " ",
            title,
            _cell(person, name),
            _cell(other, name),
        )
        for name, title in _ROWS
    ]
    rows.append((" ", "Status", _status(person), _status(other)))
    return "\n".join(
        [
            f"Conflict {conflict['id']}: {state(conflict)}",
            f"Number {conflict['mrn'] or '-'}: {_reason(conflict)}.",
            "",
            in_columns([(f"{mark} {title}", left, right) for mark, title, left, right in rows]),
            "",
            _why(conflict),
            *map(_step, conflict["history"]),
        ]
    )


def table(conflicts: Sequence[Conflict]) -> str:
    """One line for each conflict."""
    if not conflicts:
        return "No conflicts."
    rows = [("ID", "NUMBER", "STATE", "PERSON", "HELD BY", "REASON")]
    rows += [
        (
            conflict["id"][:ID_DIGITS],
            conflict["mrn"] or "-",
            state(conflict),
            name(conflict["patient"]),
            _held_by(conflict),
            _reason(conflict),
        )
        for conflict in conflicts
    ]
    return in_columns(rows)


def spreadsheet(conflicts: Sequence[Conflict]) -> bytes:
    """CSV for a spreadsheet.

    It is UTF-8 with a byte order mark, without which spreadsheets misread Urdu, and no cell is a
    formula, which a name that somebody typed could otherwise be.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    people = ("person", "other")
    head = ("id", "number", "reason", "state", "held_by")
    last = ("differs", "action", "who", "why", "at")
    writer.writerow([*head, *(f"{who}_{field}" for who in people for field in _PERSON), *last])
    for conflict in conflicts:
        steps = [step for step in conflict["history"] if step["in_force"]]
        step = steps[-1] if steps else {}
        values = [
            conflict["id"],
            conflict["mrn"],
            conflict["reason"],
            state(conflict),
            conflict["holder"]["record_id"] if conflict["holder"] else None,
            *((conflict["patient"] or {}).get(field) for field in _PERSON),
            *((conflict["other"] or {}).get(field) for field in _PERSON),
            " ".join(conflict["differs"]),
            *(step.get(field) for field in last[1:]),
        ]
        writer.writerow([_defused(value) for value in values])
    return text.getvalue().encode("utf-8-sig")


def plan(conflict: Conflict, action: str, into: Person | None, take: Sequence[str] = ()) -> str:
    """What an action is about to do, in a sentence.

    Args:
        into: with merge the person that was named, if one was.
        take: with merge the fields that are taken from the person of the conflict.
    """
    who, number = name(conflict["patient"]), conflict["mrn"]
    holder = conflict["holder"]
    if action == "assign":
        return f"{who} gets a fresh number, which must be printed on a new card."
    if action == "award":
        after = f" {name(holder)} gets a fresh number, and a new card." if holder else ""
        return f"{who} gets {number} for good.{after}"
    if action == "merge":
        whole = into or conflict["other"]
        if whole is None:
            return f"Nobody else is in this conflict: name with --into who {who} is one with."
        return "\n".join(
            [
                f"The registration of {who} counts as one with that of {name(whole)}, number "
                f"{whole['mrn'] or '-'}. Both stay, and both numbers keep finding them.",
                *taken(conflict["patient"], take),
                *unlike(conflict["patient"], whole),
            ]
        )
    if action == "void":
        return f"The registration of {who} is marked as a mistake. It stays, with its number."
    given = [
        number
        for step in conflict["history"]
        if step["in_force"]
        for number in (step["mrn"], step["displaced_mrn"])
        if number
    ]
    cards = f" A card printed with {' or '.join(given)} may be wrong then." if given else ""
    return (
        f"The decision in force is taken back, with every number that it gave.{cards} The conflict "
        "is open again, and somebody has to decide about it again."
    )


def taken(former: Person, take: Sequence[str]) -> list[str]:
    """What a merge takes from the record that is merged, a line for each field."""
    return [
        f"Taken from the first: {field} {value_of(former, field) or '(empty)'}." for field in take
    ]


def value_of(person: Person, field: str) -> str:
    """What somebody's record says in a field, which may be ``identifiers.NAME``."""
    group, _, name = field.partition(".")
    return str((person[group].get(name) if name else person.get(field)) or "")


def unlike(person: Person, other: Person) -> list[str]:
    """A warning for each field that one human being cannot have in two ways."""
    fields = (("sex", "sex"), ("dob", "date of birth"), ("cnic", "CNIC"))
    return [
        f"WARNING: the {title} differs: {person[field]} and {other[field]}."
        for field, title in fields
        if person.get(field) and other.get(field) and person[field] != other[field]
    ]


def conflict_text(answer: dict[str, Any]) -> str:
    """What a decision has changed, and what is to be done now."""
    conflict = answer["conflict"]
    lines = [f"Conflict {conflict['id']} is {state(conflict)}."]
    lines += [_change(change) for change in answer["changed"]]
    if not answer["changed"]:
        lines.append("No number has changed.")
    if conflict["open"]:
        lines.append("Somebody has to decide about it again.")
    due = [change for change in answer["changed"] if change["reprint"]]
    listed = sorted({change["desk"] for change in due if change["listed"]})
    others = sorted({change["desk"] for change in due if not change["listed"]})
    if listed:
        lines.append(
            f"Tell {', '.join(listed)}: `mrnmesh-node status` lists there which cards to print, "
            "until somebody says that it is done: `mrnmesh-node reprinted NUMBER`."
        )
    if others:
        lines.append(f"Tell {', '.join(others)}, which has no node and hears of it only from you.")
    return "\n".join(lines)


def name(person: Person) -> str:
    """A person and where they were registered."""
    full = person["full_name"] or "nobody who can be read"
    return f"{full} ({person['origin_terminal_code'] or 'coordinator'})"


def state(conflict: Conflict) -> str:
    """Open, or resolved."""
    return "open" if conflict["open"] else "resolved"


def _change(change: dict[str, Any]) -> str:
    who, before, after = name(change["patient"]), change["before"], change["mrn"]
    if change["reprint"]:
        became = f"{who}: {before or 'no number'} became {after}."
        return f"{became} Print a new card at {change['desk']}, unless it shows that already."
    if change["holds"]:
        return f"{who} holds {after}; the card is right."
    if before != after:
        return (
            f"{who}: {before} is theirs no more, and {after} is not theirs either. A card printed "
            f"with {before} is wrong."
        )
    return f"{who} does not hold {after} any more: a card printed with it is wrong."


def _step(step: dict[str, Any]) -> str:
    """One decision of a conflict's history."""
    numbers = f", number {step['mrn']}" if step["mrn"] else ""
    if step["displaced_mrn"]:
        numbers += f", {step['displaced_mrn']} for its holder"
    if step["into"]:
        numbers += f", into {step['into']}"
    now = " [in force]" if step["in_force"] else ""
    what = f"{step['action']} by {step['who']}{numbers}: {step['why']}{now}"
    return f"  {local_time(step['at'])}  {what}"


def _heading(conflict: Conflict, person: Person | None) -> str:
    """What a person is in a conflict."""
    if person is None:
        return "NOBODY ELSE"
    if person["merged_into"]:
        return "MERGED"
    if person["voided"]:
        return "VOID"
    holder = conflict["holder"]
    if holder is not None and holder["id"] == person["id"]:
        return "HOLDS THE NUMBER"
    if person["former_mrn"]:
        return "HAS ANOTHER NUMBER NOW"
    if person["mrn_status"] == "rejected":
        return "NUMBER REFUSED"
    return "ALSO CLAIMS IT" if person["mrn"] == conflict["mrn"] else "THE OTHER RECORD"


def _why(conflict: Conflict) -> str:
    holder, number = conflict["holder"], conflict["mrn"]
    if holder is None:
        return f"Nobody holds {number}." if number else "It is about no number."
    because = {
        "resolution": "because an administrator decided so",
        "verdict": "because the coordinator confirmed that registration first",
        "provisional": "until the coordinator confirms one",
    }
    return f"{holder['full_name']} holds {number} {because[conflict['held_by']]}."


def _is_own(conflict: Conflict) -> bool:
    """True when the person of a conflict holds its number, as after an award."""
    person, holder = conflict["patient"], conflict["holder"]
    return person is not None and holder is not None and bool(person["id"] == holder["id"])


def _held_by(conflict: Conflict) -> str:
    if _is_own(conflict):
        return "this person"
    return name(conflict["holder"]) if conflict["holder"] else "nobody"


def _reason(conflict: Conflict) -> str:
    if conflict["reason"] == "duplicate_mrn" and _is_own(conflict):
        return "another person held this number"
    return REASONS.get(conflict["reason"], str(conflict["reason"]))


def _status(person: Person | None) -> str:
    if person is None:
        return "-"
    return phrases.STATUSES.get(person["mrn_status"], str(person["mrn_status"]))


def _cell(person: Person | None, field: str) -> str:
    value = (person or {}).get(field)
    if value and field == "created_at":
        return local_time(value)
    return str(value or "-")


def _defused(value: object) -> str:
    """The text of a cell that no spreadsheet takes for a formula."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def people_sent_twice(found: list[dict[str, Any]]) -> str:
    """People who are probably one person, below each other, with an empty line after each pair."""
    names = ("mrn", "full_name", "dob", "origin_terminal_code", "created_at")
    rows: list[tuple[str, ...]] = [("MRN", "Name", "Born", "Desk", "Registered")]
    for one in found:
        rows += [tuple(_cell(who, name) for name in names) for who in one["patients"]]
        rows.append(("",) * len(names))
    return in_columns(rows)


def probable_duplicates(found: list[dict[str, Any]]) -> str:
    """Each person above who is probably the same, with grade, reasons and what was decided."""
    names = ("mrn", "full_name", "dob", "origin_terminal_code", "created_at")
    head = ("MRN", "Name", "Born", "Desk", "Registered", "Grade", "Why")
    rows: list[tuple[str, ...]] = [head]
    for one in found:
        decided = one["decided"]
        said = f"{one['state']} by {decided['who']}: {decided['why']}" if decided else ""
        rows.append((*(_cell(one["patient"], name) for name in names), "", said))
        for other in one["others"]:
            why = "; ".join(reason["en"] for reason in other["reasons"])
            cells = (_cell(other["patient"], name) for name in names)
            rows.append((*cells, other["grade"], why))
        rows.append(("",) * len(head))
    return in_columns(rows)
