"""The types of what clients send about terminals, and the rules that concern several fields."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from coordinator.registry import quotas
from sync.errors import InvalidFields
from sync.model.facts import INCARNATION_BYTES, REASON_LENGTH_MAX, Incarnation, State
from sync.model.numbers import NUMBER_MAX, NumberRange
from sync.reading.pages import Page

NAME_LENGTH_MAX = 255
KEY_BYTES = 32

Code = Annotated[str, msgspec.Meta(max_length=200, description="letters, digits, '-', '_'")]
Name = Annotated[str, msgspec.Meta(max_length=NAME_LENGTH_MAX, description="what people call it")]
Number = Annotated[int, msgspec.Meta(ge=1, le=NUMBER_MAX)]
Mark = Annotated[int, msgspec.Meta(ge=0, le=NUMBER_MAX, description="last number used, 0 for none")]
RangeText = Annotated[str, msgspec.Meta(description="START-END, both included")]
PublicKey = Annotated[
    str,
    msgspec.Meta(
        pattern=rf"^[0-9a-fA-F]{{{2 * KEY_BYTES}}}$",
        title=f"must be {KEY_BYTES} bytes in hexadecimal",
        description="of the node that joins",
    ),
]
IncarnationText = Annotated[
    str,
    msgspec.Meta(
        pattern=rf"^[0-9a-fA-F]{{{2 * INCARNATION_BYTES}}}$",
        title=f"must be {INCARNATION_BYTES} bytes in hexadecimal",
        description="of the database of that node",
    ),
]
GrantAllocator = Annotated[Literal["coordinator", "node"], msgspec.Meta(title="GrantAllocator")]
"""Who issues from a new range; the first number that a client supplies makes it a `client` one."""
NeverGranted = Annotated[
    bool,
    msgspec.Meta(
        description="needed after a recovery: the administrator knows that nobody was ever given "
        "these numbers"
    ),
]
Why = Annotated[str, msgspec.Meta(max_length=REASON_LENGTH_MAX, description="kept with the state")]


class TerminalSetup(msgspec.Struct, kw_only=True, frozen=True):
    """A terminal to be made; with ``public_key`` and ``incarnation`` a node joins as it."""

    code: Code
    name: Name | None = None
    offline_range_start: Number | None = None
    offline_range_end: Number | None = None
    offline_current: Mark | None = None
    is_active: bool | None = None
    public_key: PublicKey | None = None
    incarnation: IncarnationText | None = None
    never_granted: NeverGranted = False


class TerminalUpdate(msgspec.Struct, kw_only=True, frozen=True):
    """What is to become of a terminal; other bounds of its range grant a further range."""

    name: Name | None = None
    state: State | None = None
    reason: Why | None = None
    is_active: bool | None = None
    offline_range_start: Number | None = None
    offline_range_end: Number | None = None
    offline_current: Mark | None = None
    never_granted: NeverGranted = False


class RangeGrant(msgspec.Struct, kw_only=True, frozen=True):
    """A range to be granted; without ``range`` the next block of the pool."""

    range: RangeText | None = None
    allocator: GrantAllocator | None = None
    never_granted: NeverGranted = False


class QuotaLift(msgspec.Struct, kw_only=True, frozen=True):
    """For how many days a terminal gets what it asks for, 0 to end that."""

    days: Annotated[int, msgspec.Meta(ge=0, le=quotas.DAYS_MAX)] = 1


class TerminalFilter(Page, kw_only=True, frozen=True):
    """Which terminals are listed."""

    state: State | None = None
    is_active: bool | None = None


def range_of(start: int | None, end: int | None) -> NumberRange | None:
    """Return the range with both of these ends, None without ends.

    Raises:
        InvalidFields: there is only one end.
        BadRange: the end lies before the start.
    """
    if start is None and end is None:
        return None
    if start is None or end is None:
        missing = "offline_range_start" if start is None else "offline_range_end"
        raise InvalidFields({missing: "this field is required"})
    return NumberRange(start, end)


def printable(name: str | None) -> str | None:
    """Return a name without the space around it.

    Raises:
        InvalidFields: not all of it can be printed.
    """
    if name is not None and not name.isprintable():
        raise InvalidFields({"name": "must consist of characters that can be printed"})
    return name.strip() if name is not None else None


def joining_of(body: TerminalSetup) -> tuple[bytes, Incarnation] | None:
    """Return public key and incarnation of the node that joins, None if none does.

    Raises:
        InvalidFields: there is a key and no incarnation.
    """
    if body.public_key is None:
        return None
    if body.incarnation is None:
        raise InvalidFields({"incarnation": "this field is required with a public key"})
    return bytes.fromhex(body.public_key), Incarnation(bytes.fromhex(body.incarnation))
