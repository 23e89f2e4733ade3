"""The operations of an HTTP API, declared once: they are routed, checked and described from this.

A body or query is a `msgspec.Struct`; its types check what a client sends and describe it in
``/openapi.json``. All fields that are wrong are told at once.
"""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, TypeVar

import msgspec
from aiohttp import web

from sync.errors import InvalidFields, MrnmeshError
from sync.web import Handler, read_object

T = TypeVar("T", bound=msgspec.Struct)

_NAMES = {"str": "a text", "int": "a whole number", "float": "a number", "bool": "true or false"}
_GOT = re.compile(r"Expected `([a-z]+)( \| null)?`(?: of length <= (\d+))?(.*)")


class Operation(NamedTuple):
    """One thing that a client can ask of the API.

    Attributes:
        path: as aiohttp has it, with ``{name}`` or ``{name:regular expression}``.
        summary: one line in the imperative.
        body, query: what is sent, None if nothing is.
        answer: the type of what is answered, None if nothing is; ``status`` comes with it.
        errors: what can go wrong, beyond what every call can meet.
        about: the group under which the documentation lists it.
    """

    method: str
    path: str
    handler: Handler
    summary: str
    body: type[msgspec.Struct] | None = None
    query: type[msgspec.Struct] | None = None
    answer: Any = None
    status: int = 200
    errors: tuple[type[MrnmeshError], ...] = ()
    about: str = "system"


def routes(operations: Iterable[Operation]) -> list[web.RouteDef]:
    """The routes of operations, in their order; aiohttp takes the first that fits."""
    return [
        web.get(operation.path, operation.handler, allow_head=False)
        if operation.method == "GET"
        else web.route(operation.method, operation.path, operation.handler)
        for operation in operations
    ]


async def read_body(request: web.Request, kind: type[T]) -> T:
    """The JSON object that was sent, checked; unknown names are ignored.

    Raises:
        BadRequest: it is no JSON object.
        InvalidFields: says which fields are wrong.
    """
    return checked(await read_object(request), kind)


def read_query(request: web.Request, kind: type[T]) -> T:
    """What stands in the query of the address, checked.

    Raises:
        InvalidFields: says which names are wrong.
    """
    return checked(request.query, kind)


def checked(given: Mapping[str, Any], kind: type[T]) -> T:
    """``given`` as a ``kind``; an empty text counts as nothing where nothing is allowed.

    Raises:
        InvalidFields: says which fields are wrong.
    """
    values: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for field in msgspec.structs.fields(kind):
        value = given.get(field.encode_name)
        if value is None or (value == "" and not field.required):
            if field.required:
                wrong[field.encode_name] = "this field is required"
            continue
        try:
            values[field.name] = msgspec.convert(value, field.type, strict=False)
        except msgspec.ValidationError as error:
            wrong[field.encode_name] = _sentence(str(error), field.type)
    if wrong:
        raise InvalidFields(wrong)
    return kind(**values)


def _sentence(message: str, kind: Any) -> str:
    """What msgspec says, in the words of the people who read it."""
    choices = _choices(kind)
    if choices:
        return f"must be one of {', '.join(choices)}"
    found = _GOT.match(message)
    if found is None:
        return message[:1].lower() + message[1:]
    name, _, length, rest = found.groups()
    if length is not None:
        return f"at most {length} characters are allowed"
    told = _NAMES.get(name, f"of type {name}")
    return f"must be {told}{rest}" if rest[:2] in (" >", " <") else f"must be {told}"


def _choices(kind: Any) -> list[str]:
    """The values of a `Literal` or enumeration somewhere in a type."""
    origin = typing.get_origin(kind)
    if origin is typing.Literal:
        return [str(value) for value in typing.get_args(kind)]
    if origin in (typing.Union, types.UnionType, typing.Annotated):
        return [choice for part in typing.get_args(kind) for choice in _choices(part)]
    members = getattr(kind, "__members__", None)
    return [str(member.value) for member in members.values()] if members else []
