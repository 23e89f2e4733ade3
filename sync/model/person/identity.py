"""People who are registered before anybody knows who they are, and newborns.

Four fields of a registration say so, and a correction of them says what came out:

==================  ===============================================================================
identity            ``unconfirmed`` until somebody confirms who it is; missing or empty after that
name_placeholder    the text that stands for the name: ``full_name`` is a placeholder as long as it
                    is this very text, so that a name that any program writes later is a name
mother              the record id of a newborn's mother, as the text of a UUID
birth_order         1 for the first of twins, 2 for the second
==================  ===============================================================================
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any, Final, Literal

from msgspec import Meta

from sync.model import typed

FIELDS: Final = ("identity", "name_placeholder", "mother", "birth_order")
UNCONFIRMED: Final = "unconfirmed"
"""How a fact says that nobody has confirmed yet who this is."""

CONFIRMED: Final = "confirmed"
BIRTH_ORDER_MAX: Final = 9

Identity = Annotated[Literal["confirmed", "unconfirmed"], Meta(title="Identity")]

_NAMES: Final = {"F": "Unknown woman", "M": "Unknown man"}
_UNKNOWN: Final = "Unknown person"
_BABY: Final = "Baby"
_FULL_NAME_MAX: Final = 200
_ORDERS: Final = frozenset(map(str, range(1, BIRTH_ORDER_MAX + 1)))

_SOMEBODY: Final = r"(?:new ?born|baby|man|woman|male|female|boy|girl|child|infant|person|patient)"
_COUNTED: Final = r"(?: (?:no )?[0-9]{1,4}| [a-z])?"
_MADE_UP: Final = re.compile(
    rf"(?:unknown|unidentified|un ?named|not known|no name)(?: {_SOMEBODY})*{_COUNTED}"
    rf"|(?:new ?born|infant)(?: (?:baby|boy|girl|male|female))*{_COUNTED}"
    rf"|baby (?:boy|girl|male|female){_COUNTED}"
    r"|(?:new ?born|baby|twin|infant)"
    r"(?: (?:boy|girl|son|daughter|twin|male|female|[0-9]|i{1,3}|[abc]))* (?:of|b o) .+"
    r"|نامعلوم(?: .+)?|نومولود(?: .+)?"
    r"|.+ (?:کا|کی) (?:نومولود )?(?:بچہ|بچی|بیٹا|بیٹی)(?: [0-9])?"
)
"""What registers write where there is no name yet, in the words of `typed.key`."""

_BABY_OF: Final = re.compile(r"\s*(?:baby\s+)?b\s*[/\\]\s*o\b")
"""``B/O Ayesha``; without the stroke these are initials."""


@lru_cache(1 << 13)
def _is_made_up(name: str) -> bool:
    key = typed.key(name)
    if _BABY_OF.match(key):
        return True
    return _MADE_UP.fullmatch(" ".join(typed.tokens(key))) is not None


def is_placeholder(full_name: str, placeholder: str | None) -> bool:
    """True when a name is none: it was said to stand for one, or reads like it.

    Old registers and other programs do not say so, and write ``Baby of Ayesha`` as a name.
    """
    if not full_name or full_name == placeholder:
        return bool(full_name)
    return _is_made_up(full_name[: typed.NAME_READ_MAX])


def stored(values: Mapping[str, Any], full_name: str | None) -> dict[str, Any]:
    """Checked values of `FIELDS` in the form that facts have, the other values as they are.

    Args:
        full_name: the name that a placeholder stands for.
    """
    found = dict(values)
    if found.get("identity") == CONFIRMED:
        del found["identity"]
    if found.pop("name_placeholder", False) and full_name:
        found["name_placeholder"] = full_name
    if "mother" in found:
        found["mother"] = str(uuid.UUID(found["mother"]))
    if "birth_order" in found:
        found["birth_order"] = str(found["birth_order"])
    return found


def placeholder(fields: Mapping[str, str], mother: str | None = None) -> str:
    """What stands for the name of somebody who has none yet.

    Args:
        fields: what is known of them, in the form that facts have.
        mother: the name of a newborn's mother, where it is known.
    """
    order = fields.get("birth_order")
    if order is None and "mother" not in fields:
        return _NAMES.get(fields.get("sex", ""), _UNKNOWN)
    baby = f"{_BABY} {order}" if order is not None else _BABY
    return f"{baby} of {mother}"[:_FULL_NAME_MAX].strip() if mother else baby


def shown(fields: Mapping[str, str | None]) -> dict[str, Any]:
    """`FIELDS` in the forms of the APIs, whatever stands in a fact."""
    order = fields.get("birth_order") or ""
    return {
        "identity": UNCONFIRMED if fields.get("identity") else CONFIRMED,
        "name_placeholder": bool(fields.get("name_placeholder"))
        and fields["name_placeholder"] == fields.get("full_name"),
        "mother": _record(fields.get("mother") or ""),
        "birth_order": int(order) if order in _ORDERS else None,
    }


def _record(text: str) -> str | None:
    """A record id that a fact names; any text may stand there."""
    try:
        return str(uuid.UUID(text))
    except ValueError:
        return None
