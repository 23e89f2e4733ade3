"""A drill over HTTP, at a desk that is really cut off and comes back."""

import asyncio

import pytest

from node.drill import MINUTES_MAX
from tests.daemons import WAIT_S_MAX

pytestmark = pytest.mark.asyncio(loop_scope="module")

PATH = "/api/drill/"
PERSON = {"full_name": "Bilal Khan", "dob": "2019-06-30", "sex": "M", "phone": "03001234567"}


async def test_before_the_first_one_there_is_nothing_to_report(desk):
    assert await desk.get(PATH) == {"on": False, "phase": None}
    assert await desk.call("DELETE", PATH) == {"on": False, "phase": None}


async def test_a_drill_cuts_the_desk_off_and_its_end_connects_it_again(desk):
    status, report = await desk.send("POST", PATH, {"minutes": 5})
    assert status == 201
    assert (report["on"], report["phase"], report["minutes"]) == (True, "offline", 5)
    assert report["was_connected"] is True
    assert 0 < report["seconds_left"] <= 300
    assert await desk.refused("POST", PATH, {"minutes": 1}) == (409, "drill_on")
    person = await desk.register()
    assert person["mrn"] == "710000", "the coordinator is not asked"
    report = await desk.get(PATH)
    assert (report["people"], report["numbers"]) == (1, ["710000"])
    assert (report["from_coordinator"], report["waiting"]) == (0, 1)
    ended = await desk.call("DELETE", PATH)
    assert (ended["on"], ended["seconds_left"]) == (False, 0.0)
    assert ended["ended_at"] is not None
    await asyncio.wait_for(desk.daemon._drill._task, WAIT_S_MAX)
    report = await desk.get(PATH)
    assert (report["phase"], report["confirmed"], report["waiting"]) == ("done", 1, 0)
    assert report["in_step_after_s"] >= 0
    assert (await desk.get("/api/status/"))["drill"] == report


async def test_a_registration_that_fails_is_counted(desk):
    await desk.call("POST", PATH, {"minutes": 5})
    body = {"offline": True, "mrn": "5"}
    for _ in range(2):
        assert (await desk.send("POST", "/api/patients/", PERSON | body))[0] == 400
    assert (await desk.get(PATH))["failures"] == {"not_your_number": 2}
    await desk.call("DELETE", PATH)


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({}, "this field is required"),
        ({"minutes": 0}, "must be a number > 0.0"),
        ({"minutes": MINUTES_MAX + 1}, f"must be a number <= {MINUTES_MAX}"),
        ({"minutes": "soon"}, "must be a number"),
    ],
)
async def test_a_drill_that_cannot_be(desk, body, wrong):
    assert await desk.faults("POST", PATH, body) == {"minutes": wrong}
    assert (await desk.get(PATH))["on"] is False
