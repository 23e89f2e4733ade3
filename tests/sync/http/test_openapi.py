"""The description of both APIs: whole, valid, and true to what is checked."""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
import re
from types import ModuleType
from typing import Any, cast

import msgspec
import pytest

import coordinator
import node
from coordinator.api.webhooks import WebhooksApi
from sync.errors import InvalidFields
from sync.http.changes import Changes
from sync.http.openapi import SystemOperations
from sync.http.operations import Needs, Operation
from sync.http.people import PatientChange, People
from sync.http.registration import NewPatient, Registrations
from sync.model import validation
from sync.model.facts import COORDINATOR

METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}


class Anything:
    """Stands in for whatever a part of an API needs once it is called."""

    def operations(self) -> list[Operation]:
        return []

    def __getattr__(self, name: str) -> Anything:
        return Anything()


ANY: Any = Anything()


def whole(package: ModuleType) -> tuple[list[Operation], dict[str, Any]]:
    """All operations of a daemon's modules, and the description made of them."""
    needs = Needs.ANY_TOKEN if package is coordinator else Needs.THIS_COMPUTER
    known = {"registrations": Registrations(ANY)}
    operations = [*People(ANY, COORDINATOR, needs).operations(), *Changes(ANY, needs).operations()]
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if module.name.startswith(f"{package.__name__}.api."):
            for kind in vars(importlib.import_module(module.name)).values():
                if isinstance(kind, type) and kind.__module__ == module.name and _is_part(kind):
                    parameters = list(inspect.signature(kind).parameters)
                    part = kind(*(known.get(name, ANY) for name in parameters))
                    operations += part.operations()
    system = SystemOperations(ANY, "an API", operations)
    document = cast(dict[str, Any], system._document)
    return [*operations, *system.operations()], json.loads(json.dumps(document))


def _is_part(kind: type) -> bool:
    return hasattr(kind, "operations") and not getattr(kind, "_is_protocol", False)


BOTH = pytest.mark.parametrize("package", [node, coordinator])


def template(path: str) -> str:
    """A path without the regular expressions of its parameters."""
    return re.sub(r"\{(\w+):(?:[^{}]|\{[^{}]*\})*\}", r"{\1}", path)


@BOTH
def test_every_operation_is_described_once(package):
    operations, document = whole(package)
    declared = [(template(one.path), one.method.lower()) for one in operations]
    described = [(path, method) for path, one in document["paths"].items() for method in one]
    assert len(declared) > 10
    assert sorted(declared) == sorted(described)
    assert len(set(declared)) == len(declared)


@BOTH
def test_it_is_a_valid_document(package):
    _, document = whole(package)
    assert document["openapi"] == "3.1.0"
    assert document["info"].keys() >= {"title", "version"}
    assert document.keys() <= {"openapi", "info", "paths", "components", "security"}
    idents, shapes_of_paths = [], []
    for path, item in document["paths"].items():
        assert path.startswith("/")
        assert item.keys() <= METHODS
        shapes_of_paths.append(re.sub(r"\{\w+\}", "{}", path))
        for operation in item.values():
            idents.append(operation["operationId"])
            valid_operation(path, operation)
    assert len(set(idents)) == len(idents)
    assert len(set(shapes_of_paths)) == len(shapes_of_paths), "paths differ by more than a name"


def valid_operation(path: str, operation: dict[str, Any]) -> None:
    assert operation["summary"]
    assert operation["tags"]
    named = [(one["in"], one["name"]) for one in operation["parameters"]]
    assert len(set(named)) == len(named)
    in_path = {name for where, name in named if where == "path"}
    assert in_path == set(re.findall(r"\{(\w+)\}", path))
    for one in operation["parameters"]:
        assert one["in"] in ("path", "query", "header")
        assert one["schema"]
        assert one["in"] != "path" or one["required"] is True
        re.compile(one["schema"].get("pattern", ""))
    assert operation["responses"]
    for status, response in operation["responses"].items():
        assert re.fullmatch(r"[1-5]\d\d|default", status)
        assert response["description"]
    content = operation.get("requestBody", {"content": {"application/json": {"schema": True}}})
    assert content["content"]["application/json"]["schema"]


@BOTH
def test_what_is_referred_to_is_there(package):
    _, document = whole(package)
    references = set(re.findall(r'"\$ref": "#/components/schemas/([^"]+)"', json.dumps(document)))
    assert references <= document["components"]["schemas"].keys()
    assert '"$ref": "#/$defs' not in json.dumps(document)
    types = re.findall(r'"type": "(\w+)"', json.dumps(document["components"]["schemas"]))
    assert set(types) <= {"object", "array", "string", "integer", "number", "boolean", "null"}


def test_a_registration_can_be_repeated():
    for _, document in (whole(node), whole(coordinator)):
        post = document["paths"]["/api/patients/"]["post"]
        assert {"200", "201", "400", "409", "422", "default"} <= post["responses"].keys()
        assert "Idempotency-Key" in {one["name"] for one in post["parameters"]}


# what the types allow is what the schemas say


def permits(schema: dict[str, Any], value: object) -> bool:
    """JSON Schema, as far as our types use it."""
    if "anyOf" in schema:
        return any(permits(one, value) for one in schema["anyOf"])
    if "enum" in schema:
        return value in schema["enum"]
    kind = schema.get("type")
    if kind == "null":
        return value is None
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "integer":
        return (
            isinstance(value, int)
            and not isinstance(value, bool)
            and schema.get("minimum", value) <= value <= schema.get("maximum", value)
        )
    assert kind == "string"
    return (
        isinstance(value, str)
        and len(value) <= schema.get("maxLength", len(value))
        and re.search(schema.get("pattern", ""), value) is not None
    )


VALUES = [
    *("Ayesha", "x" * 31, "x" * 201, "x" * 501, "a\u0001b", "M", "X", "1990-01-01", "1990-1-1"),
    *("03001234567", "+92 (300) 123-4567", "phone", "12345-1234567-1", "1234512345671", "123-1"),
    *(0, -1, 150, 151, 1800, 1801, 99_999, True, False),
]


@pytest.mark.parametrize("kind", [NewPatient, PatientChange])
def test_a_body_is_refused_where_its_schema_does_not_permit_it(kind):
    _, document = whole(node)
    described = document["components"]["schemas"][kind.__name__]["properties"]
    assert described.keys() == {one.encode_name for one in msgspec.structs.fields(kind)}
    compared = 0
    for name, schema in described.items():
        for value in VALUES:
            _, wrong = validation.sort_out({name: value}, kind)
            lenient = not isinstance(value, str) and schema_type(schema) == "boolean"
            lenient |= isinstance(value, bool) and schema_type(schema) == "integer"
            if permits(schema, value):
                assert wrong == {}, (name, value)
            elif not lenient:
                assert wrong.keys() == {name}, (name, value)
            compared += 1
    assert compared == len(VALUES) * len(described)


def schema_type(schema: dict[str, Any]) -> str | None:
    return next((one for one in map(_type, schema.get("anyOf", [schema])) if one != "null"), None)


def _type(schema: dict[str, Any]) -> str | None:
    return schema.get("type")


def test_what_must_be_sent_is_called_required():
    _, document = whole(coordinator)
    hook = document["components"]["schemas"]["NewHook"]
    assert hook["required"] == ["url"]
    with pytest.raises(InvalidFields):
        validation.checked({}, _kind(WebhooksApi(ANY).operations(), "POST"))


def _kind(operations: list[Operation], method: str) -> type[msgspec.Struct]:
    (found,) = (one.body for one in operations if one.method == method)
    assert found is not None
    return found
