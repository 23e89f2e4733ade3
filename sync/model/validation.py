"""Values that a client sends, checked against types, with sentences for people.

The types are `msgspec.Struct`; what they allow is also what ``/openapi.json`` says.
"""

from __future__ import annotations

import difflib
import functools
import operator
import re
import types
import typing
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any, Final, TypeVar

import msgspec

from sync.errors import InvalidFields
from sync.model.formats import iso_utc_of_text

T = TypeVar("T", bound=msgspec.Struct)

REQUIRED: Final = "this field is required"
SIMILAR: Final = 0.6
"""How like a known name a misspelt one must be (Ratcliff and Obershelp's measure, 0 to 1)."""
_NAMES: Final = {
    "str": "a text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "object": "an object",
    "array": "a list",
}
_EXPECTED: Final = re.compile(r"Expected `([a-z]+)(?: \| null)?`(?: of length <= (\d+))?(.*)")


def checked(
    given: Mapping[str, Any],
    kind: type[T],
    present: Mapping[str, Any] = MappingProxyType({}),
    ignored: Collection[str] = (),
) -> T:
    """``given`` as a ``kind``; an empty text counts as nothing where nothing is allowed.

    Args:
        present, ignored: see `unknown`.

    Raises:
        InvalidFields: says of all fields that are wrong what is wrong with them.
    """
    values, wrong = sort_out(given, kind)
    names = [field.encode_name for field in _fields(kind)]
    wrong |= unknown(given, names, present, ignored)
    if wrong:
        raise InvalidFields(wrong)
    return kind(**values)


def unknown(
    given: Mapping[str, Any],
    names: Collection[str],
    present: Mapping[str, Any] = MappingProxyType({}),
    ignored: Collection[str] = (),
) -> dict[str, str]:
    """Name -> what is wrong with it, of what a client sent under names that cannot be set.

    A misspelt field that was ignored would be lost without anybody noticing.

    Args:
        names: those that can be set.
        present: what is shown besides; it may be sent back if it says the same.
        ignored: those that mean nothing here, and that well-known clients send.
    """
    wrong: dict[str, str] = {}
    for name, value in given.items():
        if name in names or name in ignored:
            continue
        if name not in present:
            near = difflib.get_close_matches(name.lower(), names, 1, SIMILAR)
            hint = f"; perhaps '{near[0]}' is meant" if near else ""
            wrong[name] = f"is not known here{hint}"
        elif not _says_the_same(value, present[name]):
            wrong[name] = "cannot be changed, and is something else by now; read it again"
    return wrong


def _says_the_same(sent: object, shown: object) -> bool:
    """Whether a client sends back what it was shown.

    Many clients read a time and write it in another form: with milliseconds, or in their own zone.
    """
    if sent == shown:
        return True
    if not (isinstance(sent, str) and isinstance(shown, str)):
        return False
    try:
        return iso_utc_of_text(sent) == shown
    except ValueError:
        return False


def sort_out(
    given: Mapping[str, Any], kind: type[msgspec.Struct], without: Collection[str] = ()
) -> tuple[dict[str, Any], dict[str, str]]:
    """Field -> value, of those that are good, and field -> what is wrong with it.

    Args:
        without: fields that are not looked at.
    """
    fields = tuple(field for field in _fields(kind) if field.encode_name not in without)
    sent = {
        field.encode_name: value
        for field in fields
        if (value := given.get(field.encode_name)) is not None and (value != "" or field.required)
    }
    try:  # all at once is much faster, and nearly always right
        whole = msgspec.convert(sent, kind, strict=False)
    except msgspec.ValidationError:
        return _sort_out_singly(given, fields)
    values = {
        field.name: getattr(whole, field.name) for field in fields if field.encode_name in sent
    }
    if None in values.values():  # msgspec reads the text "null" as nothing, and nobody sent nothing
        return _sort_out_singly(given, fields)
    return values, {}


def _sort_out_singly(
    given: Mapping[str, Any], fields: tuple[msgspec.structs.FieldInfo, ...]
) -> tuple[dict[str, Any], dict[str, str]]:
    values: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for field in fields:
        value = given.get(field.encode_name)
        if value is None or (value == "" and not field.required):
            if field.required:
                wrong[field.encode_name] = REQUIRED
            continue
        try:
            values[field.name] = msgspec.convert(value, _something(field.type), strict=False)
        except msgspec.ValidationError as error:
            wrong[field.encode_name] = _sentence(str(error), field.type)
    return values, wrong


@functools.cache
def _something(kind: Any) -> Any:
    """A type without its None."""
    if typing.get_origin(kind) not in (typing.Union, types.UnionType):
        return kind
    parts = [part for part in typing.get_args(kind) if part is not types.NoneType]
    return functools.reduce(operator.or_, parts)


@functools.cache
def _fields(kind: type[msgspec.Struct]) -> tuple[msgspec.structs.FieldInfo, ...]:
    """The fields of a type; msgspec works them out anew each time, in a millisecond."""
    return msgspec.structs.fields(kind)


def _sentence(message: str, kind: Any) -> str:
    """What msgspec says, in the words of the people who read it."""
    choices = _choices(kind)
    if choices:
        return f"must be {', '.join(choices[:-1])} or {choices[-1]}"
    explained = _explanation(kind)
    found = _EXPECTED.match(message)
    if found is None:
        return explained or message[:1].lower() + message[1:]
    name, length, rest = found.groups()
    if length is not None:
        return f"at most {length} {'entries' if name == 'array' else 'characters'} are allowed"
    if "matching regex" in rest:
        return explained or "does not have the right form"
    sentence = f"must be {_NAMES.get(name, name)}"
    if " - at `$[" in rest:
        return f"holds something wrong: each {sentence}"
    return sentence + rest.split(" - at")[0] if rest.startswith((" >", " <")) else sentence


def _choices(kind: Any) -> list[str]:
    """The values of a `Literal` or enumeration somewhere in a type."""
    origin = typing.get_origin(kind)
    if origin is typing.Literal:
        return [str(value) for value in typing.get_args(kind)]
    if origin in (typing.Union, types.UnionType):
        return [choice for part in typing.get_args(kind) for choice in _choices(part)]
    if origin is typing.Annotated:
        return _choices(typing.get_args(kind)[0])
    members = getattr(kind, "__members__", None)
    return [str(member.value) for member in members.values()] if members else []


def _explanation(kind: Any) -> str | None:
    """``title`` of a type's description: the sentence for a text of the wrong form."""
    origin = typing.get_origin(kind)
    if origin is typing.Annotated:
        return next(
            (part.title for part in typing.get_args(kind) if isinstance(part, msgspec.Meta)), None
        )
    if origin in (typing.Union, types.UnionType):
        return next(filter(None, map(_explanation, typing.get_args(kind))), None)
    return None
