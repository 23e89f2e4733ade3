"""The operations of an HTTP API, declared once: they are routed, checked and described from this.

A body or query is a `msgspec.Struct`; its types check what a client sends (`sync.model.validation`)
and describe it in ``/openapi.json`` (`sync.http.openapi`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple, TypeVar

import msgspec
from aiohttp import web

from sync.errors import MrnmeshError
from sync.http.app import Handler
from sync.http.requests import read_object
from sync.model.validation import checked

T = TypeVar("T", bound=msgspec.Struct)


class Operation(NamedTuple):
    """One thing that a client can ask of the API.

    Attributes:
        path: as aiohttp has it, with ``{name}`` or ``{name:regular expression}``.
        summary: one line in the imperative.
        body, query: what is sent, None if nothing is.
        answer: the type of what is answered, None if nothing is; ``status`` comes with it.
        errors: what can go wrong, beyond what every call can meet.
        repeatable: an ``Idempotency-Key`` may come with it; 200 answers a repeated request.
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
    repeatable: bool = False


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
