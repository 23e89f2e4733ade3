"""The description of an API, made from its operations and their types.

The format is OpenAPI 3.1, see https://spec.openapis.org/oas/v3.1.0. Clients are generated from it,
so whatever their programmers see has a name, lists and enumerations included.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from types import NoneType
from typing import Any, Final, NoReturn, NotRequired, TypedDict, get_args, get_origin

import msgspec

from sync.errors import MrnmeshError
from sync.http.operations import (
    CsvFile,
    EventStream,
    HtmlPage,
    MetricsText,
    Needs,
    Operation,
    PageFile,
)
from sync.http.paging import Listed
from sync.http.requests import KEY_LENGTH_MAX, SECURE_COOKIE
from sync.model.facts import Action, Allocator, Reason, State
from sync.model.formats import Uuid
from sync.protocol.handshake import Stage
from sync.version import version

_KEY: Final = "key"
_SESSION: Final = "session"
_SCHEMES: Final = {
    _KEY: {"type": "http", "scheme": "bearer"},
    _SESSION: {"type": "apiKey", "in": "cookie", "name": SECURE_COOKIE},
}
_SCOPES: Final = {
    Needs.THIS_COMPUTER: (),
    Needs.NOTHING: (),
    Needs.DATA_FOLDER: (),
    Needs.KNOWN_CALLER: ("read", "register", "conflicts", "metrics", "administer"),
    Needs.OWN_TERMINAL: ("read", "register", "conflicts", "metrics", "administer"),
    Needs.READ: ("read", "register", "administer"),
    Needs.REGISTER: ("register", "administer"),
    Needs.CONFLICTS: ("conflicts", "administer"),
    Needs.RECORDS: ("conflicts", "administer"),
    Needs.DUPLICATES: ("conflicts", "administer"),
    Needs.METRICS: ("metrics", "administer"),
    Needs.ADMINISTER: ("administer",),
}
"""The scopes of keys with which an operation can be called."""
_NAMES: Final = {
    Action: "ConflictAction",
    Allocator: "RangeAllocator",
    Reason: "RefusalReason",
    Stage: "SessionStage",
    State: "TerminalState",
}
"""Names for types whose own is clear only inside this software."""
_IN_PATH: Final = re.compile(r"\{(\w+)(?::([^{}]*(?:\{[^{}]*\}[^{}]*)*))?\}")
_IDEMPOTENCY_KEY: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "maxLength": KEY_LENGTH_MAX},
    "description": "a word of yours for this request: sent again with it, nothing is done twice",
}
_COMPONENT: Final = "#/components/schemas/"
_TEXTS: Final = (CsvFile, MetricsText)
_NO_JSON: Final = (None, bytes, NoneType, NoReturn, HtmlPage, *_TEXTS)

_OF_PAGES: Final = (PageFile, EventStream)


class ApiTitle(TypedDict):
    """What is described, and the version of the daemon."""

    title: str
    version: str


class ApiDescription(TypedDict):
    """An OpenAPI document."""

    openapi: str
    info: ApiTitle
    paths: dict[str, dict[str, Any]]
    components: dict[str, dict[str, Any]]


class ErrorAnswer(TypedDict):
    """An error; where single fields are wrong, each is a further name with a list of sentences.

    ``merged_into`` is there where another record counts for the person of a call.
    """

    detail: str
    code: str
    merged_into: NotRequired[Uuid]


def describe(operations: Iterable[Operation], title: str) -> ApiDescription:
    """Return the OpenAPI document of some operations, without those of the daemon's own pages."""
    listed = [one for one in operations if one.answer not in _OF_PAGES]
    schemas, components = _schemas(listed)
    paths: dict[str, dict[str, Any]] = {}
    for operation in listed:
        path = _IN_PATH.sub(r"{\1}", operation.path)
        paths.setdefault(path, {})[operation.method.lower()] = _operation(operation, schemas)
    document: ApiDescription = {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version()},
        "paths": paths,
        "components": {"schemas": components},
    }
    if any(_SCOPES[operation.needs] for operation in listed):
        document["components"]["securitySchemes"] = _SCHEMES
    return document


# the schemas of types


def _schemas(operations: Iterable[Operation]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the schemas of all types that operations name, and the components that they refer to.

    The first are by the `_key` of a type, the others by name. A query is no component, because each
    of its names is described where it stands.
    """
    used = [kind for one in operations for kind in (one.body, one.query, one.answer)]
    kinds = [*(kind for kind in used if kind not in _NO_JSON), ErrorAnswer]
    found, components = msgspec.json.schema_components(kinds, ref_template=_COMPONENT + "{name}")
    references = dict(zip(map(_key, kinds), found, strict=True))
    names = {kind.__name__: name for kind, name in _NAMES.items()}
    for kind in kinds:
        if get_origin(kind) is Listed:
            (entry,) = get_args(kind)
            names[_name(references[_key(kind)])] = entry.__name__.removesuffix("Answer") + "List"
    named: dict[str, Any] = {}
    for name, schema in components.items():
        new = names.get(name, name)
        parts = {key: _with_names(part, names, named) for key, part in schema.items()}
        named[new] = parts | {"title": new}
    schemas = {key: _with_names(part, names, named) for key, part in references.items()}
    for key in {_key(one.query) for one in operations if one.query is not None}:
        schemas[key] = named.pop(_name(schemas[key]))
    return schemas, named


def _key(kind: object) -> str:
    """Return a text that is equal for equal types, because not all of them can be hashed."""
    return repr(kind)


def _name(reference: dict[str, str]) -> str:
    """Return the name of the component that a reference is to."""
    return reference["$ref"].removeprefix(_COMPONENT)


def _with_names(part: Any, names: dict[str, str], components: dict[str, Any]) -> Any:
    """Return a part of a schema with the names that clients see.

    An enumeration that has a title becomes one of the ``components``, because a generator would
    invent a name for each place where it stands otherwise.

    Args:
        names: msgspec's name of a component -> the one that clients see.
    """
    if isinstance(part, list):
        return [_with_names(one, names, components) for one in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        return part | {"$ref": _COMPONENT + names.get(_name(part), _name(part))}
    if "enum" in part and "title" in part:
        name, values = part["title"], part["enum"]
        components[name] = {"title": name, "type": "string", "enum": values}
        rest = {key: one for key, one in part.items() if key not in components[name]}
        return {"$ref": _COMPONENT + name} | rest
    return {key: _with_names(one, names, components) for key, one in part.items()}


# the parts of an operation


def _operation(operation: Operation, schemas: dict[str, Any]) -> dict[str, Any]:
    """Return the description of an operation."""
    described: dict[str, Any] = {
        "summary": operation.summary,
        "description": operation.needs.value,
        "security": _security(operation.needs),
        "tags": [operation.about],
        "operationId": _ident(operation),
        "parameters": [
            *(_in_path(*found) for found in _IN_PATH.findall(operation.path)),
            *(_query(schemas[_key(operation.query)]) if operation.query is not None else ()),
            *([_IDEMPOTENCY_KEY] if operation.repeatable else ()),
            *([_conditional(operation)] if operation.tagged else ()),
        ],
        "responses": _responses(operation, schemas),
    }
    if operation.body is bytes:
        content = _content({"type": "string", "format": "binary"}, "application/octet-stream")
        described["requestBody"] = {"required": True, "content": content}
    elif operation.body is not None:
        content = _content(schemas[_key(operation.body)])
        described["requestBody"] = {"required": True, "content": content}
    return described


def _security(needs: Needs) -> list[dict[str, list[str]]]:
    """Return what each of is enough: a key with a scope, or the cookie of somebody signed in."""
    scopes = _SCOPES[needs]
    cookie: dict[str, list[str]] = {_SESSION: []}
    return [*({_KEY: [scope]} for scope in scopes), *([cookie] if scopes else [])]


def _conditional(operation: Operation) -> dict[str, Any]:
    """Return the description of the header that names a version of what is called."""
    if operation.method == "GET":
        name, meaning = "If-None-Match", "the ETag that you have; 304 if it is still so"
    else:
        name, meaning = "If-Match", "the ETag that you have; 412 if it is so no more"
    return {
        "name": name,
        "in": "header",
        "description": meaning,
        "schema": {"type": "string", "maxLength": 200},
    }


def _ident(operation: Operation) -> str:
    """Return an id that makes a good function name, as in ``get_patients_by_id_history``."""
    words = re.findall(r"\w+", _IN_PATH.sub(r"by_\1", operation.path))
    return "_".join([operation.method.lower(), *(word for word in words if word != "api")])


def _in_path(name: str, pattern: str) -> dict[str, Any]:
    """Return the description of a parameter in the path."""
    schema = {"type": "string"} | ({"pattern": f"^({pattern})$"} if pattern else {})
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _query(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the descriptions of the parameters that a query's schema has as properties."""
    required = schema.get("required", [])
    for name, shape in schema["properties"].items():
        yield {
            "name": name,
            "in": "query",
            "required": name in required,
            "schema": shape,
            **({"description": shape["description"]} if "description" in shape else {}),
        }


def _content(schema: dict[str, Any], kind: str = "application/json") -> dict[str, Any]:
    """Return the description of a body of one media type."""
    return {kind: {"schema": schema}}


def _responses(operation: Operation, schemas: dict[str, Any]) -> dict[str, Any]:
    """Return the descriptions of all answers of an operation by status."""
    good: dict[str, Any] = {"description": operation.summary}
    responses: dict[str, Any] = {}
    if operation.answer is NoneType:
        responses["204"] = good
    elif operation.answer is HtmlPage:
        responses["200"] = good | {"content": _content({"type": "string"}, "text/html")}
    elif operation.answer in _TEXTS:
        kind = operation.answer.KIND.partition(";")[0]
        responses["200"] = good | {"content": _content({"type": "string"}, kind)}
    elif operation.answer is not NoReturn:
        good["content"] = _content(schemas[_key(operation.answer)])
        responses[str(operation.status)] = good
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
    """Return the description of an answer that reports an error."""
    shape = {"$ref": _COMPONENT + ErrorAnswer.__name__}
    return {"description": description, "content": _content(shape)}
