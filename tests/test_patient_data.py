"""No data of any patient is in logs, metrics, errors, alarms, the audit or who looked at whom; and
whoever is shown a patient is in that last record."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import uuid
from typing import Any

import pytest
import pytest_asyncio

from node.backups import KIND
from node.cli.doctor import CHECKS
from sync.http.openapi import describe
from sync.http.operations import Operation
from sync.model.facts import RecordId
from sync.storage.access.looks import LookAct
from sync.upkeep import doctor
from tests.daemons import AYESHA, open_desk, open_hub
from tests.damage import change_row

pytestmark = pytest.mark.asyncio(loop_scope="module")

CODE = "LAB1-PC"
NAME = "Zubaida Qamaruzzaman"
PATIENT = {
    "full_name": NAME,
    "father_name": "Ghulam Mohiuddin",
    "dob": "1991-07-23",
    "sex": "F",
    "phone": "03127788991",
    "cnic": "37405-8812345-6",
    "address": "Koocha Chabuk Sawaran 17",
}
DATA = re.compile(
    r"zubaida|qamaruz|ghulam|mohiuddin|1991-?07-?23|3127788991|37405-?8812345-?6|chabuk", re.I
)
"""What stands in no text that is kept or sent elsewhere, in any spelling that the daemons use."""
IN_PATH = {
    **{"series": "710000-719999", "code": CODE, "name": "Nobody", "key": "k", "language": "en"},
    "path": "shared/mark.svg",
}
LEFT_OUT = re.compile(
    r"/live/|/api/(sign-out|password|recovery/end|backups|drill|terminals/\{code)"
)
"""What would end the work of the clinic, or does not end itself."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def clinic(tmp_path_factory):
    """A coordinator and a desk, with a patient who was registered twice and corrected."""
    async with (
        open_hub(tmp_path_factory.mktemp("hub")) as hub,
        open_desk(tmp_path_factory.mktemp("desk"), hub, CODE, "710000-719999") as desk,
    ):
        first = await desk.register(**PATIENT, offline=True)
        second = await desk.register(**PATIENT, offline=True)
        await desk.call("PATCH", f"/api/patients/{first['id']}/", {"address": "Chabuk 18"})
        await desk.call("POST", f"/api/patients/{first['id']}/void/", {"why": "a test"})
        await hub.until("/api/requests/", lambda found: found["count"] == 1)
        in_path = {"id": first["record_id"], "mrn": first["mrn"], "other": second["record_id"]}
        yield {"hub": hub, "desk": desk, "in_path": IN_PATH | in_path}


@pytest.fixture(params=["hub", "desk"])
def served(request, clinic):
    return clinic[request.param]


def calls(served, in_path: dict[str, str]) -> list[tuple[str, str]]:
    """Method and path of each operation that can be called without harm."""
    return [
        (
            one.method,
            re.sub(r"\{(\w+)(:(?:[^{}]|\{[^{}]*\})*)?\}", lambda at: in_path[at[1]], one.path),
        )
        for one in served.operations
        if not LEFT_OUT.search(one.path)
    ]


async def what_is_kept(served) -> dict[str, str]:
    """What a daemon keeps, or sends elsewhere, beside the register."""
    await served.daemon.looks.write()
    tables = ("audit", "looks", "alerts", "alert_messages", "outages", "suggestions", "meta")
    found = await served.replica.read(
        lambda snapshot: {
            name: repr(snapshot.store.connection.execute(f"SELECT * FROM {name}").fetchall())
            for name in tables
        }
    )
    _, metrics = await served.send("GET", "/metrics")
    status = await served.get("/api/status/")
    return found | {"metrics": metrics, "alarms": repr(status["alarms"])}


async def test_no_data_of_a_patient_is_kept_or_told_whatever_is_called(served, clinic, caplog):
    caplog.set_level(logging.DEBUG)
    misplaced = {**PATIENT, "name": NAME, "mrn": NAME, "why": NAME, "operator": NAME, "x": NAME}
    refused = 0
    for method, path in calls(served, clinic["in_path"]):
        status, answer = await served.send(method, path, None if method == "GET" else {})
        if status >= 400:
            refused += 1
            assert DATA.search(json.dumps(answer)) is None, (method, path)
        if method != "GET":
            await served.send(method, path, misplaced)
    assert refused > 10
    for text in (
        f"query={NAME}",
        "phone=03127788991",
        "cnic=37405-8812345-6",
        f"mrn={NAME}",
        "x=Zubaida",
    ):
        await served.send("GET", f"/api/patients/?{text}")
    for nowhere in (f"/api/patients/mrn/{NAME}/", f"/{NAME}/", f"/api/conflicts/{NAME}/"):
        await served.send("GET", nowhere)
    taken = {**AYESHA, "mrn": clinic["in_path"]["mrn"], "offline": True}
    taken["origin_terminal_code"] = CODE
    status, answer = await served.send("POST", "/api/patients/", taken)
    assert status == 409
    assert DATA.search(json.dumps(answer)) is None
    found = await what_is_kept(served)
    assert len(found["metrics"]) > 1000
    assert "listed" in found["looks"]
    assert [what for what, text in found.items() if DATA.search(text)] == []
    assert DATA.search(caplog.text) is None


async def test_an_error_that_nobody_foresaw_is_logged_without_what_it_quotes(
    served, clinic, caplog, monkeypatch
):
    async def broken(_act):
        raise RuntimeError(f"{NAME} cannot be read")

    caplog.set_level(logging.DEBUG)
    with monkeypatch.context() as patched:
        patched.setattr(served.replica, "read", broken)
        status, answer = await served.send("GET", f"/api/patients/{clinic['in_path']['id']}/")
    assert status == 500
    assert "RuntimeError" in caplog.text
    assert DATA.search(caplog.text + json.dumps(answer)) is None


async def test_a_name_that_a_fault_of_the_disk_has_made_no_text_is_not_quoted(tmp_path, caplog):
    """Python quotes it in its error, which stood in the answer, in the log and in an alarm."""
    caplog.set_level(logging.DEBUG)
    async with (
        open_hub(tmp_path / "hub") as hub,
        open_desk(tmp_path / "desk", hub, CODE, "710000-719999") as desk,
    ):
        person = await desk.register(**PATIENT, offline=True)
        spoilt = "CAST(CAST(full_name AS BLOB) || x'ff' AS TEXT)"
        change_row(desk.config.folder, f"UPDATE patients SET full_name = {spoilt}")
        status, answer = await desk.send("GET", f"/api/patients/{person['id']}/")
        alarms = (await desk.get("/api/status/"))["alarms"]
        findings = await asyncio.to_thread(doctor.examine, desk.config.folder, KIND, CHECKS)
    assert (status, answer["code"]) == (503, "store_damaged")
    assert "database_damaged" in {alarm["code"] for alarm in alarms}
    assert DATA.search(json.dumps([answer, alarms]) + caplog.text + str(findings)) is None


async def written(served) -> list[Any]:
    """Who looked at whom, the oldest first."""
    await served.daemon.looks.write()
    return await served.replica.read(
        lambda snapshot: [entry.said for entry in snapshot.store.looks.from_oldest()]
    )


async def test_whoever_is_shown_a_patient_is_written_down_with_the_record_id(served, clinic):
    record = RecordId(uuid.UUID(clinic["in_path"]["id"]).bytes)
    ident = (await served.get(f"/api/patients/{clinic['in_path']['id']}/"))["id"]
    paths = [path for method, path in calls(served, clinic["in_path"]) if method == "GET"]
    paths += [
        f"/labels/?person={ident}",
        "/api/patients/?query=zubaida",
        "/api/duplicates/?state=open",
    ]
    acts = set()
    for path in paths:
        served.daemon.looks._recorder._seen.clear()
        before = len(await written(served))
        _, answer = await served.send("GET", path)
        looks = [one for one in (await written(served))[before:] if record in one.named]
        # The page that prints a label shows it in HTML, and her history has no record id.
        shows = NAME in (answer if isinstance(answer, str) else json.dumps(answer))
        assert shows == bool(looks), path
        acts |= {one.act for one in looks}
    assert acts >= {"opened", "history", "listed", "compared", "suggested"}
    assert ("printed" in acts) == (served is clinic["desk"])


def shows_people(schema: Any, components: dict[str, Any], seen: set[str]) -> bool:
    """True if something that a schema describes has the field ``record_id``."""
    if isinstance(schema, list):
        return any(shows_people(one, components, seen) for one in schema)
    if not isinstance(schema, dict):
        return False
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    if name and name not in seen:
        seen.add(name)
        if shows_people(components[name], components, seen):
            return True
    if "record_id" in schema.get("properties", {}):
        return True
    return any(shows_people(one, components, seen) for one in schema.values())


async def test_each_operation_whose_answer_can_show_people_says_in_what_way(served):
    operations: list[Operation] = served.operations
    document = describe(operations, "an API")
    components = document["components"]["schemas"]
    checked = 0
    for operation in operations:
        path = re.sub(r":(?:[^{}]|\{[^{}]*\})*\}", "}", operation.path)
        described = document["paths"].get(path, {}).get(operation.method.lower())
        if described is None:  # a page of the daemon
            continue
        good = [answer for code, answer in described["responses"].items() if code[0] == "2"]
        if shows_people(good, components, set()):
            checked += 1
            assert operation.look is not None, operation
        else:
            assert operation.look in (None, LookAct.HISTORY), operation
    assert checked >= 15
