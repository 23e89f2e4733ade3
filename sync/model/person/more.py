"""Identifiers beside the CNIC, and fields that a clinic has of its own.

In a fact they stand among the other fields, under names that say what they are, so that every
replica knows it, whatever its own settings are:

===========  ======================================================================================
``id:NAME``  an identifier that belongs to one person only, as the number of a passport
``no:NAME``  a number that several people may share, as that of a family's insurance
``x:NAME``   a field of a clinic, as the blood group
===========  ======================================================================================

The tables and the APIs have two values for all of them, ``identifiers`` and ``extra``. What is
valid is a matter of the settings where somebody types; what others have written is kept and shown.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Annotated, Any, Final, Literal, NamedTuple

from msgspec import Meta

from sync.model import typed

IDENTIFIERS: Final = "identifiers"
EXTRA: Final = "extra"
FIELDS: Final = (IDENTIFIERS, EXTRA)
OWN: Final = "id:"
SHARED: Final = "no:"
PLAIN: Final = "x:"
PREFIXES: Final[Mapping[str, tuple[str, ...]]] = {IDENTIFIERS: (OWN, SHARED), EXTRA: (PLAIN,)}
FOLDED_MAX: Final = 16
"""So many of them are folded of one fact or one person: the first ones by name."""

TEXT_MAX: Final = 200
LABEL_MAX: Final = 60
NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
_NAMED: Final = re.compile(rf"(id|no|x):{NAME.pattern}")
_EMAIL: Final = re.compile(r"[^\s@,;<>\"]{1,64}@[^\s@,;<>\"]{1,120}\.[^\s@,;<>\".]{2,}")
_NUMBER: Final = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,6})?")

Kind = Annotated[
    Literal["identifier", "text", "choice", "date", "number", "email", "telephone"],
    Meta(title="FieldKind"),
]
KINDS: Final[tuple[Kind, ...]] = ("text", "choice", "date", "number", "email", "telephone")


class Label(NamedTuple):
    """What clerks read beside a field, in English and in Urdu, which may be empty."""

    en: str
    ur: str


class MoreField(NamedTuple):
    """An identifier or a field of a clinic, as the settings have it.

    ``fact`` is its name in a fact. ``pattern`` is a regular expression for the whole of an
    identifier, None for any; ``choices`` are those of a ``choice``; ``system`` is the URI that
    names whose identifier it is, empty for none; ``label`` is what forms show.
    """

    name: str
    fact: str
    kind: Kind
    pattern: re.Pattern[str] | None = None
    choices: tuple[str, ...] = ()
    system: str = ""
    label: Label | None = None

    @property
    def unique(self) -> bool:
        """Whether it belongs to one person only."""
        return self.fact.startswith(OWN)

    @property
    def group(self) -> str:
        """Under which name of `FIELDS` the APIs have it."""
        return EXTRA if self.fact.startswith(PLAIN) else IDENTIFIERS


More = tuple[MoreField, ...]


def read_identifier(text: str) -> MoreField:
    """An identifier as a setting has it: ``NAME unique|shared [PATTERN [SYSTEM]]``.

    Raises:
        ValueError: says what is wrong with it.
    """
    parts = text.split()
    name, kind, pattern, system = (*parts, "", "", "", "")[:4]
    _need_name(name, text)
    if kind not in ("unique", "shared") or len(parts) > 4:
        raise ValueError(f"'{text}' is not NAME unique|shared [PATTERN [SYSTEM]]")
    try:
        compiled = re.compile(pattern) if pattern else None
    except re.error as error:
        raise ValueError(f"'{pattern}' is no pattern: {error}") from error
    fact = (OWN if kind == "unique" else SHARED) + name
    return MoreField(name, fact, "identifier", compiled, (), system)


def read_extra(text: str) -> MoreField:
    """A field of a clinic as a setting has it: ``NAME KIND``, of a choice ``NAME choice A|B|C``.

    Raises:
        ValueError: says what is wrong with it.
    """
    name, _, rest = text.strip().partition(" ")
    kind, _, listed = rest.strip().partition(" ")
    _need_name(name, text)
    found = next((one for one in KINDS if one == kind), None)
    if found is None:
        raise ValueError(f"'{text}' has none of the kinds {', '.join(KINDS)}")
    choices = tuple(filter(None, (one.strip() for one in listed.split("|"))))
    if bool(choices) != (kind == "choice"):
        raise ValueError(f"'{text}': a choice, and nothing else, has values, as in A+|A-|B+")
    return MoreField(name, PLAIN + name, found, None, choices)


def read_label(text: str) -> tuple[str, Label]:
    """The name of a field and its label as a setting has them: ``NAME ENGLISH | URDU``.

    Raises:
        ValueError: says what is wrong with it.
    """
    name, _, rest = text.strip().partition(" ")
    en, _, ur = (part.strip() for part in rest.partition("|"))
    _need_name(name, text)
    for part in (en, ur):
        if len(part) > LABEL_MAX or typed.has_control(part):
            raise ValueError(f"'{text}': a label has at most {LABEL_MAX} characters on one line")
    if not en:
        raise ValueError(f"'{text}' has no label behind the name")
    return name, Label(en, ur)


def labelled(fields: More, labels: Mapping[str, Label]) -> More:
    """Fields with their labels.

    Raises:
        ValueError: names a label of no field.
    """
    unknown = sorted(labels.keys() - {one.name for one in fields})
    if unknown:
        raise ValueError(f"'{unknown[0]}' is none of identifiers and extra_fields")
    return tuple(one._replace(label=labels.get(one.name)) for one in fields)


def _need_name(name: str, text: str) -> None:
    if not NAME.fullmatch(name):
        raise ValueError(f"'{text}' must begin with a name in small letters, digits and _")


def checked(
    given: Mapping[str, object], known: More, current: Mapping[str, str], today: date
) -> tuple[dict[str, str], dict[str, str]]:
    """Name in a fact -> text to store, empty for one that is emptied, and field -> what is wrong.

    A value that the settings do not know may be sent back as it is, or emptied.

    Args:
        given: what a client sent; the values of `FIELDS` are objects.
        current: the fields of the person as they are, in the form that facts have.
    """
    values: dict[str, str] = {}
    wrong: dict[str, str] = {}
    for group in FIELDS:
        fields = {one.name: one for one in known if one.group == group}
        sent = given.get(group)
        for name, value in sent.items() if isinstance(sent, dict) else ():
            text = "" if value is None else typed.entered(str(value))
            held = [p + name for p in PREFIXES[group] if current.get(p + name)]
            field = fields.get(name)
            if held and text in ("", *(current[one] for one in held)):
                values |= dict.fromkeys(held, text)
            elif field is None:
                wrong[f"{group}.{name}"] = "is not known here"
            elif not text:
                continue
            elif (why := _fault(field, text, today)) is not None:
                wrong[f"{group}.{name}"] = why
            else:
                values |= dict.fromkeys(held, "")
                values[field.fact] = normal(text) if group == IDENTIFIERS else text
    return values, wrong


def named(given: Mapping[str, object]) -> list[str]:
    """The names in a fact that `checked` may look at or change, for what a client sent."""
    return [
        prefix + name
        for group in FIELDS
        for sent in [given.get(group)]
        for name in (sent if isinstance(sent, dict) else ())
        for prefix in PREFIXES[group]
    ]


def normal(identifier: str) -> str:
    """An identifier as it is kept: in ASCII and capitals."""
    return typed.code(identifier).upper()


def compared(identifier: str) -> str:
    """What two identifiers are compared by: their letters and digits."""
    return "".join(typed.tokens(typed.key(identifier)))


def _fault(field: MoreField, text: str, today: date) -> str | None:
    if len(text) > TEXT_MAX:
        return f"at most {TEXT_MAX} characters are allowed"
    if typed.has_control(text):
        return "control characters are not allowed"
    return _FAULTS[field.kind](field, text, today)


def _identifier_fault(field: MoreField, text: str, _: date) -> str | None:
    whole = normal(text)
    if field.pattern is not None and not field.pattern.fullmatch(whole):
        return f"must have the form {field.pattern.pattern}"
    return None if compared(whole) else "must have a letter or a digit"


def _choice_fault(field: MoreField, text: str, _: date) -> str | None:
    return None if text in field.choices else f"must be one of {', '.join(field.choices)}"


def _date_fault(_: MoreField, text: str, __: date) -> str | None:
    try:
        is_so = date.fromisoformat(text).isoformat() == text  # 2026-W01-1 is a day too
    except ValueError:
        is_so = False
    return None if is_so else "must be a date as YYYY-MM-DD"


def _telephone_fault(_: MoreField, text: str, __: date) -> str | None:
    digits = typed.digits(text)
    plain = re.fullmatch(r"[+(]?[0-9][0-9 ()./-]*", typed.code(text))
    return None if plain and 7 <= len(digits) <= 15 else "must have 7 to 15 digits"


def _no_fault(_: MoreField, __: str, ___: date) -> None:
    return None


def _form(pattern: re.Pattern[str], why: str) -> Callable[[MoreField, str, date], str | None]:
    return lambda _field, text, _today: None if pattern.fullmatch(text) else why


_FAULTS: Final[Mapping[Kind, Callable[[MoreField, str, date], str | None]]] = {
    "identifier": _identifier_fault,
    "text": _no_fault,
    "choice": _choice_fault,
    "date": _date_fault,
    "number": _form(_NUMBER, "must be a number"),
    "email": _form(_EMAIL, "must be an address such as name@example.org"),
    "telephone": _telephone_fault,
}


# in facts, tables and answers


def is_more(name: str) -> bool:
    """True for a name in a fact that is an identifier or a field of a clinic."""
    return ":" in name and _NAMED.fullmatch(name) is not None


def shown_name(name: str) -> str:
    """How the APIs name an identifier or a field of a clinic: ``identifiers.passport``."""
    prefix, _, short = name.partition(":")
    return f"{EXTRA if prefix + ':' == PLAIN else IDENTIFIERS}.{short}"


def names_of(shown: str) -> tuple[str, ...]:
    """The names in facts that `shown_name` may show so; none for other fields."""
    group, _, short = shown.partition(".")
    return tuple(prefix + short for prefix in PREFIXES.get(group, ()) if NAME.fullmatch(short))


def folded(names: Iterable[str]) -> list[str]:
    """Those of some names in a fact that are folded, in order."""
    return sorted(filter(is_more, names))[:FOLDED_MAX]


def packed(fields: Mapping[str, str]) -> tuple[str | None, str | None]:
    """The values of the columns `FIELDS` for the fields of a person; None for nothing."""
    if ":" not in "".join(fields):  # most people have none, and each name of one has a colon
        return None, None
    names = folded(name for name, text in fields.items() if text)
    groups = ([n for n in names if n.startswith(PREFIXES[group])] for group in FIELDS)
    identifiers, extra = (
        json.dumps({name: fields[name] for name in group}, ensure_ascii=False) if group else None
        for group in groups
    )
    return identifiers, extra


def unpacked(column: str | None) -> dict[str, str]:
    """Name in a fact -> text, of what stands in a column of `packed`."""
    found: dict[str, str] = json.loads(column) if column else {}
    return found


def shown(column: str | None) -> dict[str, str]:
    """Name -> text, as the APIs answer it; an identifier of one person goes before a shared one."""
    named = sorted(unpacked(column).items(), reverse=True)
    return {name.partition(":")[2]: text for name, text in named}


def of_groups(identifiers: Mapping[str, str], extra: Mapping[str, str]) -> dict[str, str]:
    """The values of an answer as `checked` wants those of a person; see `shown`."""
    found = {OWN + name: text for name, text in identifiers.items()}
    return found | {PLAIN + name: text for name, text in extra.items()}


def shown_fields(fields: Mapping[str, str]) -> dict[str, Any]:
    """`FIELDS` of a correction or a registration, null for what it empties."""
    found: dict[str, Any] = {}
    for name in folded(fields):
        group = EXTRA if name.startswith(PLAIN) else IDENTIFIERS
        found.setdefault(group, {})[name.partition(":")[2]] = fields[name] or None
    return found
