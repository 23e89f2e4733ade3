"""What a row of an earlier system's tables, which is all texts, means.

Old registers are imperfect, so only the number and the name are required. A row that breaks a rule
is not taken. With ``lenient`` a field that breaks a rule is left out, and the person is taken.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date, datetime
from hashlib import blake2b
from typing import Any, Final, NamedTuple

from coordinator.errors import (
    BadFlag,
    BadOfflineCurrent,
    BadTerminalName,
    NoPerson,
    OddRow,
    RowDamaged,
)
from coordinator.importing import damage
from sync.errors import BadRange, BadTerminalCode, InvalidPatient
from sync.model import demographics, facts, numbers, typed
from sync.model.demographics import PossibleTimes
from sync.model.facts import Author
from sync.model.numbers import Mrn, NumberRange
from sync.model.person import more
from sync.model.person.more import More

TERMINAL: Final = "origin_terminal_code"
PERSON_COLUMNS: Final = (
    "mrn",
    *demographics.USUAL,
    "identity",
    *demographics.AGES,
    TERMINAL,
    "is_offline_entry",
    "created_at",
)
MORE_COLUMNS: Final = {more.IDENTIFIERS: "identifier_", more.EXTRA: "extra_"}
"""What the names of columns begin with that are identifiers or own fields in the settings."""

TERMINAL_COLUMNS: Final = (
    "code",
    "name",
    "offline_range_start",
    "offline_range_end",
    "offline_current",
    "is_active",
)
NAME_LENGTH_MAX: Final = 255

_REQUIRED: Final = ("full_name",)
_FLAGS: Final = {
    **dict.fromkeys(("", "0", "f", "false", "n", "no"), False),
    **dict.fromkeys(("1", "t", "true", "y", "yes"), True),
}
_SEXES: Final = {"male": "M", "female": "F", "other": "O", "m": "M", "f": "F", "o": "O"}
_MIDNIGHT: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[ T]00:00(?::00(?:\.0+)?)?(?:Z|\+00(?::?00)?)?"
)

Row = Mapping[str, str]


class RowKey(NamedTuple):
    """A row's number, and a 16-byte hash of its cells: the same row sent again has the same key."""

    mrn: Mrn
    key: bytes


class ImportedPerson(NamedTuple):
    """A row of the patients' table.

    ``registered_at`` is ISO 8601 with a zone. ``left_out`` maps each field that was left out to
    what was wrong with it.
    """

    terminal: Author | None
    offline: bool
    registered_at: str
    demographics: dict[str, str]
    left_out: dict[str, str]


class OldTerminal(NamedTuple):
    """A row of the terminals' table.

    ``mark`` is the last number of its range that was used, 0 if none was.
    """

    code: Author
    name: str
    range: NumberRange
    mark: int
    active: bool


def identify(row: Row) -> RowKey:
    """The key of a row.

    Raises:
        NoPerson, RowDamaged: a spreadsheet has made it something else than it was.
        BadMrn: it has no number, or something that is no number.
    """
    text = row.get("mrn", "")
    if damage.is_no_person(text, row.get("full_name", "")):
        raise NoPerson
    why = damage.harm_to_number(text)
    if why is not None:
        raise RowDamaged(text=text.strip()[:40], why=why)
    mrn = numbers.legacy_mrn(text)
    # Order, spaces and empty cells do not make it another row.
    content = sorted((name, text.strip()) for name, text in row.items() if text.strip())
    return RowKey(mrn, blake2b(json.dumps(["import", content]).encode(), digest_size=16).digest())


def read_person(
    row: Row,
    now: datetime,
    possible: PossibleTimes,
    *,
    lenient: bool,
    take_odd: bool = False,
    known: More = (),
) -> ImportedPerson:
    """What a row of the patients' table says.

    Args:
        now: trusted now in the facility's zone, which is that of times without a zone.
        possible: what time it may be by whatever clock is known.
        lenient: leave out fields that break a rule, except the name.
        take_odd: take a row that looks odd too, and a name without a letter.
        known: the identifiers and own fields in the settings.

    Raises:
        OddRow: it looks odd.
        InvalidPatient: fields break a rule; with ``lenient`` only a name that does is an error.
    """
    wrong: dict[str, str] = {}
    offline = False
    try:
        offline = _flag(row, "is_offline_entry")
    except BadFlag:
        wrong["is_offline_entry"] = "must be true or false"
    registered_at = _time(row.get("created_at", ""), now, possible.latest)
    if registered_at is None:
        wrong["created_at"] = "must be a time that is not in the future, as 2024-11-03 14:30:00"
    given = _given(row)
    # An age counts from the day on which it was written down.
    today = (now if given["dob"] else registered_at or now).date()
    entered: dict[str, str] = {}
    try:
        entered = _validated(given, today, possible, known)
    except InvalidPatient as error:
        wrong |= error.fields
    if wrong:
        if not lenient or not wrong.keys().isdisjoint(_REQUIRED):
            raise InvalidPatient(wrong)
        entered = _validated(_without(given, wrong), today, possible, known)
    if not take_odd:
        dob = "" if "dob_estimated" in entered else entered.get("dob", "")
        registered = f"{registered_at:%Y-%m-%d}" if registered_at and row.get("created_at") else ""
        odd = damage.oddness(row.get("mrn", ""), entered["full_name"], dob, registered)
        if odd is not None:
            raise OddRow(why=odd)
    code = facts.as_terminal_code(row.get(TERMINAL, ""))
    return ImportedPerson(
        Author(code) if code else None,
        offline,
        (registered_at or now).isoformat(timespec="seconds"),
        entered,
        wrong,
    )


def _validated(
    given: Mapping[str, Any], today: date, possible: PossibleTimes, known: More
) -> dict[str, str]:
    return demographics.validate(given, today, _REQUIRED, possible, any_name=True, known=known)


def read_terminal(row: Row) -> OldTerminal:
    """What a row of the terminals' table says.

    Raises:
        BadTerminalCode, BadTerminalName, BadRange, BadOfflineCurrent, BadFlag: it cannot be used.
    """
    code = facts.as_terminal_code(row.get("code", ""))
    if not facts.is_usable_code(code):
        raise BadTerminalCode(text=code[:100])
    bounds = [typed.code(row.get(f"offline_range_{end}", "")) for end in ("start", "end")]
    if not all(bounds):
        raise BadRange(text="-".join(bounds), why="the first or the last number is missing")
    range_ = NumberRange.parse("-".join(text[:20] for text in bounds))
    current = typed.code(row.get("offline_current", "")) or "0"
    mark = int(current) if current.isascii() and current.isdecimal() and len(current) <= 10 else -1
    if mark < 0 or mark > range_.end:
        raise BadOfflineCurrent(text=current[:20], range=range_.text)
    name = " ".join(row.get("name", "").split())
    if len(name) > NAME_LENGTH_MAX or not name.isprintable():
        raise BadTerminalName(terminal=code)
    active = _flag(row, "is_active") if row.get("is_active", "").strip() else True
    used = mark if mark in range_ else 0  # a mark below is of a range that this one has replaced
    return OldTerminal(Author(code), name, range_, used, active)


def _without(given: Mapping[str, Any], wrong: Mapping[str, str]) -> dict[str, Any]:
    """The cells that are not wrong."""
    kept = {name: value for name, value in given.items() if name not in wrong}
    for group in more.FIELDS:
        values = kept[group].items()
        kept[group] = {name: text for name, text in values if f"{group}.{name}" not in wrong}
    return kept


def _given(row: Row) -> dict[str, Any]:
    """The demographic cells, with usual ways of writing them turned into those of this project."""
    given: dict[str, Any] = {
        name: cell.strip() if name in demographics.IN_LETTERS else typed.code(cell)
        for name in (*demographics.USUAL, "identity", *demographics.AGES)
        for cell in [row.get(name, "")]
    }
    for group, prefix in MORE_COLUMNS.items():
        cells = {
            name.removeprefix(prefix): cell for name, cell in row.items() if name.startswith(prefix)
        }
        given[group] = {name: cell for name, cell in cells.items() if cell.strip()}
    given["identity"] = given["identity"].lower()
    given["sex"] = _SEXES.get(given["sex"].lower(), given["sex"])
    # Databases without a type for days export them as midnight.
    midnight = _MIDNIGHT.fullmatch(given["dob"])
    if midnight is not None:
        given["dob"] = midnight.group(1)
    estimated = given["dob_estimated"]
    # Without a day there is nothing to estimate; an age sets this by itself. What is no flag stays,
    # so that the rules of the field refuse it.
    if _FLAGS.get(estimated.lower()) is not None:
        is_so = _FLAGS[estimated.lower()] and given["dob"]
        given["dob_estimated"] = demographics.ESTIMATED if is_so else ""
    return given


def _flag(row: Row, name: str) -> bool:
    """True or false as databases write it; an empty cell is false.

    Raises:
        BadFlag: it is neither.
    """
    text = typed.code(row.get(name, ""))
    flag = _FLAGS.get(text.lower())
    if flag is None:
        raise BadFlag(text=text[:20], name=name)
    return flag


def _time(text: str, now: datetime, latest: datetime) -> datetime | None:
    """A time as databases write it; ``now`` for an empty cell, None for no time or a future one."""
    stripped = typed.code(text)
    if not stripped:
        return now
    try:
        found = datetime.fromisoformat(stripped)
        zoned = found.replace(tzinfo=now.tzinfo) if found.tzinfo is None else found
        local = zoned.astimezone(now.tzinfo)
    except (ValueError, OverflowError):
        return None
    return local if local <= latest else None
