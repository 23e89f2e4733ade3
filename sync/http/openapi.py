"""``/openapi.json``, made from the operations and the types that check what is sent; and its page.

OpenAPI 3.1, see https://spec.openapis.org/oas/v3.1.0. Besides, what every API has:
``/api/health/``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from importlib import resources
from typing import Any, Final, TypedDict

import msgspec
from aiohttp import web

from sync.engine.replica import Replica
from sync.errors import MrnmeshError
from sync.http.app import KEY_LENGTH_MAX
from sync.http.operations import Operation
from sync.storage import schema
from sync.version import version

DESCRIPTION: Final = "/openapi.json"
PAGE: Final = "/api/docs/"
HEALTH: Final = "/api/health/"
OPEN_PATHS: Final = (DESCRIPTION, PAGE, HEALTH)
"""What needs no token anywhere: no patient is told of there."""

_NAME: Final = re.compile(r"\{(\w+)(?::([^{}]*(?:\{[^{}]*\}[^{}]*)*))?\}")
_IDEMPOTENCY_KEY: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "maxLength": KEY_LENGTH_MAX},
    "description": "a word of yours for this request: sent again with it, nothing is done twice",
}
_REFERENCE: Final = "#/components/schemas/{name}"
_CONTENT_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'"
)


class Health(TypedDict):
    """A daemon that answers, and can read its database."""

    status: str
    version: str
    schema: int


class ErrorAnswer(TypedDict):
    """What went wrong; for single fields each stands beside these two, as a list of sentences."""

    detail: str
    code: str


class SystemOperations:
    """What every API has.

    Args:
        tokens: whether calls need one.
    """

    def __init__(
        self, replica: Replica, title: str, others: Sequence[Operation], tokens: bool = False
    ) -> None:
        self._replica = replica
        self._document = describe([*others, *self.operations()], title, tokens=tokens)
        self._page = resources.files("sync.http").joinpath("pages", "api.html").read_text("utf-8")

    def operations(self) -> list[Operation]:
        """All of them."""
        return [
            Operation("GET", HEALTH, self.health, "Ask whether the daemon is well", answer=Health),
            Operation("GET", DESCRIPTION, self.description, "Describe this API (OpenAPI 3.1)"),
            Operation("GET", PAGE, self.page, "Show the description as a page"),
        ]

    async def health(self, _request: web.Request) -> web.Response:
        """200 while the database can be read."""
        await self._replica.read(lambda snapshot: snapshot.changes.newest())
        return web.json_response({"status": "ok", "version": version(), "schema": schema.VERSION})

    async def description(self, _request: web.Request) -> web.Response:
        """The description for programs."""
        return web.json_response(self._document)

    async def page(self, _request: web.Request) -> web.Response:
        """The description for people."""
        response = web.Response(text=self._page, content_type="text/html")
        response.headers["Content-Security-Policy"] = _CONTENT_POLICY
        return response


def describe(operations: Iterable[Operation], title: str, *, tokens: bool) -> dict[str, Any]:
    """The OpenAPI document of some operations."""
    listed = list(operations)
    kinds = [kind for one in listed for kind in (one.body, one.answer) if kind is not None]
    references, components = msgspec.json.schema_components(
        [*kinds, ErrorAnswer], ref_template=_REFERENCE
    )
    schemas = dict(zip(map(_identity, kinds), references, strict=False))
    paths: dict[str, dict[str, Any]] = {}
    for operation in listed:
        path = _NAME.sub(r"{\1}", operation.path)
        paths.setdefault(path, {})[operation.method.lower()] = _operation(operation, schemas)
    document: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version()},
        "paths": paths,
        "components": {"schemas": components},
    }
    if tokens:
        document["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        document["security"] = [{"token": []}]
        for path in OPEN_PATHS:
            for described in paths.get(path, {}).values():
                described["security"] = []
    return document


def _identity(kind: Any) -> str:
    return repr(kind)


def _operation(operation: Operation, schemas: dict[str, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "summary": operation.summary,
        "tags": [operation.about],
        "operationId": _ident(operation),
        "parameters": [
            *(_in_path(*found) for found in _NAME.findall(operation.path)),
            *_query(operation.query),
            *([_IDEMPOTENCY_KEY] if operation.repeatable else []),
        ],
        "responses": _responses(operation, schemas),
    }
    if operation.body is not None:
        described["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": schemas[_identity(operation.body)]}},
        }
    return described


def _ident(operation: Operation) -> str:
    words = re.findall(r"\w+", _NAME.sub(r"by_\1", operation.path))
    return "_".join([operation.method.lower(), *(word for word in words if word != "api")])


def _in_path(name: str, pattern: str) -> dict[str, Any]:
    schema = {"type": "string"} | ({"pattern": f"^({pattern})$"} if pattern else {})
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _query(kind: type[msgspec.Struct] | None) -> list[dict[str, Any]]:
    if kind is None:
        return []
    (reference,), components = msgspec.json.schema_components([kind], ref_template="{name}")
    properties = components[reference["$ref"]]["properties"]
    required = components[reference["$ref"]].get("required", [])
    return [
        {
            "name": name,
            "in": "query",
            "required": name in required,
            "schema": shape,
            **({"description": shape["description"]} if "description" in shape else {}),
        }
        for name, shape in properties.items()
    ]


def _responses(operation: Operation, schemas: dict[str, Any]) -> dict[str, Any]:
    good: dict[str, Any] = {"description": operation.summary}
    if operation.answer is not None:
        shape = schemas[_identity(operation.answer)]
        good["content"] = {"application/json": {"schema": shape}}
    responses = {str(operation.status): good}
    if operation.repeatable:
        responses["200"] = good | {"description": "This very request was answered before"}
    by_status: dict[int, list[type[MrnmeshError]]] = {}
    for error in operation.errors:
        by_status.setdefault(error.status, []).append(error)
    for status, errors in sorted(by_status.items()):
        codes = ", ".join(f"`{error.code}`" for error in errors)
        responses[str(status)] = _failure(f"Codes: {codes}")
    responses["default"] = _failure("What else can go wrong; `code` says what")
    return responses


def _failure(description: str) -> dict[str, Any]:
    shape = {"$ref": _REFERENCE.format(name=ErrorAnswer.__name__)}
    return {"description": description, "content": {"application/json": {"schema": shape}}}
