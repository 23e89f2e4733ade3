"""Rows of an earlier system over HTTP: what is taken, what is said of the rest."""

import io
from datetime import timedelta

import pytest

from coordinator.api.imports import BODY_BYTES_MAX, PEOPLE_MAX
from sync.model.facts import Author
from tests.stepping import DAY_MS

pytestmark = pytest.mark.asyncio(loop_scope="module")

PATIENTS, TERMINALS = "/api/import/patients/", "/api/import/terminals/"
ZAINAB = {"mrn": "0004711", "full_name": "Zainab Bibi", "created_at": "2024-11-03 14:30:00"}


async def test_people_are_taken_with_their_numbers_and_times(hub):
    answer = await hub.call("POST", PATIENTS, {"rows": [ZAINAB, {"mrn": "5", "full_name": ""}]})
    assert (answer["taken"], answer["there"], answer["left_out"]) == (1, [], [])
    (note,) = answer["refused"]
    assert (note["row"], note["mrn"], note["code"]) == (1, "5", "invalid_patient")
    (person,) = (await hub.get("/api/patients/mrn/0004711/"))["results"]
    assert person["full_name"] == "Zainab Bibi"
    assert person["created_at"] == "2024-11-03T09:30:00Z"
    again = await hub.call("POST", PATIENTS, {"rows": [ZAINAB]})
    assert (again["taken"], again["there"]) == (0, [0])


async def test_a_dry_run_changes_nothing(hub):
    row = {"mrn": "0009001", "full_name": "Bilal Khan"}
    answer = await hub.call("POST", PATIENTS, {"rows": [row], "dry_run": True})
    assert answer["taken"] == 1
    assert await hub.refused("GET", "/api/patients/mrn/0009001/") == (404, "not_found")
    assert (await hub.call("POST", PATIENTS, {"rows": [row]}))["taken"] == 1


async def test_lenient_leaves_out_a_field_that_breaks_a_rule(hub):
    row = {"mrn": "0009002", "full_name": "Sana Malik", "cnic": "12"}
    strict = await hub.call("POST", PATIENTS, {"rows": [row]})
    assert [note["code"] for note in strict["refused"]] == ["invalid_patient"]
    answer = await hub.call("POST", PATIENTS, {"rows": [row], "lenient": True})
    assert answer["taken"] == 1
    assert [note["mrn"] for note in answer["left_out"]] == ["0009002"]


async def test_terminals_are_taken_with_their_ranges(hub):
    row = {
        "code": "OPD-1",
        "name": "Out-patients",
        "offline_range_start": "800000",
        "offline_range_end": "800999",
        "offline_current": "800010",
    }
    bad = row | {"code": "OPD-2", "offline_range_start": "800500"}
    answer = await hub.call("POST", TERMINALS, {"rows": [row, bad]})
    assert answer["taken"] == 1
    assert [note["mrn"] for note in answer["refused"]] == ["OPD-2"]
    terminal = await hub.get("/api/terminals/OPD-1/")
    assert (terminal["name"], terminal["offline_current"]) == ("Out-patients", 800010)


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({}, {"rows": "this field is required"}),
        ({"rows": "x"}, {"rows": "must be a list"}),
        ({"rows": [{"mrn": 5}]}, {"rows": "holds something wrong: each must be a text"}),
        ({"rows": [], "dry_run": "x"}, {"dry_run": "must be true or false"}),
        ({"rows": [{}] * (PEOPLE_MAX + 1)}, {"rows": f"at most {PEOPLE_MAX} entries are allowed"}),
    ],
)
async def test_rows_that_cannot_be(hub, body, wrong):
    assert await hub.faults("POST", PATIENTS, body) == wrong


async def test_many_rows_are_more_than_other_bodies_may_have_and_have_a_limit_too(hub):
    rows = [{"mrn": str(number), "full_name": "x" * 1000} for number in range(200)]
    answer = await hub.call("POST", PATIENTS, {"rows": rows, "dry_run": True})
    assert len(answer["refused"]) == 200
    body = io.BytesIO(b"x" * (BODY_BYTES_MAX + 1))
    headers = {"Content-Type": "application/json"}
    refused = await hub.refused("POST", PATIENTS, data=body, headers=headers)
    assert refused == (413, "http_413")


async def test_a_newborn_is_taken_while_another_clock_is_a_day_ahead(hub):
    believed, day = hub.replica.believed, hub.replica.today() + timedelta(days=1)
    row = {"mrn": "0009003", "full_name": "Ada Khan"}
    born = row | {"dob": day.isoformat()}
    assert (await hub.call("POST", PATIENTS, {"rows": [born]}))["taken"] == 0
    believed.tell(Author("LAB1-PC"), believed.now_ms + DAY_MS)
    assert (await hub.call("POST", PATIENTS, {"rows": [row]}))["taken"] == 1
    assert (await hub.call("POST", PATIENTS, {"rows": [born]}))["filled"] == [0]
    (person,) = (await hub.get("/api/patients/mrn/0009003/"))["results"]
    assert person["dob"] == day.isoformat()
    believed.tell(Author("LAB1-PC"), believed.now_ms)


async def test_nothing_is_taken_over_in_recovery(hub):
    await hub.replica.write(lambda tx: hub.arbiter.recovery.begin(tx, "a test"))
    for path in (PATIENTS, TERMINALS):
        assert await hub.refused("POST", path, {"rows": []}) == (503, "in_recovery")
    await hub.call("POST", "/api/recovery/end/")
    assert (await hub.call("POST", PATIENTS, {"rows": []}))["taken"] == 0
