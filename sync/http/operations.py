"""The operations of an HTTP API, declared once: they are routed, checked and described from this.

A body or query is a `msgspec.Struct`; its types check what a client sends (`sync.model.validation`)
and describe it in ``/openapi.json`` (`sync.http.openapi`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import KW_ONLY, dataclass
from enum import Enum
from typing import Any, Final, TypeVar

import msgspec
from aiohttp import web

from sync.errors import MrnmeshError
from sync.http.requests import read_object
from sync.model.validation import checked

T = TypeVar("T", bound=msgspec.Struct)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Needs(Enum):
    """Who may call an operation; the value says it in the description of the API.

    Whatever an operation needs, only programs of this computer are answered (`sync.http.app`). The
    coordinator's tokens are looked at by `coordinator.api.access`; a node has none.
    """

    THIS_COMPUTER = "Every program on this computer may call this, without a token."
    ANY_TOKEN = "This needs the administrator's token or that of any active terminal."
    TERMINAL_TOKEN = "This needs the administrator's token or that of the terminal in the path."
    ADMINISTRATOR_TOKEN = "This needs the administrator's token."


@dataclass(frozen=True)
class Operation:
    """One thing that a client can ask of the API.

    Attributes:
        path: as aiohttp has it, with ``{name}`` or ``{name:regular expression}``.
        summary: one line in the imperative.
        needs: who may call it. There is no default, so that nobody forgets to decide.
        body, query: what is sent, None if nothing is.
        answer: the type of what is answered, None if nothing is; ``status`` comes with it.
        errors: what can go wrong, beyond what every call can meet.
        about: the group under which the documentation lists it.
        repeatable: an ``Idempotency-Key`` may come with it; 200 answers a repeated request.
    """

    method: str
    path: str
    handler: Handler
    summary: str
    _: KW_ONLY
    needs: Needs
    body: type[msgspec.Struct] | None = None
    query: type[msgspec.Struct] | None = None
    answer: Any = None
    status: int = 200
    errors: tuple[type[MrnmeshError], ...] = ()
    about: str = "system"
    repeatable: bool = False


OPERATIONS: Final = web.AppKey("operations", dict[Any, Operation])
"""Handler -> the operation of an application that it serves."""


def routes(operations: Iterable[Operation]) -> list[web.RouteDef]:
    """The routes of operations, in their order; aiohttp takes the first that fits."""
    return [
        web.get(operation.path, operation.handler, allow_head=False)
        if operation.method == "GET"
        else web.route(operation.method, operation.path, operation.handler)
        for operation in operations
    ]


def operation_of(request: web.Request) -> Operation | None:
    """The operation that a call is for, None where its path or method leads to none."""
    return request.app[OPERATIONS].get(request.match_info.handler)


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
