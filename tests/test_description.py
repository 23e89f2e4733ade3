"""The description of both daemons: whole, valid, and readable for those who write clients."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from jsonschema_rs import ValidationError
from msgspec.structs import fields
from openapi_spec_validator import OpenAPIV31SpecValidator

from sync.http.operations import EventStream, PageFile
from sync.model.validation import sort_out
from tests.daemons import open_desk, open_hub, open_set_back_desk
from tests.daemons.running import Hub, Running

pytestmark = pytest.mark.asyncio(loop_scope="module")

PAGE = (Path(__file__).resolve().parent.parent / "docs" / "api.md").read_text(encoding="utf-8")
TEXTS = (
    *("/api/docs/", "/metrics"),
    *(f"/api/reports/{name}.csv" for name in ("registrations", "waits", "outages", "reach")),
    *(f"/api/reports/{name}.csv" for name in ("conflicts", "ledger")),
    "/api/import/files/report.csv",
)
"""What is answered there is no JSON."""
EITHER = pytest.mark.parametrize("name", ["hub", "desk"])


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def daemons(tmp_path_factory):
    folder = tmp_path_factory.mktemp("description")
    async with open_hub(folder) as hub, open_desk(folder, hub, "DESK-PC", "760000-769999") as desk:
        yield {"hub": hub, "desk": desk}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def documents(daemons) -> dict[str, Any]:
    return {name: await daemon.get("/openapi.json") for name, daemon in daemons.items()}


@EITHER
async def test_it_is_valid(documents, name):
    faults = [fault.message for fault in OpenAPIV31SpecValidator(documents[name]).iter_errors()]
    assert faults == []


@EITHER
async def test_every_operation_is_described_once(daemons, documents, name):
    declared = [
        (re.sub(r":(?:[^{}]|\{[^{}]*\})*\}", "}", one.path), one.method.lower())
        for one in daemons[name].operations
        if one.answer not in (PageFile, EventStream)  # they are the page's own
    ]
    described = [
        (path, method) for path, methods in documents[name]["paths"].items() for method in methods
    ]
    assert len(declared) >= 20
    assert sorted(declared) == sorted(described)
    idents = [
        one["operationId"]
        for methods in documents[name]["paths"].values()
        for one in methods.values()
    ]
    assert len(set(idents)) == len(declared)


@EITHER
async def test_every_component_is_used_and_has_a_plain_name(documents, name):
    document = documents[name]
    used = set(re.findall(r"#/components/schemas/([^\"]+)", json.dumps(document)))
    assert used == document["components"]["schemas"].keys()
    for component, schema in document["components"]["schemas"].items():
        assert re.fullmatch(r"[A-Z][A-Za-z]{2,}", component), component
        assert schema["title"] == component


@EITHER
async def test_every_answer_but_the_page_has_a_type_of_its_own(documents, name):
    for path, methods in documents[name]["paths"].items():
        for method, operation in methods.items():
            for status, response in operation["responses"].items():
                if status != "204" and path not in TEXTS:
                    schema = response["content"]["application/json"]["schema"]
                    assert schema.keys() == {"$ref"}, (method, path, status)


@EITHER
async def test_lists_of_values_and_formats_are_said(documents, name):
    patient = documents[name]["components"]["schemas"]["PatientAnswer"]["properties"]
    assert patient["record_id"] == {"type": "string", "format": "uuid"}
    assert {"type": "string", "format": "date"} in patient["dob"]["anyOf"]
    assert {"type": "string", "format": "date-time"} in patient["synced_at"]["anyOf"]
    assert patient["created_at"] == {"type": "string", "format": "date-time"}
    assert patient["mrn_status"] == {"$ref": "#/components/schemas/MrnStatus"}
    session = documents[name]["components"]["schemas"]["SessionAnswer"]["properties"]
    assert session["state"] == {"$ref": "#/components/schemas/SessionStage"}
    assert session["since"] == {"type": "string", "format": "date-time"}
    for component, schema in documents[name]["components"]["schemas"].items():
        for field, shape in schema.get("properties", {}).items():
            assert "enum" not in json.dumps(shape), f"{component}.{field} has no name"


@EITHER
async def test_what_is_sent_is_checked_by_the_types_that_describe_it(daemons, name):
    """A handler cannot read another type than the one that its operation declares."""
    daemon = daemons[name]
    person = await daemon.register()
    in_paths = {
        **{"code": "DESK-PC", "id": str(person["id"]), "mrn": person["mrn"], "key": "k"},
        **{"other": str(person["id"]), "series": "710000-719999"},
        **{"path": "shared/mark.svg", "language": "en", "name": "Nobody"},
    }
    compared = 0
    for operation in daemon.operations:
        path = re.sub(
            r"\{(\w+)(:(?:[^{}]|\{[^{}]*\})*)?\}", lambda found: in_paths[found[1]], operation.path
        )
        for kind, value in ((operation.query, "!"), (operation.body, {"!": "!"})):
            if kind in (None, bytes):
                continue
            given = dict.fromkeys((field.encode_name for field in fields(kind)), value)
            _, wrong = sort_out(given, kind)
            how = {"params": given} if kind is operation.query else {"json": given}
            _, answer = await daemon.send(operation.method, path, **how)
            assert answer["code"] in ("invalid_fields", "invalid_patient"), operation
            assert wrong, operation
            assert answer.keys() - {"detail"} >= wrong.keys(), operation
            compared += 1
    assert compared >= 5


@EITHER
async def test_the_page_reads_the_description(daemons, name):
    status, page = await daemons[name].send("GET", "/api/docs/")
    assert status == 200
    assert 'fetch("/openapi.json")' in page


async def test_the_page_names_the_lists_that_are_in_pages(documents):
    """Whoever asks another one for its second page would hear that this parameter is unknown."""
    described = {
        path
        for document in documents.values()
        for path, methods in document["paths"].items()
        if {"page", "page_size"}
        <= {one["name"] for one in methods.get("get", {}).get("parameters", ())}
    }
    said = re.search(r"Eleven lists are in pages of 20(.*?)\. All others are whole", PAGE, re.S)
    assert said is not None
    assert described == set(re.findall(r"`GET (/\S+)`", said[1]))


SELDOM = {
    *(("BackupAnswer", "at"), ("FailedAttempt", "at"), ("DatabaseCheck", "at")),
    ("WebhookState", "failing_since"),
    ("SheetAnswer", "printed_at"),
    *(("RegisteredAnswer", name) for name in ("synced_at", "created_at", "updated_at")),
    *(("QuotaLifted", "until"), ("EnrolmentAnswer", "until")),
    *(("KeyMade", f"{name}_at") for name in ("created", "expires", "withdrawn", "used")),
    *(("NewKey", "expires"), ("AuditQuery", "since"), ("AuditQuery", "until")),
    *(("LooksQuery", "since"), ("LooksQuery", "until"), ("LooksCheck", "removed_at")),
    *(("AlertAnswer", "since"), ("AlertAnswer", "ended")),
    *(("OutageAnswer", "began"), ("OutageAnswer", "ended")),
    *(("AlertMessage", "at"), ("AcknowledgedAnswer", "at")),
    *(("WrongTimes", "first"), ("WrongTimes", "last"), ("ProbableDuplicate", "found_at")),
}
"""Times that need a job, of answers to a POST, and that are sent; the tests of these meet them."""


def _resolved(schema: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        schema = components[schema["$ref"].rpartition("/")[2]]
    return schema


def _times(
    value: Any, schema: dict[str, Any], components: dict[str, Any]
) -> Iterator[tuple[str, str]]:
    """(component, field) of the times in an answer that are described as such."""
    schema = _resolved(schema, components)
    for choice in schema.get("anyOf", ()):
        yield from _times(value, choice, components)
    if isinstance(value, list):
        for one in value:
            yield from _times(one, schema.get("items", {}), components)
    elif isinstance(value, dict):
        for field, shape in schema.get("properties", {}).items():
            if "date-time" in json.dumps(shape) and value.get(field) is not None:
                yield schema["title"], field
            elif field in value:
                yield from _times(value[field], shape, components)


def _named(ids: dict[str, str], about: str, found: re.Match[str]) -> str:
    return ids[f"{about}/{found[1]}"]


async def _times_of_all_answers(
    daemon: Running, ids: dict[str, str]
) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """(Component, field) of all times that are described, and of those that a GET answers."""
    document = await daemon.get("/openapi.json")
    components = document["components"]["schemas"]
    described = {
        (name, field)
        for name, schema in components.items()
        for field, shape in schema.get("properties", {}).items()
        if "date-time" in json.dumps(shape)
    }
    met: set[tuple[str, str]] = set()
    for path, methods in document["paths"].items():
        if "get" in methods and path not in ("/openapi.json", *TEXTS):
            named = re.sub(r"\{(\w+)\}", partial(_named, ids, path.split("/")[2]), path)
            answer = await daemon.get(named)
            content = methods["get"]["responses"]["200"]["content"]
            met |= set(_times(answer, content["application/json"]["schema"], components))
    return described, met


async def _use_a_key(hub: Hub) -> None:
    """Make a key, use it and withdraw it; and add a user."""
    key = {"name": "LIMS", "scopes": ["read"], "expires": "2099-01-01T00:00+05:00"}
    made = await hub.call("POST", "/api/keys/", key)
    await hub.get("/api/patients/", token=made["key"])
    await hub.daemon._access.note_used()
    await hub.call("DELETE", f"/api/keys/{made['id']}/")
    user = {"name": "Sadia", "role": "administrator", "password": "a good password"}
    await hub.call("POST", "/api/users/", user)


PATIENT = "/api/patients/1/"
WRONG = [
    pytest.param({"sex": 5}, "5 is not", id="another type"),
    pytest.param({"sex": "X"}, "X", id="none of the values"),
    pytest.param({"record_id": "00"}, "uuid", id="no id"),
    pytest.param({"dob": "1.1.1990"}, "1.1.1990", id="no day"),
    pytest.param({"created_at": "2026-01-01T10:00:00+05:00"}, "+05:00", id="a time elsewhere"),
    pytest.param({"created_at": "2026-01-01T10:00:00.5Z"}, "00.5Z", id="a part of a second"),
    pytest.param({"record_id": None}, "null", id="nothing"),
    pytest.param({"address": "2026-01-01 10:00"}, "in another form", id="a time in a text"),
    pytest.param({"extra": {"x": "2026-01-01T10:00"}}, "in another form", id="a time below"),
]


@pytest.mark.parametrize(("change", "said"), WRONG)
async def test_an_answer_that_is_not_as_described_fails(daemons, change, said):
    """Every test that calls a daemon relies on this."""
    person = await daemons["desk"].register()
    check = daemons["desk"].described.check
    check("GET", PATIENT, 200, person)
    with pytest.raises((ValidationError, AssertionError), match=re.escape(said)):
        check("GET", PATIENT, 200, person | change)


async def test_an_answer_must_be_whole_and_of_an_operation_that_is_described(daemons, documents):
    person = await daemons["desk"].register()
    required = documents["desk"]["components"]["schemas"]["PatientAnswer"]["required"]
    assert len(required) > 10
    check = daemons["desk"].described.check
    for field in required:
        with pytest.raises(ValidationError, match=f'"{field}" is a required property'):
            check("GET", PATIENT, 200, {name: person[name] for name in person if name != field})
    for status in (200, 400):
        with pytest.raises(ValidationError):
            check("GET", PATIENT, status, [])
    with pytest.raises(AssertionError):
        check("GET", "/api/nothing/", 200, person)
    check("GET", "/api/nothing/", 404, {})


async def test_every_time_of_every_answer_is_told_in_one_form(tmp_path):
    """`Described` holds each answer against the description, whose times have one form."""
    async with (
        open_hub(tmp_path) as hub,
        open_set_back_desk(tmp_path, hub, "LAB1-PC", "710000-719999") as (desk, first, _),
    ):
        ident = (await hub.get("/api/conflicts/"))["results"][0]["id"]
        decided = {"action": "assign", "who": "Sadia", "why": "the other has the card"}
        await hub.call("POST", f"/api/conflicts/{ident}/resolve/", decided)
        stretch = {"author": "LAB1-PC", "who": "Sadia", "why": "a test"}
        stretch |= {"first": "2001-01-01T00:00+05:00", "last": "2001-01-02T00:00+05:00"}
        await hub.call("POST", "/api/clock/disbelieved/", stretch)
        asked = await desk.call("POST", f"/api/patients/{first['id']}/void/", {"why": "a test"})
        await hub.until("/api/requests/", lambda page: page["count"] == 1)
        refusal = {"who": "Sadia", "why": "no test"}
        await hub.call("POST", f"/api/requests/{asked['id']}/refuse/", refusal)
        await _use_a_key(hub)
        await desk.call("POST", "/api/drill/", {"minutes": 5})
        await desk.call("DELETE", "/api/drill/")
        await desk.in_touch()
        ids = {f"patients/{name}": first["record_id"] for name in ("id", "other")}
        ids |= {"patients/mrn": first["mrn"]}
        ids |= {"requests/id": asked["id"], "conflicts/id": ident, "terminals/code": "LAB1-PC"}
        ids |= {"ledger/series": "710000-719999"}
        described, met = set(), set()
        for daemon in (hub, desk):
            some, others = await _times_of_all_answers(daemon, ids)
            described, met = described | some, met | others
    assert len(described) >= 15
    assert described - SELDOM - met == set()
