"""Demographic fields: which there are, what is valid, and their normal forms.

Names and addresses are kept in the letters that were value; telephone, CNIC and dates in ASCII (see
`sync.model.typed`). A person whose date of birth nobody knows has an age: it is kept as a date that
is marked as estimated.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Collection, Mapping
from datetime import MINYEAR, date, datetime, timedelta
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal, NamedTuple

import msgspec
from msgspec import Meta

from sync.errors import InvalidPatient
from sync.model import typed
from sync.model.person import identity, more
from sync.model.person.identity import Identity
from sync.model.person.more import More
from sync.model.validation import REQUIRED as REQUIRED_FIELD
from sync.model.validation import sort_out

USUAL: Final = (
    *("full_name", "father_name", "dob", "dob_estimated"),
    *("sex", "phone", "cnic", "address"),
)
"""What is asked of everybody."""
FIELDS: Final[tuple[str, ...]] = (*USUAL, *identity.FIELDS)
COMPANIONS: Final = {
    "dob_estimated": "dob",
    "name_placeholder": "full_name",
    "birth_order": "mother",
}
"""Fields that say nothing without another one."""
REQUIRED: Final = ("full_name", "sex", "phone", "dob")
"""Fields that must not be empty unless the settings say otherwise; an age counts as a ``dob``.

Of somebody whose identity is unconfirmed none has to be there.
"""
AGES: Final = ("age_years", "age_months", "age_days")
NAMES: Final = ("full_name", "father_name")
IN_LETTERS: Final = (*NAMES, "address")
"""Fields that are kept in the letters that were value; what machines read stands in the others."""
ESTIMATED: Final = "true"
"""How a fact says that a date of birth is estimated."""

_AGE_YEARS_MAX: Final = 150
_SEPARATED_CNIC: Final = re.compile(r"([0-9]{5})[ ./-]([0-9]{7})[ ./-]([0-9])")
_PHONE_DIGITS: Final = "must have 7 to 15 digits, as in 03001234567 or +92 300 1234567"

DAY_FORM: Final = "must be a date as YYYY-MM-DD"

Sex = Annotated[Literal["M", "F", "O"], Meta(title="Sex")]


class PossibleTimes(NamedTuple):
    """What time it may be by whatever clock is known, in the facility's zone.

    Nothing later than ``latest`` can be right, and nothing is said to be too long ago that is not
    so at ``earliest``.
    """

    earliest: datetime
    latest: datetime


class Demographics(msgspec.Struct, kw_only=True):
    """What a client may say about a person."""

    full_name: (
        Annotated[str, Meta(max_length=200, description="in any script", examples=["Ayesha Khan"])]
        | None
    ) = None
    father_name: Annotated[str, Meta(max_length=200, examples=["Imran Khan"])] | None = None
    dob: (
        Annotated[
            str,
            Meta(
                max_length=10,
                pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
                title=DAY_FORM,
                description="date of birth, not in the future",
                examples=["1990-01-01"],
                extra_json_schema={"format": "date"},
            ),
        ]
        | None
    ) = None
    dob_estimated: (
        Annotated[bool, Meta(description="the date of birth is a guess; true when an age is sent")]
        | None
    ) = None
    age_years: (
        Annotated[
            int,
            Meta(ge=0, le=_AGE_YEARS_MAX, description="instead of dob, which is then computed"),
        ]
        | None
    ) = None
    age_months: Annotated[int, Meta(ge=0, le=12 * _AGE_YEARS_MAX)] | None = None
    age_days: Annotated[int, Meta(ge=0, le=366 * _AGE_YEARS_MAX)] | None = None
    sex: Sex | None = None
    phone: (
        Annotated[
            str,
            Meta(
                max_length=30,
                pattern=r"^[+(]?[0-9][0-9 ()./-]*$",
                title=_PHONE_DIGITS,
                description="7 to 15 digits with the usual separators",
                examples=["03001234567"],
            ),
        ]
        | None
    ) = None
    cnic: (
        Annotated[
            str,
            Meta(
                max_length=15,
                pattern=r"^([0-9]{5}-[0-9]{7}-[0-9]|[0-9]{13})$",
                title="must be #####-#######-# or 13 digits",
                examples=["12345-1234567-1"],
            ),
        ]
        | None
    ) = None
    address: Annotated[str, Meta(max_length=500, examples=["12 Canal Road, Lahore"])] | None = None
    identity: (
        Annotated[
            Identity,
            Meta(
                description="`unconfirmed` for somebody of whom it is not known yet who it is; "
                "no other field has to be there then"
            ),
        ]
        | None
    ) = None
    name_placeholder: (
        Annotated[
            bool,
            Meta(description="full_name only stands for a name: it is shown, and finds nobody"),
        ]
        | None
    ) = None
    mother: (
        Annotated[
            str,
            Meta(
                pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$",
                title="must be the record id of the mother",
                description="of a newborn: the record id of the mother",
            ),
        ]
        | None
    ) = None
    identifiers: (
        Annotated[
            dict[str, str | None],
            Meta(
                description="others than the CNIC, by the names in the settings; null empties one"
            ),
        ]
        | None
    ) = None
    extra: (
        Annotated[
            dict[str, str | int | float | None],
            Meta(description="the clinic's own fields, by the names in the settings"),
        ]
        | None
    ) = None
    birth_order: (
        Annotated[
            int,
            Meta(
                ge=1,
                le=identity.BIRTH_ORDER_MAX,
                description="of several born at once: 1 for the first",
            ),
        ]
        | None
    ) = None


def validate(
    given: Mapping[str, object],
    today: date,
    required: Collection[str] = REQUIRED,
    possible: PossibleTimes | None = None,
    *,
    any_name: bool = False,
    known: More = (),
) -> dict[str, str]:
    """The fields to store, cleaned; empty ones are left out.

    Args:
        given: what a client sent; names that `Demographics` does not have are ignored.
        today: the facility's day by trusted now.
        required: fields that must not be empty.
        possible: what time it may be by whatever clock is known; by default it is ``today``.
        any_name: take a name without a letter, as old registers have them.
        known: the identifiers and own fields in the settings.

    Raises:
        InvalidPatient: field -> what is wrong, all of them at once.
    """
    fields, wrong = _sort_out(given, today, possible, any_name=any_name)
    added, wrong_ones = more.checked(given, known, {}, today)
    fields |= {name: text for name, text in added.items() if text}
    wrong |= wrong_ones
    if fields.get("identity") == identity.UNCONFIRMED:
        required = ()
        if "full_name" not in fields and "full_name" not in wrong:
            stands = identity.placeholder(fields)
            fields |= {"full_name": stands, "name_placeholder": stands}
    for name in required:
        if name not in fields and name not in wrong and not _excused(name, wrong):
            wrong[name] = REQUIRED_FIELD
    if wrong:
        raise InvalidPatient(wrong)
    return fields


def corrections(
    given: Mapping[str, object],
    current: Mapping[str, str],
    today: date,
    required: Collection[str] = REQUIRED,
    possible: PossibleTimes | None = None,
    known: More = (),
) -> dict[str, str]:
    """The fields that ``given`` changes, with their new values; an empty text empties a field.

    A field that ``given`` does not name stays as it is. A date of birth that is corrected is not
    an estimate any more, unless ``given`` says so; an age makes it one.

    Args:
        current: field -> its value now, without the empty ones.
        possible, known: as for `validate`.

    Raises:
        InvalidPatient: field -> what is wrong, all of them at once.
    """
    fields, wrong = _sort_out(given, today, possible, current)
    named = {name for name in FIELDS if name in given} | set(fields)
    if "dob" in named and fields.get("dob") != current.get("dob"):
        named.add("dob_estimated")
    changed: dict[str, str] = {
        name: fields.get(name, "")
        for name in FIELDS
        if name in named and name not in wrong and fields.get(name, "") != current.get(name, "")
    }
    added, wrong_ones = more.checked(given, known, current, today)
    changed |= {name: text for name, text in added.items() if text != current.get(name, "")}
    wrong |= wrong_ones
    after = {**current, **changed}
    unconfirmed = bool(after.get("identity"))
    for name in ("full_name",) if unconfirmed else required:
        if changed.get(name) == "" and not _excused(name, wrong):
            wrong[name] = REQUIRED_FIELD
    if changed.get("identity") == "" and "full_name" not in wrong and _is_nobody(after):
        wrong["full_name"] = "is still a placeholder; say who it is"
    if wrong:
        raise InvalidPatient(wrong)
    return changed


def _is_nobody(fields: Mapping[str, str]) -> bool:
    """True for a person without a name; a newborn is known by its mother."""
    stands = fields.get("name_placeholder")
    return bool(stands) and stands == fields.get("full_name") and not fields.get("mother")


def _excused(name: str, wrong: Mapping[str, str]) -> bool:
    """An age that is wrong is the reason why there is no date of birth."""
    return name == "dob" and not wrong.keys().isdisjoint(AGES)


def _sort_out(
    given: Mapping[str, object],
    today: date,
    possible: PossibleTimes | None,
    current: Mapping[str, str] = MappingProxyType({}),
    *,
    any_name: bool = False,
) -> tuple[dict[str, str], dict[str, str]]:
    """Field -> text to store, and field -> what is wrong with it.

    Args:
        current: the fields that stay when ``given`` does not name them.
    """
    values, wrong = sort_out(_cleaned(given), Demographics)
    for name in ("full_name", "father_name", "phone", "cnic", "address"):
        why = _text_fault(name, values.get(name), any_name=any_name)
        if why is not None:
            del values[name]
            wrong.setdefault(name, why)
    if "dob" in values and (why := _dob_fault(values["dob"], today, possible)) is not None:
        del values["dob"]
        wrong["dob"] = why
    ages = {name: values.pop(name) for name in AGES if name in values}
    if ages and "dob" not in values and "dob" not in wrong:
        born = born_on(today, *(ages.get(name, 0) for name in AGES))
        if born is None:
            wrong[min(ages, key=AGES.index)] = f"lies more than {_AGE_YEARS_MAX} years back"
        else:
            values |= {"dob": born.isoformat(), "dob_estimated": True}
    for group in more.FIELDS:
        values.pop(group, None)
    values = identity.stored(values, values.get("full_name", current.get("full_name")))
    if not values.pop("dob_estimated", False):
        return values, wrong
    if "dob" in values or ("dob" not in given and current.get("dob")):
        values["dob_estimated"] = ESTIMATED
    elif "dob" not in wrong:
        wrong["dob_estimated"] = "needs a date of birth (dob) or an age"
    return {name: values[name] for name in FIELDS if name in values}, wrong


def _cleaned(given: Mapping[str, object]) -> dict[str, Any]:
    """The fields of a person, texts without what nobody sees; see `sync.model.typed`."""
    return {
        name: _clean(name, value) if isinstance(value, str) else value
        for name, value in given.items()
        if name in Demographics.__struct_fields__
    }


def _clean(name: str, value: str) -> str:
    if name in IN_LETTERS:
        return typed.entered(value)
    return _cnic(value) if name == "cnic" else typed.code(value)


def _cnic(value: str) -> str:
    """A CNIC with its hyphens, where somebody typed spaces or other separators instead."""
    code = typed.code(value)
    separated = _SEPARATED_CNIC.fullmatch(code)
    return "-".join(separated.groups()) if separated else code


def _text_fault(name: str, value: str | None, *, any_name: bool) -> str | None:
    if value is None:
        return None
    if typed.has_control(value):
        return "control characters are not allowed"
    if name in NAMES and not any_name and not typed.has_letter(value):
        return "must have a letter; for somebody unknown write for example Unknown Man 1"
    if name == "phone" and not 7 <= sum(character.isdigit() for character in value) <= 15:
        return _PHONE_DIGITS
    return None


def _dob_fault(value: str, today: date, possible: PossibleTimes | None) -> str | None:
    earliest = latest = today
    if possible is not None:
        earliest = min(today, possible.earliest.date())
        latest = max(today, possible.latest.date())
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return "is not a day of the calendar"
    if day > latest:
        return "lies in the future"
    if day.year < earliest.year - _AGE_YEARS_MAX:
        return f"lies more than {_AGE_YEARS_MAX} years back"
    return None


def born_on(today: date, years: int = 0, months: int = 0, days: int = 0) -> date | None:
    """The day on which somebody of that age was born; None when it lies too far back.

    That is so before the year 1 too: a day of an old register is anything that somebody typed.
    """
    whole = today.year * 12 + today.month - 1 - years * 12 - months
    year, month = whole // 12, whole % 12 + 1
    if year < max(today.year - _AGE_YEARS_MAX - 1, MINYEAR):
        return None
    day = min(today.day, calendar.monthrange(year, month)[1])
    try:
        born = date(year, month, day) - timedelta(days)
    except OverflowError:
        return None
    return born if born.year >= today.year - _AGE_YEARS_MAX else None


def age_on(today: date, dob: str) -> tuple[int, int, int] | None:
    """Years, months and days that somebody born on ``dob`` is old; None if that is no past day."""
    try:
        born = date.fromisoformat(dob)
    except ValueError:
        return None
    if born > today:
        return None
    months = (today.year - born.year) * 12 + today.month - born.month
    if today.day < born.day:
        months -= 1
    whole = born.year * 12 + born.month - 1 + months
    year, month = whole // 12, whole % 12 + 1
    anniversary = date(year, month, min(born.day, calendar.monthrange(year, month)[1]))
    return months // 12, months % 12, (today - anniversary).days


def normal_cnic(value: str) -> str:
    """The 13 digits of a CNIC, however they were value."""
    return typed.digits(value)
